import {posix} from 'node:path';
import {VchError} from '../errors.js';
import type {Appliance} from '../inventory/appliance.js';
import {inventoryPaths} from '../inventory/inventory-path.js';
import type {Vch} from '../inventory/vch.js';
import {type IsoInfo, isoFileName} from '../iso/iso-info.js';
import {
  type DatastoreFile,
  datastoreFileSize,
  deleteDatastoreFile,
  uploadDatastoreFile,
} from '../vim25/datastore-file.js';
import {
  type DatastorePath,
  datastorePath,
  folderOf,
  govcFile,
  parseDatastorePath,
} from '../vim25/datastore-path.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {ACT} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {runUntil} from './appliance-task.js';
import type {VchContext} from './context.js';
import type {IsoRecord, TargetVersion, UpgradeRecord} from './record.js';

/** The two ISOs of a VCH. */
const ISO_KINDS = ['appliance', 'bootstrap'] as const;

export type IsoKind = (typeof ISO_KINDS)[number];

/** Where the ISOs of an upgrade go: into the appliance's own folder, each under a name that tells its content. */
export function isoRecords(
  vch: Vch,
  appliance: Appliance,
  isos: Readonly<Record<IsoKind, IsoInfo | undefined>>,
): UpgradeRecord['isos'] {
  const placed = (kind: IsoKind): IsoRecord | null => {
    const info = isos[kind];
    if (info === undefined) return null;
    const {dsName, path: folder} = placeOf(vch, appliance);
    const path = datastorePath({dsName, path: posix.join(folder, isoFileName(info, kind))});
    return {path, size: info.size, uploaded: false};
  };
  return {appliance: placed('appliance'), bootstrap: placed('bootstrap')};
}

/** The version that the appliance's ISO leads to. */
export function targetVersion(iso: IsoInfo | undefined): TargetVersion | null {
  if (iso === undefined) return null;
  return {version: iso.version, build: String(iso.buildNumber), commit: iso.gitCommit, date: iso.buildDate};
}

/** Puts the ISOs of the record on the datastore, as far as they are not there. */
export async function ensureUploaded(context: VchContext): Promise<void> {
  for (const kind of ISO_KINDS) {
    const iso = context.record.isos[kind];
    if (iso !== null) await ensureOne(context, kind, iso);
  }
}

async function ensureOne(context: VchContext, kind: IsoKind, iso: IsoRecord): Promise<void> {
  const {session, options, label} = context;
  const {file} = await fileOf(context, iso.path);
  if ((await datastoreFileSize(session, file, options.signal)) === iso.size) return;
  const source = kind === 'appliance' ? options.applianceIso : options.bootstrapIso;
  if (source === undefined || !iso.path.endsWith(`/${isoFileName(source, kind)}`)) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `${iso.path} is not whole on its datastore, and ${source === undefined ? `no --${kind}-iso was given` : `${source.path} is another file`}; ` +
        `run vch-migrate resume again with the --${kind}-iso that the upgrade of ${label} began with`,
    );
  }
  const {cdroms} = await context.writer.read();
  if (cdroms.some(({fileName}) => fileName === iso.path)) {
    throw new VchError(
      'VCH_ERR_CONFLICT',
      `${label} boots from ${iso.path}, which differs from ${source.path}: a file in use is never written over; look at it with govc datastore.ls -l ${govcFile(iso.path)}`,
    );
  }
  // On record first: what is begun to be written is ours to take away.
  await context.lock.update({isos: {...context.record.isos, [kind]: {...iso, uploaded: true}}});
  context.note({effect: 'PUT', object: iso.path, detail: `${source.path}, ${iso.size} bytes`});
  context.tell('upload', iso.size);
  await uploadDatastoreFile(session, file, {
    source: source.path,
    size: iso.size,
    signal: options.signal,
    progress: (done) => options.onProgress?.({type: 'progress', done, total: iso.size}),
  });
}

/** Deletes the files that this upgrade has uploaded. */
export async function removeUploaded(context: VchContext): Promise<void> {
  const {session} = context;
  for (const kind of ISO_KINDS) {
    const iso = context.record.isos[kind];
    if (iso === null || !iso.uploaded) continue;
    const {file, datacenter} = await fileOf(context, iso.path);
    const task = {
      effect: 'DeleteDatastoreFile_Task',
      object: iso.path,
      detail: 'uploaded by this upgrade',
      what: `deleting ${iso.path}`,
      start: () => deleteDatastoreFile(session, datacenter, file),
    };
    await runUntil(context, ACT, task, async () => (await datastoreFileSize(session, file)) === null || null);
  }
}

interface LocatedFile {
  readonly file: DatastoreFile;
  readonly datacenter: ManagedObjectReference | null;
}

async function fileOf({session, vch}: VchContext, path: string): Promise<LocatedFile> {
  const found = parseDatastorePath(path);
  const place = await datacenterOf(session, vch);
  if (found === null)
    throw new VchError(
      'VCH_ERR_LEDGER_INVALID',
      `the rollback record names ${path}, which is no path on a datastore`,
    );
  return {file: {dcPath: place.path, ...found}, datacenter: place.ref};
}

async function datacenterOf(session: Session, vch: Vch) {
  const ref = vch.pool ?? vch.ref;
  const found = (await inventoryPaths(session, [ref])).get(ref.value);
  // A lone ESXi has one, too, and it is called ha-datacenter.
  return {path: found?.datacenterPath ?? 'ha-datacenter', ref: found?.datacenterRef ?? null};
}

function placeOf(vch: Vch, {vmPathName}: Appliance): DatastorePath {
  const found = parseDatastorePath(vmPathName);
  if (found !== null) return {...found, path: folderOf(found.path)};
  throw new VchError(
    'VCH_ERR_VIM_FAULT',
    `${vch.summary.name} (${vch.ref.value}) does not show where its files lie (${vmPathName ?? 'no path'}); see whether its datastore is there`,
  );
}
