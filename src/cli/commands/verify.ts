import {migrationCommand} from '../migration-command.js';

/** Checks the live VMs against their goal. */
export const verify = migrationCommand({
  name: 'verify',
  summary:
    'Check the live containerVMs: 0 all at their goal, 3 but for refused or unreachable ones, 1 if one contradicts',
  examples: [['verify -t vc.example -u admin -n vch1', 'check every containerVM against its goal']],
  writes: false,
  operate: (connection, options) => connection.verify(options),
});
