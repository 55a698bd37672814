import {toVchError} from '../errors.js';
import {type ManagedObjectReference, refString} from '../vim25/managed-object.js';
import {ACT, retried} from '../vim25/retry.js';
import {createSnapshot, readSnapshots, removeSnapshot, type Snapshot} from '../vim25/snapshot.js';
import {settle} from '../vim25/tasks.js';
import type {VchContext, VchTarget} from './context.js';
import type {UpgradeRecord} from './record.js';

/** By which a snapshot is known when its moref was lost. */
function mark(run: string): string {
  return `vch-migrate run ${run}`;
}

/**
 * The snapshot that an upgrade has taken; `null` where it is not there. Its description must say so: a moref alone may
 * name somebody else's, once a VM was registered anew or a vCenter restored.
 */
export async function findSnapshot(
  {session, vch}: Pick<VchTarget, 'session' | 'vch'>,
  record: UpgradeRecord,
): Promise<Snapshot | null> {
  const {all} = await readSnapshots(session, vch.ref);
  const ours = all.filter(({description}) => description === mark(record.run));
  return ours.find(({ref}) => ref.value === record.snapshot) ?? ours.at(-1) ?? null;
}

/** Takes the snapshot of an upgrade, unless it is there; gives its moref. */
export function ensureSnapshot(context: VchContext): Promise<string> {
  const {session, vch, writer, record} = context;
  // vic-machine knows such a name for the way back of an upgrade.
  const name = `upgrade for ${record.to?.build ?? `data version 10`}`;
  return writer.inTurn(() =>
    retried<true, string>(session, ACT, {
      async look() {
        await settle(session, vch.ref);
        const snapshot = await findSnapshot(context, record);
        return snapshot === null ? {act: true} : {done: snapshot.ref.value};
      },
      async act() {
        await context.assertOurs();
        context.note({effect: 'CreateSnapshot_Task', object: vch.ref.value, detail: name});
        const task = await createSnapshot(session, vch.ref, {name, description: mark(record.run)});
        await writer.waiter.wait(task, `taking the snapshot of ${context.label}`);
        return undefined;
      },
    }),
  );
}

/** Removes a snapshot of ours; its children, if somebody made some, stay. */
export function ensureRemoved(context: VchContext, snapshot: ManagedObjectReference): Promise<true> {
  const {session, vch, writer} = context;
  return writer.inTurn(() =>
    retried<true, true>(session, ACT, {
      async look() {
        await settle(session, vch.ref);
        const {all} = await readSnapshots(session, vch.ref);
        return all.some(({ref}) => ref.value === snapshot.value) ? {act: true} : {done: true};
      },
      async act() {
        await context.assertOurs();
        context.note({effect: 'RemoveSnapshot_Task', object: snapshot.value, detail: `of ${vch.ref.value}`});
        await writer.waiter.wait(
          await removeSnapshot(session, snapshot),
          `removing the snapshot ${snapshot.value}`,
        );
        return undefined;
      },
    }),
  );
}

/** Removes the last upgrade's snapshot: with this upgrade its rollback ends. No snapshot of anybody else goes. */
export async function dropPrevious(context: VchContext): Promise<Partial<UpgradeRecord>> {
  const {previousSnapshot} = context.record;
  try {
    const {all} = await readSnapshots(context.session, context.vch.ref);
    const last = all.find(
      ({ref, description}) => ref.value === previousSnapshot && description.startsWith(mark('')),
    );
    if (last !== undefined) await ensureRemoved(context, last.ref);
    return {previousSnapshot: null};
  } catch (error) {
    context.finding(
      'previous-snapshot-left',
      `the snapshot ${previousSnapshot} of the last upgrade is still there: ${toVchError(error).message}; ` +
        `remove it with govc snapshot.remove -vm ${refString(context.vch.ref)} ${previousSnapshot}`,
    );
    return {};
  }
}
