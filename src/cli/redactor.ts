import {maskText} from '../extraconfig/mask.js';

const MASK = '***';

// Whatever a layer below logs, these never pass: the cookie of a session is made by the server, long after the
// redactor was, and credentials in a URL can come from the inventory.
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/(vmware_soap_session\s*=\s*)(?:"[^"]*"?|[^;\s]+)/gi, `$1${MASK}`],
  [/(\b(?:set-)?cookie"?\s*:\s*).+/gi, `$1${MASK}`],
  [/(<(?:\w+:)?password\b[^>]*>)[^<]*/gi, `$1${MASK}`],
];

const KINDS = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u];

/**
 * Whether no sentence of ours has it by chance, as `pass` or the name of a VCH. What vSphere's own rules for passwords
 * ask for is more than that.
 */
function isUnlikeWords(secret: string): boolean {
  const kinds = KINDS.filter((kind) => kind.test(secret)).length;
  return (secret.length >= 8 && kinds >= 3) || secret.length >= 16;
}

/**
 * Takes what must not be shown out of everything that is shown or logged. A password that may be a word of ours is not
 * looked for here: it is masked where it could come in, in what the server says (vim25/http-client.ts).
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  readonly #spared = new Set<string>();
  #longestFirst: readonly string[] = [];

  /** Names that are shown whatever the password is. */
  spare(names: readonly (string | null | undefined)[]): void {
    for (const name of names) {
      if (name == null) continue;
      this.#spared.add(name);
      this.#secrets.delete(name);
    }
    this.#sort();
  }

  /** Never to be shown from now on, in none of the spellings in which it could appear. */
  add(secret: string): void {
    if (!isUnlikeWords(secret)) return;
    const escaped = JSON.stringify(secret).slice(1, -1);
    const spellings = [
      secret,
      secret.trim(),
      encodeURIComponent(secret.toWellFormed()),
      escaped,
      xmlEscaped(secret),
    ];
    for (const spelling of spellings) if (!this.#spared.has(spelling)) this.#secrets.add(spelling);
    this.#sort();
  }

  #sort(): void {
    // A secret that is part of another must not cut that one in two before it is found.
    this.#longestFirst = [...this.#secrets].sort((a, b) => b.length - a.length);
  }

  /** The text without the secrets. */
  redact(text: string): string {
    let clean = maskText(text);
    for (const [shape, replacement] of SHAPES) clean = clean.replace(shape, replacement);
    for (const secret of this.#longestFirst) clean = clean.replaceAll(secret, MASK);
    return clean;
  }
}

function xmlEscaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
