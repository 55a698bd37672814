import {DOCTOR_KEY, DOCTOR_PROBES} from '../extraconfig/keys.js';
import type {Leftover} from './leftover.js';

/** One kind of write, as the question before it has it. */
export interface Write {
  readonly what: string;
  /** How often each call is made; `null` where that is not known beforehand. */
  readonly calls: Readonly<Record<string, number | null>>;
}

/** Where a doctor writes, in the words of the command line. */
export type Where =
  | {
      readonly kind: 'own';
      readonly count: number;
      readonly folder: string;
      readonly pool: string;
      readonly datastore: string;
    }
  | {readonly kind: 'named'; readonly name: string};

/** Every write of `doctor --scratch`, in order. */
export function writesOf(where: Where, leftovers: readonly Leftover[]): readonly Write[] {
  const removable = leftovers.filter(({why}) => why === null);
  const vms = removable.filter(({mark}) => mark?.named !== true).map(({name}) => name);
  const named = removable.filter(({mark}) => mark?.named === true).map(({name}) => name);
  const vm = where.kind === 'named' ? where.name : where.count === 1 ? 'it' : 'the first of them';
  return [
    ...(vms.length === 0
      ? []
      : [
          {
            what: `deletes what an earlier doctor left: ${vms.join(', ')}`,
            calls: {DeleteDatastoreFile_Task: null, Destroy_Task: vms.length},
          },
        ]),
    ...(named.length === 0
      ? []
      : [
          {
            what: `removes the snapshot, the file and the keys that an earlier doctor left on ${named.join(', ')}`,
            calls: {RemoveSnapshot_Task: null, DeleteDatastoreFile_Task: null, ReconfigVM_Task: null},
          },
        ]),
    where.kind === 'named'
      ? {
          what: `marks ${where.name} with the key ${DOCTOR_KEY}, and removes that key last of all`,
          calls: {ReconfigVM_Task: null},
        }
      : {
          what: `makes ${where.count === 1 ? 'a VM' : `${where.count} VMs`} without a disk (4 MB) in ${where.folder} and ${where.pool}, on ${where.datastore}, with the key ${DOCTOR_KEY}, and deletes ${where.count === 1 ? 'it' : 'them'} at the end`,
          calls: {CreateVM_Task: where.count, Destroy_Task: where.count},
        },
    {
      what: `writes and removes these keys of ${vm}: ${Object.values(DOCTOR_PROBES).join(', ')}`,
      calls: {ReconfigVM_Task: null},
    },
    {
      what: `powers ${vm} on and off twice, and asks once to power it off while it is off`,
      calls: {PowerOnVM_Task: 2, PowerOffVM_Task: 3},
    },
    {
      what: `takes three snapshots of ${vm}, reverts to two of them and removes all three`,
      calls: {CreateSnapshot_Task: 3, RevertToSnapshot_Task: 2, RemoveSnapshot_Task: 3},
    },
    {
      what: `uploads a file of a few bytes, vch-migrate-doctor-RUN.txt, into the folder of ${vm} on the datastore, and deletes it`,
      calls: {'PUT /folder': 1, DeleteDatastoreFile_Task: 1},
    },
    {
      what: `writes a line into the event log of ${vm}, which stays there`,
      calls: {LogUserEvent: 1},
    },
    {
      what: `writes and removes the key ${DOCTOR_PROBES.hidden} of ${where.kind === 'named' || where.count === 1 ? vm : 'all of them'}, up to 24 times for each number at once, to measure how long that takes`,
      calls: {ReconfigVM_Task: null},
    },
  ];
}
