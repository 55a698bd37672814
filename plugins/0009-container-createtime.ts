import {CREATETIME_KEY, definePlugin} from '../src/migration/plugin.js';

const NANOSECONDS = 1_000_000_000n;
/** A value this large, of either sign, is in nanoseconds already: in seconds it would be 30 million years away. */
const ALREADY_NANOSECONDS = 10n ** 15n;

/**
 * VIC 1.3 counts nanoseconds. This runs in memory only: VIC's port layer converts whenever it reads a containerVM below
 * data version 9, and would convert a written value again.
 */
export default definePlugin({
  version: 9,
  target: 'container',
  name: 'container-createtime',
  summary: `turn ${CREATETIME_KEY} from seconds to nanoseconds, in memory`,
  keys: [CREATETIME_KEY],
  revision: 1,
  persist: false,
  up(draft) {
    const text = draft.get(CREATETIME_KEY);
    if (!text) return;
    if (!/^[+-]?\d{1,40}$/.test(text)) {
      draft.finding(
        'createtime-not-a-number',
        `${CREATETIME_KEY} is ${JSON.stringify(text)}, which is not a number; nothing was changed`,
      );
      return;
    }
    const seconds = BigInt(text.replace('+', ''));
    if (seconds >= ALREADY_NANOSECONDS || seconds <= -ALREADY_NANOSECONDS) return;
    const nanoseconds = seconds * NANOSECONDS;
    if (BigInt.asIntN(64, nanoseconds) !== nanoseconds) {
      draft.finding(
        'createtime-out-of-range',
        `${CREATETIME_KEY} is ${text}, too large for seconds; nothing was changed`,
      );
      return;
    }
    draft.set(CREATETIME_KEY, String(nanoseconds));
  },
});
