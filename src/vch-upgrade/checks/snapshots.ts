import {readSnapshots, type SnapshotTree} from '../../vim25/snapshot.js';
import {counted, failed, ok, type VchCheck, type Verdict, warning} from './verdict.js';

type Owner = 'ours' | 'vic-machine' | 'others';

/** vSphere takes no more in one line. */
const DEEPEST = 32;

export const snapshotsCheck: VchCheck = {
  id: 'snapshots',
  title: 'snapshots',
  judge: async ({session, vch}) => judgeSnapshots(await readSnapshots(session, vch.ref)),
};

/** Whether one more snapshot can be taken, and whose are there. */
export function judgeSnapshots(tree: SnapshotTree): Verdict {
  if (tree.all.length === 0) return ok('the appliance has none');
  const of = (owner: Owner) => tree.all.filter((snapshot) => ownerOf(snapshot) === owner);
  const [ours, vic, others] = [of('ours'), of('vic-machine'), of('others')];
  const parts = [
    ...(ours.length > 0
      ? [`${ours.length} of an earlier vch-migrate upgrade, which the next one removes when it is through`]
      : []),
    ...(vic.length > 0
      ? [`${vic.length} of vic-machine (${vic.map(({name}) => `"${name}"`).join(', ')}), which stays`]
      : []),
    ...(others.length > 0
      ? [
          `${others.length} of somebody else (${others.map(({name}) => `"${name}"`).join(', ')}), never touched`,
        ]
      : []),
  ];
  const shown = `the appliance has ${counted(tree.all.length, 'snapshot')}: ${parts.join('; ')}`;
  const depth = depthOf(tree);
  if (depth >= DEEPEST)
    return failed(`${shown}; with ${depth} in one line vSphere takes no more: remove some first`);
  if (others.length + vic.length > 0)
    return warning(`${shown}. An appliance on snapshots is slow, and fills its datastore`);
  return ok(shown);
}

function ownerOf({name, description}: {readonly name: string; readonly description: string}): Owner {
  if (description.startsWith('vch-migrate run ')) return 'ours';
  return /^(?:upgrade|reconfigure) for /.test(name) ? 'vic-machine' : 'others';
}

/** How many snapshots the VM's present state is based on. */
function depthOf({current, all}: SnapshotTree): number {
  const parents = new Map(all.map(({ref, parent}) => [ref.value, parent]));
  let depth = 0;
  for (let at = current; at !== null && depth < all.length; at = parents.get(at) ?? null) depth += 1;
  return depth;
}
