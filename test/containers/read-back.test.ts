import {expect} from 'chai';
import {builtinPlugins} from '../../plugins/index.js';
import type {VmOutcome} from '../../src/containers/outcome.js';
import {type Planned, pending, planRun} from '../../src/containers/plan.js';
import {ReadBack} from '../../src/containers/read-back.js';
import {applyMigration} from '../../src/index.js';
import {silent} from '../../src/log.js';
import {writtenKeys} from '../../src/migration/decision.js';
import {createRegistry} from '../../src/migration/registry.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {smallVch, withSession} from '../small-vch.js';
import {vch} from './containers.js';

/** So many are read at a time, and so many in a fifth of a second are written quickly: it takes 200. */
const BATCH = 250;
const vmsOf = (count: number) => Array.from({length: count}, (_, n) => ({name: `c${1000 + n}`}));
const fixture = smallVch(vmsOf(BATCH + 10));
const options = {
  vch,
  registry: createRegistry(builtinPlugins),
  runId: 'r',
  user: 'u',
  toolVersion: '1',
  parallelism: 8,
};

/** Plans all, and hands over a look at what was written: in a simulator whose VMs are as planned, without a request. */
function withWritten(
  use: (
    readBack: ReadBack,
    planned: readonly Planned[],
    simulator: Simulator,
    session: Session,
  ) => Promise<void>,
): Promise<void> {
  return withSession({fixture}, async (session, simulator) => {
    const run = await planRun(session, {...options, log: silent});
    const planned = pending(run.decided);
    expect(planned).to.have.length(BATCH + 10);
    for (const {vm, decision} of planned)
      simulator.inventory
        .vm(vm.ref.value)
        .change(Object.fromEntries(writtenKeys(decision).map(({key, after}) => [key, after])));
    simulator.requests.reset();
    await use(new ReadBack(session), planned, simulator, session);
  });
}

const reads = (simulator: Simulator) => simulator.requests.count('RetrievePropertiesEx');

/** Until the reading that was begun has its answer. */
async function settle(session: Session): Promise<void> {
  await session.clock.sleep(60_000);
}

/** So that the first sixty are read while the rest is written. */
async function addSlowly(readBack: ReadBack, planned: readonly Planned[], session: Session): Promise<void> {
  for (const written of planned.slice(0, 60)) readBack.add(written);
  await session.clock.sleep(300);
  for (const written of planned.slice(60)) readBack.add(written);
  await settle(session);
}

function statusesOf(planned: readonly Planned[], verdictOn: (written: Planned) => VmOutcome) {
  return planned.map((written) => verdictOn(written).status);
}

describe('containers: reading back while others are written', () => {
  it('waits with all of them for the end while they are written quickly', async () => {
    await withWritten(async (readBack, planned, simulator, session) => {
      for (const written of planned.slice(0, BATCH)) readBack.add(written);
      await session.clock.sleep(200);
      for (const written of planned.slice(BATCH)) readBack.add(written);
      await settle(session);
      expect(reads(simulator)).to.equal(0);
      const verdictOn = await readBack.finished();
      expect(reads(simulator)).to.equal(2);
      expect(new Set(statusesOf(planned, verdictOn))).to.deep.equal(new Set(['changed']));
    });
  });

  it('reads what is left from quick times as soon as they are written slowly, as many as one request is for', async () => {
    await withWritten(async (readBack, planned, simulator, session) => {
      for (const written of planned.slice(0, BATCH)) readBack.add(written);
      for (const written of planned.slice(BATCH)) {
        await session.clock.sleep(200);
        readBack.add(written);
      }
      await settle(session);
      expect(reads(simulator)).to.equal(1);
      const verdictOn = await readBack.finished();
      expect(reads(simulator)).to.equal(2);
      expect(new Set(statusesOf(planned, verdictOn))).to.deep.equal(new Set(['changed']));
    });
  });

  it('reads few at a time where they are written slowly: a large answer keeps places of the window empty', async () => {
    await withWritten(async (readBack, planned, simulator, session) => {
      const wait = async (milliseconds: number, from: number, to: number) => {
        await session.clock.sleep(milliseconds);
        for (const written of planned.slice(from, to)) readBack.add(written);
        await session.clock.sleep(50);
        return reads(simulator);
      };
      expect(await wait(0, 0, 60)).to.equal(0);
      expect(await wait(100, 60, 61)).to.equal(0);
      expect(await wait(100, 61, 62)).to.equal(1);
      expect(await wait(300, 62, 111)).to.equal(1);
      expect(await wait(0, 111, 112)).to.equal(2);
      const verdictOn = await readBack.finished();
      expect(new Set(statusesOf(planned.slice(0, 112), verdictOn))).to.deep.equal(new Set(['changed']));
      expect(reads(simulator)).to.equal(2);
    });
  });

  it('never confirms a VM before it is told that it is written', async () => {
    await withWritten(async (readBack, planned, simulator, session) => {
      await addSlowly(readBack, planned.slice(0, BATCH), session);
      expect(reads(simulator)).to.equal(1);
      const [last] = planned.slice(-1);
      if (last === undefined) throw new Error('nothing is planned');
      simulator.inventory.vm(last.vm.ref.value).change({'common/name': 'lost'});
      readBack.add(last);
      const verdictOn = await readBack.finished();
      expect(verdictOn(last).error?.message).to.contain('common/name');
    });
  });

  const LOOKS: Readonly<
    Record<string, readonly [change: Readonly<Record<string, string | null>>, status: string]>
  > = {
    'lost a key': [{'common/name': null}, 'failed'],
    'is no containerVM any more': [{'guestinfo.vice./common/id': null}, 'unknown'],
    'is another container': [{'guestinfo.vice./common/id': 'b'.repeat(64)}, 'unknown'],
  };
  for (const [what, [change, status]] of Object.entries(LOOKS)) {
    it(`reads a VM again in the end that ${what}, and says so if that stays`, async () => {
      await withWritten(async (readBack, planned, simulator, session) => {
        const [stays, passes] = planned;
        if (stays === undefined || passes === undefined) throw new Error('nothing is planned');
        const before = simulator.inventory.vm(passes.vm.ref.value).extraConfig();
        for (const {vm} of [stays, passes]) simulator.inventory.vm(vm.ref.value).change(change);
        await addSlowly(readBack, planned, session);
        expect(reads(simulator)).to.equal(1);
        simulator.inventory.vm(passes.vm.ref.value).change(before);
        const verdictOn = await readBack.finished();
        expect(verdictOn(stays).status).to.equal(status);
        expect(verdictOn(passes).status).to.equal('changed');
      });
    });
  }

  it('notices a VM that was removed', async () => {
    await withWritten(async (readBack, planned, simulator, session) => {
      const [gone] = planned;
      if (gone === undefined) throw new Error('nothing is planned');
      simulator.inventory.vm(gone.vm.ref.value).remove();
      await addSlowly(readBack, planned, session);
      expect(reads(simulator)).to.be.at.least(1);
      const verdictOn = await readBack.finished();
      expect(verdictOn(gone).status).to.equal('skipped');
      expect(new Set(statusesOf(planned.slice(1), verdictOn))).to.deep.equal(new Set(['changed']));
    });
  });

  for (const failure of ['drop-before', 'http-500', {fault: 'NoPermission'}] as const) {
    it(`reads a whole batch again in the end whose reading failed: ${JSON.stringify(failure)}`, async () => {
      await withWritten(async (readBack, planned, simulator, session) => {
        const rule = simulator.addFault({method: 'RetrievePropertiesEx', do: failure});
        await addSlowly(readBack, planned.slice(0, BATCH), session);
        // Longer than a server is waited for that does not answer.
        for (let minutes = 0; minutes < 5; minutes += 1) await settle(session);
        expect(rule.fired).to.be.at.least(1);
        simulator.clearFaults();
        for (const written of planned.slice(BATCH)) readBack.add(written);
        const verdictOn = await readBack.finished();
        expect(new Set(statusesOf(planned, verdictOn))).to.deep.equal(new Set(['changed']));
      });
    });
  }

  it('does not read those over and over that it could not confirm', async () => {
    await withWritten(async (readBack, planned, simulator, session) => {
      for (const {vm} of planned) simulator.inventory.vm(vm.ref.value).change({'common/name': null});
      for (const written of planned) {
        await session.clock.sleep(5);
        readBack.add(written);
      }
      await settle(session);
      expect(reads(simulator)).to.equal(5);
      expect(new Set(statusesOf(planned, await readBack.finished()))).to.deep.equal(new Set(['failed']));
    });
  });

  it('is part of a run, whose last look is for few', async () => {
    await withSession({fixture, taskDuration: [50, 100]}, async (session, simulator) => {
      let inTheEnd = Number.NaN;
      const {vms} = await applyMigration(session, {
        vch,
        parallelism: 8,
        onProgress: (event) => {
          if (event.type === 'phase' && event.phase === 'verify') inTheEnd = reads(simulator);
        },
      });
      expect(new Set(vms.map(({status}) => status))).to.deep.equal(new Set(['changed']));
      expect(reads(simulator) - inTheEnd).to.equal(1);
    });
  });
});
