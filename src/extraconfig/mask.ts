import {isSecret} from './keys.js';
import {joinEntries, listEntries} from './value.js';

// Why: docs/decisions/008-ledgers-and-verify.md

/** The instance UUID of a server that stands on a masked dump: no vCenter has it, and no plan of it may be saved. */
export const MASKED_VCENTER = '6d61736b-6564-4d00-8000-000000000000';

const SENSITIVE = '(sensitive)';

/** A raw value as it may be shown: whatever is or may hold a secret is replaced by `(sensitive)`. */
export function maskValue(key: string, raw: string): string {
  if (isSecret(key)) return SENSITIVE;
  if (key.endsWith('Env~')) return joinEntries(listEntries(raw).map(maskVariable));
  return maskText(raw);
}

/** A raw value for messages: quoted and masked, or `absent`. */
export function shownValue(key: string, raw: string | null): string {
  return raw === null ? 'absent' : JSON.stringify(maskValue(key, raw));
}

/** A text without the user part of any URL in it, the slashes of which vSphere may have escaped. */
export function maskText(text: string): string {
  if (!SLASHES.test(text) || !text.includes('@')) return text;
  return text
    .split(/([\s|]+)/)
    .map(maskWord)
    .join('');
}

const SLASHES = /(?:\/|%2f){2}/i;

/** Masks up to the last `@` of the word, not of the authority: a password may hold `/`, `?`, `#` and `@` unescaped. */
function maskWord(word: string): string {
  const [slashes] = SLASHES.exec(word) ?? [''];
  const start = word.indexOf(slashes) + slashes.length;
  const end = word.lastIndexOf('@');
  return slashes === '' || end < start ? word : `${word.slice(0, start)}${SENSITIVE}@${word.slice(end + 1)}`;
}

function maskVariable(entry: string): string {
  const end = entry.indexOf('=');
  // An entry without `=` is the tail of a value that held a `|`.
  return end === -1 ? SENSITIVE : `${entry.slice(0, end)}=${SENSITIVE}`;
}
