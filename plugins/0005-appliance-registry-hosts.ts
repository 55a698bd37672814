import {definePlugin, INSECURE_REGISTRIES_KEY as LIST} from '../src/migration/plugin.js';

/** Go 1.8 parses `host:5000/path` as a URL with a host; Go 1.7 stored all of it in the path. */
export default definePlugin({
  version: 5,
  target: 'appliance',
  name: 'appliance-registry-hosts',
  summary: 'give the URLs of insecure registries their host',
  keys: [`${LIST}|*/Host`, `${LIST}|*/Path`],
  revision: 1,
  persist: true,
  up(draft) {
    for (const key of draft.keys().filter((key) => key.endsWith('/Path'))) {
      const hostKey = key.replace(/Path$/, 'Host');
      const path = draft.get(key);
      if (!path || draft.get(hostKey)) continue;
      const slash = path.indexOf('/');
      draft.set(hostKey, slash === -1 ? path : path.slice(0, slash));
      draft.set(key, slash === -1 ? '' : path.slice(slash + 1));
    }
  },
});
