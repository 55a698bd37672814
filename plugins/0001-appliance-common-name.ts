import {definePlugin, NAME_KEYS} from '../src/migration/plugin.js';

const {legacy: LEGACY, hidden: HIDDEN} = NAME_KEYS.appliance;

/** VIC 1.1 hid the VCH's name from the guest. */
export default definePlugin({
  version: 1,
  target: 'appliance',
  name: 'appliance-common-name',
  summary: `copy the VCH's name from ${LEGACY} to ${HIDDEN}`,
  keys: [HIDDEN],
  reads: [LEGACY],
  revision: 1,
  persist: true,
  up(draft) {
    const name = draft.get(LEGACY);
    if (name && !draft.get(HIDDEN)) draft.set(HIDDEN, name);
  },
});
