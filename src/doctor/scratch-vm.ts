import {randomUUID} from 'node:crypto';
import {posix} from 'node:path';
import {toVchError, VchError} from '../errors.js';
import {DOCTOR_KEY, DOCTOR_PROBES} from '../extraconfig/keys.js';
import {inventoryPaths} from '../inventory/inventory-path.js';
import {datastoreFileSize, deleteDatastoreFile} from '../vim25/datastore-file.js';
import {folderOf, parseDatastorePath} from '../vim25/datastore-path.js';
import {type ManagedObjectReference, refString} from '../vim25/managed-object.js';
import {extraConfigOf, readObject} from '../vim25/property-collector.js';
import {refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {readSnapshots, removeSnapshot, type Snapshot} from '../vim25/snapshot.js';
import {TaskWaiter} from '../vim25/tasks.js';
import {createVm, destroyVm, powerOff, reconfigure} from '../vim25/virtual-machine.js';
import {markOf} from './mark.js';

/** Where scratch VMs are made. */
export interface ScratchPlace {
  readonly folder: ManagedObjectReference;
  readonly pool: ManagedObjectReference;
  /** Its name. */
  readonly datastore: string;
}

const NAME = 'vch-migrate-doctor';
const MEMORY_MB = 4;
/** Attempts of a write that finds the VM changed, and the milliseconds between the first two. */
const WRITES = 3;
const PAUSE = 200;

/** A VM that probes may write: one of the doctor's own, or one that the user has named for it. */
export class ScratchVm {
  readonly session: Session;
  readonly ref: ManagedObjectReference;
  /** The user has named it: it stays. */
  readonly isNamed: boolean;
  /** What its snapshots are called: nobody else's has the run in its description. */
  readonly snapshot: {readonly name: string; readonly description: string};
  readonly run: string;
  readonly #waiter: TaskWaiter;

  constructor(
    session: Session,
    ref: ManagedObjectReference,
    {run, isNamed, waiter}: {readonly run: string; readonly isNamed: boolean; readonly waiter: TaskWaiter},
  ) {
    this.session = session;
    this.ref = ref;
    this.isNamed = isNamed;
    this.snapshot = {name: 'vch-migrate doctor', description: `a probe of vch-migrate doctor, run ${run}`};
    this.run = run;
    this.#waiter = waiter;
  }

  /** The value of one key; `null` if it is not there. */
  async read(key: string): Promise<string | null> {
    const properties = await readObject(
      this.session,
      this.ref,
      ['config.extraConfig'],
      'reading the scratch VM',
    );
    return extraConfigOf(properties, 'all')[key] ?? null;
  }

  async changeVersion(): Promise<string> {
    return (await this.property('config.changeVersion')) ?? '';
  }

  async property(path: string): Promise<string | null> {
    const properties = await readObject(this.session, this.ref, [path], 'reading the scratch VM');
    return textValue(properties.get(path));
  }

  /** Writes keys; an empty value removes one. By default on the state as it is now. */
  async write(keys: Readonly<Record<string, string>>, changeVersion?: string): Promise<void> {
    const write = () => this.end(this.start(keys, changeVersion));
    await (changeVersion === undefined ? this.asItIsNow(write) : write());
  }

  /** Repeats a write that another writer has overtaken: vCenter itself may write to a new VM. */
  async asItIsNow<T>(act: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await act();
      } catch (error) {
        const isMoved = error instanceof VchError && error.fault === 'ConcurrentAccess';
        if (!isMoved || attempt === WRITES) throw error;
        await this.session.clock.sleep(PAUSE * attempt, {});
      }
    }
  }

  /** Starts to write keys. */
  async start(
    keys: Readonly<Record<string, string>>,
    changeVersion?: string,
  ): Promise<ManagedObjectReference> {
    const extraConfig = Object.entries(keys).map(([key, value]) => ({key, value}));
    const spec = {changeVersion: changeVersion ?? (await this.changeVersion()), extraConfig};
    return reconfigure(this.session, this.ref, spec);
  }

  /** Waits for a task on it. */
  async end(started: Promise<ManagedObjectReference>): Promise<ManagedObjectReference> {
    const task = await started;
    await this.#waiter.wait(task, 'a task on the scratch VM');
    return task;
  }

  /** Where a probe puts a file; `null` if the server does not say where the VM's own are. */
  async probeFile() {
    const vmx = parseDatastorePath(await this.property('config.files.vmPathName'));
    const pool = await readObject(this.session, this.ref, ['resourcePool'], 'reading the scratch VM');
    const near = refValue(pool.get('resourcePool')) ?? this.ref;
    const {datacenterPath, datacenterRef} = (await inventoryPaths(this.session, [near]))(near);
    if (vmx === null) return null;
    const path = posix.join(folderOf(vmx.path), `${NAME}-${this.run}.txt`);
    // A standalone ESXi host has one datacenter, ha-datacenter.
    return {
      file: {dcPath: datacenterPath ?? 'ha-datacenter', dsName: vmx.dsName, path},
      datacenter: datacenterRef,
    };
  }

  async removeProbeFile(): Promise<void> {
    const place = await this.probeFile();
    if (place === null || (await datastoreFileSize(this.session, place.file)) === null) return;
    await this.end(deleteDatastoreFile(this.session, place.datacenter, place.file));
  }

  /** The snapshots that probes have taken. Somebody else's are never touched. */
  async probeSnapshots(): Promise<readonly Snapshot[]> {
    const {all} = await readSnapshots(this.session, this.ref);
    const own = this.snapshot;
    return all.filter(({name, description}) => name === own.name && description === own.description);
  }

  /** Powers it off if it is on; removes what probes may have left, but for a file. */
  async reset(): Promise<void> {
    if ((await this.property('runtime.powerState')) !== 'poweredOff')
      await this.end(powerOff(this.session, this.ref));
    await this.#removeProbes();
  }

  /** Leaves it as it was before the doctor: with the file, and with the mark last of all. It must be off. */
  async giveBack(): Promise<void> {
    await this.#removeProbes();
    await this.removeProbeFile();
    await this.write({[DOCTOR_KEY]: ''});
  }

  async #removeProbes(): Promise<void> {
    for (const {ref} of await this.probeSnapshots()) await this.end(removeSnapshot(this.session, ref));
    const properties = await readObject(
      this.session,
      this.ref,
      ['config.extraConfig'],
      'reading the scratch VM',
    );
    const there = extraConfigOf(properties, 'all');
    const left = Object.values(DOCTOR_PROBES).filter((key) => there[key] !== undefined);
    if (left.length > 0) await this.write(Object.fromEntries(left.map((key) => [key, ''])));
  }
}

/** Makes scratch VMs, hands them out, and removes them, whatever happens. What could not be removed is the error. */
export async function withScratchVms<T>(
  session: Session,
  place: ScratchPlace,
  {run, count}: {readonly run: string; readonly count: number},
  use: (vms: readonly ScratchVm[]) => Promise<T>,
): Promise<T> {
  const waiter = new TaskWaiter(session);
  const made: ScratchVm[] = [];
  let result: T;
  try {
    for (let n = 1; n <= count; n += 1) made.push(await make(session, place, run, n, waiter));
    result = await use(made);
  } catch (error) {
    await removeAll(made).catch((second: unknown) => {
      throw new VchError(
        'VCH_ERR_VIM_FAULT',
        `${toVchError(error).message}. And ${toVchError(second).message}`,
        {
          cause: error,
        },
      );
    });
    throw error;
  }
  await removeAll(made);
  return result;
}

async function make(
  session: Session,
  {folder, pool, datastore}: ScratchPlace,
  run: string,
  n: number,
  waiter: TaskWaiter,
): Promise<ScratchVm> {
  const instanceUuid = randomUUID();
  const task = await createVm(session, folder, pool, {
    name: `${NAME}-${run.slice(0, 8)}-${n}`,
    annotation: annotationOf(run),
    instanceUuid,
    datastore,
    memoryMB: MEMORY_MB,
    // In the same call that makes it: there is no moment in which it does not say whose it is.
    extraConfig: [{key: DOCTOR_KEY, value: markOf(run, instanceUuid, false)}],
  });
  await waiter.wait(task, 'making a scratch VM');
  return new ScratchVm(session, await madeBy(session, task), {run, isNamed: false, waiter});
}

/** The VM that a task has made: there is one, whether that can be read or not. */
async function madeBy(session: Session, task: ManagedObjectReference): Promise<ManagedObjectReference> {
  let why = 'it does not say';
  try {
    const properties = await readObject(session, task, ['info.result'], 'reading its result');
    const ref = refValue(properties.get('info.result'));
    if (ref !== null) return ref;
  } catch (error) {
    why = toVchError(error).message;
  }
  throw new VchError('VCH_ERR_OUTCOME_UNKNOWN', `which VM CreateVM_Task has made cannot be told: ${why}`, {
    failure: 'maybe-done',
  });
}

async function removeAll(vms: readonly ScratchVm[]): Promise<void> {
  const failed: string[] = [];
  const left: ManagedObjectReference[] = [];
  for (const vm of vms) {
    try {
      if ((await vm.property('runtime.powerState')) !== 'poweredOff')
        await vm.end(powerOff(vm.session, vm.ref));
      await vm.removeProbeFile();
      await vm.end(destroyVm(vm.session, vm.ref));
    } catch (error) {
      left.push(vm.ref);
      failed.push(`${refString(vm.ref)} (${toVchError(error).message})`);
    }
  }
  if (failed.length === 0) return;
  throw new VchError(
    'VCH_ERR_VIM_FAULT',
    `scratch VMs are left: ${failed.join('; ')}. The same vch-migrate doctor removes them when it is run again, or ${destroy(...left)}`,
  );
}

/**
 * Marks a VM that the user has named, hands it out, and leaves it as it was, whatever happens. `changeVersion` is that of
 * the reading by which it may be taken.
 */
export async function withNamedVm<T>(
  session: Session,
  {ref, changeVersion, instanceUuid}: NamedVm,
  run: string,
  use: (vms: readonly ScratchVm[]) => Promise<T>,
): Promise<T> {
  const vm = new ScratchVm(session, ref, {run, isNamed: true, waiter: new TaskWaiter(session)});
  // Before anything else: there is no moment in which it does not say who works on it.
  await vm.write({[DOCTOR_KEY]: markOf(run, instanceUuid, true)}, changeVersion);
  let result: T;
  try {
    result = await use([vm]);
  } catch (error) {
    await giveBack(vm, ` ${toVchError(error).message}`);
    throw error;
  }
  await giveBack(vm);
  return result;
}

/** A VM that the user has named, as it was when it was looked at. */
export interface NamedVm {
  readonly ref: ManagedObjectReference;
  readonly changeVersion: string;
  readonly instanceUuid: string;
}

async function giveBack(vm: ScratchVm, before = ''): Promise<void> {
  try {
    await vm.reset();
    await vm.giveBack();
  } catch (error) {
    throw new VchError(
      'VCH_ERR_VIM_FAULT',
      `${refString(vm.ref)} still has what doctor tried on it: ${toVchError(error).message}.${before} If it is on, power it off with ${off(vm.ref)}; the same vch-migrate doctor then cleans it up first`,
      {cause: error},
    );
  }
}

export function off(ref: ManagedObjectReference): string {
  return `govc vm.power -off -force ${refString(ref)}`;
}

export function destroy(...refs: ManagedObjectReference[]): string {
  return `govc vm.destroy ${refs.map(refString).join(' ')}`;
}

export function annotationOf(run: string): string {
  return `Scratch VM of vch-migrate doctor, run ${run}. It has no disk and may be deleted.`;
}
