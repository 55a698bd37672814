import {
  definePlugin,
  INSECURE_REGISTRIES_KEY,
  joinEntries,
  type PluginDraft,
} from '../src/migration/plugin.js';

const LIST = INSECURE_REGISTRIES_KEY;
const PARTS = ['Scheme', 'Opaque', 'Host', 'Path', 'RawPath', 'ForceQuery', 'RawQuery', 'Fragment'] as const;
const MOST = 1000;

type RegistryUrl = Readonly<Record<(typeof PARTS)[number], string>>;

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
    // A list that is there is in the new format already.
    if (draft.get(`${LIST}~`)) return;
    const last = draft.get(LIST);
    if (!last) return;
    // VIC stores the length less one.
    if (!/^\d+$/.test(last) || Number(last) >= MOST) {
      draft.finding(
        'registry-list-unreadable',
        `${LIST} is ${JSON.stringify(last)}, and no length: left alone`,
      );
      return;
    }
    const registries = Array.from({length: Number(last) + 1}, (_, index) => plain(readUrl(draft, index)));
    if (registries.some((registry) => registry !== '')) draft.set(`${LIST}~`, joinEntries(registries));
  },
});

function readUrl(draft: PluginDraft, index: number): RegistryUrl {
  const part = (name: (typeof PARTS)[number]) => draft.get(`${LIST}|${index}/${name}`) ?? '';
  return {
    Scheme: part('Scheme'),
    Opaque: part('Opaque'),
    Host: part('Host'),
    Path: part('Path'),
    RawPath: part('RawPath'),
    ForceQuery: part('ForceQuery'),
    RawQuery: part('RawQuery'),
    Fragment: part('Fragment'),
  };
}

/** A URL as Go writes it, without its scheme and `//`. */
function plain(url: RegistryUrl): string {
  const query = url.ForceQuery === 'true' || url.RawQuery !== '' ? `?${url.RawQuery}` : '';
  const fragment = url.Fragment === '' ? '' : `#${percentEncode(url.Fragment)}`;
  // `host:5000` alone parses as the scheme `host` with the opaque part `5000`.
  if (url.Opaque !== '')
    return `${url.Scheme === '' ? '' : `${url.Scheme}:`}${url.Opaque}${query}${fragment}`;
  const path = url.RawPath === '' ? percentEncode(url.Path) : url.RawPath;
  const slash = url.Host !== '' && path !== '' && !path.startsWith('/') ? '/' : '';
  return `${url.Host.replaceAll('|', '%7C')}${slash}${path}${query}${fragment}`;
}

/** Percent-encoding as Go has it for a path; above all, a `|` would break the list. */
function percentEncode(text: string): string {
  return encodeURI(text.toWellFormed()).replace(
    /[?#!*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
