import {maskText} from '../extraconfig/mask.js';

const MASK = '***';

// Whatever a layer below logs, these never pass: the cookie of a session is made by the server, long after the
// redactor was, and credentials in a URL can come from the inventory.
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/(vmware_soap_session\s*=\s*)(?:"[^"]*"?|[^;\s]+)/gi, `$1${MASK}`],
  [/(\b(?:set-)?cookie"?\s*:\s*).+/gi, `$1${MASK}`],
  [/(<(?:\w+:)?password\b[^>]*>)[^<]*/gi, `$1${MASK}`],
];

/** Takes the secrets of a run out of everything that is shown or logged. */
export class Redactor {
  readonly #secrets = new Set<string>();
  #longestFirst: readonly string[] = [];

  /** Never to be shown from now on, in none of the spellings in which it could appear. */
  add(secret: string): void {
    if (secret === '') return;
    const escaped = JSON.stringify(secret).slice(1, -1);
    const spellings = [
      secret,
      secret.trim(),
      encodeURIComponent(secret.toWellFormed()),
      escaped,
      xmlEscaped(secret),
    ];
    for (const spelling of spellings) if (spelling !== '') this.#secrets.add(spelling);
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
