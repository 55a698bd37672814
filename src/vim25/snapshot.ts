import type {ManagedObjectReference} from './managed-object.js';
import {readObject} from './property-collector.js';
import {optionValues, refValue} from './property-value.js';
import type {Session} from './session.js';
import {startTask} from './tasks.js';
import {type Cdrom, readCdroms, readSettings, VM_SETTINGS, type VmSettings} from './virtual-machine.js';
import {child, childrenNamed, childText, type XmlElement, xmlText} from './xml.js';

/** One snapshot of a VM. */
export interface Snapshot {
  readonly ref: ManagedObjectReference;
  readonly name: string;
  readonly description: string;
  /** RFC 3339, by the server's clock. */
  readonly createTime: string;
  /** The moref value of the snapshot it was taken on top of; `null` for the first one. */
  readonly parent: string | null;
}

/** All snapshots of a VM, parents before their children. */
export interface SnapshotTree {
  /** The moref value of the one that the VM's present state is based on; `null` where there is none. */
  readonly current: string | null;
  readonly all: readonly Snapshot[];
}

/** What a snapshot holds of its VM's configuration. */
export interface SnapshotConfig {
  readonly extraConfig: Readonly<Record<string, string>>;
  readonly cdroms: readonly Cdrom[];
  readonly settings: VmSettings;
}

/** Starts `CreateSnapshot_Task`: disks and configuration, without memory and without quiescing the guest. */
export function createSnapshot(
  session: Session,
  vm: ManagedObjectReference,
  {name, description}: {readonly name: string; readonly description: string},
): Promise<ManagedObjectReference> {
  return startTask(session, 'CreateSnapshot_Task', vm, {
    name: xmlText(name),
    description: xmlText(description),
    memory: false,
    quiesce: false,
  });
}

/** Starts `RevertToSnapshot_Task`; the VM stays powered off. */
export function revertToSnapshot(
  session: Session,
  snapshot: ManagedObjectReference,
): Promise<ManagedObjectReference> {
  return startTask(session, 'RevertToSnapshot_Task', snapshot, {suppressPowerOn: true});
}

/** Starts `RemoveSnapshot_Task`; its children stay. */
export function removeSnapshot(
  session: Session,
  snapshot: ManagedObjectReference,
): Promise<ManagedObjectReference> {
  return startTask(session, 'RemoveSnapshot_Task', snapshot, {removeChildren: false, consolidate: true});
}

/** Reads which snapshots a VM has. */
export async function readSnapshots(session: Session, vm: ManagedObjectReference): Promise<SnapshotTree> {
  const properties = await readObject(session, vm, ['snapshot'], 'reading the snapshots');
  const info = properties.get('snapshot');
  return {
    current: refValue(child(info, 'currentSnapshot'))?.value ?? null,
    all: childrenNamed(info, 'rootSnapshotList').flatMap((root) => flatten(root, null)),
  };
}

function flatten(node: XmlElement, parent: string | null): readonly Snapshot[] {
  const ref = refValue(child(node, 'snapshot'));
  if (ref === null) return [];
  const own = {
    ref,
    name: childText(node, 'name') ?? '',
    description: childText(node, 'description') ?? '',
    createTime: childText(node, 'createTime') ?? '',
    parent,
  };
  return [own, ...childrenNamed(node, 'childSnapshotList').flatMap((below) => flatten(below, ref.value))];
}

/** Reads what a snapshot holds; it is an error if any part of that may not be read. */
export async function readSnapshotConfig(
  session: Session,
  snapshot: ManagedObjectReference,
): Promise<SnapshotConfig> {
  const paths = ['config.extraConfig', 'config.hardware.device', ...Object.keys(VM_SETTINGS)];
  const properties = await readObject(session, snapshot, paths, 'reading the snapshot');
  const options = optionValues(properties.get('config.extraConfig'));
  return {
    extraConfig: Object.fromEntries(options.map(({key, value}) => [key, value])),
    cdroms: readCdroms(properties.get('config.hardware.device')),
    settings: readSettings(properties),
  };
}
