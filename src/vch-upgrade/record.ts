import {VchError} from '../errors.js';
import {UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {count, flag, list, moment, nullable, object, oneOf, ShapeMismatch, text} from '../json-shape.js';
import {canonicalJson} from '../migration/canonical-json.js';

/** One ISO file of an upgrade on its datastore. */
export interface IsoRecord {
  /** `[datastore1] vch1/v1.5.6-….iso` */
  readonly path: string;
  readonly size: number;
  /** This upgrade has put it there, so its rollback may take it away. */
  readonly uploaded: boolean;
}

/** The version that an upgrade leads to, as the appliance's ISO tells it and VIC's keys have it. */
export interface TargetVersion {
  readonly version: string;
  readonly build: string;
  readonly commit: string | null;
  readonly date: string | null;
}

/** A CD-ROM drive whose ISO is switched. */
export interface CdromRecord {
  readonly key: number;
  readonly before: string | null;
}

/**
 * What a rollback or resume on another machine needs, in `vch-migrate/upgrade` on the appliance. No secret: the values
 * of keys that plugins change are in the ledger and in the snapshot.
 */
export interface UpgradeRecord {
  readonly schema: 1;
  readonly run: string;
  readonly changeId: string | null;
  readonly user: string;
  readonly tool: string;
  readonly startedAt: string;
  /** The step that it has come to; a word of the step table. */
  readonly phase: string;
  /** The appliance itself may have been changed: from the moment before its power-off. */
  readonly touched: boolean;
  /** Moref; `null` before it is taken. */
  readonly snapshot: string | null;
  readonly powerState: 'poweredOn' | 'poweredOff';
  /** Raw value of VIC's flag before; `null` is absent. */
  readonly updateInProgress: string | null;
  readonly from: {
    readonly dataVersion: number;
    readonly build: string | null;
    readonly version: string | null;
  };
  /** `null`: no appliance ISO, the data alone. */
  readonly to: TargetVersion | null;
  /** The plugins that it is carried out with, each with its revision: whoever goes on must have the same. */
  readonly plugins: readonly string[];
  /** Every key that the upgrade changes on the appliance. */
  readonly keys: readonly string[];
  readonly cdrom: CdromRecord | null;
  readonly isos: {readonly appliance: IsoRecord | null; readonly bootstrap: IsoRecord | null};
  /** The last upgrade's own snapshot, which this one makes needless. */
  readonly previousSnapshot: string | null;
  /** The appliance had a ledger before, of an earlier upgrade. */
  readonly ledgerBefore: boolean;
  /** The last upgrade's record as it stood, for when this one is taken back. */
  readonly previous: string | null;
  /** containerVMs that looked newer than the VCH before: they do not speak against a rollback. */
  readonly newerBefore: readonly string[];
}

const ISO = object(
  (read): IsoRecord => ({
    path: read('path', text),
    size: read('size', count),
    uploaded: read('uploaded', flag),
  }),
);

const recordOf = (steps: readonly string[]) =>
  object(
    (read): UpgradeRecord => ({
      schema: read('schema', (value, path) => {
        if (value === 1) return 1;
        throw new ShapeMismatch(path, '1');
      }),
      run: read('run', text),
      changeId: read('changeId', nullable(text)),
      user: read('user', text),
      tool: read('tool', text),
      startedAt: read('startedAt', moment),
      phase: read('phase', oneOf(steps)),
      touched: read('touched', flag),
      snapshot: read('snapshot', nullable(text)),
      powerState: read('powerState', oneOf(['poweredOn', 'poweredOff'])),
      updateInProgress: read('updateInProgress', nullable(text)),
      from: read(
        'from',
        object((of) => ({
          dataVersion: of('dataVersion', count),
          build: of('build', nullable(text)),
          version: of('version', nullable(text)),
        })),
      ),
      to: read(
        'to',
        nullable(
          object(
            (of): TargetVersion => ({
              version: of('version', text),
              build: of('build', text),
              commit: of('commit', nullable(text)),
              date: of('date', nullable(text)),
            }),
          ),
        ),
      ),
      plugins: read('plugins', list(text)),
      keys: read('keys', list(text)),
      cdrom: read(
        'cdrom',
        nullable(
          object((of): CdromRecord => ({key: of('key', count), before: of('before', nullable(text))})),
        ),
      ),
      isos: read(
        'isos',
        object((of) => ({
          appliance: of('appliance', nullable(ISO)),
          bootstrap: of('bootstrap', nullable(ISO)),
        })),
      ),
      previousSnapshot: read('previousSnapshot', nullable(text)),
      ledgerBefore: read('ledgerBefore', flag),
      previous: read('previous', nullable(text)),
      newerBefore: read('newerBefore', list(text)),
    }),
  );

/** The record's raw value: ASCII. */
export function encodeRecord(record: UpgradeRecord): string {
  return canonicalJson({
    ...record,
    from: {...record.from},
    to: record.to === null ? null : {...record.to},
    cdrom: record.cdrom === null ? null : {...record.cdrom},
    isos: {appliance: isoJson(record.isos.appliance), bootstrap: isoJson(record.isos.bootstrap)},
  });
}

function isoJson(iso: IsoRecord | null) {
  return iso === null ? null : {...iso};
}

/**
 * The record in a raw value; `null` where there is none. One that cannot be read is never taken for none, nor one whose
 * `phase` is none of these steps.
 */
export function parseRecord(
  raw: string | undefined,
  label: string,
  steps: readonly string[],
): UpgradeRecord | null {
  const content = decodeValue(raw ?? '');
  if (content === '') return null;
  try {
    return recordOf(steps)(JSON.parse(content), '');
  } catch (error) {
    if (!(error instanceof ShapeMismatch) && !(error instanceof SyntaxError)) throw error;
    throw new VchError(
      'VCH_ERR_LEDGER_INVALID',
      `${label}: the rollback record ${UPGRADE_RECORD_KEY} cannot be read: ${error.message}. It may be a later ` +
        "release's: use that one. Look at it with `govc vm.info -e`; the snapshot that it names is untouched",
      {cause: error},
    );
  }
}
