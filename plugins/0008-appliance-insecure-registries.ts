import {definePlugin, joinEntries, INSECURE_REGISTRIES_KEY as LIST} from '../src/migration/plugin.js';

const PARTS = ['Scheme', 'Opaque', 'Host', 'Path', 'RawPath', 'ForceQuery', 'RawQuery', 'Fragment'];
const MOST = 1000;

/** VIC 1.2 stores insecure registries as strings. The URLs stay, as in VIC: the new schema does not read them. */
export default definePlugin({
  version: 8,
  target: 'appliance',
  name: 'appliance-insecure-registries',
  summary: `turn the URLs of insecure registries into the strings of ${LIST}~`,
  keys: [`${LIST}~`],
  reads: [LIST, ...PARTS.map((part) => `${LIST}|*/${part}`)],
  revision: 1,
  persist: true,
  up(draft) {
    // An existing list has the new format already.
    if (draft.get(`${LIST}~`)) return;
    const last = draft.get(LIST);
    if (!last) return;
    // VIC stores the length minus one.
    if (!/^\d+$/.test(last) || Number(last) >= MOST) {
      draft.finding(
        'registry-list-unreadable',
        `${LIST} is ${JSON.stringify(last)}, which is not a length; nothing was changed`,
      );
      return;
    }
    const registries = Array.from({length: Number(last) + 1}, (_, index) =>
      plain(PARTS.map((part) => draft.get(`${LIST}|${index}/${part}`))),
    );
    if (registries.some((registry) => registry !== '')) draft.set(`${LIST}~`, joinEntries(registries));
  },
});

/** A URL as Go writes it, without its scheme and `//`. */
function plain(parts: readonly (string | undefined)[]): string {
  const [scheme = '', opaque = '', host = '', decoded = '', raw = ''] = parts;
  const [forceQuery = '', rawQuery = '', anchor = ''] = parts.slice(5);
  const query = forceQuery === 'true' || rawQuery !== '' ? `?${rawQuery}` : '';
  const fragment = anchor === '' ? '' : `#${percentEncode(anchor)}`;
  // `host:5000` alone parses as the scheme `host` with the opaque part `5000`.
  if (opaque !== '') return `${scheme === '' ? '' : `${scheme}:`}${opaque}${query}${fragment}`;
  const path = raw === '' ? percentEncode(decoded) : raw;
  const slash = host !== '' && path !== '' && !path.startsWith('/') ? '/' : '';
  return `${host.replaceAll('|', '%7C')}${slash}${path}${query}${fragment}`;
}

/** Percent-encoding as Go does it for a path; a `|` would break the list. */
function percentEncode(text: string): string {
  return encodeURI(text.toWellFormed()).replace(
    /[?#!*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
