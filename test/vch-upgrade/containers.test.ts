import {expect} from 'chai';
import {toText} from '../../src/report/formats/text.js';
import type {Report} from '../../src/report/report.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import {reportOf} from '../on-simulator.js';
import type {Dump} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {rejection} from '../rejection.js';
import {type SmallVm, withSimulator} from '../small-vch.js';
import {judgeOf} from './judge.js';
import {
  APPLIANCE,
  applianceKeys,
  configs,
  DATA_VERSION,
  TEMPLATES,
  upgradable,
  upgrade,
  withVch,
} from './small-upgrade.js';

const REFUSING = 20;
const IN_VMOTION = 2;
const ON_LOST_HOST = 4;

describeWithPeers(
  `an upgrade among containerVMs of which ${REFUSING} refuse writes, ${IN_VMOTION} are in vMotion, and a host is lost`,
  ['govc', 'python'],
  (peers) => {
    let original: Dump;
    let report: Report;
    let text: string;
    let code: number;
    let after: Dump;
    let again: Report;
    let touchedAgain: string[];

    before(async () => {
      await withSimulator({fixture: troubled(), templates: TEMPLATES}, async (simulator) => {
        for (const {id, name} of simulator.inventory.vms()) {
          if (name.startsWith('moving'))
            simulator.addFault({
              method: 'ReconfigVM_Task',
              object: id,
              times: 2,
              do: {fault: 'TaskInProgress'},
            });
        }
        const judge = judgeOf(peers, simulator);
        original = await judge.dump();
        ({report, code} = await reportOf(simulator, 'upgrade', '--data-only', '--yes'));
        after = await judge.dump();
        // The owners power theirs off, and take up only what is left.
        for (const vm of simulator.inventory.vms()) if (vm.name.startsWith('refusing')) vm.powerOff();
        text = toText(report, {columns: 120, colour: false});
        simulator.requests.reset();
        ({report: again} = await reportOf(simulator, 'apply', '--yes'));
        touchedAgain = simulator.requests.list
          .filter(({method}) => method === 'ReconfigVM_Task')
          .map(({object}) => object);
      });
    });

    it('goes on, ends upgraded, and exits 3', () => {
      expect(report.upgrade?.result).to.equal('upgraded');
      expect(code).to.equal(3);
      expect(after[APPLIANCE]?.extraConfig[DATA_VERSION]).to.equal('10');
    });

    it('says of each one what it is', () => {
      const statuses = (prefix: string) => [
        ...new Set(
          report.vms.filter(({displayName}) => displayName.startsWith(prefix)).map(({status}) => status),
        ),
      ];
      expect(statuses('refusing')).to.deep.equal(['refused']);
      expect(statuses('moving')).to.deep.equal(['changed']);
      expect(statuses('lost')).to.deep.equal(['unreachable']);
      expect(statuses('well')).to.deep.equal(['changed']);
      expect(report.summary).to.include({refused: REFUSING, unreachable: ON_LOST_HOST, failed: 0});
      const refused = report.vms.filter(({status}) => status === 'refused');
      expect(new Set(refused.map(({error}) => error?.code))).to.deep.equal(
        new Set(['VCH_ERR_NEEDS_POWER_OFF']),
      );
    });

    it('is true of each one', () => {
      for (const {id, kind, status} of report.vms) {
        if (kind === 'appliance') continue;
        expect(JSON.stringify(after[id]) === JSON.stringify(original[id]), id).to.equal(status !== 'changed');
      }
    });

    it('groups them by reason, with the command that takes up only those', () => {
      const together = text.replaceAll(/\s+/g, ' ');
      expect(together).to.match(
        /! 20 containerVMs were refused VCH_ERR_NEEDS_POWER_OFF InvalidPowerState refusing-0 \(vm-101\)/,
      );
      expect(together).to.match(
        /! 4 containerVMs cannot be read: host or datastore out of reach VCH_ERR_HOST_UNREACHABLE lost-0 \(vm-123\)/,
      );
      expect(text.split('VCH_ERR_NEEDS_POWER_OFF')).to.have.lengthOf(2);
      expect(report.next).to.contain('apply');
    });

    it('has the rest taken up by that command, and nothing else', () => {
      const refused = report.vms.filter(({status}) => status === 'refused').map(({id}) => id);
      expect([...touchedAgain].sort()).to.deep.equal(refused.sort());
      expect(again.summary).to.include({changed: REFUSING, unreachable: ON_LOST_HOST});
    });
  },
);

describe('a containerVM that stops an upgrade', () => {
  for (const [what, vm, code] of [
    ['of data from the future', {name: 'future', dataVersion: '11'}, 'VCH_ERR_DATA_TOO_NEW'],
    ['whose data version is no number', {name: 'odd', dataVersion: 'abc'}, 'VCH_ERR_DATA_VERSION_INVALID'],
  ] as const) {
    it(`is one ${what}: before anything is written`, async () => {
      await withVch({vms: [{name: 'web'}, vm]}, async (session, simulator) => {
        const before = configs(simulator);
        const refused = await rejection(upgrade(session));
        expect(refused.code).to.equal(code);
        expect(refused.message).to.contain(vm.name);
        expect(configs(simulator)).to.deep.equal(before);
        expect(simulator.requests.counts).not.to.have.any.keys('ReconfigVM_Task', 'CreateSnapshot_Task');
      });
    });
  }

  it('is one whose write fails for good: the appliance is never touched, the lock is given back', async () => {
    await withVch({}, async (session, simulator) => {
      const before = applianceKeys(simulator);
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: 'vm-101',
        do: {fault: 'NoPermission', as: 'task'},
      });
      const outcome = await upgrade(session);
      expect(outcome.upgrade.result).to.equal('as-before');
      expect(outcome.upgrade.error?.message)
        .to.contain('vm-101')
        .and.to.contain('The appliance was not touched');
      expect(applianceKeys(simulator)).to.deep.equal(before);
      expect(simulator.requests.counts).not.to.have.any.keys('CreateSnapshot_Task', 'ShutdownGuest');
    });
  });

  it('is none without a name, though it makes the exit 3', async () => {
    await withVch(
      {vms: [{name: 'web'}, {name: 'nameless', legacyName: null}]},
      async (_session, simulator) => {
        const {code, report} = await reportOf(simulator, 'upgrade', '--data-only', '--yes');
        expect(code).to.equal(3);
        expect(report.upgrade?.result).to.equal('upgraded');
        expect(report.vms.find(({id}) => id === 'vm-102')).to.include({status: 'refused'});
      },
    );
  });
});

function troubled(): Fixture {
  const many = (count: number, name: string, more: Readonly<Record<string, unknown>>): SmallVm[] =>
    Array.from({length: count}, (_, i) => ({name: `${name}-${i}`, more}));
  const fixture = upgradable({
    vms: [
      ...many(REFUSING, 'refusing', {refusesWritesWhilePoweredOn: true, host: 'esx1'}),
      ...many(IN_VMOTION, 'moving', {host: 'esx1'}),
      ...many(ON_LOST_HOST, 'lost', {host: 'esx2', connectionState: 'disconnected'}),
      ...many(5, 'well', {host: 'esx1'}),
    ],
    appliance: {host: 'esx1'},
    settings: {shutdownTime: 0},
  });
  const hosts = ['esx1', {name: 'esx2', connectionState: 'disconnected'}] as const;
  return {
    ...fixture,
    datacenters: fixture.datacenters.map((datacenter) => ({
      ...datacenter,
      clusters: (datacenter.clusters ?? []).map((cluster) => ({...cluster, hosts})),
    })),
  };
}
