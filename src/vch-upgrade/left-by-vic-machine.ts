import {
  BUILD_KEY,
  changesByItself,
  LOCK_KEY,
  OWN_PREFIX,
  UPDATE_IN_PROGRESS_KEY,
} from '../extraconfig/keys.js';
import {isFalse, textOf} from '../extraconfig/value.js';
import {type Appliance, readAppliance} from '../inventory/appliance.js';
import {type Vch, vchLabel} from '../inventory/vch.js';
import type {Finding} from '../migration/finding.js';
import {refString} from '../vim25/managed-object.js';
import type {Session} from '../vim25/session.js';
import {readSnapshotConfig, readSnapshots, type Snapshot, type SnapshotConfig} from '../vim25/snapshot.js';
import {isOwnSnapshot} from './own-snapshot.js';

/** vic-machine names its snapshots so; up to 1.5.2 its upgrades have the second name, too. */
const VIC_SNAPSHOT = /^(?:upgrade|reconfigure) for /;

/**
 * What an upgrade or configure operation of vic-machine looks like that did not come to its end, and the commands that end
 * it: by its flag, its snapshots wherever they stand in the tree, and what the appliance has of the new version. Nothing tells
 * whether vic-machine still runs; each way says so first.
 */
export async function leftByVicMachine(session: Session, vch: Vch): Promise<readonly Finding[]> {
  const {leases} = vch;
  if ((leases[LOCK_KEY] ?? '') !== '') return [];
  const isFlagged = !isFalse(leases[UPDATE_IN_PROGRESS_KEY]);
  const {all, current} = await readSnapshots(session, vch.ref);
  // vic-machine takes one and removes the one before it, so the last is that of the run that did not end.
  const [taken, ...older] = all
    .filter((snapshot) => VIC_SNAPSHOT.test(snapshot.name) && !isOwnSnapshot(snapshot))
    .sort(newestFirst);
  if (taken === undefined && !isFlagged) return [];
  const appliance = await readAppliance(session, vch);
  const left: Left = {
    vch,
    isFlagged,
    isOff: appliance.powerState !== 'poweredOn',
    taken,
    older,
    above: all.find(({ref}) => ref.value === current && ref.value !== taken?.ref.value),
  };
  const told =
    taken === undefined
      ? withoutSnapshot(left)
      : withSnapshot({...left, taken}, await changesSince(session, taken, appliance));
  if (told === null) return [];
  return [
    {
      code: 'vic-machine-unfinished',
      message: `an upgrade or configure operation of vic-machine on ${vchLabel(vch)} is unfinished: ${told.stands}. First make sure that no vic-machine runs for this VCH on any machine`,
      actions: told.actions,
    },
  ];
}

/** What vic-machine left on an appliance. */
interface Left {
  readonly vch: Vch;
  readonly isFlagged: boolean;
  readonly isOff: boolean;
  /** The last one of vic-machine's snapshots. */
  readonly taken: Snapshot | undefined;
  readonly older: readonly Snapshot[];
  /** The snapshot that the appliance stands on, if that is another one. */
  readonly above: Snapshot | undefined;
}

interface Told {
  readonly stands: string;
  readonly actions: NonNullable<Finding['actions']>;
}

/** By the time they were taken; parents come before their children in the tree, which decides within a second. */
function newestFirst(a: Snapshot, b: Snapshot): number {
  return Date.parse(b.createTime) - Date.parse(a.createTime) || (b.parent === a.ref.value ? 1 : -1);
}

/** What the appliance has otherwise than when the snapshot was taken. */
interface Since {
  readonly build: readonly [before: string, now: string];
  /** Keys and drives, without what changes by itself. */
  readonly count: number;
}

async function changesSince(session: Session, {ref}: Snapshot, appliance: Appliance): Promise<Since> {
  const {extraConfig: before, cdroms} = await readSnapshotConfig(session, ref);
  const now = appliance.config;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (key) =>
      key !== UPDATE_IN_PROGRESS_KEY &&
      !key.startsWith(OWN_PREFIX) &&
      !changesByItself(key) &&
      before[key] !== now[key],
  );
  const drives = (all: SnapshotConfig['cdroms']) => all.map(({fileName}) => fileName).join('|');
  const build = [before, now].map((config) => textOf(config, BUILD_KEY.appliance) ?? 'unknown');
  return {
    build: [build[0] ?? '', build[1] ?? ''],
    count: keys.length + (drives(cdroms) === drives(appliance.cdroms) ? 0 : 1),
  };
}

function withoutSnapshot(left: Left): Told {
  return {
    stands: `it set its flag, and there is no snapshot of it: its upgrade had not come to the snapshot, or was rolled back. ${powerOf(left)}`,
    actions: [ifNoneRuns('clear its flag', [...on(left), ...clear(left)])],
  };
}

/** `null` for what vic-machine leaves when all went well: an appliance that runs its new version, and a way back. */
function withSnapshot(left: Left & {readonly taken: Snapshot}, {build, count}: Since): Told | null {
  const {vch, isFlagged, isOff, taken, older, above} = left;
  const [before, now] = build;
  const flag = isFlagged ? '' : 'its flag is not set any more, but ';
  const place =
    above === undefined ? '' : `, on top of which the appliance stands on the snapshot "${above.name}"`;
  const rest = older.map((one) =>
    way(`Remove the older snapshot "${one.name}", which vic-machine removes when it ends`, [
      removal(vch, one),
    ]),
  );
  const also =
    older.length === 0
      ? ''
      : `. Older snapshots of vic-machine: ${older.map(({name}) => `"${name}"`).join(', ')}`;
  const has = `${flag}it has taken the snapshot "${taken.name}"${place}`;
  if (count === 0) {
    const commands = [...on(left), ...clear(left), removal(vch, taken)];
    return {
      stands: `${has}, and not changed the appliance since: build ${now} as before. ${powerOf(left)}${also}`,
      actions: [
        ifNoneRuns(isFlagged ? 'clear its flag and remove its snapshot' : 'remove its snapshot', commands),
        ...rest,
      ],
    };
  }
  if (!isFlagged && !isOff && older.length === 0) return null;
  const changed =
    before === now
      ? `changed ${count} of the settings of the appliance, which has build ${now} as before`
      : `changed the appliance from build ${before} to ${now}`;
  const keep =
    above === undefined
      ? 'On the new version the snapshot stays, for vic-machine upgrade --rollback'
      : `vic-machine upgrade --rollback would go back to "${above.name}", and not to its own snapshot`;
  const goOn = [...on(left), ...clear(left)];
  return {
    stands: `${has}, and ${changed}. ${powerOf(left)}. ${keep}${also}`,
    actions: [
      ...(goOn.length === 0 ? [] : [ifNoneRuns('go on with the new version', goOn)]),
      ...(isFlagged || isOff ? [way('Or go back to the old version instead', back(left, taken))] : []),
      ...rest,
    ],
  };
}

function powerOf({isOff}: Left): string {
  return `The appliance is ${isOff ? 'powered off: docker does not answer' : 'powered on'}`;
}

function way(text: string, commands: readonly string[]) {
  return {text, command: commands.join('\n')};
}

function ifNoneRuns(text: string, commands: readonly string[]) {
  return way(`If no vic-machine runs for this VCH, ${text}`, commands);
}

/** The snapshot was taken with the flag set: a revert sets it again. */
function back({vch, isOff}: Left, {ref}: Snapshot): readonly string[] {
  const vm = refString(vch.ref);
  return [
    ...(isOff ? [] : [`govc vm.power -off -force ${vm}`]),
    `govc snapshot.revert -s -vm ${vm} ${ref.value}`,
    clearFlag(vch),
    powerOn(vch),
    // vic-machine removes it after a rollback: it would pass for the way back from the next upgrade.
    `govc snapshot.remove -vm ${vm} ${ref.value}`,
  ];
}

function removal({ref}: Vch, snapshot: Snapshot): string {
  return `govc snapshot.remove -vm ${refString(ref)} ${snapshot.ref.value}`;
}

function on({vch, isOff}: Left): readonly string[] {
  return isOff ? [powerOn(vch)] : [];
}

function clear({vch, isFlagged}: Left): readonly string[] {
  return isFlagged ? [clearFlag(vch)] : [];
}

function powerOn({ref}: Vch): string {
  return `govc vm.power -on ${refString(ref)}`;
}

function clearFlag({ref}: Vch): string {
  return `govc vm.change -vm ${refString(ref)} -e ${UPDATE_IN_PROGRESS_KEY}=false`;
}
