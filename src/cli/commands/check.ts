import {migrationCommand} from '../migration-command.js';
import {ISO_OPTIONS, vchOptions} from '../vch-command.js';

/** Everything that can be known before an upgrade. */
export const check = migrationCommand({
  name: 'check',
  summary:
    'Look at everything that can be known before an upgrade, and write nothing: 1 if it would not begin, 3 if VMs would be left out',
  options: [...ISO_OPTIONS, 'timeout', 'skip-version-check', 'skip-iso-check'],
  examples: [
    ['check -t vc.example -u admin -n vch1', 'privileges, hosts, lock, snapshots, containerVMs'],
    [
      'check -n vch1 --appliance-iso appliance.iso --bootstrap-iso bootstrap.iso --expect 412',
      'and the ISO files, their versions and the room for them',
    ],
  ],
  writes: false,
  operate: async (connection, options, settings) => {
    const {skipVersionCheck, skipIsoCheck} = settings.vchUpgrade;
    return connection.check({
      ...(await vchOptions('check', options, settings)),
      skipVersionCheck,
      skipIsoCheck,
    });
  },
});
