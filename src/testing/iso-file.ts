import {writeFile} from 'node:fs/promises';

const SECTOR = 2048;

/** What a VIC-shaped ISO file says of itself; everything has a default. */
export interface IsoFileOptions {
  /** `v1.5.6` */
  readonly version?: string;
  /** VIC's build number: 20000. */
  readonly build?: number;
  /** The whole stamp instead of both: `VMware Inc. v1.5.6-20000-0a1b2c3`. */
  readonly publisher?: string;
  /** Sixteen digits; unset where it is left out. */
  readonly created?: string;
  /** Quarters of an hour from UTC. */
  readonly offset?: number;
  /** What makes two files of one version differ. */
  readonly content?: string;
}

/** The smallest file that is ISO 9660 by its descriptors, stamped as VIC's build does it. */
export function isoFile(options: IsoFileOptions = {}): Buffer {
  const {version = 'v1.5.6', build = 20_000, created, offset = 0, content = ''} = options;
  const {publisher = `VMware Inc. ${version}-${build}-0a1b2c3`} = options;
  const image = Buffer.alloc(20 * SECTOR);
  const primary = image.subarray(16 * SECTOR, 17 * SECTOR);
  primary.fill(' ', 8, 883);
  primary.write('\u0001CD001\u0001', 0, 'latin1');
  primary.write(publisher.padEnd(128), 318, 128, 'latin1');
  primary.write(created ?? '0'.repeat(16), 813, 16, 'latin1');
  primary.writeInt8(offset, 829);
  image.write('\u00ffCD001\u0001', 17 * SECTOR, 'latin1');
  image.write(content, 18 * SECTOR, 'utf8');
  return image;
}

/** Writes such a file, and returns its path. */
export async function writeIso(path: string, options: IsoFileOptions = {}): Promise<string> {
  await writeFile(path, isoFile(options));
  return path;
}
