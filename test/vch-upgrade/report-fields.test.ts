import {expect} from 'chai';
import type {Report} from '../../src/report/report.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {reportOf} from '../on-simulator.js';
import {expectValid} from '../schemas.js';
import {APPLIANCE, CONTAINERS, withVch} from './small-upgrade.js';

const BEFORE = {version: 'v0.9.0', build: '8000', dataVersion: 0};
const AFTER = {...BEFORE, dataVersion: 10};
const QUICK = {shutdownTime: 0, bootTime: 0};

/** The groups of a report's steps in their order, each once, with the worst status of its steps. */
function groupsOf({steps = []}: Report): readonly string[] {
  const groups = new Map<string, string>();
  for (const {group = 'none', status} of steps)
    groups.set(group, status === 'done' ? (groups.get(group) ?? status) : status);
  return [...groups].map(([group, status]) => `${group}: ${status}`);
}

function recoversWith(simulator: Simulator, nth: number): void {
  const before = () => simulator.inventory.vm(APPLIANCE).setGuest({});
  simulator.addFault({method: 'PowerOnVM_Task', object: APPLIANCE, nth, before});
}

describe('the report of an upgrade', () => {
  it('has releases, outage, groups and actions of one that went well, and verify has what it compared', async () => {
    await withVch(
      {vms: [...CONTAINERS, {name: 'nameless', legacyName: null}], settings: QUICK},
      async (_session, simulator) => {
        const {report} = await reportOf(simulator, 'upgrade', '--data-only', '--yes');
        expectValid('report', report);
        expect(report.upgrade).to.deep.include({result: 'upgraded', before: BEFORE, target: AFTER});
        const {from = '', to = ''} = report.upgrade?.outage ?? {};
        const timeOf = (phase: string) => report.steps?.find((step) => step.phase === phase)?.startedAt ?? '';
        expect([from >= timeOf('power-off'), from < to, to <= timeOf('verify-appliance')]).to.deep.equal([
          true,
          true,
          true,
        ]);
        expect(groupsOf(report)).to.deep.equal([
          'Check and plan: done',
          'Write containerVMs: done',
          'Take the snapshot: done',
          'Upgrade and boot: done',
          'Verify and unlock: done',
        ]);
        const planning = report.steps?.filter(({phase}) => phase === 'plan').map(({group}) => group);
        expect(planning).to.deep.equal(['Check and plan', 'Write containerVMs']);
        const nameless = report.vms.find(({displayName}) => displayName === 'nameless');
        expect(nameless?.error?.commands).to.deep.equal([
          `govc vm.change -vm VirtualMachine:${nameless?.id} -e common/name=NAME`,
        ]);
        expect(report.actions?.map(({command}) => command)).to.deep.equal([
          `vch-migrate apply --only id=${nameless?.id} --name vch1`,
        ]);
        expect(report.next).to.contain(report.actions?.[0]?.command);

        const verified = await reportOf(simulator, 'verify');
        expectValid('report', verified.report);
        expect(verified.report.compared).to.deep.equal([
          {check: 'Hidden name is the one that the old VCH used', ok: 4, of: 4},
          {check: 'docker rename is marked as disabled where it is', ok: 2, of: 2},
          {check: 'What VIC reads is as it was', ok: 4, of: 4},
          {check: 'Ledger belongs to the VM and is whole', ok: 2, of: 2},
        ]);
      },
    );
  });

  it('says which step failed, and that the VCH was down until it was put back', async () => {
    await withVch({settings: QUICK, appliance: {guest: {never: true}}}, async (_session, simulator) => {
      recoversWith(simulator, 2);
      const {report} = await reportOf(simulator, 'upgrade', '--data-only', '--yes', '--timeout', '1s');
      expectValid('report', report);
      expect(report.upgrade).to.deep.include({result: 'as-before', before: BEFORE, target: AFTER});
      expect(groupsOf(report)).to.deep.equal([
        'Check and plan: done',
        'Write containerVMs: done',
        'Take the snapshot: done',
        'Upgrade and boot: failed',
        'Put back: done',
        'Verify and unlock: done',
      ]);
      expect(report.steps?.filter(({status}) => status === 'failed').map(({phase}) => phase)).to.deep.equal([
        'ready',
      ]);
      const [cleanup] = report.steps?.filter(({phase}) => phase === 'cleanup') ?? [];
      expect(report.upgrade?.outage?.to).to.satisfy((to: string) => to <= (cleanup?.startedAt ?? ''));
    });
  });

  it('has no end of an outage that lasts, and the ways out of it', async () => {
    await withVch({settings: QUICK}, async (_session, simulator) => {
      simulator.addFault({method: 'PowerOnVM_Task', do: {fault: 'NoPermission'}});
      const {code, report} = await reportOf(simulator, 'upgrade', '--data-only', '--yes');
      expect(code).to.equal(6);
      expectValid('report', report);
      expect(report.upgrade?.outage).to.have.all.keys(['from']);
      const [rollback, byHand] = report.actions ?? [];
      expect(rollback?.command).to.equal('vch-migrate rollback --name vch1');
      expect(byHand?.command?.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).to.deep.equal(
        [
          ...[
            'govc vm.power',
            'govc snapshot.revert',
            'govc vm.change',
            'govc vm.power',
            'govc snapshot.remove',
            'vch-migrate undo',
          ],
        ],
      );
      expect(report.steps?.filter(({status}) => status === 'failed').map(({group}) => group)).to.deep.equal([
        'Upgrade and boot',
        'Put back',
      ]);
    });
  });

  it('has no outage of a VCH that was off before', async () => {
    await withVch({settings: QUICK, appliance: {powerState: 'poweredOff'}}, async (_session, simulator) => {
      const {report} = await reportOf(simulator, 'upgrade', '--data-only', '--yes');
      expect(report.upgrade).to.include({result: 'upgraded'}).and.not.to.have.property('outage');
    });
  });
});
