import {mock} from 'node:test';
import {expect} from 'chai';
import {applyMigration, planMigration, undoMigration, type VmOutcome} from '../../src/index.js';
import type {SimulatedVm, Simulator} from '../../src/simulator/simulator.js';
import {connect} from '../../src/vim25/session.js';
import {rejection} from '../rejection.js';
import {loginTo, type SmallVm, smallVch, withSession, withSimulator} from '../small-vch.js';

const vch = {name: 'vch1'};
const legacy: readonly SmallVm[] = [
  {name: 'web'},
  {name: 'db', dataVersion: '0', powerState: 'poweredOff'},
  {name: 'mq', dataVersion: '3', hiddenName: 'mq', legacyName: null},
  {name: 'new', dataVersion: '10', hiddenName: 'new', legacyName: null},
];
const WEB = 'vm-101';

function config(simulator: Simulator, id: string): Readonly<Record<string, string>> {
  return simulator.inventory.vm(id).extraConfig();
}

function outcomeOf(vms: readonly VmOutcome[], id: string): VmOutcome {
  const found = vms.find((vm) => vm.id === id);
  if (found === undefined) throw new Error(`no outcome of ${id}`);
  return found;
}

function statuses(vms: readonly VmOutcome[]): Record<string, string> {
  return Object.fromEntries(vms.map(({displayName, status}) => [displayName, status]));
}

describe('containers: apply', () => {
  afterEach(() => mock.timers.reset());

  it('writes the hidden name and the mark, and nothing but its ledger beside them', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      const before = legacy.map((_, i) => config(simulator, `vm-${101 + i}`));
      const {vms} = await applyMigration(session, {vch});
      expect(statuses(vms)).to.deep.equal({web: 'changed', db: 'changed', mq: 'changed', new: 'unchanged'});
      const {'vch-migrate/ledger': ledger, ...web} = config(simulator, WEB);
      expect(web).to.deep.equal({...before[0], 'common/name': 'web', 'common/rename-disabled': 'true'});
      expect(ledger).to.be.a('string');
      const {'vch-migrate/ledger': _, ...mq} = config(simulator, 'vm-103');
      expect(mq).to.deep.equal({...before[2], 'common/rename-disabled': 'true'});
      expect(config(simulator, 'vm-104')).to.deep.equal(before[3]);
    });
  });

  it('reports what plan said it would do', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session) => {
      const planned = await planMigration(session, {vch});
      const applied = await applyMigration(session, {vch});
      const essence = ({vms}: {vms: readonly VmOutcome[]}) =>
        vms.map(({id, applied: plugins, changes, rename}) => ({id, plugins, changes, rename}));
      expect(essence(planned)).to.deep.equal(essence(applied));
    });
  });

  it('costs one request a changed VM, and none the second time', async () => {
    const vms = Array.from({length: 200}, (_, i) => ({name: `c${i}`}));
    await withSession({fixture: smallVch(vms)}, async (session, simulator) => {
      await applyMigration(session, {vch});
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(200);
      expect(simulator.requests.list.length).to.be.lessThan(1.1 * 200 + 20);
      simulator.requests.reset();
      const again = await applyMigration(session, {vch});
      expect(new Set(again.vms.map(({status}) => status))).to.deep.equal(new Set(['unchanged']));
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it('keeps running VMs running, and what it wrote to them survives a power-off', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      await applyMigration(session, {vch});
      expect(simulator.inventory.vm(WEB).powerState).to.equal('poweredOn');
      const running = config(simulator, WEB);
      simulator.inventory.vm(WEB).powerOff();
      expect(config(simulator, WEB)).to.deep.equal(running);
    });
  });

  it('decides anew when somebody else has written in between, and does not overwrite him', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        nth: 1,
        do: {delay: 0},
        before: () => simulator.inventory.vm(WEB).change({'common/name': 'renamed-meanwhile'}),
      });
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('changed');
      expect(config(simulator, WEB)).to.include({
        'common/name': 'renamed-meanwhile',
        'common/rename-disabled': 'true',
      });
      expect(outcomeOf(vms, WEB).findings.length).to.be.greaterThan(0);
    });
  });

  it('calls it a conflict when the VM never holds still', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      let n = 0;
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        do: {delay: 0},
        before: () => {
          n += 1;
          simulator.inventory.vm(WEB).change({noise: String(n)});
        },
      });
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB)).to.include({status: 'conflict'});
      expect(outcomeOf(vms, WEB).error?.code).to.equal('VCH_ERR_CONFLICT');
      expect(outcomeOf(vms, 'vm-102').status).to.equal('changed');
      expect(config(simulator, WEB)).not.to.have.property('common/name');
    });
  });

  it('does not send again what was carried out before the connection broke', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, nth: 1, do: 'drop-after'});
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('changed');
      expect(simulator.inventory.vm(WEB).reconfigurations).to.equal(1);
    });
  });

  it('sends again what was not carried out before the connection broke', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, nth: 1, do: 'drop-before'});
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('changed');
      expect(simulator.inventory.vm(WEB).reconfigurations).to.equal(1);
    });
  });

  for (const fault of ['SystemError', 'MethodFault', 'RuntimeFault']) {
    it(`does not report a VM as failed that was written by a task that ends with ${fault}`, async () => {
      const fixture = smallVch(legacy);
      // Two runs at one time write the same ledger.
      mock.timers.enable({apis: ['Date'], now: Date.now()});
      const written = await withSession({fixture}, async (session, simulator) => {
        await applyMigration(session, {vch, runId: 'r'});
        return config(simulator, WEB);
      });
      await withSession({fixture}, async (session, simulator) => {
        simulator.addFault({
          method: 'ReconfigVM_Task',
          object: WEB,
          do: {fault, as: 'task'},
          before: () => simulator.inventory.vm(WEB).change(written),
        });
        const {vms} = await applyMigration(session, {vch, runId: 'r'});
        expect(outcomeOf(vms, WEB)).to.include({status: 'changed', error: null});
        expect(outcomeOf(vms, WEB).changes).not.to.deep.equal([]);
      });
    });
  }

  it('writes a VM again that an unnamed failure left unwritten', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, nth: 1, do: {fault: 'SystemError'}});
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('changed');
      expect(simulator.inventory.vm(WEB).reconfigurations).to.equal(1);
    });
  });

  it('says failed when a failure without a name stays and the VM is not written', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, do: {fault: 'SystemError'}});
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB)).to.deep.include({status: 'failed', changes: []});
    });
  });

  it('says unknown when a failure without a name is all that is heard, and the VM cannot be read', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        nth: 1,
        do: {fault: 'SystemError'},
        before: () => {
          simulator.addFault({method: 'RetrievePropertiesEx', do: 'drop-before'});
        },
      });
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('unknown');
      expect(outcomeOf(vms, WEB).error?.code).to.equal('VCH_ERR_OUTCOME_UNKNOWN');
    });
  });

  it('says unknown when writes go unanswered for good', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, do: 'drop-before'});
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('unknown');
      expect(outcomeOf(vms, 'vm-102').status).to.equal('changed');
    });
  });

  it('goes on with a renewed login when the session ends in the middle', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        nth: 2,
        do: {delay: 0},
        before: () => simulator.expireSessions(),
      });
      const {vms} = await applyMigration(session, {vch});
      expect(statuses(vms)).to.deep.equal({web: 'changed', db: 'changed', mq: 'changed', new: 'unchanged'});
    });
  });

  it('waits out a task that is in progress on the VM', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, times: 2, do: {fault: 'TaskInProgress'}});
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('changed');
    });
  });

  it('refuses a VM whose host wants it powered off, and leaves it alone', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      const before = config(simulator, WEB);
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        do: {fault: 'InvalidPowerState', as: 'task'},
      });
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('refused');
      expect(outcomeOf(vms, WEB).error?.code).to.equal('VCH_ERR_NEEDS_POWER_OFF');
      expect(config(simulator, WEB)).to.deep.equal(before);
      expect(
        simulator.requests.list.filter(({object, method}) => object === WEB && method === 'ReconfigVM_Task'),
      ).to.have.length(1);
    });
  });

  it('names the privilege that is missing, VM by VM', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      const detail = {privilegeId: 'VirtualMachine.Config.AdvancedConfig', object: WEB};
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, do: {fault: 'NoPermission', detail}});
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).error?.code).to.equal('VCH_ERR_PRIVILEGE');
      expect(outcomeOf(vms, WEB).error?.message)
        .to.contain('VirtualMachine.Config.AdvancedConfig')
        .and.not.to.contain('given up after several attempts');
      expect(outcomeOf(vms, 'vm-102').status).to.equal('changed');
    });
  });

  it('leaves out a VM that is removed under its hands', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        nth: 1,
        do: {delay: 0},
        before: () => simulator.inventory.vm(WEB).remove(),
      });
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('skipped');
      expect(outcomeOf(vms, 'vm-102').status).to.equal('changed');
    });
  });

  it('notices that a key was dropped although the task succeeded', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, do: 'ignore'});
      const {vms} = await applyMigration(session, {vch});
      expect(outcomeOf(vms, WEB).status).to.equal('failed');
      expect(outcomeOf(vms, WEB).error?.code).to.equal('VCH_ERR_VERIFY');
      expect(outcomeOf(vms, WEB).error?.message).to.contain('common/name');
    });
  });

  const MEANWHILE: Readonly<Record<string, readonly [change: (vm: SimulatedVm) => void, status: string]>> = {
    'is removed': [(vm) => vm.remove(), 'skipped'],
    'is no containerVM any more': [(vm) => vm.change({'guestinfo.vice./common/id': null}), 'unknown'],
    'has the id of something else': [(vm) => vm.change({'guestinfo.vice./common/id': 'x'}), 'unknown'],
    'loses the mark': [(vm) => vm.change({'common/rename-disabled': null}), 'failed'],
  };
  for (const [what, [change, status]] of Object.entries(MEANWHILE)) {
    it(`notices, when it reads back, a VM that ${what}`, async () => {
      await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
        const {vms} = await applyMigration(session, {
          vch,
          onProgress: (event) => {
            if (event.type === 'phase' && event.phase === 'verify') change(simulator.inventory.vm(WEB));
          },
        });
        expect(outcomeOf(vms, WEB).status).to.equal(status);
        expect(outcomeOf(vms, 'vm-102').status).to.equal('changed');
      });
    });
  }

  it('writes nothing while vic-machine has set its flag', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      simulator.inventory.vm('vm-100').change({UpdateInProgress: 'true'});
      const error = await rejection(applyMigration(session, {vch}));
      expect(error.code).to.equal('VCH_ERR_LOCKED');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it('writes nothing when an upgrade begins while a person is thinking about the plan', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      const confirm = async () => {
        simulator.inventory.vm('vm-100').change({
          'vch-migrate/lock': '{"id":"l","owner":"x@y","phase":"snapshot"}',
        });
        return true;
      };
      const error = await rejection(applyMigration(session, {vch, confirm}));
      expect(error.code).to.equal('VCH_ERR_LOCKED');
      expect(error.message).to.contain('x@y');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it('writes nothing when a person says no', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      const {vms} = await applyMigration(session, {vch, confirm: async () => false});
      expect(statuses(vms)).to.include({web: 'not-attempted', new: 'unchanged'});
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it('writes nothing when the number of containerVMs is not the expected one', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      const error = await rejection(applyMigration(session, {vch, expect: 5}));
      expect(error.code).to.equal('VCH_ERR_USAGE');
      expect(error.message).to.contain('4');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it('finishes what is in flight when it is stopped, and names what it did not attempt', async () => {
    const vms = Array.from({length: 60}, (_, i) => ({name: `c${i}`}));
    await withSession({fixture: smallVch(vms), taskDuration: [5, 20]}, async (session, simulator) => {
      const stop = new AbortController();
      simulator.addFault({method: 'ReconfigVM_Task', nth: 10, do: {delay: 0}, before: () => stop.abort()});
      const outcome = await applyMigration(session, {vch, parallelism: 2, signal: stop.signal});
      expect(outcome.interrupted).to.equal(true);
      const counts = new Map<string, VmOutcome[]>();
      for (const vm of outcome.vms) counts.set(vm.status, [...(counts.get(vm.status) ?? []), vm]);
      expect([...counts.keys()].sort()).to.deep.equal(['changed', 'not-attempted']);
      const written = outcome.vms.filter(({id}) => config(simulator, id)['common/name'] !== undefined);
      expect(written.map(({status}) => status)).to.deep.equal(written.map(() => 'changed'));
      expect(counts.get('changed')).to.have.length(written.length);
      const resumed = await applyMigration(session, {vch});
      expect(resumed.vms.filter(({status}) => status === 'changed')).to.have.length(60 - written.length);
    });
  });

  it('ends right when two run at once, with nothing written twice', async () => {
    const vms = Array.from({length: 60}, (_, i) => ({name: `c${i}`}));
    await withSimulator({fixture: smallVch(vms), taskDuration: [1, 15]}, async (simulator) => {
      const sessions = await Promise.all([connect(loginTo(simulator)), connect(loginTo(simulator))]);
      const outcomes = await Promise.all(sessions.map((session) => applyMigration(session, {vch})));
      await Promise.all(sessions.map((session) => session.close()));
      for (const [index, {name}] of vms.entries()) {
        const id = `vm-${101 + index}`;
        expect(config(simulator, id)).to.include({'common/name': name, 'common/rename-disabled': 'true'});
        expect(simulator.inventory.vm(id).reconfigurations, `writes to ${id}`).to.equal(1);
        const said = outcomes.map((outcome) => outcomeOf(outcome.vms, id).status).sort();
        expect(said).to.deep.equal(['changed', 'unchanged']);
      }
    });
  });
});

describe('containers: undo', () => {
  it('restores every ExtraConfig exactly', async () => {
    const odd: readonly SmallVm[] = [
      ...legacy,
      {name: 'nil', hiddenName: '<nil>'},
      {name: 'marked', extraConfig: {'common/rename-disabled': '<nil>'}},
    ];
    await withSession({fixture: smallVch(odd)}, async (session, simulator) => {
      const dump = () => odd.map((_, i) => config(simulator, `vm-${101 + i}`));
      const before = dump();
      await applyMigration(session, {vch});
      expect(dump()).not.to.deep.equal(before);
      const {vms} = await undoMigration(session, {vch});
      expect(statuses(vms)).to.include({web: 'changed', nil: 'changed', new: 'unchanged'});
      expect(dump()).to.deep.equal(before);
    });
  });

  it('says so where no ledger names the run that it was to take back', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session) => {
      await applyMigration(session, {vch, runId: 'run-1'});
      const codes = async (run?: string) =>
        (await undoMigration(session, {vch, ...(run !== undefined && {run})})).findings.map(({code}) => code);
      expect(await codes('run-2')).to.include('run-unknown');
      expect(await codes('run-1')).not.to.include('run-unknown');
      expect(await codes()).not.to.include('run-unknown');
    });
  });

  it('leaves a VM whole whose key was changed since, and puts the others back', async () => {
    await withSession({fixture: smallVch(legacy)}, async (session, simulator) => {
      await applyMigration(session, {vch});
      simulator.inventory.vm(WEB).change({'common/name': 'somebody-else'});
      const changed = config(simulator, WEB);
      const {vms} = await undoMigration(session, {vch});
      expect(outcomeOf(vms, WEB)).to.include({status: 'conflict'});
      expect(outcomeOf(vms, WEB).error?.message).to.contain('common/name');
      expect(config(simulator, WEB)).to.deep.equal(changed);
      expect(outcomeOf(vms, 'vm-102').status).to.equal('changed');
    });
  });
});
