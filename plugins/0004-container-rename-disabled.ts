import {definePlugin} from '../src/migration/plugin.js';

const MARK = 'common/rename-disabled';

/** VIC refuses to rename a containerVM below data version 4; the mark says so where people and tools can see it. */
export default definePlugin({
  version: 4,
  target: 'container',
  name: 'container-rename-disabled',
  summary: `mark legacy containerVMs with ${MARK}, since VIC cannot rename them`,
  keys: [MARK],
  // Pinned: the name of a container that cannot be renamed does not change any more.
  reads: ['common/name', 'guestinfo.vice./common/name'],
  revision: 1,
  persist: true,
  up(draft) {
    draft.set(MARK, 'true');
  },
});
