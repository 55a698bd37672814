import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {open, stat} from 'node:fs/promises';
import {systemCode, VchError} from '../errors.js';
import {parseVersionStamp, type VersionStamp, versionText} from './version-stamp.js';
import {
  DESCRIPTOR_SECTOR,
  parseVolumeDescriptor,
  SECTOR,
  type VolumeDescriptor,
} from './volume-descriptor.js';

// Why: docs/decisions/014-iso-files-are-named-by-content.md

/** One of VIC's ISO files, and what it says it is. */
export interface IsoInfo extends VersionStamp {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of the whole file, in lowercase hex digits. */
  readonly sha256: string;
  /** In UTC, as VIC writes it: `2022/06/10@08:30:00`; `null` if the file does not say. */
  readonly buildDate: string | null;
}

/** Reads what an ISO file is; VCH_ERR_USAGE if it is none, or none of VIC's. */
export async function readIsoInfo(path: string): Promise<IsoInfo> {
  try {
    // Opening a pipe would wait for whoever writes into it.
    const stats = await stat(path);
    if (!stats.isFile()) throw refusal(path, stats.isDirectory() ? 'is a directory' : 'is not a file');
    const {publisher, created} = await readDescriptor(path, stats.size);
    const stamp = parseVersionStamp(publisher);
    if (stamp === null) throw refusal(path, `holds no VIC version; its publisher is "${publisher}"`);
    return {path, size: stats.size, sha256: await digest(path), ...stamp, buildDate: created};
  } catch (error) {
    throw error instanceof VchError ? error : unreadable(path, error);
  }
}

async function readDescriptor(path: string, size: number): Promise<VolumeDescriptor> {
  const file = await open(path, 'r');
  try {
    const sector = Buffer.alloc(SECTOR);
    const {bytesRead} = await file.read(sector, 0, SECTOR, DESCRIPTOR_SECTOR * SECTOR);
    if (bytesRead < SECTOR) throw refusal(path, `is too short for an ISO file (${size} bytes)`);
    const descriptor = parseVolumeDescriptor(sector);
    if (descriptor === null) throw refusal(path, 'is not an ISO 9660 file');
    return descriptor;
  } finally {
    await file.close();
  }
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, {highWaterMark: 1024 * 1024})) hash.update(piece);
  return hash.digest('hex');
}

function unreadable(path: string, error: unknown): VchError {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return refusal(path, 'does not exist', error);
  return refusal(path, `cannot be read (${code})`, error);
}

function refusal(path: string, what: string, cause?: unknown): VchError {
  return new VchError(
    'VCH_ERR_USAGE',
    `${path} ${what}; name the ISO files of the VIC version to upgrade to with --appliance-iso and --bootstrap-iso`,
    {cause},
  );
}

/** What an ISO file is for. */
export type IsoRole = 'appliance' | 'bootstrap';

/**
 * The file's name on a datastore: `v1.5.6-20000-0a1b2c3-89abcdef-appliance.iso`. It identifies the content, so a file in
 * use is never overwritten by a different one.
 */
export function isoFileName(info: IsoInfo, role: IsoRole): string {
  return `${versionText(info)}-${info.sha256.slice(0, 8)}-${role}.iso`;
}
