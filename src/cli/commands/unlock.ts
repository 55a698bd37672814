import {reportCommand} from '../command.js';
import {lockId} from '../options.js';
import {wholeVch} from '../upgrade-result.js';

/** Removes a dead owner's lock. */
export const unlock = reportCommand({
  name: 'unlock',
  summary:
    "Remove a dead owner's upgrade lock; one whose owner lives is refused, and vic-machine's own flag is left",
  options: {'lock-id': lockId},
  examples: [
    ['unlock -t vc.example -u admin -n vch1', 'the upgrade can still be resumed or rolled back'],
    ['unlock -n vch1 --lock-id 1bd4c04e-f029-4fd0-86f2-806d0c1181ab', 'only the lock that status showed'],
  ],
  ...wholeVch,
  read: async ({own}) => ({lockId: own['lock-id']}),
  async run(session, options) {
    const {unlockVch} = await import('../../vch-upgrade/unlock.js');
    return unlockVch(session, options);
  },
  question: () => 'its upgrade lock is removed, and the upgrade stays unfinished; ',
});
