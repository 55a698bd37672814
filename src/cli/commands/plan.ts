import {reportCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {action, isOfMaskedDump, LOOK_ELSEWHERE, thenVerify, underLock, unlessStopped} from '../next.js';
import {flag, text} from '../option.js';
import {unwritable} from '../settings.js';
import {narrowing, selectOptions} from '../staging.js';

/** What `apply` would change; writes nothing. */
export const plan = reportCommand({
  name: 'plan',
  aliases: ['dry-run'],
  summary: 'Show what apply would change on the containerVMs, key by key; writes nothing',
  options: {
    ...selectOptions,
    out: {
      ...text('Command:', 'Save the plan to this file, for apply FILE', {value: 'FILE'}),
      read(given, name, problems) {
        const file = given.text(name);
        const problem = file === undefined ? undefined : unwritable(file);
        if (problem !== undefined) problems.add(`--out ${problem}`);
        return file;
      },
    },
    'from-dump': text(
      'Command:',
      'Plan without a vCenter, from what dump or govc wrote (the same as --target dump:FILE)',
      {value: 'FILE', documents: ['fixture']},
    ),
    'detailed-exitcode': flag('Command:', 'Exit 2 if changes are pending'),
  },
  examples: [
    ['plan -t vc.example -u admin -n vch1', 'what apply would change'],
    ['plan -n vch1 --out vch1.plan.json', 'and save it, for apply vch1.plan.json'],
    ['plan --from-dump vch1.dump.json', 'without access to the vCenter'],
    ['plan -t sim:fixtures/legacy.json --detailed-exitcode', 'exit 2 if changes are pending'],
  ],
  exits: {0: 'planned, whatever the VMs came to', 2: 'with --detailed-exitcode: changes are pending'},
  writes: false,
  read: ({own}) => narrowing(own),
  async run(session, options, {own}) {
    if (own.out !== undefined) {
      const {planToSave} = await import('../../containers/saved-plan.js');
      return planToSave(session, options);
    }
    const {planMigration} = await import('../../containers/plan.js');
    return planMigration(session, options);
  },
  async planDigest({outcome: {plan: body}, report, log}, {own: {out}}) {
    if (out === undefined || body === undefined) return undefined;
    const {savePlan} = await import('../plan-file.js');
    return savePlan(out, body, report, log);
  },
  exitCode: ({own, report}) =>
    own['detailed-exitcode'] && report.summary.pending > 0 ? EXIT.pending : EXIT.done,
  next: unlessStopped(({report, own, line}) => {
    const {summary, vch, target} = report;
    const from = own['from-dump'];
    if (isOfMaskedDump(report)) return LOOK_ELSEWHERE;
    if (from !== undefined && own.out === undefined)
      return [
        action(
          'Save this plan, for whoever may write to the vCenter itself',
          line('plan', {words: ['--from-dump', from, '--out', 'PLAN.json'], without: ['target']}),
        ),
      ];
    if (own.out !== undefined && target.url.startsWith('dump:'))
      return [
        action(
          'Carry out exactly this plan, on the vCenter itself',
          line('apply', {words: [own.out], without: ['target', ...Object.keys(selectOptions)]}),
        ),
      ];
    if (vch.lock.held) return underLock(vch.lock, line);
    if (summary.pending === 0) return [thenVerify(line)];
    // The plan has only the selected VMs. A selection could hide that one of them is in conflict when it is applied.
    return [
      own.out === undefined
        ? action('Apply it', line('apply'))
        : action(
            'Carry out exactly this plan, once its digest is approved',
            line('apply', {words: [own.out], without: Object.keys(selectOptions)}),
          ),
    ];
  }),
});
