import {toVchError, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import {HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {retrieveOnce, withContainerView} from '../vim25/property-collector.js';
import {textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {type Assumption, type Bench, notTried, refuted, type Seen} from './assumption.js';
import {type Leftover, removeUnanswered} from './leftover.js';
import {measure} from './measure.js';
import {clockDifference, READING} from './reading.js';
import {refusedBy} from './refusal.js';
import {type DoctorResult, UNKNOWN_SERVER} from './result.js';
import {SCRATCH} from './scratch.js';
import {type NamedVm, type ScratchPlace, type ScratchVm, withNamedVm, withScratchVms} from './scratch-vm.js';
import {serverDigest} from './server-digest.js';
import {standingOn} from './stands.js';

/** On which VMs the doctor may write. */
export type Scratch =
  | {readonly kind: 'own'; readonly place: ScratchPlace; readonly count: number}
  /** A VM that the user has named; it must be powered off. */
  | {readonly kind: 'named'; readonly vm: NamedVm};

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
const CLEARINGS = 3;

type Row = DoctorResult['assumptions'][number];

/** What was found, and what kept it from being finished: every row is there all the same. */
interface Examined {
  readonly result: DoctorResult;
  readonly problem: VchError | null;
}

/** Looks at every assumption. After a signal the rest is not tried, and everything is removed all the same. */
export async function examine(session: Session, options: DoctorOptions): Promise<Examined> {
  const {toolVersion, scratch, leftovers, now, runId, signal, log} = options;
  const bench: Bench = {session, sample: await sampleOf(session), wallClock: () => now().getTime()};
  const rows: Row[] = [];
  /** Why nothing more is tried. */
  let over: string | null = null;
  const row = async ({id, title, meaning}: Assumption, probe: () => Promise<Seen>) => {
    if (signal.aborted) over ??= 'the run was stopped before';
    log.debug(`trying ${id}`);
    const seen = over === null ? await tried(id, probe, log) : notTried(over);
    if (session.contact.broken !== null) over ??= 'the server did not answer any more';
    const stops = seen.status === 'refuted' ? standingOn(id) : [];
    rows.push({id, title, meaning, ...seen, stops, at: now().toISOString()});
  };
  for (const assumption of READING)
    if (assumption.needs === 'reading') await row(assumption, () => assumption.probe(bench));
  let measured = await measure([], session.clock);
  const onScratch = async (vms: readonly ScratchVm[]) => {
    const [vm] = vms;
    for (const assumption of SCRATCH.slice(rows.length - READING.length)) {
      if (assumption.needs !== 'scratch') continue;
      await row(assumption, async () =>
        vm === undefined
          ? notTried('it takes a write: --scratch')
          : assumption.probe({...bench, scratch: vm}),
      );
      if (vm !== undefined && over === null) over = await cleared(vm, log);
    }
    if (over !== null || vms.length === 0) return;
    log.info('measuring how long writes take, and how many go well at once');
    measured = await measure(vms, session.clock);
  };
  let problem: VchError | null = null;
  try {
    if (scratch?.kind === 'own' && !signal.aborted) {
      const {count} = scratch;
      log.info(
        `making ${count === 1 ? 'a scratch VM' : `${count} scratch VMs`}: what takes a write is tried on ${count === 1 ? 'it' : 'the first'}`,
      );
      await withScratchVms(session, scratch.place, {run: runId, count: scratch.count}, onScratch);
    } else if (scratch?.kind === 'named' && !signal.aborted) {
      await withNamedVm(session, scratch.vm, runId, onScratch);
    }
  } catch (error) {
    problem = toVchError(error);
    over ??= `no VM could be made ready for it: ${problem.fault ?? problem.code}`;
    if (scratch?.kind === 'own') await removeUnanswered(session, {run: runId, problem, log});
  }
  // What was not come to.
  await onScratch([]);
  if (over !== null && !signal.aborted)
    problem ??= new VchError(
      'VCH_ERR_TRANSPORT',
      `doctor could not be finished: ${over}; run the same command again`,
    );
  const {about} = session;
  const result: DoctorResult = {
    schema: 'vch-migrate/doctor/v1',
    tool: {name: 'vch-migrate', version: toolVersion, dataVersion: HIGHEST_DATA_VERSION},
    at: now().toISOString(),
    server: over === null ? await serverDigest(session) : UNKNOWN_SERVER,
    product: about.fullName,
    apiVersion: about.apiVersion,
    isVCenter: about.isVCenter,
    scratch: scratch !== undefined,
    assumptions: rows,
    measured: {
      ...measured,
      ...(measured.parallel.length > 0 && {at: now().toISOString()}),
      clockDifference: over === null ? rounded(await clockDifference(bench)) : null,
    },
    leftovers: leftovers.filter(({owner}) => owner !== 'alive').length,
    ...(problem && {unfinished: problem.fault ?? problem.code}),
  };
  return {result, problem};
}

/** What a probe sees. A fault by which the server refuses for good is an answer; any other failure leaves it open. */
async function tried(id: string, probe: () => Promise<Seen>, log: Logger): Promise<Seen> {
  try {
    return await probe();
  } catch (error) {
    const failure = toVchError(error);
    // The message may have names in it.
    log.warn(`${id} failed: ${failure.message}`);
    const fault = refusedBy(failure);
    return fault === null
      ? notTried(`it failed: ${failure.fault ?? failure.code}`)
      : refuted(`the server refused it: ${fault}`);
  }
}

/** Clears a VM for the next probe; gives why that could not be done. */
async function cleared(vm: ScratchVm, log: Logger): Promise<string | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await vm.reset();
      return null;
    } catch (error) {
      const failure = toVchError(error);
      if (attempt < CLEARINGS) continue;
      log.warn(`the scratch VM could not be cleared after a probe: ${failure.message}`);
      return `the VM could not be cleared after the one before: ${failure.fault ?? failure.code}`;
    }
  }
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
