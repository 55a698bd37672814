import {mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {commands} from '../../src/cli/commands.js';
import {layers} from '../../src/cli/context.js';
import {keepResult} from '../../src/cli/doctor-result.js';
import {run} from '../../src/cli/run.js';
import {examine} from '../../src/doctor/doctor.js';
import {findLeftovers, removeLeftovers} from '../../src/doctor/leftover.js';
import {READING} from '../../src/doctor/reading.js';
import type {DoctorResult} from '../../src/doctor/result.js';
import {findPlace} from '../../src/doctor/scratch-place.js';
import {type Where, writesOf} from '../../src/doctor/writes.js';
import {DOCTOR_PROBES} from '../../src/extraconfig/keys.js';
import {silent} from '../../src/log.js';
import {machineTime, type Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {onSimulator, recordingTerminal, startProcess, variablesFor} from '../on-simulator.js';
import {clockOf, smallVch, withSession, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';

const OF_NOBODY = {vch: undefined, containerId: undefined, extraConfig: {}};
const SPARE = {name: 'spare', powerState: 'poweredOff', more: OF_NOBODY} as const;
const PLACE = ['--scratch', '--scratch-folder', 'dc1/vch1', '--scratch-pool', 'cluster1'];
const NAMED = ['--scratch', '--scratch-vm', 'spare'];
const WRITES = /^(?:.*_Task|LogUserEvent|(?:PUT|DELETE) .*)$/;
const never = () => new AbortController().signal;

/** Somebody sits there, and says yes. */
async function agreed(simulator: Simulator, ...args: string[]) {
  let question = '';
  const ask = async (text: string) => {
    question += text;
    return 'y';
  };
  const {terminal, written} = recordingTerminal({interactive: true, variables: variablesFor(simulator), ask});
  const code = await run(['doctor', ...args], commands, {
    ...layers,
    login: (options, use) => layers.login({...options, clock: clockOf(simulator)}, use),
    terminal,
    stop: {signal: never(), by: () => null},
    version: '9.9.9',
    now: () => new Date(),
    newRunId: () => '11111111-2222-4333-8444-555555555555',
  });
  return {code, question, ...written()};
}

describe('what doctor writes', function () {
  this.timeout(60_000);

  const ways: readonly (readonly [readonly string[], Where])[] = [
    [
      [...PLACE, '--scratch-vms', '2'],
      {kind: 'own', count: 2, folder: 'dc1/vch1', pool: 'cluster1', datastore: 'datastore1'},
    ],
    [NAMED, {kind: 'named', name: 'spare'}],
  ];
  for (const [args, where] of ways)
    it(`is what its question lists: on a VM ${where.kind === 'own' ? 'of its own' : 'that is named'}`, () =>
      withSimulator({fixture: smallVch([{name: 'web'}, SPARE]), now: () => Date.now()}, async (simulator) => {
        const seen = new Set<string>();
        const before = new Set(simulator.inventory.vms().flatMap((vm) => Object.keys(vm.extraConfig())));
        const look = () => {
          for (const vm of simulator.inventory.vms())
            for (const key of Object.keys(vm.extraConfig())) if (!before.has(key)) seen.add(key);
        };
        simulator.addFault({method: '*', before: look});
        const {code, question, stderr} = await agreed(simulator, ...args);
        expect(code, stderr).to.equal(0);
        const writes = writesOf(where, []);
        const flat = question.replaceAll(/\n {4}/g, ' ');
        for (const {what} of writes) expect(flat).to.include(`\n  - ${what}\n`);
        const made = simulator.requests.list
          .map(({method}) => method)
          .filter((method) => WRITES.test(method));
        expect([...new Set(made)].sort()).to.deep.equal(
          [...new Set(writes.flatMap(({calls}) => Object.keys(calls)))].sort(),
        );
        for (const {what, calls} of writes)
          for (const [call, count] of Object.entries(calls))
            if (count !== null)
              expect(made.filter((method) => method === call).length, `${what}: ${call}`).to.equal(count);
        // One of the keys is only removed, to see that this makes none.
        expect([...seen, 'vch-migrate/doctor/absent'].sort()).to.deep.equal(
          ['vch-migrate/doctor', ...Object.values(DOCTOR_PROBES)].sort(),
        );
        for (const key of seen) expect(question, key).to.include(key);
      }));

  it('is nothing where somebody says no', () =>
    withSimulator({fixture: smallVch([SPARE])}, async (simulator) => {
      const {code, stderr} = await onSimulator(simulator, 'doctor', ...NAMED);
      expect(code).to.equal(5);
      expect(stderr).to.include('--yes');
      expect(simulator.requests.list.filter(({method}) => WRITES.test(method))).to.deep.equal([]);
    }));

  it('is a mark first: a VM that was named for it says so until everything is removed', () =>
    withSimulator({fixture: smallVch([SPARE]), now: () => Date.now()}, async (simulator) => {
      const vm = simulator.inventory.vm('spare');
      const before = vm.extraConfig();
      let unmarked = 0;
      const check = () => {
        const {'vch-migrate/doctor': mark, ...keys} = vm.extraConfig();
        if (mark === undefined && Object.keys(keys).length > Object.keys(before).length) unmarked += 1;
        if (mark === undefined && (vm.powerState !== 'poweredOff' || vm.snapshots.length > 0)) unmarked += 1;
      };
      simulator.addFault({method: '*', before: check});
      const {code, stderr} = await onSimulator(simulator, 'doctor', ...NAMED, '--yes');
      expect(code, stderr).to.equal(0);
      expect(unmarked).to.equal(0);
      expect(vm.extraConfig()).to.deep.equal(before);
    }));

  it('is removed by the next doctor where one was killed, on a VM that was named for it', () =>
    withSimulator({fixture: smallVch([SPARE]), time: machineTime}, async (simulator) => {
      const vm = simulator.inventory.vm('spare');
      const before = vm.extraConfig();
      const killed = startProcess(['doctor', ...NAMED, '--yes'], variablesFor(simulator));
      simulator.addFault({
        method: 'RevertToSnapshot_Task',
        nth: 2,
        before: () => void killed.child.kill('SIGKILL'),
      });
      await killed.ended;
      simulator.clearFaults();
      expect(vm.snapshots).to.have.length(1);
      const seen = await onSimulator(simulator, 'doctor');
      expect(seen.stderr).to.match(/spare .* did not clean up; this does: vch-migrate doctor .*--scratch /);
      const other = await onSimulator(simulator, 'doctor', ...PLACE, '--scratch-vms', '1', '--yes');
      expect(other.code, other.stderr).to.equal(0);
      expect(vm.extraConfig()).to.deep.equal(before);
      expect(vm.snapshots).to.deep.equal([]);
    }));

  it('is left alone while another doctor works there', () =>
    withSimulator({fixture: smallVch([SPARE]), time: machineTime}, async (simulator) => {
      const first = startProcess(['doctor', ...NAMED, '--yes'], variablesFor(simulator));
      const reached = new Promise<void>((resolve) => {
        simulator.addFault({method: 'CreateSnapshot_Task', nth: 1, before: () => resolve(), do: 'hang'});
      });
      await reached;
      const keys = simulator.inventory.vm('spare').extraConfig();
      const {code, stderr, stdout} = await onSimulator(
        simulator,
        ...['doctor', ...PLACE, '--scratch-vms', '1', '--yes', '--format', 'json'],
      );
      expect(code, stderr).to.equal(0);
      expect(stderr).to.include(`is in use: another doctor, process ${first.child.pid} on `);
      const {leftovers}: DoctorResult = JSON.parse(stdout);
      expect(leftovers).to.equal(0);
      expect(simulator.inventory.vm('spare').extraConfig()).to.deep.equal(keys);
      const same = await onSimulator(simulator, 'doctor', ...NAMED, '--yes');
      expect(same.code).to.equal(5);
      expect(same.stderr).to.include('is in use by another doctor');
      first.child.kill('SIGKILL');
      await first.ended;
    }));

  const elsewhere = (run: string) => {
    const instanceUuid = '50000000-0000-4000-8000-000000000001';
    const mark = {run, instanceUuid, host: 'elsewhere', boot: 'b', pidNamespace: 'p', pid: 77, started: '1'};
    return {
      name: 'scratch',
      powerState: 'poweredOff' as const,
      extraConfig: {'vch-migrate/doctor': JSON.stringify(mark)},
      more: {instanceUuid, vch: undefined},
    };
  };
  const notes = (run: string) =>
    `Scratch VM of vch-migrate doctor, run ${run}. It has no disk and may be deleted.`;

  it('is removed where its owner is on another machine, after two and a half minutes without a sign of life', () =>
    withSession({fixture: smallVch([elsewhere('r1')])}, async (session, simulator, clock) => {
      simulator.inventory.vm('scratch').annotate(notes('r1'));
      const start = clock.now();
      const left = await removeLeftovers(session, {log: silent, signal: never()});
      expect(left).to.deep.equal([]);
      expect(clock.now() - start).to.be.within(150_000, 165_000);
      expect(simulator.inventory.vms().map(({name}) => name)).to.deep.equal(['vch1']);
    }));

  it('is left alone where its owner on another machine goes on writing', () =>
    withSession({fixture: smallVch([elsewhere('r1')])}, async (session, simulator, clock) => {
      const vm = simulator.inventory.vm('scratch');
      vm.annotate(notes('r1'));
      const start = clock.now();
      const write = () => {
        if (clock.now() - start > 60_000) vm.change({'vch-migrate/doctor/probe': 'still here'});
      };
      simulator.addFault({method: 'RetrievePropertiesEx', before: write});
      const [left] = await removeLeftovers(session, {log: silent, signal: never()});
      expect(left?.owner).to.equal('alive');
      expect(simulator.requests.count('Destroy_Task')).to.equal(0);
    }));

  it('is sought by one key: no other property of VMs without it is read', () =>
    withSession(
      {fixture: smallVch([{name: 'web'}, {name: 'db'}, elsewhere('r1')])},
      async (session, simulator) => {
        const asked: string[] = [];
        const {call} = session;
        session.call = (method, object, args, streamed) => {
          if (method === 'RetrievePropertiesEx') asked.push(JSON.stringify(args));
          return call.call(session, method, object, args, streamed);
        };
        const found = await findLeftovers(session);
        expect(found.map(({name}) => name)).to.deep.equal(['scratch']);
        const [marks = '', rest = '', ...more] = asked;
        expect(more).to.deep.equal([]);
        expect(marks).to.include('vch-migrate/doctor').and.not.include('config.hardware');
        expect(rest).to.include('config.hardware.device').and.include(simulator.inventory.vm('scratch').id);
        expect(rest).not.to.include(simulator.inventory.vm('web').id);
      },
    ));
});

describe('what doctor says', function () {
  this.timeout(60_000);

  it('has a next command that can be pasted, and a document without names', () =>
    withSimulator(
      {fixture: smallVch([{name: 'web'}, {name: 'db'}]), now: () => Date.now()},
      async (simulator) => {
        const {stdout} = await onSimulator(simulator, 'doctor');
        expect(stdout)
          .to.include('17 take a write, which doctor makes with --scratch only')
          .and.not.include('Seen:');
        const [, words = ''] = /^ +vch-migrate (doctor .*)$/m.exec(stdout) ?? [];
        const {code, stderr} = await onSimulator(
          simulator,
          ...words.split(' '),
          '--scratch-vms',
          '1',
          '--yes',
        );
        expect(code, `${words}: ${stderr}`).to.equal(0);
        const {next} = JSON.parse((await onSimulator(simulator, 'doctor', '--format', 'json')).stdout);
        expect(next).to.include('--scratch-folder FOLDER').and.not.include('dc1');
      },
    ));

  for (const [args, said] of [
    [['--scratch-folder', 'lab'], '--scratch-folder does nothing without --scratch'],
    [['--scratch-vms', '2'], '--scratch-vms does nothing without --scratch'],
    [['--scratch-vm', 'spare'], '--scratch-vm does nothing without --scratch'],
    [
      ['--scratch', '--yes', '--scratch-folder', 'lab'],
      '--scratch needs --scratch-folder and --scratch-pool',
    ],
    [[...NAMED, '--yes', '--scratch-pool', 'p'], '--scratch-vm names a VM of yours'],
  ] as const)
    it(`is a mistake of usage before it logs in: ${args.join(' ')}`, () =>
      withSimulator({fixture: smallVch([])}, async (simulator) => {
        const {code, stderr} = await onSimulator(simulator, 'doctor', ...args);
        expect(code).to.equal(5);
        expect(stderr).to.include(said);
        expect(simulator.requests.count('Login')).to.equal(0);
      }));

  it('takes the place from a settings file, which does not ask for writes by itself', () =>
    withDirectory({'lab.yaml': 'scratch-folder: dc1/vch1\nscratch-pool: cluster1\n'}, (folder) =>
      withSimulator({fixture: smallVch([SPARE])}, async (simulator) => {
        const settings = ['--settings', join(folder, 'lab.yaml')];
        const read = await onSimulator(simulator, 'doctor', ...settings);
        expect(read.stdout, read.stderr).to.include('17 take a write');
        for (const more of [
          ['--scratch-vms', '1'],
          ['--scratch-vm', 'spare'],
        ]) {
          const words = ['doctor', ...settings, '--scratch', ...more, '--yes'];
          const {stdout, stderr} = await onSimulator(simulator, ...words);
          expect(stdout, stderr).not.to.include('take a write');
        }
      }),
    ));

  const options = (session: Session) => ({
    runId: '11111111-2222-4333-8444-555555555555',
    toolVersion: '1.0.0',
    leftovers: [],
    signal: never(),
    now: () => new Date(Date.UTC(2026, 0, 1) + session.clock.now()),
  });

  it('has every row although writes fail while it measures, and counts these', () =>
    withSession({fixture: smallVch([{name: 'web'}, {name: 'db'}])}, async (session, simulator) => {
      const place = await findPlace(session, {folder: 'dc1/vch1', pool: 'cluster1', datastore: undefined});
      const debug = (said: string) => {
        if (said === 'trying user-event')
          simulator.addFault({method: 'ReconfigVM_Task', times: 3, do: {fault: 'ResourceInUse', as: 'task'}});
      };
      const {
        result: {assumptions, measured},
      } = await examine(session, {
        ...options(session),
        scratch: {kind: 'own', place, count: 4},
        log: {...silent, debug},
      });
      const states = new Set(assumptions.filter(({id}) => id !== 'clock').map(({status}) => status));
      expect([...states]).to.deep.equal(['confirmed']);
      expect(measured.failures).to.deep.equal({ResourceInUse: 3});
      expect(measured.parallel.map(({failed}) => failed)).to.deep.equal([3, 0, 0]);
      expect(measured.recommendedParallelism).not.to.equal(1);
      for (const {writes, atOnce} of measured.parallel) expect(writes).to.be.at.least(6 * atOnce);
    }));

  it('recommends as many at once as are worth it', () =>
    withSession({fixture: smallVch([]), taskDuration: [100, 100]}, async (session) => {
      const place = await findPlace(session, {folder: 'dc1/vch1', pool: 'cluster1', datastore: undefined});
      const {
        result: {measured},
      } = await examine(session, {
        ...options(session),
        scratch: {kind: 'own', place, count: 8},
        log: silent,
      });
      expect(measured.recommendedParallelism).to.equal(8);
      expect(measured.isSure).to.equal(true);
      expect(measured.reconfigure).to.be.within(100, 140);
    }));

  it('takes one page with everything for whole', () =>
    withSession({fixture: smallVch([{name: 'web'}, {name: 'db'}])}, async (session) => {
      const {call} = session;
      session.call = (method, object, args, streamed) =>
        call.call(
          session,
          method,
          object,
          method === 'RetrievePropertiesEx' ? {...args, options: {maxObjects: 500}} : args,
          streamed,
        );
      const {
        result: {assumptions},
      } = await examine(session, {...options(session), log: silent});
      const paging = assumptions.find(({id}) => id === 'paging');
      expect(paging?.status).to.equal('confirmed');
      expect(paging?.seen).to.equal('3 of 3 objects on 1 page');
    }));

  it('keeps of each row when it was tried, whatever is found later', () =>
    withDirectory({}, (folder) =>
      withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator) => {
        const place = await findPlace(session, {folder: 'dc1/vch1', pool: 'cluster1', datastore: undefined});
        const {result: first} = await examine(session, {
          ...options(session),
          scratch: {kind: 'own', place, count: 1},
          log: silent,
        });
        const later = () => new Date('2026-05-05T05:05:05.000Z');
        const {result: second} = await examine(session, {...options(session), now: later, log: silent});
        mkdirSync(join(folder, 'state'));
        const variables = {XDG_STATE_HOME: join(folder, 'state')};
        keepResult(first, variables, silent);
        keepResult(second, variables, silent);
        const path = join(folder, 'state', 'vch-migrate', 'doctor', `${second.server}.json`);
        const kept: DoctorResult = JSON.parse(readFileSync(path, 'utf8'));
        for (const {id, at} of kept.assumptions) {
          const isRead = READING.some((row) => row.id === id);
          expect(at, id).to.equal(
            isRead ? later().toISOString() : first.assumptions.find((row) => row.id === id)?.at,
          );
        }
        expect(kept.measured.at).to.equal(first.measured.at);
        expect(simulator.sessions).to.equal(1);
      }),
    ));
});
