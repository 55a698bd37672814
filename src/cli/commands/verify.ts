import {nothingMore, reportCommand} from '../command.js';
import {goalExit} from '../exit.js';
import {action, unlessStopped} from '../next.js';

/** Checks the live VMs against their goal. */
export const verify = reportCommand({
  name: 'verify',
  summary:
    'Check the live containerVMs: 0 all at their goal, 3 but for refused or unreachable ones, 1 if one contradicts',
  options: {},
  examples: [['verify -t vc.example -u admin -n vch1', 'check every containerVM against its goal']],
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
