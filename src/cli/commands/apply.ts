import {reportCommand} from '../command.js';
import {writesExit} from '../exit.js';
import {action, restOf, takeUpRest, thenVerify, unfinished, unlessStopped} from '../next.js';
import {narrowing, selectOptions, stagingOf, stagingOptions} from '../staging.js';

/** Runs the container plugins. */
export const apply = reportCommand({
  name: 'apply',
  summary:
    'Run the container plugins on the containerVMs, or carry out exactly a saved plan; running VMs stay running',
  positionals: [{name: 'PLAN', optional: true, documents: ['plan']}],
  takesPlan: true,
  options: {...selectOptions, ...stagingOptions},
  examples: [
    ['apply -t vc.example -u admin -n vch1', 'migrate, after a question'],
    [
      'apply -n vch1 --yes --expect 412 --report night.json',
      'the same from a script; the target is in GOVC_URL',
    ],
    [
      'apply -n vch1 --canary 5 --max-errors 2% --deadline 04:30',
      'five first, and stop when it goes wrong or late',
    ],
    ['apply -n vch1 --from-report night.json --only unresolved', 'what that run left undone'],
    ['apply vch1.plan.json --yes', 'what plan --out vch1.plan.json saved, and nothing besides'],
  ],
  writes: true,
  async read({args: [file = ''], own}, {version, now}) {
    const saved = file === '' ? undefined : (await import('../plan-file.js')).readPlan(file, version);
    return {
      ...(await narrowing(own)),
      staging: stagingOf(own, now),
      changeId: saved?.report.changeId ?? undefined,
      saved,
    };
  },
  async run(session, {saved, ...options}) {
    if (saved !== undefined) {
      const {applyPlan} = await import('../../containers/saved-plan.js');
      return applyPlan(session, options, saved.plan);
    }
    const {applyMigration} = await import('../../containers/apply.js');
    return applyMigration(session, options);
  },
  planDigest: async (_made, _given, {saved}) => saved?.digest,
  exitCode: ({report}) => writesExit(report.summary),
  next: unlessStopped((told) => {
    const {args, line} = told;
    const {summary} = told.report;
    // A VM that moved since will not fit that plan again; what was not started still does.
    if (args.length > 0 && summary.conflict > 0 && unfinished(summary) === summary.unreachable)
      return [action('See what moved', line('plan'))];
    return [summary.conflict + unfinished(summary) > 0 ? takeUpRest(told) : thenVerify(line)];
  }, restOf),
});
