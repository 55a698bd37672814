import type {RunOutcome} from '../../containers/outcome.js';
import type {RunOptions} from '../../containers/run-options.js';
import type {Session} from '../../vim25/session.js';
import {reportCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {action, thenVerify, underLock, unlessStopped} from '../next.js';
import {flag} from '../option.js';

/** The state of the VCH and its containerVMs. */
export const status = reportCommand({
  name: 'status',
  summary: 'Show data versions, applied and pending plugins, rename classes and the upgrade lock',
  options: {watch: flag('Command:', 'Look every 5 s and log what has changed, until Ctrl-C')},
  examples: [
    ['status -t vc.example -u admin -n vch1', 'where the VCH and its containerVMs stand'],
    ['status -n vch1 --watch', 'and follow it, while somebody upgrades the VCH'],
  ],
  writes: false,
  read: async () => ({}),
  run: (session, options, {own}) =>
    own.watch ? watchStatus(session, options) : readStatus(session, options),
  exitCode: () => EXIT.done,
  next: unlessStopped(({report: {summary, vch, findings}, line}) => {
    const ways = findings.flatMap(({actions = []}) => actions);
    if (ways.length > 0) return [...ways, action('Then look at the VCH again', line('check'))];
    return vch.lock.held
      ? underLock(vch.lock, line)
      : [summary.pending > 0 ? action('See what apply would change', line('plan')) : thenVerify(line)];
  }),
});

async function readStatus(session: Session, options: RunOptions): Promise<RunOutcome> {
  const [{statusOf}, {claimFindings}, {leftByVicMachine}] = await Promise.all([
    import('../../containers/status.js'),
    import('../../rename/rename-unfinished.js'),
    import('../../vch-upgrade/left-by-vic-machine.js'),
  ]);
  const {outcome, vch} = await statusOf(session, options);
  const left = await leftByVicMachine(session, vch);
  return {...outcome, findings: [...outcome.findings, ...claimFindings(vch), ...left]};
}

const POLL = 5_000;

/** Looks until the signal comes, and logs each change; the last look becomes the report. */
async function watchStatus(session: Session, options: RunOptions): Promise<RunOutcome> {
  const {signal, log} = options;
  let seen = await readStatus(session, options);
  log.info(watchLine(seen));
  for (;;) {
    await session.clock.sleep(POLL, {signal});
    if (signal?.aborted) return {...seen, interrupted: true};
    const next = await readStatus(session, {...options, onProgress: undefined}).catch((error: unknown) => {
      if (signal?.aborted) return {...seen, interrupted: true};
      throw error;
    });
    if (watchLine(next) !== watchLine(seen)) log.info(watchLine(next));
    seen = next;
  }
}

function watchLine({vch, vms}: RunOutcome): string {
  const {lock} = vch;
  const held = lock.held
    ? `upgrade in progress, phase ${lock.phase ?? 'unknown'}, by ${lock.owner ?? lock.by}`
    : 'no upgrade in progress';
  const counts = [...new Set(vms.map(({status: word}) => word))].map(
    (word) => `${vms.filter((vm) => vm.status === word).length} ${word}`,
  );
  return `${vch.name}: ${vch.powerState ?? 'power state unknown'}, data version ${vch.dataVersion ?? 'unknown'}; ${held}; containerVMs: ${counts.join(', ') || 'none'}`;
}
