import {VchError} from '../../errors.js';
import type {Command} from '../command.js';
import {migrationCommand} from '../migration-command.js';
import {ISO_OPTIONS, VCH_RUN_OPTIONS, VERSION_SWITCHES} from '../option-table.js';
import {vchOptions} from '../vch-command.js';
import {resume} from './resume.js';
import {rollback} from './rollback.js';
import {unlock} from './unlock.js';

/** What vic-machine has as switches of its upgrade. */
const SWITCHES = [
  ['rollback', rollback],
  ['resume', resume],
  ['reset-progress', unlock],
] as const;

/** Upgrades a VCH as a whole. */
export const upgrade: Command = {
  ...migrationCommand({
    name: 'upgrade',
    summary:
      'Upgrade a VCH: its containerVMs while it is up, then its appliance behind a snapshot; or nothing of it',
    options: [
      ...ISO_OPTIONS,
      ...VCH_RUN_OPTIONS,
      'dry-run',
      ...VERSION_SWITCHES,
      'lock-id',
      ...SWITCHES.map(([name]) => name),
    ],
    examples: [
      [
        'upgrade -t vc.example -u admin -n vch1 --appliance-iso appliance.iso --bootstrap-iso bootstrap.iso',
        'after a question',
      ],
      ['upgrade -n vch1 --appliance-iso appliance.iso --dry-run', 'check and plan everything, write nothing'],
      [
        'upgrade -n vch1 --yes --timeout 20m --change-id CHG-4711 --journal journal',
        'its data alone, from a script',
      ],
    ],
    writes: true,
    operate: async (connection, options, settings) => {
      const {skipVersionCheck, skipIsoCheck, dryRun} = settings.vchUpgrade;
      const given = await vchOptions('upgrade', options, settings);
      return connection.upgrade({...given, skipVersionCheck, skipIsoCheck, dryRun});
    },
  }),
  instead(given) {
    const meant = SWITCHES.filter(([name]) => given.flag(name));
    if (meant.length > 1) {
      const words = meant.map(([name]) => `--${name}`).join(' and ');
      throw new VchError(
        'VCH_ERR_USAGE',
        `upgrade: ${words} exclude each other; see vch-migrate upgrade --help`,
      );
    }
    return meant[0]?.[1];
  },
};
