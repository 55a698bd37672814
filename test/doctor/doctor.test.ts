import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {resultPlace} from '../../src/cli/doctor-result.js';
import {examine} from '../../src/doctor/doctor.js';
import {READING} from '../../src/doctor/reading.js';
import {type DoctorResult, refusal} from '../../src/doctor/result.js';
import {SCRATCH} from '../../src/doctor/scratch.js';
import {findPlace} from '../../src/doctor/scratch-place.js';
import {ScratchVm} from '../../src/doctor/scratch-vm.js';
import {isSeenInPlan, STANDS} from '../../src/doctor/stands.js';
import {VchError} from '../../src/errors.js';
import {silent} from '../../src/log.js';
import {BREAKS} from '../../src/simulator/model/breaks.js';
import {
  type FaultRule,
  machineTime,
  type Simulator,
  type SimulatorOptions,
} from '../../src/simulator/simulator.js';
import {retrieveOnce, withContainerView} from '../../src/vim25/property-collector.js';
import {connect} from '../../src/vim25/session.js';
import {createSnapshot} from '../../src/vim25/snapshot.js';
import {TaskWaiter} from '../../src/vim25/tasks.js';
import {sampleOf} from '../depth.js';
import {onSimulator, startProcess, variablesFor, vchMigrate} from '../on-simulator.js';
import {expectValid} from '../schemas.js';
import {loginTo, smallVch, withSimulator as withAnySimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import {unasked} from '../unasked.js';

const SCRATCHED = ['--scratch', '--scratch-folder', 'dc1/vch1', '--scratch-pool', 'cluster1', '--yes'];
/** No VM of VIC's. */
const OF_NOBODY = {vch: undefined, containerId: undefined, extraConfig: {}};
const VMS = [{name: 'web'}, {name: 'db'}, {name: 'cache'}];
const ABOUT = {
  runId: '11111111-2222-4333-8444-555555555555',
  toolVersion: '1.0.0',
  leftovers: [],
  signal: new AbortController().signal,
  now: () => new Date(),
};
const WRITES = /^(?:.*_Task|LogUserEvent|(?:PUT|DELETE) .*)$/;

/** Every fault, and the assumptions that it must refute, and no others. */
const FAULTS: readonly (readonly [
  string,
  Partial<SimulatorOptions> & {readonly breaks?: readonly string[]},
  ...string[],
])[] = [
  ['single keys cannot be read', {breaks: ['keyed-paths']}, 'keyed-paths', 'odd-keys'],
  ['an absent key reads as an empty one', {breaks: ['missing-key']}, 'missing-key'],
  [
    'a page leaves a VM out',
    fault({method: 'ContinueRetrievePropertiesEx', do: {leaveOut: 'vm-102'}}),
    'paging',
  ],
  [
    'tokens cannot be given back',
    fault({method: 'CancelRetrievePropertiesEx', do: {fault: 'MethodNotFound'}}),
    'token-cancel',
  ],
  [
    'a token that is given back stays good',
    fault({method: 'CancelRetrievePropertiesEx', do: 'ignore'}),
    'token-cancel',
  ],
  ['it grants everything', {breaks: ['privileges']}, 'privileges-by-name'],
  ['its clock is another one', {now: () => Date.now() + 3_600_000}, 'clock'],
  ['writes have no effect', fault({method: 'ReconfigVM_Task', nth: 3, do: 'ignore'}), 'keys-kept'],
  ['a task ends before its effect', fault({method: 'ReconfigVM_Task', nth: 1, do: 'ignore'}), 'task-wait'],
  [
    'a task fails without a reason',
    fault({method: 'PowerOffVM_Task', nth: 1, do: {fault: '', as: 'task'}}),
    'task-wait',
  ],
  [
    'a task that cannot be carried out succeeds',
    fault({method: 'PowerOffVM_Task', nth: 1, do: 'ignore'}),
    'task-wait',
  ],
  ['a VM does not show its tasks', {breaks: ['recent-tasks']}, 'task-wait'],
  ['a logout ends no login', {breaks: ['logout']}, 'session'],
  [
    'no snapshot can be reverted to',
    fault({method: 'RevertToSnapshot_Task', do: {fault: 'NotSupported', as: 'task'}}),
    'snapshot',
  ],
  ['no snapshot is taken', fault({method: 'CreateSnapshot_Task', nth: 2, do: 'ignore'}), 'snapshot'],
  ['a revert does nothing', fault({method: 'RevertToSnapshot_Task', nth: 1, do: 'ignore'}), 'snapshot'],
  ['a snapshot stays', fault({method: 'RemoveSnapshot_Task', nth: 1, do: 'ignore'}), 'snapshot'],
  ['the changeVersion stays', {breaks: ['same-version']}, 'keys-kept', 'concurrent-access'],
  [
    'it refuses what it has carried out',
    {
      breaks: ['changeVersion'],
      ...fault({
        method: 'ReconfigVM_Task',
        nth: 6,
        do: {fault: 'ConcurrentAccess', as: 'task', carriedOut: true},
      }),
    },
    'concurrent-access',
  ],
  ['it ignores changeVersion', {breaks: ['changeVersion']}, 'concurrent-access'],
  ['it trims blanks', {breaks: ['blanks']}, 'blanks'],
  ['it loses characters', {breaks: ['characters']}, 'characters'],
  ['it cuts long values', {breaks: ['long-values']}, 'long-values'],
  ['it keeps empty values', {breaks: ['empty-value']}, 'empty-removes', 'empty-absent'],
  ['it lowers keys', {breaks: ['key-case']}, 'key-case'],
  ['it drops odd keys', {breaks: ['odd-keys']}, 'odd-keys'],
  ['it gives VMs another UUID', {breaks: ['instance-uuid']}, 'identity'],
  ['it gives new VMs no notes', {breaks: ['notes']}, 'identity'],
  ['it gives new VMs no keys', {breaks: ['new-keys']}, 'identity'],
  ['it drops hidden keys of running VMs', {breaks: ['hidden-keys']}, 'hidden-while-running'],
  ['it keeps guestinfo of running VMs', {breaks: ['volatile']}, 'guestinfo-volatile'],
  ['it reverts no ExtraConfig', {breaks: ['revert']}, 'snapshot-reverts'],
  ['uploads are lost', fault({method: 'PUT /folder', do: 'ignore'}), 'upload'],
  ['no file can be deleted', fault({method: 'DeleteDatastoreFile_Task', nth: 1, do: 'ignore'}), 'upload'],
  ['it has no user events', fault({method: 'LogUserEvent', do: {fault: 'MethodNotFound'}}), 'user-event'],
];

/** Every fault that hides what one assumption is about, and what is said of that: it must not pass for seen. */
const HIDES: readonly (readonly [
  Partial<SimulatorOptions> & {readonly breaks?: readonly string[]},
  string,
  string,
])[] = [
  [{breaks: ['denials']}, 'privileges-by-name', 'it denies what everybody has: nothing can be told by that'],
  [
    fault({method: 'ContinueRetrievePropertiesEx', nth: 4, do: {fault: 'NoPermission'}}),
    'token-cancel',
    'it was taken back, and whether it still gives a page could not be seen',
  ],
  [fault({method: 'ReconfigVM_Task', nth: 14, do: 'ignore'}), 'empty-removes', 'there was no key to remove'],
  [
    fault({method: 'PowerOnVM_Task', nth: 1, do: 'ignore'}),
    'hidden-while-running',
    'the VM did not run after its power-on',
  ],
  [
    fault({method: 'PowerOffVM_Task', nth: 2, do: 'ignore'}),
    'hidden-while-running',
    'the VM still ran after its power-off',
  ],
  [
    fault({method: 'ReconfigVM_Task', nth: 23, do: 'ignore'}),
    'guestinfo-volatile',
    'the task succeeded, and the key was not there',
  ],
  [
    fault({method: 'ReconfigVM_Task', nth: 25, do: 'ignore'}),
    'snapshot-reverts',
    'there was nothing to bring back',
  ],
];

function fault(rule: FaultRule): Partial<SimulatorOptions> {
  return {faults: [rule]};
}

/** Its clock is that of this machine. */
function withSimulator<T>(options: SimulatorOptions, use: (simulator: Simulator) => Promise<T>): Promise<T> {
  return withAnySimulator({now: () => Date.now(), ...options}, use);
}

async function examined(simulator: Simulator, ...args: string[]) {
  const ended = await onSimulator(simulator, 'doctor', ...args, '--format', 'json');
  const result: DoctorResult =
    ended.code === 0 || ended.code === 3 ? JSON.parse(ended.stdout) : {assumptions: []};
  const refuted = result.assumptions.filter(({status}) => status === 'refuted').map(({id}) => id);
  return {...ended, result, refuted};
}

const names = (simulator: Simulator) => simulator.inventory.vms().map(({name}) => name);

describe('doctor', function () {
  this.timeout(60_000);

  it('reads only, and tells nothing of names, addresses or keys', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      const {code, stdout, result, refuted} = await examined(simulator);
      expect(code).to.equal(0);
      expect(refuted).to.deep.equal([]);
      expectValid('doctor', result);
      expect(result.assumptions.filter(({status}) => status === 'confirmed')).to.have.length(READING.length);
      expect(simulator.requests.list.filter(({method}) => WRITES.test(method))).to.deep.equal([]);
      const {hostname, port} = new URL(simulator.url);
      for (const secret of [
        'vch1',
        'web',
        'dc1',
        'cluster1',
        'datastore1',
        'esx1',
        hostname,
        port,
        simulator.user,
      ])
        expect(stdout, secret).not.to.match(new RegExp(`\\b${secret.replaceAll('.', '\\.')}\\b`));
    }));

  it('confirms everything on scratch VMs, measures, and leaves nothing', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      const before = {vms: names(simulator), files: simulator.files('datastore1')};
      const {code, result, stdout} = await examined(simulator, ...SCRATCHED);
      expect(code).to.equal(0);
      expectValid('doctor', result);
      expect(result.assumptions.map(({status}) => status)).to.deep.equal(
        Array(READING.length + SCRATCH.length).fill('confirmed'),
      );
      expect(result.measured.parallel.map(({atOnce}) => atOnce)).to.deep.equal([1, 2, 4, 8]);
      expect(result.measured.reconfigure).to.be.greaterThan(0);
      expect(names(simulator)).to.deep.equal(before.vms);
      expect(simulator.files('datastore1')).to.deep.equal(before.files);
      expect(simulator.inventory.vms().map(({reconfigurations}) => reconfigurations)).to.deep.equal([
        0, 0, 0, 0,
      ]);
      expect(stdout).not.to.match(/vch-migrate-doctor-[0-9a-f]/);
    }));

  const found = {sample: 3, ci: 24};
  for (const [what, {breaks = [], ...options}, ...ids] of sampleOf(
    'faults that doctor finds',
    FAULTS,
    found,
  )) {
    it(`finds by name that ${what}`, () =>
      withSimulator({fixture: smallVch(VMS, {breaks}), ...options}, async (simulator) => {
        const {result, refuted, code, stderr} = await examined(simulator, ...SCRATCHED, '--scratch-vms', '1');
        expect(code, stderr).to.equal(3);
        expect(refuted).to.deep.equal(ids);
        for (const command of Object.keys(STANDS)) {
          const needed = ids.filter((id) => STANDS[command]?.includes(id));
          const inPlan = needed.filter((id) => isSeenInPlan(id, command));
          const known = {result, where: 'doctor.json'};
          const plan = {running: ['web'], uploads: true};
          expect(refusal(known, command) !== null, command).to.equal(needed.length > inPlan.length);
          expect(refusal(known, command, plan) !== null, command).to.equal(inPlan.length > 0);
        }
        expect(names(simulator)).to.have.length(4);
      }));
  }

  for (const [{breaks = [], ...options}, id, why] of sampleOf('faults that hide', HIDES, {
    sample: 2,
    ci: 99,
  })) {
    it(`leaves open what a fault hides: ${id}: ${why}`, () =>
      withSimulator({fixture: smallVch(VMS, {breaks}), ...options}, async (simulator) => {
        const {result, code, stderr} = await examined(simulator, ...SCRATCHED, '--scratch-vms', '1');
        expect(code, stderr).to.equal(0);
        const open = result.assumptions.filter(({status}) => status !== 'confirmed');
        expect(open.map((row) => [row.id, row.status, row.seen])).to.deep.equal([[id, 'not-tried', why]]);
      }));
  }

  it('has a fault for every assumption, and uses every way in which a server may differ', () => {
    const tried = new Set(FAULTS.flatMap(([, , ...ids]) => ids));
    const known = [...READING, ...SCRATCH].map(({id}) => id);
    expect(known.filter((id) => !tried.has(id))).to.deep.equal(['change-version']);
    const used = [...FAULTS.map(([, options]) => options), ...HIDES.map(([options]) => options)];
    expect(new Set(used.flatMap(({breaks = []}) => breaks))).to.deep.equal(new Set(BREAKS));
  });

  /** The call that each assumption is about, and which of its probe's calls of that method that is. */
  const CALLS: Readonly<Record<string, readonly [string, number?]>> = {
    'keyed-paths': ['RetrievePropertiesEx', 2],
    'missing-key': ['RetrievePropertiesEx'],
    paging: ['RetrievePropertiesEx'],
    'token-cancel': ['CancelRetrievePropertiesEx'],
    'change-version': ['RetrievePropertiesEx'],
    'privileges-by-name': ['HasPrivilegeOnEntities'],
    clock: ['CurrentTime'],
    session: ['Logout'],
    'concurrent-access': ['ReconfigVM_Task', 2],
    'empty-removes': ['ReconfigVM_Task', 2],
    identity: ['RetrievePropertiesEx'],
    snapshot: ['RevertToSnapshot_Task'],
    upload: ['DeleteDatastoreFile_Task'],
    'user-event': ['LogUserEvent'],
  };

  async function withFaultEach(simulator: Simulator, fault: string, as?: 'task') {
    const session = await connect(loginTo(simulator));
    const wanted = {folder: 'dc1/vch1', pool: 'cluster1', datastore: undefined};
    const place = await findPlace(session, wanted);
    const debug = (said: string) => {
      const id = said.replace(/^trying /, '');
      if (id === said) return;
      const [method, nth = 1] = CALLS[id] ?? ['ReconfigVM_Task'];
      simulator.clearFaults();
      simulator.addFault({method, nth, do: {fault, ...(as && method.endsWith('_Task') && {as})}});
    };
    try {
      const {result} = await examine(session, {
        scratch: {kind: 'own', place, count: 1},
        ...ABOUT,
        log: {...silent, debug},
      });
      return Object.fromEntries(result.assumptions.map(({id, status, seen}) => [id, `${status}: ${seen}`]));
    } finally {
      await session.close();
    }
  }

  for (const as of [undefined, 'task'] as const)
    it(`takes a fault that refuses for good as an answer, row by row, ${as ?? 'call'} by ${as ?? 'call'}`, () =>
      withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
        const seen = await withFaultEach(simulator, 'NotSupported', as);
        for (const {id} of [...READING, ...SCRATCH]) {
          const said =
            {
              'token-cancel': 'refuted: the server answered NotSupported',
              'privileges-by-name': 'refuted: the server cannot be asked, as is usual on ESXi',
              clock: 'refuted: the server tells no time',
              'hidden-while-running': 'refuted: the write was refused: NotSupported',
              'user-event': 'refuted: the server offers no such call',
            }[id] ?? 'refuted: the server refused it: NotSupported';
          expect(seen[id], id).to.equal(said);
        }
        expect(names(simulator)).to.have.length(4);
      }));

  it('takes a fault that may have another reason for none, row by row', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      const seen = await withFaultEach(simulator, 'NoPermission');
      for (const {id} of [...READING, ...SCRATCH])
        expect(seen[id], id).to.equal('not-tried: it failed: NoPermission');
      expect(names(simulator)).to.have.length(4);
    }));

  it('takes a write of somebody else to a scratch VM for none of its own', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      const foreign = ({object}: {readonly object: string}) =>
        simulator.inventory.vm(object).change({key: 'theirs'});
      simulator.addFault({method: 'ReconfigVM_Task', nth: 1, before: foreign});
      const {code, result, stderr} = await examined(simulator, ...SCRATCHED, '--scratch-vms', '1');
      expect(code, stderr).to.equal(0);
      expect(result.assumptions.find(({id}) => id === 'task-wait')?.status).to.equal('confirmed');
    }));

  it('keeps the other rows if nothing can be powered on', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      simulator.addFault({method: 'PowerOnVM_Task', do: {fault: 'NotSupported'}});
      const {result, refuted} = await examined(simulator, ...SCRATCHED, '--scratch-vms', '1');
      expect(refuted).to.deep.equal([]);
      const open = result.assumptions.filter(({status}) => status === 'not-tried');
      expect(open.map(({id, seen}) => [id, seen])).to.deep.equal([
        ['hidden-while-running', 'the VM could not be powered on: NotSupported'],
        ['guestinfo-volatile', 'the VM could not be powered on: NotSupported'],
      ]);
    }));

  it('reads further where only further pages are refused, as all commands do', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      simulator.addFault({method: 'ContinueRetrievePropertiesEx', do: {fault: 'NoPermission'}});
      const {refuted, result} = await examined(simulator);
      expect(refuted).to.deep.equal([]);
      expect(result.assumptions.find(({id}) => id === 'paging')?.seen).to.include('RetrieveProperties gives');
    }));

  it('finds that a VM shows no changeVersion', () => {
    const vm = {name: 'lost', more: {withoutConfig: true}};
    return withSimulator({fixture: smallVch([...VMS, vm])}, async (simulator) => {
      expect((await examined(simulator)).refuted).to.deep.equal(['change-version']);
    });
  });

  it('makes the commands that stand on it refuse, with the reason, before they write', () =>
    withDirectory({}, (folder) =>
      withSimulator({fixture: smallVch(VMS, {breaks: ['changeVersion']})}, async (simulator) => {
        const file = join(folder, 'doctor.json');
        await onSimulator(simulator, 'doctor', ...SCRATCHED, '--scratch-vms', '1', '--report', file);
        expect(JSON.parse(readFileSync(file, 'utf8')).schema).to.equal('vch-migrate/doctor/v1');
        for (const command of ['apply', 'undo', 'upgrade', 'rollback']) {
          const args = [...(command === 'upgrade' ? ['--data-only'] : []), '--doctor', file];
          const {code, stderr} = await onSimulator(
            simulator,
            ...unasked([command, '--id', 'vm-100', ...args]),
          );
          expect(code, command).to.equal(1);
          expect(stderr).to.include('a write with an old changeVersion is refused');
          expect(stderr).to.include('vch-migrate doctor --scratch');
        }
        const plan = await onSimulator(simulator, 'plan', '--id', 'vm-100', '--doctor', file);
        expect(plan.code, plan.stderr).to.equal(0);
        expect(simulator.inventory.vm('vm-101').reconfigurations).to.equal(0);
      }),
    ));

  it('says which command line allows the writes where nobody can be asked', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      const {code, stderr} = await examined(simulator, ...SCRATCHED.slice(0, -1));
      expect(code).to.equal(5);
      expect(stderr).to.match(/vch-migrate doctor .*--scratch .*--yes/);
      const nowhere = await examined(simulator, '--scratch', '--yes');
      expect(nowhere.code).to.equal(5);
      expect(nowhere.stderr).to.include('--scratch needs --scratch-folder and --scratch-pool');
    }));

  it('knows an ESXi host by what nobody can guess, whatever address it has', () => {
    const about = {apiType: 'HostAgent'} as const;
    const fixture = {...smallVch(VMS), about};
    const digestOf = (simulator: Simulator) =>
      examined(simulator).then(({result, code, stderr}) => {
        expect(code, stderr).to.be.oneOf([0, 3]);
        return result.server;
      });
    return withSimulator({fixture}, (simulator) =>
      withSimulator({fixture}, async (other) => {
        expect(new URL(other.url).host).not.to.equal(new URL(simulator.url).host);
        const server = await digestOf(simulator);
        expect(server)
          .to.match(/^[0-9a-f]{32}$/)
          .and.equal(await digestOf(other));
        const vcenter = await withSimulator({fixture: smallVch(VMS)}, digestOf);
        expect(server).not.to.equal(vcenter);
      }),
    );
  });

  it('keeps nothing for a host that does not tell which it is', () =>
    withSimulator({fixture: {...smallVch(VMS), about: {apiType: 'HostAgent'}}}, async (simulator) => {
      const session = await connect(loginTo(simulator));
      const {rootFolder} = session.content;
      const [host] = await withContainerView(session, rootFolder, 'HostSystem', (view) =>
        retrieveOnce(
          session,
          [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
          [{type: 'HostSystem', pathSet: ['name']}],
          ({obj}) => obj.value,
        ),
      );
      await session.close();
      simulator.addFault({method: 'RetrievePropertiesEx', do: {leaveOut: host ?? ''}});
      const {result} = await examined(simulator);
      expect(result.server).to.equal('unknown');
      expect(resultPlace({XDG_STATE_HOME: '/state'}, result.server)).to.equal(undefined);
    }));

  it('works on a VM that the user names, and leaves it as it was', () =>
    withSimulator(
      {fixture: smallVch([...VMS, {name: 'spare', powerState: 'poweredOff', more: OF_NOBODY}])},
      async (simulator) => {
        const vm = simulator.inventory.vm('spare');
        const before = vm.extraConfig();
        const {code, refuted, stderr} = await examined(
          simulator,
          '--scratch',
          '--scratch-vm',
          'spare',
          '--yes',
        );
        expect(code, stderr).to.equal(0);
        expect(refuted).to.deep.equal([]);
        expect(vm.extraConfig()).to.deep.equal(before);
        expect(vm.powerState).to.equal('poweredOff');
        expect(vm.snapshots).to.deep.equal([]);
        const running = await examined(simulator, '--scratch', '--scratch-vm', 'web', '--yes');
        expect(running.code).to.equal(5);
        expect(running.stderr).to.include('is poweredOn').and.include("is one of VIC's");
        const session = await connect(loginTo(simulator));
        const spare = {type: 'VirtualMachine', value: vm.id};
        const snapshot = await createSnapshot(session, spare, {name: 'last known good', description: ''});
        await new TaskWaiter(session).wait(snapshot, 'a snapshot');
        await session.close();
        const {length} = simulator.requests.list;
        const precious = await examined(simulator, '--scratch', '--scratch-vm', 'spare', '--yes');
        expect(precious.code).to.equal(5);
        expect(precious.stderr).to.include('has snapshots (last known good)');
        const calls = simulator.requests.list.slice(length).map(({method}) => method);
        expect(calls.filter((method) => method.endsWith('_Task'))).to.deep.equal([]);
        expect(vm.snapshots.length).to.equal(1);
      },
    ));

  it('removes from a VM the snapshots of probes alone', () =>
    withSimulator(
      {fixture: smallVch([{name: 'spare', powerState: 'poweredOff', more: OF_NOBODY}])},
      async (simulator) => {
        const session = await connect(loginTo(simulator));
        const vm = simulator.inventory.vm('spare');
        const scratch = new ScratchVm(
          session,
          {type: 'VirtualMachine', value: vm.id},
          {run: 'r1', isNamed: true, waiter: new TaskWaiter(session)},
        );
        const somebodys = {name: scratch.snapshot.name, description: 'of somebody else'};
        for (const snapshot of [somebodys, scratch.snapshot])
          await scratch.end(createSnapshot(session, scratch.ref, snapshot));
        await scratch.reset();
        await session.close();
        expect(vm.snapshots.map(({description}) => description)).to.deep.equal(['of somebody else']);
        expect(vm.snapshots[0]?.children).to.deep.equal([]);
      },
    ));

  it('removes what an earlier one left only if everything fits, and names the rest', () => {
    const run = '11111111-2222-4333-8444-555555555555';
    const uuid = '50000000-0000-4000-8000-00000000000';
    const mark = (n: number) => JSON.stringify({run, instanceUuid: `${uuid}${n}`});
    const notes = `Scratch VM of vch-migrate doctor, run ${run}. It has no disk and may be deleted.`;
    const left = (name: string, n: number, instanceUuid: string, powerState: 'poweredOn' | 'poweredOff') => ({
      name,
      powerState,
      extraConfig: {'vch-migrate/doctor': mark(n)},
      more: {instanceUuid, vch: undefined},
    });
    const fixture = smallVch([
      ...VMS,
      left('ours', 1, `${uuid}1`, 'poweredOff'),
      left('running', 2, `${uuid}2`, 'poweredOn'),
      left('copy', 3, `${uuid}9`, 'poweredOff'),
      left('other-notes', 4, `${uuid}4`, 'poweredOff'),
    ]);
    return withSimulator({fixture}, async (simulator) => {
      for (const name of ['ours', 'running', 'copy']) simulator.inventory.vm(name).annotate(notes);
      const read = await examined(simulator);
      expect(read.result.leftovers).to.equal(4);
      expect(names(simulator)).to.include('ours');
      const {result, stderr} = await examined(simulator, ...SCRATCHED, '--scratch-vms', '1');
      expect(result.leftovers).to.equal(3);
      expect(names(simulator)).not.to.include('ours');
      for (const name of ['running', 'copy', 'other-notes']) {
        expect(names(simulator)).to.include(name);
        expect(stderr).to.include(`${name} (`);
      }
    });
  });

  for (const [what, args] of [
    ['removes its VMs after Ctrl-C, too', SCRATCHED],
    [
      'leaves a VM that is named as it was after Ctrl-C, too',
      ['--scratch', '--scratch-vm', 'spare', '--yes'],
    ],
  ] as const)
    it(what, () => {
      const fixture = smallVch([...VMS, {name: 'spare', powerState: 'poweredOff', more: OF_NOBODY}]);
      return withAnySimulator({fixture, time: machineTime}, async (simulator) => {
        const {child, ended} = startProcess(['doctor', ...args], variablesFor(simulator));
        simulator.addFault({method: 'PowerOnVM_Task', nth: 1, before: () => void child.kill('SIGINT')});
        const {code, stderr} = await ended;
        expect(code, stderr).to.equal(130);
        expect(names(simulator)).to.have.length(5);
        const {powerState, snapshots} = simulator.inventory.vm('spare');
        expect({powerState, snapshots}).to.deep.equal({powerState: 'poweredOff', snapshots: []});
        expect(simulator.inventory.vm('spare').extraConfig()).to.deep.equal({});
      });
    });

  it('keeps what it found for the same server, and a look that only reads forgets nothing', () =>
    withDirectory({}, (folder) =>
      withAnySimulator(
        {fixture: smallVch(VMS, {breaks: ['changeVersion']}), time: machineTime},
        async (simulator) => {
          const variables = {...variablesFor(simulator), XDG_STATE_HOME: folder};
          const args = [...SCRATCHED, '--scratch-vms', '1', '--quiet'];
          expect((await vchMigrate(['doctor', ...args], variables)).code).to.equal(3);
          expect((await vchMigrate(['doctor'], variables)).code).to.equal(0);
          const {code, stderr} = await vchMigrate(['apply', '--id', 'vm-100', '--yes'], variables);
          expect(code).to.equal(1);
          expect(stderr).to.include('a write with an old changeVersion is refused');
        },
      ),
    ));

  it('has its table although the server goes away in the middle', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      simulator.addFault({
        method: 'HasPrivilegeOnEntities',
        before: () => simulator.addFault({method: '*', do: 'drop-before'}),
        do: 'drop-before',
      });
      const {code, stdout, stderr} = await examined(simulator);
      expect(code).to.equal(1);
      expect(stderr).to.include('the server did not answer any more');
      const {assumptions, unfinished}: DoctorResult = JSON.parse(stdout);
      expect(unfinished).to.equal('VCH_ERR_TRANSPORT');
      const before = assumptions.findIndex(({id}) => id === 'privileges-by-name');
      expect(assumptions.map(({status}) => status)).to.deep.equal(
        assumptions.map((_, at) => (at < before ? 'confirmed' : 'not-tried')),
      );
    }));

  it('removes a VM of which it was not told', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      simulator.addFault({method: 'CreateVM_Task', nth: 2, do: 'drop-after'});
      const {code} = await examined(simulator, ...SCRATCHED);
      expect(code).to.equal(1);
      expect(names(simulator)).to.have.length(4);
      simulator.clearFaults();
      const session = await connect(loginTo(simulator));
      const {call} = session;
      const read = (args: object | undefined) => JSON.stringify(args).includes('info.result');
      session.call = (method, object, args, streamed) => {
        const denied = new VchError('VCH_ERR_PRIVILEGE', 'no', {fault: 'NoPermission'});
        return read(args) ? Promise.reject(denied) : call.call(session, method, object, args, streamed);
      };
      const place = await findPlace(session, {folder: 'dc1/vch1', pool: 'cluster1', datastore: undefined});
      const {problem} = await examine(session, {
        ...ABOUT,
        scratch: {kind: 'own', place, count: 1},
        log: silent,
      });
      await session.close();
      expect(problem?.code).to.equal('VCH_ERR_OUTCOME_UNKNOWN');
      expect(names(simulator)).to.have.length(4);
    }));

  it('has its table although a VM could not be removed, and says how it is', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      simulator.addFault({method: 'Destroy_Task', nth: 1, do: {fault: 'ResourceInUse', as: 'task'}});
      const {code, stdout, stderr} = await examined(simulator, ...SCRATCHED, '--scratch-vms', '1');
      expect(code).to.equal(1);
      expect(stderr).to.include('scratch VMs are left').and.include('govc vm.destroy VirtualMachine:');
      const result: DoctorResult = JSON.parse(stdout);
      expect(result.assumptions.every(({status}) => status === 'confirmed')).to.equal(true);
    }));

  it('removes its VMs after a failure in the middle, too', () =>
    withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      simulator.addFault({method: 'CreateVM_Task', nth: 3, do: {fault: 'NoDiskSpace', as: 'task'}});
      const {code, stderr, stdout} = await examined(simulator, ...SCRATCHED);
      expect(code).to.equal(1);
      expect(stderr).to.include('NoDiskSpace');
      // What was found without them is not lost.
      const result: DoctorResult = JSON.parse(stdout);
      expectValid('doctor', result);
      expect(result.unfinished).to.equal('NoDiskSpace');
      const count = (word: string) => result.assumptions.filter(({status}) => status === word).length;
      expect(count('confirmed')).to.equal(READING.length);
      expect(count('not-tried')).to.equal(SCRATCH.length);
      expect(names(simulator)).to.have.length(4);
    }));
});
