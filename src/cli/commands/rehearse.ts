import {reportCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {requireIsos} from '../iso-files.js';
import {action, isOfMaskedDump, LOOK_ELSEWHERE, unlessStopped} from '../next.js';
import {text, withDefault} from '../option.js';
import {dataOnly, duration, isoOptions, timeout, versionSwitches} from '../options.js';
import {skippedChecks, tellForce} from '../upgrade-result.js';
import {holdAll} from '../v8.js';

const TASK_TIME = 500;
const BOOT_TIME = 2 * 60_000;

/** The upgrade of a VCH, on a copy of it. */
export const rehearse = reportCommand({
  name: 'rehearse',
  summary:
    'Play the upgrade, its rollback and the failures that cost most on a copy of the VCH; writes nothing on the target',
  options: {
    ...isoOptions,
    'data-only': dataOnly,
    timeout,
    ...versionSwitches,
    'from-dump': text('Command:', 'FILE that dump or govc wrote, instead of the VCH itself'),
    'task-time': duration(
      text(
        'Command:',
        'How long a task of your vCenter takes, such as 800ms (default: as doctor measured it there, else 500ms)',
        {value: 'DURATION'},
      ),
    ),
    'boot-time': withDefault(
      duration(
        text('Command:', 'How long the appliance takes from power-on until docker answers (default 2m)', {
          value: 'DURATION',
        }),
      ),
      BOOT_TIME,
    ),
  },
  examples: [
    [
      'rehearse -t vc.example -u admin -n vch1 --report rehearsal.html',
      'with both ISO files of the current folder',
    ],
    ['rehearse --from-dump vch1.dump.json --data-only', 'without the vCenter'],
  ],
  exits: {
    0: 'the upgrade would come through, and its rollback bring everything back',
    1: 'the upgrade would fail or not begin, or its rollback not bring everything back',
    3: 'the upgrade would come through, and leave containerVMs out',
    4: 'an upgrade holds the VCH, or left its lock there',
    6: 'the upgrade would end with the VCH down',
  },
  writes: false,
  read: async ({own}) => ({
    timeout: own.timeout,
    ...(await requireIsos(own, 'rehearse')),
    ...skippedChecks(own),
    dataOnly: own['data-only'],
  }),
  async run(session, options, {own}) {
    tellForce(own, options);
    const [{dumpInventory, notCopied}, {rehearse}, {rehearsalFindings}] = await Promise.all([
      import('../../dump/dump.js'),
      import('../../rehearsal/rehearse.js'),
      import('../../rehearsal/findings.js'),
    ]);
    const {toolVersion, vch} = options;
    holdAll();
    options.onProgress?.({type: 'phase', phase: 'read', label: 'copying the VCH', total: null});
    const dumped = await dumpInventory(session, vch, {at: new Date(), toolVersion});
    const given = own['task-time'];
    const {taskTime} = options;
    const times = {
      task: given ?? taskTime ?? TASK_TIME,
      taskFrom: given !== undefined ? 'given' : taskTime !== undefined ? 'measured' : 'assumed',
      boot: own['boot-time'],
    } as const;
    const rehearsal = await rehearse(session, dumped.fixture, {
      ...options,
      times,
      retryFor: session.patience,
    });
    const {upgrade: _played, ...outcome} = rehearsal.outcome;
    return {
      ...outcome,
      // Nothing of it has happened to these VMs.
      vms: outcome.vms.map((vm) => (vm.status === 'changed' ? {...vm, status: 'pending' as const} : vm)),
      findings: [
        ...rehearsalFindings(rehearsal),
        ...notCopied(dumped).map((message) => ({code: 'not-copied', message})),
        ...outcome.findings,
      ],
      rehearsal,
    };
  },
  exitCode({report: {rehearsal, summary}}) {
    const result = rehearsal?.upgrade.result;
    if (result === 'needs-person') return EXIT.person;
    if (result !== 'upgraded' && result !== 'unchanged') return EXIT.failed;
    const {rollback = null, differing = []} = rehearsal ?? {};
    if ((rollback !== null && rollback.result !== 'rolled-back') || differing.length > 0) return EXIT.failed;
    return summary.pending + summary.unchanged + summary.skipped < summary.total ? EXIT.partly : EXIT.done;
  },
  next: unlessStopped(({report, line}) =>
    isOfMaskedDump(report)
      ? LOOK_ELSEWHERE
      : [
          report.checks?.some(({status}) => status === 'failed')
            ? action('Fix the failed checks, then check again', line('check'))
            : action('Upgrade the VCH itself', line('upgrade')),
        ],
  ),
});
