import {reportCommand} from '../command.js';
import {requireIsos} from '../iso-files.js';
import {flag} from '../option.js';
import {dataOnly, isoOptions, lockId, vchRunOptions, versionSwitches} from '../options.js';
import {journaled, outageQuestion, skippedChecks, tellForce, wholeVch} from '../upgrade-result.js';

/** Upgrades a VCH as a whole. */
export const upgrade = reportCommand({
  name: 'upgrade',
  summary:
    'Upgrade a VCH: its containerVMs while it is up, then its appliance behind a snapshot; or nothing of it',
  options: {
    ...isoOptions,
    'data-only': dataOnly,
    ...vchRunOptions,
    'dry-run': flag('Command:', 'Check and plan everything; write nothing'),
    ...versionSwitches,
    'lock-id': lockId,
    rollback: flag('Command:', 'The same as vch-migrate rollback'),
    resume: flag('Command:', 'The same as vch-migrate resume'),
    'reset-progress': flag('Command:', 'The same as vch-migrate unlock'),
  },
  // What vic-machine has as switches of its upgrade.
  standsFor: {rollback: 'rollback', resume: 'resume', 'reset-progress': 'unlock'},
  examples: [
    [
      'upgrade -t vc.example -u admin -n vch1 --appliance-iso appliance.iso --bootstrap-iso bootstrap.iso',
      'after a question',
    ],
    ['upgrade -n vch1 --dry-run', 'check and plan with both files of the current folder, write nothing'],
    [
      'upgrade -n vch1 --data-only --yes --timeout 20m --change-id CHG-4711 --journal journal',
      'its data alone, from a script',
    ],
  ],
  ...wholeVch,
  asksForName: true,
  read: async ({own}) => ({
    timeout: own.timeout,
    ...(await requireIsos(own, 'upgrade')),
    ...skippedChecks(own),
    dataOnly: own['data-only'],
    dryRun: own['dry-run'],
  }),
  async run(session, options, {own}) {
    tellForce(own, options);
    const {upgradeVch} = await import('../../vch-upgrade/upgrade.js');
    return upgradeVch(session, await journaled('upgrade', options, own.journal));
  },
  question: outageQuestion,
});
