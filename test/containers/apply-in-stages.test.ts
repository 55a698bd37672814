import {expect} from 'chai';
import {RolloutGate} from '../../src/containers/rollout-gate.js';
import {VchError} from '../../src/errors.js';
import {applyMigration, type ProgressEvent, planMigration, type VmOutcome} from '../../src/index.js';
import {vmOutcome} from '../cli/fake-cli.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const vch = {name: 'vch1'};
const twenty = smallVch(Array.from({length: 20}, (_, n) => ({name: `c${String(n).padStart(2, '0')}`})));
/** Every write fails. */
const refused = {method: 'ReconfigVM_Task', do: {fault: 'NotSupported'}} as const;

function count(vms: readonly VmOutcome[], status: string): number {
  return vms.filter((vm) => vm.status === status).length;
}

const failed = (code: 'VCH_ERR_PRIVILEGE' | 'VCH_ERR_VIM_FAULT', fault?: string) =>
  vmOutcome({
    status: 'failed',
    error: new VchError(code, 'no', fault === undefined ? {} : {fault}),
  });

describe('containers: a run in stages', () => {
  it('writes and verifies the canaries before any other VM', async () => {
    await withSession({fixture: twenty}, async (session, simulator) => {
      const asked: unknown[] = [];
      const goOn = async (canaries: number, left: number) => {
        asked.push([canaries, left, simulator.requests.count('ReconfigVM_Task')]);
        return true;
      };
      const {vms} = await applyMigration(session, {vch, staging: {canary: 3, goOn}});
      expect(asked).to.deep.equal([[3, 17, 3]]);
      expect(count(vms, 'changed')).to.equal(20);
    });
  });

  it('tells its phases in their order, with canaries and without', async () => {
    for (const [canary, expected] of [
      [undefined, ['commit 20', 'done', 'verify 20', 'done']],
      [3, [...['commit 3', 'done', 'verify 3', 'done'], ...['commit 17', 'done', 'verify 17', 'done']]],
    ] as const) {
      await withSession({fixture: twenty}, async (session) => {
        const phases: string[] = [];
        const inFlight: number[] = [];
        const onProgress = (event: ProgressEvent) => {
          if (event.type === 'in-flight') inFlight.push(event.vms);
          if (event.type === 'phase') phases.push(`${event.phase} ${event.total}`);
          if (event.type === 'progress' && event.done === event.total) phases.push('done');
        };
        await applyMigration(session, {vch, staging: {canary}, onProgress});
        const written = phases.findIndex((phase) => phase.startsWith('commit'));
        expect(phases.slice(written)).to.deep.equal(expected);
        expect(Math.min(...inFlight)).to.equal(0);
        expect(inFlight.at(-1)).to.equal(0);
      });
    }
  });

  for (const [what, taskDuration] of [
    ['quick tasks', [0, 0]],
    ['tasks that take their time', [100, 100]],
    ['tasks of the usual length', [2, 10]],
  ] as const) {
    it(`starts little more once one write too many has failed: ${what}`, async () => {
      const fixture = smallVch(Array.from({length: 500}, (_, n) => ({name: `c${n}`})));
      await withSession({fixture, taskDuration}, async (session, simulator) => {
        const failing = {fault: 'GenericVmConfigFault', as: 'task'} as const;
        simulator.addFault({method: 'ReconfigVM_Task', nth: 3, do: failing});
        const staging = {maxErrors: {kind: 'count', count: 0} as const};
        const {vms} = await applyMigration(session, {vch, parallelism: 8, staging});
        expect(count(vms, 'failed')).to.equal(1);
        expect(simulator.requests.count('ReconfigVM_Task')).to.be.at.most(3 + 24);
      });
    });
  }

  it('leaves the others alone when nobody wants to go on', async () => {
    await withSession({fixture: twenty}, async (session, simulator) => {
      const outcome = await applyMigration(session, {vch, staging: {canary: 3, goOn: async () => false}});
      expect([count(outcome.vms, 'changed'), count(outcome.vms, 'not-attempted')]).to.deep.equal([3, 17]);
      expect(outcome.interrupted).to.equal(false);
      expect(outcome.findings.map(({code}) => code)).to.deep.equal(['held-back']);
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(3);
    });
  });

  it('leaves the others alone when a canary failed', async () => {
    await withSession({fixture: twenty}, async (session, simulator) => {
      simulator.addFault({...refused, object: 'vm-102'});
      const {vms, findings} = await applyMigration(session, {vch, staging: {canary: 3}});
      expect([count(vms, 'changed'), count(vms, 'not-attempted')]).to.deep.equal([2, 17]);
      expect(findings[0]?.message).to.include('1 of 3 canaries were not changed');
    });
  });

  it('leaves the others alone when an upgrade began after the canaries', async () => {
    await withSession({fixture: twenty}, async (session, simulator) => {
      const goOn = async () => {
        simulator.inventory.vm('vm-100').change({UpdateInProgress: 'true'});
        return true;
      };
      const {vms, findings} = await applyMigration(session, {vch, staging: {canary: 1, goOn}});
      expect([count(vms, 'changed'), count(vms, 'not-attempted')]).to.deep.equal([1, 19]);
      expect(findings[0]?.message).to.include('an upgrade holds the VCH now');
    });
  });

  it('starts nothing after the deadline', async () => {
    await withSession({fixture: twenty}, async (session, simulator) => {
      const deadline = new Date('2026-01-02T04:30:00Z');
      const staging = {canary: 2, deadline, now: () => time};
      let time = new Date('2026-01-02T04:29:59Z');
      const goOn = async () => {
        time = deadline;
        return true;
      };
      const {vms, findings} = await applyMigration(session, {vch, staging: {...staging, goOn}});
      expect([count(vms, 'changed'), count(vms, 'not-attempted')]).to.deep.equal([2, 18]);
      expect(findings[0]?.message).to.include('the deadline, 2026-01-02T04:30:00.000Z, is past');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(2);
    });
  });

  it('starts nothing more when too many VMs went wrong', async () => {
    await withSession({fixture: twenty}, async (session, simulator) => {
      simulator.addFault(refused);
      const options = {vch, parallelism: 1, staging: {maxErrors: {kind: 'count', count: 1} as const}};
      const {vms, findings} = await applyMigration(session, options);
      expect(count(vms, 'failed')).to.be.within(2, 4);
      expect(count(vms, 'failed') + count(vms, 'not-attempted')).to.equal(20);
      expect(findings[0]?.message).to.include('at most 1 may (--max-errors)');
    });
  });

  it('is for the selected VMs alone, and tells how many were left out', async () => {
    await withSession({fixture: twenty}, async (session, simulator) => {
      const select = ({displayName}: VmOutcome) => displayName.startsWith('c0');
      const planned = await planMigration(session, {vch, select});
      const {vms, findings} = await applyMigration(session, {vch, select});
      expect(planned.vms.map(({id}) => id)).to.deep.equal(vms.map(({id}) => id));
      expect([vms.length, count(vms, 'changed')]).to.deep.equal([10, 10]);
      expect(findings.map(({message}) => message)[0]).to.match(/^10 of the VCH's VMs were left out/);
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(10);
    });
  });
});

describe('containers: a run by a report', () => {
  it('is refused on another VCH than the report is about, with nothing written', async () => {
    await withSession({fixture: twenty}, async (session, simulator) => {
      const options = {vch, select: () => true, reported: {id: 'vm-999', name: 'other'}};
      for (const run of [planMigration, applyMigration]) {
        const error = await rejection(run(session, options));
        expect(error.code).to.equal('VCH_ERR_USAGE');
        expect(error.message).to.include('--from-report is about the VCH other (vm-999)');
      }
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
      const {vms} = await applyMigration(session, {...options, reported: {id: 'vm-100', name: 'vch1'}});
      expect(count(vms, 'changed')).to.equal(20);
    });
  });
});

describe('containers: the gate of a rollout', () => {
  it('counts against a number or a share, and lets that many pass', () => {
    for (const maxErrors of [{kind: 'count', count: 2} as const, {kind: 'percent', percent: 10} as const]) {
      const gate = new RolloutGate({maxErrors}, 20);
      gate.written('vm-1');
      gate.ended(failed('VCH_ERR_VIM_FAULT'));
      gate.ended(failed('VCH_ERR_VIM_FAULT'));
      gate.ended(vmOutcome({status: 'unchanged'}));
      expect(gate.closedBecause()).to.equal(null);
      gate.ended(failed('VCH_ERR_PRIVILEGE'));
      expect(gate.closedBecause()).to.include('3 VMs went wrong');
    }
  });

  it('stops when the first five went wrong alike, and only then', () => {
    const maxErrors = {kind: 'count', count: 100} as const;
    const alike = new RolloutGate({maxErrors}, 200);
    const different = new RolloutGate({maxErrors}, 200);
    const afterSuccess = new RolloutGate({maxErrors}, 200);
    const unasked = new RolloutGate({}, 200);
    afterSuccess.written('vm-1');
    for (let n = 0; n < 5; n += 1) {
      for (const gate of [alike, afterSuccess, unasked])
        gate.ended(failed('VCH_ERR_VIM_FAULT', 'NotSupported'));
      different.ended(failed('VCH_ERR_VIM_FAULT', n === 0 ? 'InvalidState' : 'NotSupported'));
    }
    expect(alike.closedBecause()).to.equal(
      'the first 5 VMs went wrong alike: VCH_ERR_VIM_FAULT NotSupported',
    );
    for (const gate of [different, afterSuccess, unasked]) expect(gate.closedBecause()).to.equal(null);
  });
});
