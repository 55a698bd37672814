import {nothingMore, reportCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {action, thenVerify, underLock, unlessStopped} from '../next.js';

/** The state of the VCH and its containerVMs. */
export const status = reportCommand({
  name: 'status',
  summary: 'Show data versions, applied and pending plugins, rename classes and the upgrade lock',
  options: {},
  examples: [['status -t vc.example -u admin -n vch1', 'where the VCH and its containerVMs stand']],
  writes: false,
  read: nothingMore,
  async run(session, options) {
    const [{statusOf}, {claimFindings}] = await Promise.all([
      import('../../containers/status.js'),
      import('../../rename/rename-unfinished.js'),
    ]);
    const {outcome, vch} = await statusOf(session, options);
    return {...outcome, findings: [...outcome.findings, ...claimFindings(vch)]};
  },
  exitCode: () => EXIT.done,
  next: unlessStopped(({report: {summary, vch}, line}) =>
    vch.lock.held
      ? underLock(vch.lock, line)
      : [summary.pending > 0 ? action('See what apply would change', line('plan')) : thenVerify(line)],
  ),
});
