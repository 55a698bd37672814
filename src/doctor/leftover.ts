import {toVchError, VchError} from '../errors.js';
import {DOCTOR_KEY} from '../extraconfig/keys.js';
import type {Logger} from '../log.js';
import {type ManagedObjectReference, refString} from '../vim25/managed-object.js';
import {
  extraConfigOf,
  extraConfigPath,
  readObjects,
  retrieveOnce,
  withContainerView,
} from '../vim25/property-collector.js';
import {nameValue, textValue} from '../vim25/property-value.js';
import {waitUntil} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {TaskWaiter} from '../vim25/tasks.js';
import {destroyVm} from '../vim25/virtual-machine.js';
import {type Mark, ownerOf, readMark} from './mark.js';
import {annotationOf, destroy, off, ScratchVm} from './scratch-vm.js';

/** A VM with a doctor's mark: one that it made, or one of the user's that it works on, or has worked on until it was killed. */
export interface Leftover {
  readonly ref: ManagedObjectReference;
  readonly name: string;
  readonly mark: Mark | null;
  /** Whether that doctor still runs. */
  readonly owner: 'alive' | 'gone' | 'unknown';
  /** Why it must be left alone; `null` if what is left there may be removed. */
  readonly why: string | null;
  /** A text that changes while another doctor works on the VM. */
  readonly state: string;
}

/** What a person reads of it, with the commands that end it; `again` is the command line that removes it. */
export function leftoverText({ref, name, mark, owner, why}: Leftover, again: string): string {
  const it = `${name} (${ref.value})`;
  if (owner === 'alive')
    return `${it} is in use: another doctor, process ${mark?.pid ?? 'unknown'} on ${mark?.host ?? 'another machine'}, works on it. It is left alone`;
  if (mark?.named === true) {
    const left = `${it} is a VM of yours that an earlier doctor tried its probes on and did not clean up`;
    if (why === null) return `${left}; this does: ${again}`;
    const first = why === POWERED_ON ? ` Power it off with ${off(ref)}, and run ${again}` : '';
    return `${left}. doctor leaves it alone: ${why}. See what it is with govc vm.info -e ${refString(ref)}.${first}`;
  }
  const left = `${it} is a scratch VM that an earlier doctor left`;
  if (why === null) return `${left}; this removes it: ${again}`;
  return (
    `${left}. doctor does not remove it: ${why}. See what it is with govc vm.info -e ${refString(ref)}. ` +
    `If nobody needs it, remove it with ${destroy(ref)}, which powers it off and deletes its disks`
  );
}

const POWERED_ON = 'it is powered on';
const MARK_PATH = extraConfigPath(DOCTOR_KEY);
const PATHS = [
  'name',
  'config.annotation',
  'config.instanceUuid',
  'config.changeVersion',
  'config.hardware.device',
  'runtime.powerState',
  MARK_PATH,
];

/** Finds the VMs with a doctor's mark. Of all others nothing but that key is read. */
export async function findLeftovers(session: Session): Promise<readonly Leftover[]> {
  const marked = await withContainerView(session, session.content.rootFolder, 'VirtualMachine', (view) =>
    retrieveOnce(
      session,
      [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
      [{type: 'VirtualMachine', pathSet: [MARK_PATH]}],
      ({obj, properties}) => (extraConfigOf(properties, [DOCTOR_KEY])[DOCTOR_KEY] === undefined ? null : obj),
    ),
  );
  const refs = marked.flatMap((ref) => ref ?? []);
  const found = await readObjects(session, refs, PATHS, ({obj, properties}): Leftover | null => {
    const raw = extraConfigOf(properties, [DOCTOR_KEY])[DOCTOR_KEY];
    if (raw === undefined) return null;
    const text = (path: string) => textValue(properties.get(path));
    const mark = readMark(raw);
    const owner = mark === null ? 'unknown' : ownerOf(mark);
    const devices = properties.get('config.hardware.device');
    const power = text('runtime.powerState');
    const isOurs = mark?.named === true || (mark && text('config.annotation') === annotationOf(mark.run));
    const why = !isOurs
      ? 'its notes are not those of a scratch VM'
      : text('config.instanceUuid') !== mark?.instanceUuid
        ? 'it is a copy of another VM, or was changed'
        : owner === 'alive'
          ? 'the doctor that works on it still runs'
          : power !== 'poweredOff'
            ? POWERED_ON
            : devices === undefined || devices.children.some(({type}) => type === 'VirtualDisk')
              ? 'it has a disk'
              : null;
    const state = [obj.value, power, text('config.changeVersion')].join();
    return {ref: obj, name: nameValue(properties.get('name')) ?? obj.value, mark, owner, why, state};
  });
  return found.flatMap((leftover) => leftover ?? []);
}

/** Milliseconds without any sign of life, after which a doctor that cannot be seen from here has died. */
const SILENCE = 150_000;
const LOOK_EVERY = 5_000;
/** Milliseconds in which a VM appears whose task was started without an answer. */
const APPEARS = 15_000;

/**
 * Removes what earlier doctors left, where that is certain; gives the others. Whether a doctor on another machine still
 * runs shows by what it does: its VMs are watched.
 */
export async function removeLeftovers(
  session: Session,
  {log, signal}: {readonly log: Logger; readonly signal: AbortSignal},
): Promise<readonly Leftover[]> {
  const found = await findLeftovers(session);
  const unknown = found.filter(({owner, why}) => owner === 'unknown' && why === null);
  const alive = unknown.length === 0 ? new Set() : await watched(session, unknown, {log, signal});
  const all = found.map((leftover): Leftover => {
    const lives = leftover.why === null && alive.has(leftover.mark?.run);
    return lives ? {...leftover, owner: 'alive', why: 'the doctor that works on it still runs'} : leftover;
  });
  const waiter = new TaskWaiter(session);
  for (const {ref, name, why, mark} of all) {
    if (why !== null || mark === null) continue;
    const isNamed = mark.named === true;
    const vm = new ScratchVm(session, ref, {run: mark.run, isNamed, waiter});
    if (isNamed) {
      await vm.giveBack();
    } else {
      await vm.removeProbeFile();
      await vm.end(destroyVm(session, ref));
    }
    log.info(
      isNamed
        ? `what an earlier doctor left on ${name} is removed`
        : `${name}, which an earlier doctor left, is removed`,
    );
  }
  return all.filter(({why}) => why !== null);
}

/** Removes a VM that this run has made without being told of it: an answer was lost, and not what it was about. */
export async function removeUnanswered(
  session: Session,
  {run, problem, log}: {readonly run: string; readonly problem: VchError; readonly log: Logger},
): Promise<void> {
  if (problem.failure !== 'maybe-done') return;
  const waiter = new TaskWaiter(session);
  try {
    const made = await waitUntil(session, {every: LOOK_EVERY, within: APPEARS}, async () => {
      const own = (await findLeftovers(session)).filter(({mark, why}) => mark?.run === run && why === null);
      return own.length > 0 ? own : null;
    });
    for (const {ref} of made ?? [])
      await new ScratchVm(session, ref, {run, isNamed: false, waiter}).end(destroyVm(session, ref));
  } catch (error) {
    log.warn(
      `whether a scratch VM is left cannot be told: ${toVchError(error).message}. The next vch-migrate doctor finds it`,
    );
  }
}

/** The runs that have shown a sign of life. */
async function watched(
  session: Session,
  unknown: readonly Leftover[],
  {log, signal}: {readonly log: Logger; readonly signal: AbortSignal},
): Promise<ReadonlySet<unknown>> {
  const runs = [...new Set(unknown.map(({mark}) => mark?.run))];
  const stateOf = (all: readonly Leftover[], run: unknown) =>
    all
      .filter(({mark}) => mark?.run === run)
      .map(({state}) => state)
      .sort()
      .join(' ');
  const before = new Map(runs.map((run) => [run, stateOf(unknown, run)]));
  const names = unknown.map(({name}) => name).join(', ');
  log.info(
    `watching ${names} for up to ${SILENCE / 1000} s: whether the doctor that works there still runs cannot be seen from here`,
  );
  const alive = new Set<unknown>();
  await waitUntil({clock: session.clock, signal}, {every: LOOK_EVERY, within: SILENCE}, async () => {
    const now = (await findLeftovers(session)).filter(({ref}) =>
      unknown.some((one) => one.ref.value === ref.value),
    );
    for (const run of runs) if (stateOf(now, run) !== before.get(run)) alive.add(run);
    return alive.size === runs.length || null;
  });
  if (!signal.aborted) return alive;
  throw new VchError(
    'VCH_ERR_INTERRUPTED',
    'stopped while watching what an earlier doctor left; nothing was written',
  );
}
