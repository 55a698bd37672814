import {definePlugin, NAME_KEYS} from '../src/migration/plugin.js';

const {legacy: LEGACY, hidden: HIDDEN} = NAME_KEYS.container;

/**
 * VIC 1.1 hid the container's name from the guest. The legacy key stays: without it VIC's own migration
 * in memory empties the name.
 */
export default definePlugin({
  version: 2,
  target: 'container',
  name: 'container-common-name',
  summary: `copy the container's name from ${LEGACY} to ${HIDDEN}`,
  keys: [HIDDEN],
  reads: [LEGACY],
  revision: 1,
  persist: true,
  up(draft, {vm}) {
    if (draft.get(HIDDEN)) return;
    const name = draft.get(LEGACY);
    if (!name) {
      // Not from the display name: VIC cut that off after 15 characters.
      return draft.refuse(
        'VCH_ERR_NAME_MISSING',
        `it has no name to copy: ${HIDDEN} and ${LEGACY} are both absent or empty. ` +
          `Give it one with \`govc vm.change -vm ${vm} -e ${HIDDEN}=NAME\`, then \`vch-migrate plan\` again`,
      );
    }
    draft.set(HIDDEN, name);
  },
});
