import {createHash} from 'node:crypto';
import type {VicVm} from './vch.js';

/**
 * The BIOS UUID that VIC gives a containerVM: the UUIDv5 (RFC 4122, SHA-1) of its id in the namespace of its VCH's
 * own BIOS UUID. Empty if the VCH has no UUID to derive it from.
 */
export function containerBiosUuid(vchBiosUuid: string, containerId: string): string {
  const namespace = Buffer.from(vchBiosUuid.replaceAll('-', ''), 'hex');
  if (namespace.length !== 16) return '';
  const hash = createHash('sha1').update(namespace).update(containerId).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
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

/** Whether a containerVM in a VCH's pool or folder belongs to that VCH, by its BIOS UUID, and what to report if not. */
export interface Owner {
  readonly status: 'own' | 'other' | 'unclear';
  readonly findings: readonly {readonly code: string; readonly message: string}[];
}

const OWN: Owner = {status: 'own', findings: []};

/** Finds the owner of a VM in the pool or folder of `vch`, among all appliances on the target. */
export function ownerOf(
  vch: Pick<VicVm, 'ref' | 'biosUuid'>,
  appliances: readonly Pick<VicVm, 'ref' | 'name' | 'biosUuid'>[],
  {biosUuid, containerId}: {readonly biosUuid: string | null; readonly containerId: string | null},
): Owner {
  if (containerId === null || owns(vch, biosUuid, containerId)) return OWN;
  const other = appliances.find(
    (appliance) => appliance.ref.value !== vch.ref.value && owns(appliance, biosUuid, containerId),
  );
  if (other !== undefined) {
    const message = `its BIOS UUID says that it belongs to another VCH, ${other.name} (${other.ref.value})`;
    return {status: 'other', findings: [{code: 'other-vch', message}]};
  }
  const message = `its BIOS UUID ${biosUuid ?? '(none)'} is not the one that any VCH here gives to this container; a clone or a restored VM?`;
  return {status: 'unclear', findings: [{code: 'uuid-unknown', message}]};
}
