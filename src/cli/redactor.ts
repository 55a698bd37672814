import {maskText} from '../extraconfig/mask.js';

const MASK = '***';

// Never shown, whatever a layer below logs: the server makes a session's cookie after the redactor was made, and
// credentials in a URL can come from the inventory.
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/(vmware_soap_session\s*=\s*)(?:"[^"]*"?|[^;\s]+)/gi, `$1${MASK}`],
  [/(\b(?:set-)?cookie"?\s*:\s*).+/gi, `$1${MASK}`],
  [/(<(?:\w+:)?password\b[^>]*>)[^<]*/gi, `$1${MASK}`],
];

const KINDS = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u];

/**
 * Whether a secret cannot be a part of a message by chance, as `pass` or the name of a VCH could. vSphere's own rules
 * for passwords are stricter.
 */
function isUnlikeWords(secret: string): boolean {
  const kinds = KINDS.filter((kind) => kind.test(secret)).length;
  return (secret.length >= 8 && kinds >= 3) || secret.length >= 16;
}

/**
 * Masks secrets in everything that is shown or logged. A password that may be an ordinary word is not masked here, but
 * in the answers of the server, the only place it could come from (vim25/http-client.ts).
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  readonly #spared = new Set<string>();
  #longestFirst: readonly string[] = [];

  /** Names that are shown even if one of them is the password. */
  spare(names: readonly (string | null | undefined)[]): void {
    for (const name of names) {
      if (name == null) continue;
      this.#spared.add(name);
      this.#secrets.delete(name);
    }
    this.#sort();
  }

  /** Masks a secret from now on, in every spelling in which it could appear. */
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
    // A secret that is a part of another must not split it before it is found.
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
