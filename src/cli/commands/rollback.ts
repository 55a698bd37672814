import {printable} from '../../report/printable.js';
import {reportCommand} from '../command.js';
import {flag} from '../option.js';
import {vchRunOptions} from '../options.js';
import {journaled, wholeVch} from '../upgrade-result.js';

/** Takes the last upgrade back. */
export const rollback = reportCommand({
  name: 'rollback',
  summary:
    'Roll back the last upgrade, finished or not: the appliance to its snapshot, then the containerVMs',
  options: {
    ...vchRunOptions,
    'discard-changes': flag(
      'Command:',
      'Discard what has changed on the appliance since the upgrade, without asking',
    ),
  },
  examples: [
    ['rollback -t vc.example -u admin -n vch1', 'go back, after a question; from any machine'],
    [
      'rollback --id vm-12 --yes --journal /var/log/vch-migrate',
      'the same from a script, with every side effect noted',
    ],
  ],
  ...wholeVch,
  asksForName: true,
  read: async ({own}) => ({timeout: own.timeout, discardChanges: own['discard-changes']}),
  async run(session, options, {own}) {
    const {rollbackVch} = await import('../../vch-upgrade/rollback.js');
    return rollbackVch(session, await journaled('rollback', options, own.journal));
  },
  question({findings}) {
    const lost = findings.filter(({code}) => code === 'changed-since-upgrade');
    return `the appliance goes back to its snapshot, and docker does not answer until it is up again; ${lost
      .map(({message}) => `${printable(message)}; `)
      .join('')}`;
  },
});
