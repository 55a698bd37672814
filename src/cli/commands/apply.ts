import {migrationCommand} from '../migration-command.js';

/** Runs the container plugins. */
export const apply = migrationCommand({
  name: 'apply',
  summary: 'Run the container plugins on the containerVMs; running VMs stay running',
  examples: [
    ['apply -t vc.example -u admin -n vch1', 'migrate, after a question'],
    [
      'apply -n vch1 --yes --expect 412 --report night.json',
      'the same from a script; the target is in GOVC_URL',
    ],
  ],
  writes: true,
  operate: (connection, options) => connection.apply(options),
});
