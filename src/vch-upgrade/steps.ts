import type {RunOutcome} from '../containers/outcome.js';
import {toVchError, VchError} from '../errors.js';
import {readSnapshots} from '../vim25/snapshot.js';
import {recordKeys, upgradeAppliance, verifyAppliance} from './appliance-step.js';
import {tellCard} from './card.js';
import {migrateContainers} from './containers.js';
import type {VchContext} from './context.js';
import {ensureUploaded} from './iso-files.js';
import {ensureRemoved, ensureSnapshot} from './own-snapshot.js';
import type {UpgradePhase} from './phase.js';
import {ensurePoweredOff, ensurePoweredOn} from './power.js';
import {waitUntilReady} from './ready.js';
import type {UpgradeRecord} from './record.js';

/** What the steps have found out, for the report. */
export interface Progress {
  containers: RunOutcome | null;
}

interface Step {
  readonly phase: UpgradePhase;
  /** Nothing is half-done before it, so a signal may stop the upgrade there. While the VCH is down, none may. */
  readonly safePoint: boolean;
  readonly record?: (record: UpgradeRecord) => Partial<UpgradeRecord>;
  readonly run: (context: VchContext, progress: Progress) => Promise<void>;
}

/** The steps of an upgrade under the lock. Each may be run again from its start: it looks before it acts. */
const STEPS: readonly Step[] = [
  {
    phase: 'upload',
    safePoint: true,
    run: (context) => ensureUploaded(context),
  },
  {
    phase: 'containers',
    safePoint: true,
    async run(context, progress) {
      progress.containers = await migrateContainers(context);
      context.lock.lost.throwIfAborted();
      if (progress.containers.interrupted) throw interrupted(context);
      assertNoneFailed(progress.containers);
    },
  },
  {
    phase: 'snapshot',
    safePoint: true,
    async run(context) {
      context.step('snapshot');
      context.amend({snapshot: await ensureSnapshot(context)});
      // For whoever needs it when this process is gone.
      tellCard(context);
    },
  },
  {
    phase: 'power-off',
    safePoint: true,
    record: () => ({touched: true}),
    async run(context) {
      context.step('power-off');
      await ensurePoweredOff(context);
    },
  },
  {
    phase: 'appliance',
    safePoint: false,
    async run(context) {
      context.step('appliance');
      await recordKeys(context);
      await upgradeAppliance(context);
    },
  },
  {
    phase: 'power-on',
    safePoint: false,
    async run(context) {
      if (context.record.powerState !== 'poweredOn') return;
      context.step('power-on');
      await ensurePoweredOn(context);
    },
  },
  {
    phase: 'ready',
    safePoint: true,
    async run(context) {
      if (context.record.powerState !== 'poweredOn') {
        context.find(
          'left-off',
          `${context.label} was powered off before and is left so: whether the new version starts was not seen`,
        );
        return;
      }
      context.step('ready');
      await waitUntilReady(context, context.options.signal);
    },
  },
  {
    phase: 'verify',
    safePoint: true,
    async run(context) {
      context.step('verify-appliance');
      await verifyAppliance(context);
    },
  },
  {
    phase: 'drop-previous-snapshot',
    safePoint: false,
    // From here on the last upgrade's way back is no more.
    record: () => ({previous: null}),
    run: dropPrevious,
  },
];

/** Goes through the steps from that phase on. */
export async function runSteps(context: VchContext, from: UpgradePhase, progress: Progress): Promise<void> {
  const first = Math.max(
    STEPS.findIndex(({phase}) => phase === from),
    0,
  );
  for (const step of STEPS.slice(first)) {
    if (step.safePoint && context.options.signal?.aborted) throw interrupted(context);
    await context.enter(step.phase, step.record?.(context.record) ?? {});
    await step.run(context, progress);
  }
}

/** The way back of the last upgrade ends with this one. It is ours by our own record, and nobody else's goes. */
async function dropPrevious(context: VchContext): Promise<void> {
  const {previousSnapshot} = context.record;
  if (previousSnapshot === null) return;
  context.step('drop-previous-snapshot');
  try {
    const {all} = await readSnapshots(context.session, context.vch.ref);
    const last = all.find(
      ({ref, description}) => ref.value === previousSnapshot && description.startsWith('vch-migrate run '),
    );
    if (last !== undefined) await ensureRemoved(context, last.ref);
    context.amend({previousSnapshot: null});
  } catch (error) {
    context.find(
      'previous-snapshot-left',
      `the snapshot ${previousSnapshot} of the last upgrade is still there: ${toVchError(error).message}; ` +
        `remove it with govc snapshot.remove -vm VirtualMachine:${context.vch.ref.value} ${previousSnapshot}`,
    );
  }
}

function assertNoneFailed({vms}: RunOutcome): void {
  const failed = vms.filter(({status}) => status === 'failed' || status === 'not-attempted');
  const first = failed.find(({status}) => status === 'failed') ?? failed[0];
  if (first === undefined) return;
  // That one was not attempted is no interruption of the upgrade.
  const code = first.error?.code === 'VCH_ERR_INTERRUPTED' ? undefined : first.error?.code;
  throw new VchError(
    code ?? 'VCH_ERR_PLUGIN_FAILED',
    `${failed.length} containerVMs could not be changed, the first being ${first.displayName} (${first.id}): ${first.error?.message ?? first.status}. ` +
      'The appliance was not touched',
  );
}

function interrupted({label, record}: VchContext): VchError {
  return new VchError(
    'VCH_ERR_INTERRUPTED',
    `the upgrade of ${label} was stopped in the phase ${record.phase}; go on with vch-migrate resume, or take it back with rollback`,
  );
}
