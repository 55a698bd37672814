import {createHash} from 'node:crypto';

/**
 * The BIOS UUID that VIC gives a containerVM: the UUIDv5 (RFC 4122, SHA-1) of its id in the namespace of its VCH's
 * own BIOS UUID. Empty where the VCH has no UUID to derive it from.
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
