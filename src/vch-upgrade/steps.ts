import {LEASE_TIMES} from '../appliance/lease.js';
import type {RunOutcome, StepGroup} from '../containers/outcome.js';
import {counted} from '../counted.js';
import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {ID_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import {migrateContainers, undoContainers} from './containers.js';
import {ensureUploaded} from './iso-files.js';
import {dropPrevious, ensureSnapshot} from './own-snapshot.js';
import {ensurePoweredOff, ensurePoweredOn} from './power.js';
import {cleanUp, putApplianceBack} from './put-back.js';
import {waitUntilReady} from './ready.js';
import {parseRecord, type UpgradeRecord} from './record.js';
import {tellWayBack} from './runbook.js';
import {verifyAppliance, writeAppliance} from './upgrade-appliance.js';
import type {LockedVch} from './vch-target.js';

/** What a step returns. */
export interface StepResult {
  /** Goes into the record with the next write. */
  readonly patch?: Partial<UpgradeRecord>;
  readonly containers?: RunOutcome;
}

/** How a step is shown: to the user, in events, and in docs/upgrade.md. */
export interface ShownStep {
  readonly name: string;
  /** Its name in the stream of events, if that differs. */
  readonly event?: string;
  /** What the user reads while it runs. */
  readonly label: string;
  readonly happens: string;
  /** What it is a part of, for people. */
  readonly group: StepGroup;
  /** The state of the VCH meanwhile. */
  readonly vch: 'up' | 'down' | 'starting';
}

/** A step under the lock. It can run again from its start: it looks before it acts. */
export interface Step extends ShownStep {
  /** It reports its own progress, in more detail. */
  readonly showsItself?: true;
  /**
   * Where a first signal stops the run: `before` the step goes on record (the default), `entered` once it is on record,
   * so that the record shows the step before it as done, or `never`, because the VCH is down or something is half-done.
   */
  readonly safePoint?: 'before' | 'entered' | 'never';
  /** The VM takes no writes meanwhile, so the lock's owner cannot show a sign of life. */
  readonly blocksWrites?: true;
  /** What goes into the record as the step is entered. */
  readonly record?: Partial<UpgradeRecord>;
  /** Whether this upgrade needs the step; if not, `otherwise` reports what was left undone. */
  readonly runs?: (record: UpgradeRecord) => boolean;
  readonly otherwise?: (locked: LockedVch) => void;
  /** Run it again from its start if it fails for a temporary reason. */
  readonly persists?: true;
  /** Where to continue an upgrade that was stopped in this step, if not with this step. */
  readonly resumeFrom?: string | ((seen: Seen) => string);
  /** `from`: the step on record when the run began. */
  run(locked: LockedVch, from: string): Promise<StepResult>;
  /** Throws if the result must end the run. The result has already been kept. */
  readonly accept?: (result: StepResult, locked: LockedVch) => void;
}

/** What a resumed upgrade finds. */
export interface Seen {
  /** The appliance's power is not what it was before the upgrade. */
  readonly isOff: boolean;
  readonly hasSnapshot: boolean;
}

export const CHECK: ShownStep = {
  name: 'check',
  label: 'checking',
  happens: 'everything that `check` looks at; a failed check ends it here',
  group: 'Check and plan',
  vch: 'up',
};
export const LOCK: ShownStep = {
  name: 'lock',
  label: 'taking the upgrade lock',
  happens: "lock, VIC's flag `UpdateInProgress` and the rollback record, in one guarded write",
  group: 'Check and plan',
  vch: 'up',
};
export const UNLOCK: ShownStep = {
  name: 'unlock',
  label: 'releasing the upgrade lock',
  happens: 'the flag becomes `false`; the rollback record stays for `rollback`',
  group: 'Verify and unlock',
  vch: 'up',
};

/** The steps of an upgrade, in their order. */
export const STEPS = [
  {
    name: 'upload',
    label: 'uploading',
    showsItself: true,
    happens: "ISO files, under names that tell their content, beside the appliance's own",
    group: 'Upload ISO files',
    vch: 'up',
    run: without(ensureUploaded),
  },
  {
    name: 'containers',
    label: 'writing, reading back',
    showsItself: true,
    happens: 'the containerVMs, as `apply` does it',
    group: 'Write containerVMs',
    vch: 'up',
    run: async (locked) => ({containers: await migrateContainers(locked)}),
    accept({containers}, locked) {
      assertFinished(locked, containers);
      assertAnswered(locked, containers);
      assertNoneFailed(containers);
    },
  },
  {
    name: 'snapshot',
    label: 'taking the snapshot',
    happens: 'of the appliance, without memory; containerVMs are never snapshotted',
    group: 'Take the snapshot',
    vch: 'up',
    blocksWrites: true,
    resumeFrom: snapshotAgain,
    run: async (locked) => ({patch: {snapshot: await ensureSnapshot(locked)}}),
    // For the user, who needs it if this process dies.
    accept: (_result, locked) => tellWayBack(locked),
  },
  {
    name: 'power-off',
    label: 'powering off',
    happens: 'the guest shuts down; after a minute its power is cut',
    group: 'Upgrade and boot',
    vch: 'down',
    blocksWrites: true,
    record: {touched: true},
    resumeFrom: snapshotAgain,
    run: without(ensurePoweredOff),
  },
  {
    name: 'appliance',
    label: 'upgrading the appliance',
    happens: 'data, version and CD-ROM in one write, and its data version last of all',
    group: 'Upgrade and boot',
    vch: 'down',
    safePoint: 'never',
    blocksWrites: true,
    resumeFrom: 'power-off',
    run: without(writeAppliance),
  },
  {
    name: 'power-on',
    label: 'powering on',
    happens: 'only if it was on before',
    group: 'Upgrade and boot',
    vch: 'down',
    safePoint: 'never',
    blocksWrites: true,
    runs: wasOn,
    run: without(ensurePoweredOn),
  },
  {
    name: 'ready',
    label: 'waiting until ready',
    happens: 'address, services, docker where it can be reached; at most `--timeout`',
    group: 'Upgrade and boot',
    vch: 'starting',
    runs: wasOn,
    otherwise: (locked) =>
      locked.addFinding(
        'left-off',
        `${locked.label} was powered off before and stays so: whether the new version starts was not checked`,
      ),
    resumeFrom: 'power-on',
    run: without((locked) => waitUntilReady(locked, locked.options.signal)),
  },
  {
    name: 'verify',
    event: 'verify-appliance',
    label: 'verifying the appliance',
    happens: 'everything is read back',
    group: 'Verify and unlock',
    vch: 'up',
    resumeFrom: 'power-on',
    run: without(verifyAppliance),
  },
  {
    name: 'drop-previous-snapshot',
    label: "removing the last upgrade's snapshot",
    happens: 'other snapshots stay',
    group: 'Verify and unlock',
    vch: 'up',
    safePoint: 'never',
    blocksWrites: true,
    // From here on, the last upgrade can no longer be rolled back.
    record: {previous: null},
    runs: ({previousSnapshot}) => previousSnapshot !== null,
    run: async (locked) => ({patch: await dropPrevious(locked)}),
  },
] as const satisfies readonly Step[];

/** The steps of a rollback, in their order. The automatic one leaves the containerVMs out. */
export const ROLLBACK_STEPS = [
  {
    name: 'rollback',
    event: 'revert',
    label: 'reverting to the snapshot',
    happens: 'the appliance reverts to its snapshot; what that does not restore is written',
    group: 'Put back',
    vch: 'down',
    safePoint: 'never',
    blocksWrites: true,
    run: async (locked, from) => ({patch: await putApplianceBack(locked, reached(from, 'appliance'))}),
  },
  {
    name: 'rollback-containers',
    label: 'undoing the containerVMs',
    showsItself: true,
    happens: 'the containerVMs are restored from their ledgers',
    group: 'Put back',
    vch: 'up',
    safePoint: 'entered',
    run: async (locked) => ({containers: await undoContainers(locked)}),
    accept({containers}, locked) {
      assertFinished(locked, containers);
      assertAnswered(locked, containers);
    },
  },
  {
    name: 'rollback-cleanup',
    event: 'cleanup',
    label: 'cleaning up',
    happens: 'uploaded ISO files and the snapshot are removed',
    group: 'Put back',
    vch: 'up',
    safePoint: 'never',
    blocksWrites: true,
    persists: true,
    // An automatic rollback does not undo the containerVMs.
    resumeFrom: 'rollback-containers',
    run: without(cleanUp),
  },
] as const satisfies readonly Step[];

const ROWS: readonly Step[] = [...STEPS, ...ROLLBACK_STEPS];

/** The values of `phase` in lock and record, in their order. */
export const STEP_NAMES: readonly string[] = [
  'locked',
  ...STEPS.map(({name}) => name),
  'done',
  ...ROLLBACK_STEPS.map(({name}) => name),
];

/** The name of a step of an upgrade or of its rollback. */
export type StepName = 'locked' | (typeof STEPS | typeof ROLLBACK_STEPS)[number]['name'] | 'done';

/** Whether an upgrade in `step` has reached `wanted`. */
export function reached(step: string, wanted: string): boolean {
  return STEP_NAMES.indexOf(step) >= STEP_NAMES.indexOf(wanted);
}

/** Whether an upgrade is being rolled back. */
export function isRollingBack(step: string): boolean {
  return reached(step, 'rollback');
}

/** Whether an upgrade that stopped there has left a VCH off that was on. */
export function mayBeDown({phase, powerState}: Pick<UpgradeRecord, 'phase' | 'powerState'>): boolean {
  return powerState === 'poweredOn' && STEPS.some(({name, vch}) => name === phase && vch === 'down');
}

/** The steps from that one on; all of them if it is not among them. */
export function stepsFrom(steps: readonly Step[], name: string): readonly Step[] {
  const first = steps.findIndex((step) => step.name === name);
  return steps.slice(Math.max(first, 0));
}

/** The step with which an upgrade or a rollback that was stopped in `step` continues. */
export function resumePoint(step: string, seen: Seen = {isOff: false, hasSnapshot: false}): string {
  const from = ROWS.find(({name}) => name === step)?.resumeFrom ?? step;
  return typeof from === 'string' ? from : from(seen);
}

/** Seconds within which the lock's owner shows a sign of life in that step. */
export function leaseTimeOf(step: string, base: number): number {
  return ROWS.some(({name, blocksWrites}) => name === step && blocksWrites)
    ? LEASE_TIMES.upgrade.still
    : base;
}

/** Reports that a step begins. */
export function showStep(
  {onProgress}: Pick<LockedVch['options'], 'onProgress'>,
  {name, event = name, label, group}: ShownStep,
  total: number | null = null,
): void {
  onProgress?.({type: 'phase', phase: event, label, total, group});
}

/** Reports that the step with that name begins, maybe as a part of another group. */
export function showStepNamed(
  options: LockedVch['options'],
  name: string,
  {total, group}: {readonly total?: number; readonly group?: StepGroup} = {},
): void {
  const step = ROWS.find((row) => row.name === name);
  if (step === undefined) throw new Error(`there is no step ${name}`);
  showStep(options, {...step, ...(group && {group})}, total);
}

/** The rollback record on an appliance; `null` if there is none. A record that this release cannot read is an error. */
export function recordOn(config: ExtraConfig, label: string): UpgradeRecord | null {
  return parseRecord(config[UPGRADE_RECORD_KEY], {label, vm: config[ID_KEY.appliance] ?? label}, STEP_NAMES);
}

/** The error of a run that a first signal stopped. */
export function interrupted({label, record}: Pick<LockedVch, 'label' | 'record'>): VchError {
  return new VchError(
    'VCH_ERR_INTERRUPTED',
    isRollingBack(record.phase)
      ? `the rollback of ${label} was stopped: its appliance is restored, not all of its containerVMs are yet. Continue with vch-migrate rollback`
      : `the upgrade of ${label} was stopped in the phase ${record.phase}. Continue with vch-migrate resume, or undo it with vch-migrate rollback`,
  );
}

function without(act: (locked: LockedVch) => Promise<void>): Step['run'] {
  return async (locked) => {
    await act(locked);
    return {};
  };
}

function wasOn({powerState}: UpgradeRecord): boolean {
  return powerState === 'poweredOn';
}

/**
 * While the appliance is up, the containerVMs are read again, because there may be new ones, and the snapshot is taken
 * again, because it may be days old.
 */
function snapshotAgain({isOff, hasSnapshot}: Seen): string {
  return isOff && hasSnapshot ? 'power-off' : 'containers';
}

function assertFinished(locked: LockedVch, containers: RunOutcome | undefined): void {
  locked.lock.lost.throwIfAborted();
  if (containers?.interrupted) throw interrupted(locked);
}

/** While vCenter does not answer, VMs that could not be read or were not started leave the step unfinished. */
function assertAnswered({session}: LockedVch, containers: RunOutcome | undefined): void {
  const open = (containers?.vms ?? []).filter(
    ({status, error}) =>
      error?.failure === 'not-sent' || (status === 'unknown' && session.contact.broken !== null),
  );
  const [first] = open;
  if (first === undefined) return;
  throw new VchError(
    'VCH_ERR_TRANSPORT',
    `${counted(open.length, 'containerVM')} left, as vCenter does not answer: first ${first.displayName} (${first.id}): ${first.error?.message ?? first.status}`,
    {failure: 'not-sent'},
  );
}

function assertNoneFailed(containers: RunOutcome | undefined): void {
  const failed = (containers?.vms ?? []).filter(
    ({status}) => status === 'failed' || status === 'not-attempted',
  );
  const first = failed.find(({status}) => status === 'failed') ?? failed[0];
  if (first === undefined) return;
  // A VM that was not attempted does not mean that the upgrade was interrupted.
  const code = first.error?.code === 'VCH_ERR_INTERRUPTED' ? undefined : first.error?.code;
  throw new VchError(
    code ?? 'VCH_ERR_PLUGIN_FAILED',
    `${counted(failed.length, 'containerVM')} could not be changed, the first ${first.displayName} (${first.id}): ${first.error?.message ?? first.status}. ` +
      'The appliance was not touched',
  );
}
