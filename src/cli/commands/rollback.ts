import {migrationCommand} from '../migration-command.js';
import {VCH_RUN_OPTIONS} from '../option-table.js';
import {vchOptions} from '../vch-command.js';

/** Takes the last upgrade back. */
export const rollback = migrationCommand({
  name: 'rollback',
  summary:
    'Take back the last upgrade, finished or not: the appliance by its snapshot, then the containerVMs',
  options: VCH_RUN_OPTIONS,
  examples: [
    ['rollback -t vc.example -u admin -n vch1', 'go back, after a question; from any machine'],
    [
      'rollback --id vm-12 --yes --journal /var/log/vch-migrate',
      'the same from a script, with every side effect noted',
    ],
  ],
  writes: true,
  operate: async (connection, options, settings) =>
    connection.rollback(await vchOptions('rollback', options, settings)),
});
