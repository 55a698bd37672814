import {migrationCommand} from '../migration-command.js';
import {SELECT_OPTIONS, STAGING_OPTIONS} from '../option-table.js';

/** Puts the containerVMs back, from their own ledgers. */
export const undo = migrationCommand({
  name: 'undo',
  summary: 'Put the containerVMs back as they were, from their ledgers; whole VMs or not at all',
  options: ['run', 'to', ...SELECT_OPTIONS, ...STAGING_OPTIONS],
  examples: [
    ['undo -t vc.example -u admin -n vch1', 'undo everything that vch-migrate did to the containerVMs'],
    ['undo -n vch1 --to 2', 'undo the plugins above version 2'],
  ],
  writes: true,
  operate: (connection, options, {run, to}) => connection.undo({...options, run, to}),
});
