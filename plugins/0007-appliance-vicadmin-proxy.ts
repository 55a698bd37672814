import {definePlugin, joinEntries, listEntries, VICADMIN_ENV_KEY} from '../src/migration/plugin.js';

const RENAMED = new Set(['HTTP_PROXY', 'HTTPS_PROXY']);

/** VIC 1.2 gave vicadmin proxy variables of its own. */
export default definePlugin({
  version: 7,
  target: 'appliance',
  name: 'appliance-vicadmin-proxy',
  summary: "rename vicadmin's HTTP_PROXY and HTTPS_PROXY to VICADMIN_HTTP_PROXY and VICADMIN_HTTPS_PROXY",
  keys: [VICADMIN_ENV_KEY],
  revision: 1,
  persist: true,
  up(draft) {
    const env = draft.get(VICADMIN_ENV_KEY);
    if (env !== undefined) draft.set(VICADMIN_ENV_KEY, joinEntries(listEntries(env).map(rename)));
  },
});

function rename(entry: string): string {
  // Split at the first `=`; the value may contain more of them.
  const end = entry.indexOf('=');
  const name = end === -1 ? entry : entry.slice(0, end);
  if (!RENAMED.has(name)) return entry;
  return `VICADMIN_${name}${end === -1 ? '=' : entry.slice(end)}`;
}
