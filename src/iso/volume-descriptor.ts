/** Bytes of a sector of an ISO 9660 file. */
export const SECTOR = 2048;
/** The sector of the primary volume descriptor. */
export const DESCRIPTOR_SECTOR = 0x10;

const IDENTIFIER = {at: 1, length: 5};
const PUBLISHER = {at: 318, length: 128};
const CREATED = {at: 813, length: 17};

/** What the primary volume descriptor says. */
export interface VolumeDescriptor {
  /** The publisher identifier without its padding. */
  readonly publisher: string;
  /** In UTC, as VIC writes a BuildDate: `2022/06/10@08:30:00`; `null` if it is not set. */
  readonly created: string | null;
}

/** Reads a primary volume descriptor; `null` if the sector is not one. */
export function parseVolumeDescriptor(sector: Buffer): VolumeDescriptor | null {
  const field = ({at, length}: {at: number; length: number}) => sector.subarray(at, at + length);
  if (sector.length < SECTOR || sector[0] !== 1) return null;
  if (field(IDENTIFIER).toString('latin1') !== 'CD001') return null;
  return {
    // The standard pads with blanks, some writers with zeros.
    publisher: field(PUBLISHER).toString('latin1').replaceAll('\0', ' ').trim(),
    created: parseTime(field(CREATED)),
  };
}

/** Sixteen digits, `YYYYMMDDhhmmss` and hundredths, and the offset from UTC in quarters of an hour. */
function parseTime(field: Buffer): string | null {
  const [, ...parts] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\d\d$/.exec(field.toString('latin1', 0, 16)) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  // Date reads years below 100 as years of the last century.
  if (year < 100) return null;
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date reads a 13th month or a 31st of June as a later day; such a descriptor is broken.
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return null;
  const utc = new Date(local.getTime() - field.readInt8(16) * 15 * 60_000);
  const [date = '', time = ''] = utc.toISOString().split(/[T.]/);
  return `${date.replaceAll('-', '/')}@${time}`;
}
