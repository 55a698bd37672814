import {counted} from '../../counted.js';
import {readSnapshots, type Snapshot, type SnapshotTree} from '../../vim25/snapshot.js';
import {type CheckedVch, failed, ok, type Verdict, warning} from './verdict.js';

type Owner = 'vch-migrate' | 'vic-machine' | 'others';

/** vSphere takes no more snapshots in one chain. */
const DEEPEST = 32;

/** Checks that one more snapshot can be taken, and shows whose there are. */
export async function checkSnapshots({session, vch}: CheckedVch): Promise<Verdict> {
  return judgeSnapshots(await readSnapshots(session, vch.ref));
}

/** Decides on snapshots that were read. */
export function judgeSnapshots(tree: SnapshotTree): Verdict {
  const {all} = tree;
  if (all.length === 0) return ok('the appliance has none');
  const of = (owner: Owner) => all.filter((snapshot) => ownerOf(snapshot) === owner);
  const names = (snapshots: readonly Snapshot[]) => snapshots.map(({name}) => `"${name}"`).join(', ');
  const [ours, vic, others] = [of('vch-migrate'), of('vic-machine'), of('others')];
  const groups = [
    [ours, 'of an earlier vch-migrate upgrade, which the next upgrade removes at its end'],
    [vic, `of vic-machine (${names(vic)}), which stays`],
    [others, `of another tool or user (${names(others)}), which stays`],
  ] as const;
  const listed = groups.flatMap(([{length}, text]) => (length === 0 ? [] : [`${length} ${text}`]));
  const shown = `the appliance has ${counted(all.length, 'snapshot')}: ${listed.join('; ')}`;
  const depth = depthOf(tree);
  if (depth >= DEEPEST)
    return failed(`${shown}; with ${depth} in one chain vSphere takes no more: remove some first`);
  if (others.length + vic.length > 0)
    return warning(`${shown}. An appliance that runs on snapshots is slow and fills its datastore`);
  return ok(shown);
}

function ownerOf({name, description}: Snapshot): Owner {
  if (description.startsWith('vch-migrate run ')) return 'vch-migrate';
  return /^(?:upgrade|reconfigure) for /.test(name) ? 'vic-machine' : 'others';
}

/** How many snapshots the VM's present state is based on. */
function depthOf({current, all}: SnapshotTree): number {
  const parents = new Map(all.map(({ref, parent}) => [ref.value, parent]));
  let depth = 0;
  for (let at = current; at !== null && depth < all.length; at = parents.get(at) ?? null) depth += 1;
  return depth;
}
