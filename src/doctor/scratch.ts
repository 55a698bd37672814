import {hasCode, VchError} from '../errors.js';
import {DOCTOR_KEY, DOCTOR_PROBES} from '../extraconfig/keys.js';
import {datastoreFileSize, uploadDatastoreFile} from '../vim25/datastore-file.js';
import {isNotOffered} from '../vim25/faults.js';
import {extraConfigPath, readObject, readObjects} from '../vim25/property-collector.js';
import {optionValue, refValues} from '../vim25/property-value.js';
import {createSnapshot, readSnapshots, removeSnapshot, revertToSnapshot} from '../vim25/snapshot.js';
import {logUserEvent, powerOff, powerOn} from '../vim25/virtual-machine.js';
import {
  type Assumption,
  confirmed,
  holds,
  notTried,
  refuted,
  type ScratchBench,
  type Seen,
} from './assumption.js';
import {markOf} from './mark.js';
import {refusedBy, refusedWhileRunning} from './refusal.js';
import {annotationOf} from './scratch-vm.js';

const {hidden: KEY, otherCase: OTHER_CASE, odd: ODD_KEY, absent: ABSENT, guest: GUEST} = DOCTOR_PROBES;
const BLANKS = '  two before, two  within and two after  ';
const CHARACTERS = 'é ü 漢字 😀 & < > " \' | ~ \\ % = ; {}';
const PROBE = Buffer.from('vch-migrate doctor: a file to see whether there can be one\n');
const LONG = 'x'.repeat(64 * 1024);
/** vSphere's words for what it cannot name. */
const NAMELESS = new Set(['MethodFault', 'RuntimeFault', 'SystemError']);

/** What takes a write; in this order on one VM, which is powered off before and after each. */
export const SCRATCH: readonly Assumption[] = [
  {
    id: 'task-wait',
    title: 'a task says when it has ended, and how: what it wrote is there then, and a failure has a name',
    meaning: 'What has become of a write could not be told, and another could begin before it ends.',
    needs: 'scratch',
    probe: taskWait,
  },
  {
    id: 'keys-kept',
    title: 'a hidden key is kept as it is written, and the changeVersion moves',
    meaning: 'Nothing that is written would be certain to be there.',
    needs: 'scratch',
    async probe({scratch}) {
      const before = await scratch.changeVersion();
      await scratch.write({[KEY]: 'kept'});
      const kept = (await scratch.read(KEY)) === 'kept';
      const moved = (await scratch.changeVersion()) !== before;
      return holds(
        kept && moved,
        'kept, and moved',
        kept ? 'the changeVersion stayed' : 'the key is not there',
      );
    },
  },
  {
    id: 'concurrent-access',
    title: 'a write with an old changeVersion is refused (ConcurrentAccess)',
    meaning: 'A change that somebody makes at the same time could be overwritten without a word.',
    needs: 'scratch',
    async probe({scratch}) {
      const old = await scratch.changeVersion();
      await scratch.write({[KEY]: 'first'});
      try {
        await scratch.write({[KEY]: 'second'}, old);
      } catch (error) {
        if (!(error instanceof VchError && error.fault === 'ConcurrentAccess')) throw error;
        return holds(
          (await scratch.read(KEY)) === 'first',
          'refused with ConcurrentAccess',
          'refused with ConcurrentAccess, and carried out',
        );
      }
      return refuted('the write was carried out');
    },
  },
  {
    id: 'blanks',
    title: 'blanks in a value are kept',
    meaning: 'Values would not be restored as they were.',
    needs: 'scratch',
    probe: (bench) => kept(bench, BLANKS),
  },
  {
    id: 'characters',
    title: 'characters beyond ASCII, and those that XML escapes, are kept',
    meaning: 'Names and values could be damaged.',
    needs: 'scratch',
    probe: (bench) => kept(bench, CHARACTERS),
  },
  {
    id: 'long-values',
    title: 'a value of 64 KiB is kept',
    meaning:
      'Long lists of the appliance could be cut off. What this tool itself writes on containerVMs is at most 4 KiB.',
    needs: 'scratch',
    probe: (bench) => kept(bench, LONG),
  },
  {
    id: 'empty-removes',
    title: 'an empty value removes a key',
    meaning: 'Keys could not be taken away again: no undo, and no lock that is released.',
    needs: 'scratch',
    async probe({scratch}) {
      await scratch.write({[KEY]: 'there'});
      if ((await scratch.read(KEY)) !== 'there') return notTried('there was no key to remove');
      await scratch.write({[KEY]: ''});
      return holds((await scratch.read(KEY)) === null, 'removed', 'the key is still there');
    },
  },
  {
    id: 'empty-absent',
    title: 'an empty value for a key that is absent makes none',
    meaning: 'An empty key could appear. This tool removes only keys that it has read.',
    needs: 'scratch',
    async probe({scratch}) {
      await scratch.write({[ABSENT]: ''});
      return holds((await scratch.read(ABSENT)) === null, 'none was made', 'an empty key was made');
    },
  },
  {
    id: 'key-case',
    title: 'keys that differ in case alone are two keys',
    meaning: 'One of two such keys overwrites the other. This tool writes each key exactly as VIC spells it.',
    needs: 'scratch',
    async probe({scratch}) {
      await scratch.write({[KEY]: 'lower', [OTHER_CASE]: 'upper'});
      const both = (await scratch.read(KEY)) === 'lower' && (await scratch.read(OTHER_CASE)) === 'upper';
      return holds(both, 'both are there', 'only one is there');
    },
  },
  {
    id: 'odd-keys',
    title: 'keys with | / ~ are kept, and can be read alone',
    meaning: "VIC's own keys have these characters: aliases of containers could not be changed.",
    needs: 'scratch',
    async probe({session, scratch}) {
      await scratch.write({[ODD_KEY]: 'a:b|c'});
      const path = extraConfigPath(ODD_KEY);
      const [alone] = await readObjects(session, [scratch.ref], [path], ({properties}) =>
        optionValue(properties.get(path)),
      );
      return holds(alone?.value === 'a:b|c', 'kept, and read alone', 'not what was written');
    },
  },
  {
    id: 'identity',
    title: 'a new VM has the instanceUuid, notes and keys that it is made with',
    meaning:
      "After a kill, doctor could not recognize its scratch VMs. List them with govc find / -type m -name 'vch-migrate-doctor-*', and destroy each by the path that it prints.",
    needs: 'scratch',
    async probe({scratch}) {
      if (scratch.isNamed) return notTried('it is a VM of yours');
      const mark = await scratch.read(DOCTOR_KEY);
      if (mark === null) return refuted('its key is not there');
      const uuid = await scratch.property('config.instanceUuid');
      if (mark !== markOf(scratch.run, uuid ?? '', false))
        return refuted('its key does not name its instanceUuid');
      const notes = await scratch.property('config.annotation');
      return holds(notes === annotationOf(scratch.run), 'as it was made', 'its notes are others');
    },
  },
  {
    id: 'hidden-while-running',
    title: 'a hidden key can be written while the VM runs, and outlives its power-off',
    meaning:
      'Containers would have to be powered off for apply, or lose what was written. VMs that refuse are reported as VCH_ERR_NEEDS_POWER_OFF.',
    needs: 'scratch',
    probe: hiddenWhileRunning,
  },
  {
    id: 'guestinfo-volatile',
    title: 'a guestinfo key written while the VM runs is lost at its power-off',
    meaning: 'Nothing: this tool never writes guestinfo keys of a running VM.',
    needs: 'scratch',
    probe: (bench) =>
      whileRunning(bench, async () => {
        await bench.scratch.write({[GUEST]: 'written'});
        const taken = (await bench.scratch.read(GUEST)) === 'written';
        if (!taken) return async () => notTried('the task succeeded, and the key was not there');
        return async () => holds((await bench.scratch.read(GUEST)) === null, 'lost', 'it is still there');
      }),
  },
  {
    id: 'snapshot',
    title: 'a snapshot can be taken, reverted to and removed',
    meaning: 'An upgrade would have no way back.',
    needs: 'scratch',
    probe: snapshot,
  },
  {
    id: 'snapshot-reverts',
    title: 'a snapshot brings ExtraConfig back',
    meaning: 'A rollback compares what the revert brought back, and writes the rest itself.',
    needs: 'scratch',
    probe: snapshotReverts,
  },
  {
    id: 'upload',
    title: 'a file can be uploaded into the folder of a VM, and deleted',
    meaning: 'ISO files could not be put on the datastore: only upgrade --data-only would work.',
    needs: 'scratch',
    probe: upload,
  },
  {
    id: 'user-event',
    title: 'the server takes a line for the event log of a VM',
    meaning: 'Upgrades leave no line there. Their reports and the ledgers on the VMs are the record.',
    needs: 'scratch',
    async probe({session, scratch}) {
      try {
        await logUserEvent(
          session,
          scratch.ref,
          'vch-migrate doctor: a line to see whether there can be one',
        );
        return confirmed('it was taken');
      } catch (error) {
        if (!isNotOffered(error)) throw error;
        return refuted('the server offers no such call');
      }
    },
  },
];

async function kept({scratch}: ScratchBench, value: string): Promise<Seen> {
  await scratch.write({[KEY]: value});
  const read = await scratch.read(KEY);
  if (read === null) return refuted('the key is not there');
  return holds(
    read === value,
    'kept',
    read.length === value.length
      ? 'it has other characters'
      : `${read.length} of ${value.length} characters are left`,
  );
}

async function hiddenWhileRunning(bench: ScratchBench): Promise<Seen> {
  const {scratch} = bench;
  return whileRunning(bench, async () => {
    try {
      await scratch.write({[KEY]: 'while it runs'});
    } catch (error) {
      const fault = refusedWhileRunning(error);
      if (fault === null) throw error;
      return async () => refuted(`the write was refused: ${fault}`);
    }
    const taken = (await scratch.read(KEY)) === 'while it runs';
    return async () =>
      holds(
        taken && (await scratch.read(KEY)) === 'while it runs',
        'taken, and still there',
        taken ? 'lost at the power-off' : 'the task succeeded, and the key is not there',
      );
  });
}

/** The fault by which the server refuses what a probe needs first: it says nothing of the assumption. */
async function refusalOf(act: Promise<unknown>): Promise<string | null> {
  try {
    await act;
    return null;
  } catch (error) {
    const fault = refusedBy(error);
    if (fault === null) throw error;
    return fault;
  }
}

async function taskWait({session, scratch}: ScratchBench): Promise<Seen> {
  const write = async () => {
    const task = await scratch.start({[KEY]: 'a task'});
    const seen = await readObject(
      session,
      scratch.ref,
      ['recentTask'],
      'reading the tasks of the scratch VM',
    );
    await scratch.end(Promise.resolve(task));
    return refValues(seen.get('recentTask')).some(({value}) => value === task.value);
  };
  let isShown: boolean;
  try {
    isShown = await scratch.asItIsNow(write);
  } catch (error) {
    const isUnseen = hasCode(error, 'VCH_ERR_OUTCOME_UNKNOWN') && session.contact.broken === null;
    if (isUnseen) return refuted('its end could not be seen');
    throw error;
  }
  if ((await scratch.read(KEY)) !== 'a task') return refuted('it succeeded, and the key is not there');
  if (!isShown) return refuted('the VM does not show it as one of its own');
  try {
    // It is off.
    await scratch.end(powerOff(session, scratch.ref));
  } catch (error) {
    if (!(error instanceof VchError) || session.contact.broken !== null) throw error;
    const isNamed = error.fault !== undefined && !NAMELESS.has(error.fault);
    return holds(isNamed, `and one that failed: ${error.fault}`, 'one that failed has no reason');
  }
  return refuted('one that cannot be carried out succeeded');
}

/** Does something while the VM runs; what that gives is asked once it is off again. */
async function whileRunning(
  {session, scratch}: ScratchBench,
  act: () => Promise<() => Promise<Seen>>,
): Promise<Seen> {
  const fault = await refusalOf(scratch.end(powerOn(session, scratch.ref)));
  if (fault !== null) return notTried(`the VM could not be powered on: ${fault}`);
  const isOn = async () => (await scratch.property('runtime.powerState')) === 'poweredOn';
  if (!(await isOn())) return notTried('the VM did not run after its power-on');
  const then = await act();
  const stays = await refusalOf(scratch.end(powerOff(session, scratch.ref)));
  if (stays !== null) return notTried(`the VM could not be powered off: ${stays}`);
  return (await isOn()) ? notTried('the VM still ran after its power-off') : then();
}

async function snapshot({session, scratch}: ScratchBench): Promise<Seen> {
  // A revert is seen by which of two the VM stands on.
  for (let taken = 0; taken < 2; taken += 1)
    await scratch.end(createSnapshot(session, scratch.ref, scratch.snapshot));
  const [first, second] = await scratch.probeSnapshots();
  if (first === undefined || second === undefined) return refuted('the snapshot is not there');
  await scratch.end(revertToSnapshot(session, first.ref));
  const {current} = await readSnapshots(session, scratch.ref);
  if (current !== first.ref.value) return refuted('the VM was not reverted to it');
  for (const {ref} of [second, first]) await scratch.end(removeSnapshot(session, ref));
  return holds((await scratch.probeSnapshots()).length === 0, 'it can', 'it is still there');
}

async function snapshotReverts({session, scratch}: ScratchBench): Promise<Seen> {
  await scratch.write({[KEY]: 'before'});
  const fault = await refusalOf(scratch.end(createSnapshot(session, scratch.ref, scratch.snapshot)));
  if (fault !== null) return notTried(`no snapshot could be taken: ${fault}`);
  await scratch.write({[KEY]: 'after'});
  if ((await scratch.read(KEY)) !== 'after') return notTried('there was nothing to bring back');
  const [snapshot] = await scratch.probeSnapshots();
  if (snapshot === undefined) return notTried('no snapshot could be taken');
  const stays = await refusalOf(scratch.end(revertToSnapshot(session, snapshot.ref)));
  if (stays !== null) return notTried(`the snapshot could not be reverted to: ${stays}`);
  const value = await scratch.read(KEY);
  await scratch.end(removeSnapshot(session, snapshot.ref));
  return holds(
    value === 'before',
    'it did',
    value === null ? 'the key is gone' : 'the key has its later value',
  );
}

async function upload({session, scratch}: ScratchBench): Promise<Seen> {
  const place = await scratch.probeFile();
  if (place === null) return notTried('the server does not say where the files of the VM are');
  const arrived = await uploaded(session, place.file, {source: PROBE, size: PROBE.length});
  await scratch.removeProbeFile();
  const gone = (await datastoreFileSize(session, place.file)) === null;
  const not = arrived ? 'it could not be deleted' : 'it did not arrive';
  return holds(arrived && gone, 'it arrived, and is deleted', not);
}

async function uploaded(
  ...[session, file, upload]: Parameters<typeof uploadDatastoreFile>
): Promise<boolean> {
  try {
    await uploadDatastoreFile(session, file, upload);
    return (await datastoreFileSize(session, file)) === upload.size;
  } catch (error) {
    if (hasCode(error, 'VCH_ERR_TRANSPORT') && session.contact.broken === null) return false;
    throw error;
  }
}
