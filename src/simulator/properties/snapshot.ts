import type {Snapshot, SnapshotTree} from '../model/snapshot.js';
import {
  boolean,
  type Data,
  data,
  dateTime,
  enumeration,
  int,
  list,
  reference,
  references,
  string,
} from '../soap/value.js';
import {configInfo} from './config-info.js';
import type {Struct} from './node.js';

/** The properties of a VirtualMachineSnapshot. */
export const virtualMachineSnapshot: Struct<Snapshot> = {
  type: 'VirtualMachineSnapshot',
  fields: {
    config: configInfo<Snapshot>(
      ({config}) => config,
      () => true,
    ),
    childSnapshot: (snapshot) => references(snapshot.children),
    vm: (snapshot) => reference(snapshot.vm),
  },
};

/** The `snapshot` property of a VM; undefined where it has none. */
export function snapshotInfo(tree: SnapshotTree): Data | undefined {
  if (tree.isEmpty) return undefined;
  return data(
    'VirtualMachineSnapshotInfo',
    ['currentSnapshot', tree.current === undefined ? undefined : reference(tree.current)],
    ['rootSnapshotList', list('VirtualMachineSnapshotTree', [...tree.roots].map(treeNode))],
  );
}

function treeNode(snapshot: Snapshot): Data {
  return data(
    'VirtualMachineSnapshotTree',
    ['snapshot', reference(snapshot)],
    ['vm', reference(snapshot.vm)],
    ['name', string(snapshot.name)],
    ['description', string(snapshot.description)],
    ['id', int(snapshot.number)],
    ['createTime', dateTime(snapshot.createTime)],
    ['state', enumeration('VirtualMachinePowerState', snapshot.powerState)],
    ['quiesced', boolean(snapshot.quiesced)],
    ['childSnapshotList', list('VirtualMachineSnapshotTree', [...snapshot.children].map(treeNode))],
    ['replaySupported', boolean(false)],
  );
}
