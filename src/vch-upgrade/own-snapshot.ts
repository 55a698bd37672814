import {type ManagedObjectReference, refString} from '../vim25/managed-object.js';
import {ACT} from '../vim25/retry.js';
import {createSnapshot, readSnapshots, removeSnapshot, type Snapshot} from '../vim25/snapshot.js';
import {runUntil} from './appliance-task.js';
import type {UpgradeRecord} from './record.js';
import {type LockedVch, orFinding, type VchTarget} from './vch-target.js';

/** The description of a snapshot: identifies it if its moref was lost. */
function descriptionOf(run: string): string {
  return `vch-migrate run ${run}`;
}

/** Whether a run of this tool took a snapshot; vic-machine gives its own the same names. */
export function isOwnSnapshot({description}: Snapshot): boolean {
  return description.startsWith(descriptionOf(''));
}

/**
 * The snapshot that an upgrade has taken; `null` if it is not there. Its description must say so: after a VM was
 * registered again or a vCenter restored, the same moref may belong to another snapshot.
 */
export async function findSnapshot(
  {session, vch}: Pick<VchTarget, 'session' | 'vch'>,
  record: UpgradeRecord,
): Promise<Snapshot | null> {
  const {all} = await readSnapshots(session, vch.ref);
  const ours = all.filter(({description}) => description === descriptionOf(record.run));
  return ours.find(({ref}) => ref.value === record.snapshot) ?? ours.at(-1) ?? null;
}

/** Takes the snapshot of an upgrade, unless it is there; gives its moref. */
export function ensureSnapshot(locked: LockedVch): Promise<string> {
  const {session, vch, writer, record} = locked;
  // vic-machine gives such names to the snapshots of its upgrades.
  const name = `upgrade for ${record.to?.build ?? `data version 10`}`;
  const task = {
    effect: 'CreateSnapshot_Task',
    object: vch.ref.value,
    detail: name,
    what: `taking the snapshot of ${locked.label}`,
    start: () => createSnapshot(session, vch.ref, {name, description: descriptionOf(record.run)}),
  };
  return writer.inTurn(() =>
    runUntil(locked, ACT, task, async () => (await findSnapshot(locked, record))?.ref.value ?? null),
  );
}

/** Removes a snapshot of ours; its children stay. */
export function ensureRemoved(locked: LockedVch, snapshot: ManagedObjectReference): Promise<true> {
  const {session, vch, writer} = locked;
  const task = {
    effect: 'RemoveSnapshot_Task',
    object: snapshot.value,
    detail: `of ${vch.ref.value}`,
    what: `removing the snapshot ${snapshot.value}`,
    start: () => removeSnapshot(session, snapshot),
  };
  return writer.inTurn(() =>
    runUntil(locked, ACT, task, async () => {
      const {all} = await readSnapshots(session, vch.ref);
      return all.every(({ref}) => ref.value !== snapshot.value) || null;
    }),
  );
}

/** Removes the last upgrade's snapshot: from now on that upgrade can no longer be rolled back. */
export async function dropPrevious(locked: LockedVch): Promise<Partial<UpgradeRecord>> {
  const {previousSnapshot} = locked.record;
  const describe = (reason: string) =>
    `the snapshot ${previousSnapshot} of the last upgrade is still there: ${reason}; ` +
    `remove it with govc snapshot.remove -vm ${refString(locked.vch.ref)} ${previousSnapshot}`;
  const dropped = await orFinding(locked, 'previous-snapshot-left', describe, async () => {
    const {all} = await readSnapshots(locked.session, locked.vch.ref);
    const last = all.find((snapshot) => snapshot.ref.value === previousSnapshot && isOwnSnapshot(snapshot));
    if (last !== undefined) await ensureRemoved(locked, last.ref);
    return {previousSnapshot: null};
  });
  return dropped ?? {};
}
