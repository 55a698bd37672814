import {posix} from 'node:path';
import {VchError} from '../errors.js';
import type {Appliance} from '../inventory/appliance.js';
import {inventoryPaths} from '../inventory/inventory-path.js';
import {type IsoInfo, isoFileName} from '../iso/iso-info.js';
import {datastoreFileSize, deleteDatastoreFile, uploadDatastoreFile} from '../vim25/datastore-file.js';
import {datastorePath, folderOf, govcFile, parseDatastorePath} from '../vim25/datastore-path.js';
import {ACT} from '../vim25/retry.js';
import {runUntil} from './appliance-task.js';
import type {IsoRecord, TargetVersion} from './record.js';
import type {LockedVch, VchTarget} from './vch-target.js';

const ISO_KINDS = ['appliance', 'bootstrap'] as const;
type IsoKind = (typeof ISO_KINDS)[number];

/** Where the ISOs of an upgrade go: into the appliance's own folder, each under a name that identifies its content. */
export function isoRecords(
  {label, options}: VchTarget,
  {vmPathName}: Appliance,
): Readonly<Record<IsoKind, IsoRecord | null>> {
  const recordOf = (kind: IsoKind, iso: IsoInfo | undefined): IsoRecord | null => {
    if (iso === undefined) return null;
    const vmx = parseDatastorePath(vmPathName);
    if (vmx === null)
      throw new VchError(
        'VCH_ERR_VIM_FAULT',
        `vCenter does not show where the files of ${label} are (${vmPathName ?? 'no path'}); check that its datastore is connected`,
      );
    const path = posix.join(folderOf(vmx.path), isoFileName(iso, kind));
    return {path: datastorePath({...vmx, path}), size: iso.size, uploaded: false};
  };
  const {applianceIso, bootstrapIso} = options;
  return {appliance: recordOf('appliance', applianceIso), bootstrap: recordOf('bootstrap', bootstrapIso)};
}

/** The version that an appliance ISO leads to. */
export function targetVersion(iso: IsoInfo | undefined): TargetVersion | null {
  if (iso === undefined) return null;
  return {version: iso.version, build: String(iso.buildNumber), commit: iso.gitCommit, date: iso.buildDate};
}

/** Uploads the ISOs on record that are not on the datastore yet. */
export async function ensureUploaded(locked: LockedVch): Promise<void> {
  for (const kind of ISO_KINDS) {
    const iso = locked.record.isos[kind];
    if (iso !== null) await ensureOne(locked, kind, iso);
  }
}

async function ensureOne(locked: LockedVch, kind: IsoKind, iso: IsoRecord): Promise<void> {
  const {session, options, label} = locked;
  const {file} = await fileOf(locked, iso.path);
  if ((await datastoreFileSize(session, file, options.signal)) === iso.size) return;
  const source = kind === 'appliance' ? options.applianceIso : options.bootstrapIso;
  if (source === undefined || !iso.path.endsWith(`/${isoFileName(source, kind)}`)) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `${iso.path} is missing or incomplete on its datastore, and ${source === undefined ? `no --${kind}-iso was given` : `${source.path} is another file`}; ` +
        `run vch-migrate resume again with the --${kind}-iso that the upgrade of ${label} began with`,
    );
  }
  const {cdroms} = await locked.writer.read();
  if (cdroms.some(({fileName}) => fileName === iso.path)) {
    throw new VchError(
      'VCH_ERR_CONFLICT',
      `${label} boots from ${iso.path}, which differs from ${source.path}: a file in use is never overwritten; look at it with govc datastore.ls -l ${govcFile(iso.path)}`,
    );
  }
  // On record first, so that a rollback deletes even a file whose upload has only begun.
  await locked.lock.update({isos: {...locked.record.isos, [kind]: {...iso, uploaded: true}}});
  locked.note({effect: 'PUT', object: iso.path, detail: `${source.path}, ${iso.size} bytes`});
  locked.showStep('upload', {total: iso.size});
  await uploadDatastoreFile(session, file, {
    source: source.path,
    size: iso.size,
    signal: options.signal,
    progress: (done) => options.onProgress?.({type: 'progress', done, total: iso.size}),
  });
}

/** Deletes the files that this upgrade has uploaded. */
export async function removeUploaded(locked: LockedVch): Promise<void> {
  const {session} = locked;
  for (const kind of ISO_KINDS) {
    const iso = locked.record.isos[kind];
    if (iso === null || !iso.uploaded) continue;
    const {file, datacenter} = await fileOf(locked, iso.path);
    const task = {
      effect: 'DeleteDatastoreFile_Task',
      object: iso.path,
      detail: 'uploaded by this upgrade',
      what: `deleting ${iso.path}`,
      start: () => deleteDatastoreFile(session, datacenter, file),
    };
    await runUntil(locked, ACT, task, async () => (await datastoreFileSize(session, file)) === null || null);
  }
}

/** A file on record, as vCenter's datastore browser addresses it. */
async function fileOf({session, vch}: LockedVch, path: string) {
  const found = parseDatastorePath(path);
  if (found === null)
    throw new VchError(
      'VCH_ERR_LEDGER_INVALID',
      `the rollback record names ${path}, which is not a datastore path`,
    );
  const near = vch.pool ?? vch.ref;
  const place = (await inventoryPaths(session, [near]))(near);
  // A standalone ESXi host has one datacenter, ha-datacenter.
  const dcPath = place.datacenterPath ?? 'ha-datacenter';
  return {file: {dcPath, ...found}, datacenter: place.datacenterRef};
}
