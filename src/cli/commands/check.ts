import {reportCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {readIsos} from '../iso-files.js';
import {action} from '../next.js';
import {dataOnly, isoOptions, timeout, versionSwitches} from '../options.js';
import {skippedChecks, tellForce} from '../upgrade-result.js';

/** Everything that can be known before an upgrade. */
export const check = reportCommand({
  name: 'check',
  summary: 'Look at everything that can be known before an upgrade, and write nothing',
  options: {...isoOptions, 'data-only': dataOnly, timeout, ...versionSwitches},
  examples: [
    ['check -t vc.example -u admin -n vch1', 'privileges, hosts, lock, snapshots, containerVMs'],
    [
      'check -n vch1 --appliance-iso appliance.iso --bootstrap-iso bootstrap.iso --expect 412',
      'and the ISO files, their versions and the room for them',
    ],
  ],
  exits: {
    0: 'an upgrade could begin',
    1: 'a check failed: an upgrade would not begin',
    3: 'an upgrade could begin, and would leave containerVMs out',
  },
  writes: false,
  read: async ({own}) => ({
    timeout: own.timeout,
    ...(await readIsos(own, 'check')),
    ...skippedChecks(own),
  }),
  async run(session, options, {own}) {
    tellForce(own, options);
    const {checkVch} = await import('../../vch-upgrade/check.js');
    return checkVch(session, options);
  },
  exitCode({report: {summary, checks = []}}) {
    if (checks.some(({status}) => status === 'failed')) return EXIT.failed;
    const excused = summary.refused + summary.unreachable + summary.failed + summary.conflict;
    return excused > 0 ? EXIT.partly : EXIT.done;
  },
  next({report: {checks = [], vch}, line}) {
    if (checks.some(({status}) => status === 'failed'))
      return [action('Fix the failed checks, then check again', line('check'))];
    return [
      vch.lock.held
        ? action('See who holds the lock', line('status'))
        : action('Upgrade it', line('upgrade')),
    ];
  },
});
