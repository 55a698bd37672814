import {definePlugin, NAME_KEYS, RENAME_DISABLED_KEY} from '../src/migration/plugin.js';

/** VIC refuses to rename a containerVM below data version 4. The mark shows that to people and tools. */
export default definePlugin({
  version: 4,
  target: 'container',
  name: 'container-rename-disabled',
  summary: `mark legacy containerVMs with ${RENAME_DISABLED_KEY}, since VIC cannot rename them`,
  keys: [RENAME_DISABLED_KEY],
  // Read so that the ledger records them: the name of a container that cannot be renamed must not change.
  reads: [NAME_KEYS.container.hidden, NAME_KEYS.container.legacy],
  revision: 1,
  persist: true,
  up(draft) {
    draft.set(RENAME_DISABLED_KEY, 'true');
  },
});
