import {migrationCommand} from '../migration-command.js';

/** Where the VCH and its containerVMs stand. */
export const status = migrationCommand({
  name: 'status',
  summary: 'Show data versions, applied and pending plugins, rename classes and the upgrade lock',
  examples: [['status -t vc.example -u admin -n vch1', 'where the VCH and its containerVMs stand']],
  writes: false,
  operate: (connection, options) => connection.status(options),
});
