import {VchError} from '../errors.js';
import {UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {
  count,
  fields,
  flag,
  list,
  moment,
  nullable,
  oneOf,
  parseJson,
  type Shape,
  ShapeMismatch,
  type ShapeOf,
  text,
} from '../json-shape.js';

const version1: Shape<1> = (value, path) => {
  if (value === 1) return 1;
  throw new ShapeMismatch(path, '1');
};

/** One ISO file of an upgrade on its datastore. */
const iso = fields({
  /** `[datastore1] vch1/v1.5.6-….iso` */
  path: text,
  size: count,
  /** This upgrade uploaded it, so its rollback may delete it. */
  uploaded: flag,
});

export type IsoRecord = ShapeOf<typeof iso>;

/** The version an upgrade leads to, as the appliance ISO states it and VIC's keys store it. */
const targetVersion = fields({version: text, build: text, commit: nullable(text), date: nullable(text)});

export type TargetVersion = ShapeOf<typeof targetVersion>;

const recordWith = (steps: readonly string[]) =>
  fields({
    schema: version1,
    run: text,
    changeId: nullable(text),
    user: text,
    tool: text,
    startedAt: moment,
    /** The step that the upgrade has reached: a name of the step table. */
    phase: oneOf(steps),
    /** Whether the appliance itself may have been changed. Set just before its power-off. */
    touched: flag,
    /** Moref; `null` before the snapshot is taken. */
    snapshot: nullable(text),
    powerState: oneOf(['poweredOn', 'poweredOff']),
    /** Raw value of VIC's flag before; `null` if the key was absent. */
    updateInProgress: nullable(text),
    from: fields({dataVersion: count, build: nullable(text), version: nullable(text)}),
    /** `null` if there is no appliance ISO and only the data changes. */
    to: nullable(targetVersion),
    /** The plugins of the upgrade, each with its revision: whoever resumes it must have the same ones. */
    plugins: list(text),
    /** Every key that the upgrade changes on the appliance. */
    keys: list(text),
    /** The CD-ROM drive whose ISO changes. */
    cdrom: nullable(fields({key: count, before: nullable(text)})),
    isos: fields({appliance: nullable(iso), bootstrap: nullable(iso)}),
    /** The snapshot of the last upgrade, which is removed when this one is done. */
    previousSnapshot: nullable(text),
    /** Whether the appliance already had a ledger, from an earlier upgrade. */
    ledgerBefore: flag,
    /** The record of the last upgrade, restored when this one is rolled back. */
    previous: nullable(text),
    /** containerVMs that looked newer than the VCH before the upgrade: they do not prevent a rollback. */
    newerBefore: list(text),
  });

/**
 * What a rollback or resume on another machine needs, in `vch-migrate/upgrade` on the appliance. It holds no secrets: the
 * values of the keys that plugins change are in the ledger and in the snapshot.
 */
export type UpgradeRecord = ShapeOf<ReturnType<typeof recordWith>>;

/**
 * The record in a raw value, or `null` if there is none. A record that cannot be read, or whose `phase` is not one of
 * `steps`, is an error: it is never treated as absent.
 */
export function parseRecord(
  raw: string | undefined,
  {label, vm}: {readonly label: string; readonly vm: string},
  steps: readonly string[],
): UpgradeRecord | null {
  const content = decodeValue(raw ?? '');
  if (content === '') return null;
  const {value, fault} = parseJson(content, recordWith(steps));
  if (fault === null) return value;
  throw new VchError(
    'VCH_ERR_LEDGER_INVALID',
    `${label}: the rollback record ${UPGRADE_RECORD_KEY} cannot be read: ${fault}. A later release may have written it: ` +
      `use that release. Look at it with \`govc vm.info -e ${vm}\`; the snapshot that it names is untouched`,
  );
}
