import {migrationCommand} from '../migration-command.js';

/** Removes a dead owner's lock. */
export const unlock = migrationCommand({
  name: 'unlock',
  summary:
    "Remove a dead owner's upgrade lock; one whose owner lives is refused, and vic-machine's own flag is left",
  options: ['lock-id'],
  examples: [
    ['unlock -t vc.example -u admin -n vch1', 'the upgrade can still be resumed or rolled back'],
    ['unlock -n vch1 --lock-id 1bd4c04e-f029-4fd0-86f2-806d0c1181ab', 'only the lock that status showed'],
  ],
  writes: true,
  operate: (connection, options, {vchUpgrade}) => connection.unlock({...options, lockId: vchUpgrade.lockId}),
});
