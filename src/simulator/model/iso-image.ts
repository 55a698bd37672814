import type {ExtraConfig} from './extra-config.js';

const SECTOR = 2048;
const PUBLISHER = {at: 16 * SECTOR + 318, length: 128};
const VERSION_KEYS = ['Version', 'BuildNumber', 'GitCommit'].map(
  (name) => `guestinfo.vice./init/version/${name}`,
);

/**
 * The least of an ISO 9660 image: empty, but stamped as VIC stamps its own, with the version as the last word of the
 * publisher identifier (sector 16, offset 318, 128 bytes).
 */
export function isoImage(extraConfig: ExtraConfig): Buffer {
  const image = Buffer.alloc(18 * SECTOR);
  const [primary, terminator] = [16 * SECTOR, 17 * SECTOR];
  image.write('\x01CD001\x01', primary, 'latin1');
  image.writeUInt32LE(18, primary + 80);
  image.writeUInt32BE(18, primary + 84);
  image.write(`VMware, Inc. ${versionIn(extraConfig)}`.padEnd(128), PUBLISHER.at, PUBLISHER.length, 'latin1');
  image.write('\xffCD001\x01', terminator, 'latin1');
  return image;
}

/** Whether an ISO file says that it is VIC 1.1 or newer; one without a version of VIC's does not. */
export function isVic11OrNewer(head: Buffer): boolean {
  const publisher = head.subarray(PUBLISHER.at, PUBLISHER.at + PUBLISHER.length).toString('latin1');
  const [, major, minor] =
    /(?:^|\s)v?(\d+)\.(\d+)[\w.+-]*$/i.exec(publisher.replaceAll('\0', ' ').trim()) ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 1);
}

function versionIn(extraConfig: ExtraConfig): string {
  return VERSION_KEYS.map((key) => extraConfig.get(key))
    .filter((value) => typeof value === 'string' && value !== '<nil>')
    .join('-');
}
