import {nothingMore, reportCommand} from '../command.js';
import {goalExit} from '../exit.js';
import {action, unlessStopped} from '../next.js';

/** Checks the live VMs against their goal. */
export const verify = reportCommand({
  name: 'verify',
  summary: 'Check the live containerVMs against their goal',
  options: {},
  examples: [['verify -t vc.example -u admin -n vch1', 'check every containerVM against its goal']],
  exits: {
    0: 'every containerVM is at its goal',
    1: 'a containerVM is not at its goal, or could not be checked',
    3: 'the containerVMs that are not at their goal are refused or unreachable ones',
  },
  writes: false,
  read: nothingMore,
  async run(session, options) {
    const {verifyMigration} = await import('../../containers/verify.js');
    return verifyMigration(session, options);
  },
  exitCode: ({report}) => goalExit(report.summary),
  next: unlessStopped(({report: {summary}, line}) => {
    const atGoal = summary.unchanged + summary.changed + summary.skipped;
    if (atGoal === summary.total) return [action('Nothing; every containerVM is at its goal')];
    return [
      atGoal + summary.refused + summary.unreachable === summary.total
        ? action('Fix the VMs that were refused or unreachable, then apply', line('apply'))
        : action('Fix the VMs that are not at their goal, then plan', line('plan')),
    ];
  }),
});
