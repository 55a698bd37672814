import {hash} from 'node:crypto';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import type {VicVm} from './vch.js';

/**
 * The BIOS UUID that VIC gives a containerVM: the UUIDv5 (RFC 4122, SHA-1) of its id in the namespace of its VCH's
 * own BIOS UUID. Empty if the VCH has no UUID to derive it from.
 */
export function containerBiosUuid(vchBiosUuid: string, containerId: string): string {
  const namespace = Buffer.from(vchBiosUuid.replaceAll('-', ''), 'hex');
  if (namespace.length !== 16) return '';
  const hex = hash('sha1', Buffer.concat([namespace, Buffer.from(containerId)]));
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Whether that BIOS UUID is the one this VCH gives to that container. */
export function owns(
  appliance: Pick<VicVm, 'biosUuid'>,
  biosUuid: string | null,
  containerId: string,
): boolean {
  return (
    appliance.biosUuid !== null &&
    biosUuid !== null &&
    containerBiosUuid(appliance.biosUuid, containerId) === biosUuid.toLowerCase()
  );
}

/** Where a VM is. It says whose it is if its BIOS UUID does not. */
type Place = Pick<VicVm, 'pool' | 'folder'>;

/** An appliance, as far as ownership depends on it. */
interface Appliance extends Pick<VicVm, 'ref' | 'name' | 'biosUuid' | 'pool'> {
  readonly ownFolder: ManagedObjectReference | null;
}

/**
 * Whether a containerVM in a VCH's pool or folder belongs to that VCH, and what to report of that: `own` by its BIOS UUID;
 * `placed` there, with the UUID of no VCH; `other`: another VCH's; `unclear`: several VCHs may own it, so it is not written.
 */
export interface Owner {
  readonly status: 'own' | 'placed' | 'other' | 'unclear';
  readonly findings: readonly {readonly code: string; readonly message: string}[];
}

/** Its BIOS UUID says so. */
export const OWN: Owner = {status: 'own', findings: []};

/** Finds the owner of a VM in the pool or folder of `vch`, among all appliances on the target. */
export function ownerOf(
  vch: Pick<Appliance, 'ref' | 'biosUuid'>,
  appliances: readonly Appliance[],
  vm: Place & {readonly biosUuid: string | null; readonly containerId: string | null},
): Owner {
  const {biosUuid, containerId} = vm;
  const byUuid = (appliance: Pick<Appliance, 'biosUuid'>) =>
    containerId !== null && owns(appliance, biosUuid, containerId);
  if (byUuid(vch)) return OWN;
  const other = appliances.find((appliance) => appliance.ref.value !== vch.ref.value && byUuid(appliance));
  if (other !== undefined) return othersVm(other, 'its BIOS UUID says');
  const unknown = `its BIOS UUID ${biosUuid ?? '(none)'} is not the one that any VCH here gives to this container`;
  const candidates = ownersByPlace(appliances, vm);
  const [owner] = candidates;
  // A VM that does not show where it is was found in this VCH's pool or folder.
  if (owner === undefined || (candidates.length === 1 && owner.ref.value === vch.ref.value)) {
    if (containerId === null) return OWN;
    return {
      status: 'placed',
      findings: [{code: 'uuid-unknown', message: `${unknown}; a clone or a restored VM?`}],
    };
  }
  if (candidates.length === 1) return othersVm(owner, `${unknown}, and its resource pool and folder say`);
  const names = candidates.map(labelOf).join(', ');
  const message = `${unknown}, and by its resource pool and folder it may belong to any of ${names}`;
  return {status: 'unclear', findings: [{code: 'owner-unclear', message}]};
}

/**
 * The appliances to which a VM may belong by its place. A folder of a VCH's own says more than a pool that several share;
 * if they contradict each other, both stay candidates.
 */
export function ownersByPlace<T extends Pick<Appliance, 'pool' | 'ownFolder'>>(
  appliances: readonly T[],
  {pool, folder}: Place,
): readonly T[] {
  const inPool = appliances.filter((appliance) => isSame(appliance.pool, pool));
  const inFolder = appliances.filter((appliance) => isSame(appliance.ownFolder, folder));
  if (inFolder.length === 0) return inPool;
  const inBoth = inFolder.filter((appliance) => inPool.includes(appliance));
  if (inBoth.length > 0 || inPool.length === 0) return inBoth.length > 0 ? inBoth : inFolder;
  return [...inFolder, ...inPool];
}

function isSame(a: ManagedObjectReference | null, b: ManagedObjectReference | null): boolean {
  return a !== null && a.value === b?.value;
}

function othersVm(other: Appliance, why: string): Owner {
  const message = `${why} that it belongs to another VCH, ${labelOf(other)}`;
  return {status: 'other', findings: [{code: 'other-vch', message}]};
}

function labelOf({name, ref}: Appliance): string {
  return `${name} (${ref.value})`;
}
