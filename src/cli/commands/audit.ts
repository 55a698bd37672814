import {migrationCommand} from '../migration-command.js';

/** Compares a VCH's containerVMs with VIC's conventions. */
export const audit = migrationCommand({
  name: 'audit',
  summary:
    "Compare names, folders and identities of the containerVMs with VIC's conventions: 0 all keep them, 1 if one does not",
  examples: [['audit -t vc.example -u admin -n vch1', 'which containerVMs are not as VIC would have them']],
  writes: false,
  operate: (connection, options) => connection.audit(options),
});
