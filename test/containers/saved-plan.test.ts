import {expect} from 'chai';
import {builtinPlugins} from '../../plugins/index.js';
import type {RunOptions} from '../../src/containers/run-options.js';
import {applyPlan, planToSave} from '../../src/containers/saved-plan.js';
import type {VmOutcome} from '../../src/index.js';
import {silent} from '../../src/log.js';
import {createRegistry} from '../../src/migration/registry.js';
import {rejection} from '../rejection.js';
import {type SmallVm, smallVch, withSession} from '../small-vch.js';

const VMS: readonly SmallVm[] = [
  {name: 'web'},
  {name: 'db', powerState: 'poweredOff'},
  {name: 'mq', dataVersion: '3', hiddenName: 'mq', legacyName: null},
  {name: 'new', dataVersion: '10', hiddenName: 'new', legacyName: null},
  {name: 'nameless', legacyName: null},
];
const [WEB, DB, MQ, NEW, NAMELESS] = ['vm-101', 'vm-102', 'vm-103', 'vm-104', 'vm-105'] as const;

const options: RunOptions = {
  vch: {},
  registry: createRegistry(builtinPlugins),
  runId: 'run-2',
  user: 'ann',
  toolVersion: '0.1.0',
  parallelism: 4,
  log: silent,
};

function byId(vms: readonly VmOutcome[]): Record<string, string> {
  return Object.fromEntries(vms.map((vm) => [vm.id, vm.status]));
}

function outcomeOf(vms: readonly VmOutcome[], id: string): VmOutcome {
  const found = vms.find((vm) => vm.id === id);
  if (found === undefined) throw new Error(`no outcome of ${id}`);
  return found;
}

describe('containers: a saved plan', () => {
  it('is carried out as it was made, across a power-on and a change that concerns nobody', async () => {
    await withSession({fixture: smallVch(VMS)}, async (session, simulator) => {
      const planned = await planToSave(session, options);
      simulator.inventory.vm(DB).powerOn();
      simulator.inventory.vm(WEB).change({'guestinfo.somebody': 'else'});
      const {vms} = await applyPlan(session, options, planned.plan);
      expect(byId(vms)).to.deep.equal({
        [WEB]: 'changed',
        [DB]: 'changed',
        [MQ]: 'changed',
        [NEW]: 'unchanged',
        [NAMELESS]: 'refused',
      });
      for (const id of [WEB, DB, MQ])
        expect(outcomeOf(vms, id).changes).to.deep.equal(outcomeOf(planned.vms, id).changes);
    });
  });

  const moves: readonly (readonly [string, Readonly<Record<string, string | null>>, RegExp])[] = [
    ['a declared key', {'guestinfo.vice./common/name': 'other'}, /guestinfo\.vice\.\/common\/name changed/],
    ['the goal itself', {'common/name': 'other'}, /common\/name changed since/],
    ['the data version', {'guestinfo.vice./version/PluginVersion': '10'}, /PluginVersion changed since/],
    ['the ledger', {'vch-migrate/ledger': '{}'}, /vch-migrate\/ledger changed since/],
  ];
  for (const [what, change, message] of moves) {
    it(`is a conflict for the VM of which ${what} moved, and for no other`, async () => {
      await withSession({fixture: smallVch(VMS)}, async (session, simulator) => {
        const {plan} = await planToSave(session, options);
        simulator.inventory.vm(WEB).change(change);
        const before = simulator.inventory.vm(WEB).extraConfig();
        const {vms} = await applyPlan(session, options, plan);
        expect(byId(vms)).to.include({[WEB]: 'conflict', [DB]: 'changed', [MQ]: 'changed'});
        expect(outcomeOf(vms, WEB).error?.code).to.equal('VCH_ERR_CONFLICT');
        expect(outcomeOf(vms, WEB).error?.message).to.match(message);
        expect(simulator.inventory.vm(WEB).extraConfig()).to.deep.equal(before);
      });
    });
  }

  for (const [field, words] of [
    ['instanceUuid', 'it is another VM now'],
    ['biosUuid', 'it is another VM now'],
    ['containerId', 'it is another container now'],
  ] as const) {
    it(`is a conflict for a VM of which the ${field} alone is another one: it was restored, or cloned`, async () => {
      await withSession({fixture: smallVch(VMS)}, async (session, simulator) => {
        const {plan} = await planToSave(session, options);
        const vms = plan.vms.map((vm) =>
          vm.id === WEB && vm.seen !== undefined ? {...vm, seen: {...vm.seen, [field]: 'another'}} : vm,
        );
        const outcome = await applyPlan(session, options, {...plan, vms});
        expect(byId(outcome.vms)).to.include({[WEB]: 'conflict', [DB]: 'changed'});
        expect(outcomeOf(outcome.vms, WEB).error?.message).to.include(words);
        expect(simulator.inventory.vm(WEB).reconfigurations).to.equal(0);
      });
    });
  }

  it('is carried out again for what is left: what it did before is where it should be', async () => {
    await withSession({fixture: smallVch(VMS)}, async (session, simulator) => {
      const {plan} = await planToSave(session, options);
      const select = ({id}: VmOutcome) => id === WEB || id === MQ;
      await applyPlan(session, {...options, select}, plan);
      // Two that are not as the plan left them: a value of ours is another, and the ledger is gone.
      simulator.inventory.vm(MQ).change({'vch-migrate/ledger': null});
      const {vms} = await applyPlan(session, {...options, runId: 'run-3'}, plan);
      expect(byId(vms)).to.include({[WEB]: 'unchanged', [DB]: 'changed', [MQ]: 'unchanged'});
      expect(simulator.inventory.vm(WEB).reconfigurations).to.equal(1);
      simulator.inventory.vm(WEB).change({'common/name': 'other'});
      const last = await applyPlan(session, {...options, runId: 'run-4'}, plan);
      expect(byId(last.vms)).to.include({[WEB]: 'conflict', [DB]: 'unchanged'});
    });
  });

  it('is a conflict where nothing was to be done, too', async () => {
    await withSession({fixture: smallVch(VMS)}, async (session, simulator) => {
      const {plan} = await planToSave(session, options);
      simulator.inventory.vm(NEW).change({'guestinfo.vice./version/PluginVersion': '0'});
      simulator.inventory.vm(NAMELESS).change({'guestinfo.vice./common/name': 'named'});
      const {vms} = await applyPlan(session, options, plan);
      expect(byId(vms)).to.include({[NEW]: 'conflict', [NAMELESS]: 'conflict'});
    });
  });

  it('is a conflict when the VM moves between the reading and the write', async () => {
    await withSession({fixture: smallVch(VMS)}, async (session, simulator) => {
      const {plan} = await planToSave(session, options);
      const confirm = async () => {
        simulator.inventory.vm(WEB).change({'guestinfo.vice./common/name': 'other'});
        simulator.inventory.vm(DB).powerOn();
        return true;
      };
      const {vms} = await applyPlan(session, {...options, confirm}, plan);
      expect(byId(vms)).to.include({[WEB]: 'conflict', [DB]: 'changed'});
    });
  });

  it('lists VMs that are gone and leaves those alone that are new', async () => {
    const added = {name: 'added'};
    await withSession({fixture: smallVch([...VMS, added])}, async (session, simulator) => {
      const {plan} = await planToSave(session, options);
      simulator.inventory.vm(MQ).remove();
      const vms = plan.vms.filter(({displayName}) => displayName !== 'added');
      const outcome = await applyPlan(session, options, {...plan, vms});
      expect(byId(outcome.vms)).to.include({[MQ]: 'skipped', 'vm-106': 'skipped', [WEB]: 'changed'});
      expect(outcomeOf(outcome.vms, MQ).findings.map(({code}) => code)).to.deep.equal(['gone-since-plan']);
      expect(outcomeOf(outcome.vms, 'vm-106').findings.map(({code}) => code)).to.deep.equal(['not-in-plan']);
      expect(simulator.inventory.vm('added').reconfigurations).to.equal(0);
    });
  });

  it('is a conflict for a VM that could not be read when it was planned', async () => {
    await withSession({fixture: smallVch(VMS)}, async (session, simulator) => {
      simulator.inventory.vm(WEB).setConnectionState('disconnected');
      const {plan} = await planToSave(session, options);
      simulator.inventory.vm(WEB).setConnectionState('connected');
      const {vms} = await applyPlan(session, options, plan);
      expect(outcomeOf(vms, WEB).error?.message).to.include('could not be read when the plan was made');
      expect(byId(vms)).to.include({[WEB]: 'conflict', [DB]: 'changed'});
    });
  });

  it('masks the passwords in names, as its report does', async () => {
    const named = {name: 'http://ann:pl4nted@proxy', legacyName: 'x //ann:pl4nted@proxy'};
    await withSession({fixture: smallVch([named])}, async (session) => {
      const {plan} = await planToSave(session, options);
      expect(JSON.stringify(plan)).to.include('(sensitive)@proxy').and.not.include('pl4nted');
    });
  });

  it('holds no value of any key', async () => {
    const secret = {extraConfig: {'common/name': 'pl4nted'}};
    await withSession({fixture: smallVch([{name: 'web', ...secret}])}, async (session) => {
      const {plan} = await planToSave(session, options);
      const {vms, ...rest} = plan;
      expect(JSON.stringify([rest, vms.map(({seen, changes}) => [seen, changes])])).to.not.include('pl4nted');
      expect(Object.keys(vms[0]?.seen?.keys ?? {})).to.include('guestinfo.vice./common/name');
    });
  });

  it('is refused for another server, another VCH and other plugins, with nothing written', async () => {
    await withSession({fixture: smallVch(VMS)}, async (session, simulator) => {
      const {plan} = await planToSave(session, options);
      const refusals = [
        [{...plan, target: {...plan.target, instanceUuid: 'another'}}, options, /is another server/],
        [{...plan, vch: {...plan.vch, biosUuid: 'another'}}, options, /made for the VCH vch1/],
        [{...plan, vch: {...plan.vch, id: 'vm-999'}}, {...options, vch: {name: 'vch1'}}, /is another one/],
        [plan, {...options, registry: createRegistry([])}, /0002-container-common-name revision 1.*none/],
      ] as const;
      for (const [made, with_, message] of refusals) {
        const error = await rejection(applyPlan(session, with_, made));
        expect(error.code).to.equal('VCH_ERR_PLAN_STALE');
        expect(error.message).to.match(message);
      }
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });
});
