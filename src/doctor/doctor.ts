import {toVchError} from '../errors.js';
import type {Logger} from '../log.js';
import {HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {retrieveOnce, withContainerView} from '../vim25/property-collector.js';
import {textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {TaskWaiter} from '../vim25/tasks.js';
import {type Assumption, type Bench, notTried, type Seen} from './assumption.js';
import {measure} from './measure.js';
import {clockDifference, READING} from './reading.js';
import {type DoctorResult, serverDigest} from './result.js';
import {SCRATCH} from './scratch.js';
import {type Leftover, type ScratchPlace, ScratchVm, withScratchVms} from './scratch-vm.js';

/** On which VMs the doctor may write. */
export type Scratch =
  | {readonly kind: 'own'; readonly place: ScratchPlace; readonly count: number}
  /** A VM that the user has named; it must be powered off. */
  | {readonly kind: 'named'; readonly vm: ManagedObjectReference};

export interface DoctorOptions {
  readonly runId: string;
  readonly toolVersion: string;
  /** Absent: nothing is written. */
  readonly scratch?: Scratch | undefined;
  readonly leftovers: readonly Leftover[];
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly now: () => Date;
}

/** VMs that are looked at. */
const SAMPLE = 6;

/** Looks at every assumption. After a signal the rest is not tried, and everything is removed all the same. */
export async function examine(session: Session, options: DoctorOptions): Promise<DoctorResult> {
  const {toolVersion, scratch, leftovers, now, runId} = options;
  const wallClock = () => now().getTime();
  const bench: Bench = {session, sample: await sampleOf(session), wallClock};
  const rows: DoctorResult['assumptions'][number][] = [];
  for (const assumption of READING)
    if (assumption.needs === 'reading')
      rows.push(await row(assumption, () => assumption.probe(bench), options));
  const onScratch = async (vms: readonly ScratchVm[]) => {
    const [vm] = vms;
    for (const assumption of SCRATCH) {
      if (assumption.needs !== 'scratch') continue;
      const probe = async () => {
        if (vm === undefined) return notTried('it takes a write: --scratch');
        try {
          return await assumption.probe({...bench, scratch: vm});
        } finally {
          await vm.reset();
        }
      };
      rows.push(await row(assumption, probe, options));
    }
    return options.signal.aborted ? measure([], session.clock) : measure(vms, session.clock);
  };
  const measured =
    scratch === undefined
      ? await onScratch([])
      : scratch.kind === 'own'
        ? await withScratchVms(session, scratch.place, {run: runId, count: scratch.count}, onScratch)
        : await onNamed(session, scratch.vm, onScratch);
  const {about} = session;
  return {
    schema: 'vch-migrate/doctor/v1',
    tool: {name: 'vch-migrate', version: toolVersion, dataVersion: HIGHEST_DATA_VERSION},
    at: now().toISOString(),
    server: serverDigest(session),
    product: about.fullName,
    apiVersion: about.apiVersion,
    isVCenter: about.isVCenter,
    scratch: scratch !== undefined,
    assumptions: rows,
    measured: {...measured, clockDifference: rounded(await clockDifference(bench))},
    leftovers: leftovers.length,
  };
}

async function onNamed<T>(
  session: Session,
  ref: ManagedObjectReference,
  use: (vms: readonly ScratchVm[]) => Promise<T>,
): Promise<T> {
  const vm = new ScratchVm(session, ref, new TaskWaiter(session));
  try {
    return await use([vm]);
  } finally {
    await vm.reset();
    await vm.removeProbeFile();
  }
}

async function row(
  {id, title, meaning, stops}: Assumption,
  probe: () => Promise<Seen>,
  {signal, log}: DoctorOptions,
): Promise<DoctorResult['assumptions'][number]> {
  let seen: Seen = notTried('the run was stopped before');
  try {
    if (!signal.aborted) seen = await probe();
  } catch (error) {
    const failure = toVchError(error);
    // The message may have names in it.
    log.warn(`${id} could not be tried: ${failure.message}`);
    seen = notTried(`it failed: ${failure.fault ?? failure.code}`);
  }
  return {id, title, meaning, ...seen, stops: seen.status === 'refuted' ? [...stops] : []};
}

/** Some connected VMs, VIC's or not. */
async function sampleOf(session: Session): Promise<readonly ManagedObjectReference[]> {
  const seen = await withContainerView(session, session.content.rootFolder, 'VirtualMachine', (view) =>
    retrieveOnce(
      session,
      [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
      [{type: 'VirtualMachine', pathSet: ['runtime.connectionState']}],
      ({obj, properties}) =>
        textValue(properties.get('runtime.connectionState')) === 'connected' ? obj : null,
    ),
  );
  return seen.flatMap((ref) => ref ?? []).slice(0, SAMPLE);
}

function rounded(milliseconds: number | null): number | null {
  return milliseconds === null ? null : Math.round(milliseconds);
}
