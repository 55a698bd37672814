import {expect} from 'chai';
import {exitCodeOfError} from '../../src/cli/exit.js';
import {toVchError, type VchError} from '../../src/errors.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {connect} from '../../src/vim25/session.js';
import {sizeOf} from '../depth.js';
import {startProcess, variablesFor} from '../on-simulator.js';
import {describeWithPeers} from '../peers.js';
import {rejection} from '../rejection.js';
import {loginTo, smallVch, withSession} from '../small-vch.js';
import {judgeOf} from './judge.js';
import {
  APPLIANCE,
  applianceKeys,
  DATA_VERSION,
  FLAG,
  LOCK,
  rollback,
  snapshotsOf,
  upgrade,
} from './small-upgrade.js';

const PAIRS = sizeOf('pairs of upgrades', {sample: 4, ci: 25, exhaustive: 50});
const PAIRS_OF_PROCESSES = sizeOf('pairs of processes that upgrade', {sample: 1, ci: 2, exhaustive: 3});
const QUICK_VCH = smallVch([{name: 'web'}], {bootTime: 5, shutdownTime: 0});

describe('simultaneous upgrades of one VCH', function () {
  // A second a pair, and machines that do other things besides.
  this.timeout(300_000);

  it(`run once of each of ${PAIRS} pairs, and the other exits 4`, async () => {
    await withSession({fixture: QUICK_VCH, taskDuration: [0, 2]}, async (one, simulator) => {
      const other = await connect(loginTo(simulator));
      try {
        for (let pair = 1; pair <= PAIRS; pair += 1) {
          simulator.requests.reset();
          const contenders = pair % 2 === 0 ? [one, other] : [other, one];
          const ends = await Promise.all(
            contenders.map((session) =>
              upgrade(session, {poll: 5}).catch((error): VchError => toVchError(error)),
            ),
          );
          const refused = ends.filter((end) => end instanceof Error);
          const [ran] = ends.flatMap((end) => (end instanceof Error ? [] : [end]));
          expect(
            refused.map((error) => [error.code, exitCodeOfError(error, null)]),
            `pair ${pair}`,
          ).to.deep.equal([['VCH_ERR_LOCKED', 4]]);
          expect(ran?.upgrade.result, `pair ${pair}`).to.equal('upgraded');
          expectOneUpgrade(simulator);
          asBefore(simulator);
        }
      } finally {
        await other.close();
      }
    });
  });

  it('run once also when the one begins and ends between plan and lock of the other', async () => {
    await withSession({fixture: QUICK_VCH}, async (session, simulator) => {
      const late = upgrade(session, {
        confirm: async () => {
          expect((await upgrade(session)).upgrade.result).to.equal('upgraded');
          return true;
        },
      });
      expect((await rejection(late)).code).to.equal('VCH_ERR_LOCKED');
      expectOneUpgrade(simulator);
    });
  });

  it('exit 4 also when the one takes the lock between two looks of the other', async () => {
    await withSession({fixture: QUICK_VCH}, async (session, simulator) => {
      let looks = 0;
      const refused = upgrade(session, {
        onProgress(event) {
          if (event.type !== 'phase' || event.phase !== 'plan') return;
          looks += 1;
          // After the first look at the lock, before the checks'.
          if (looks === 1) simulator.inventory.vm(APPLIANCE).change({[FLAG]: 'true'});
        },
      });
      const {code, message} = await rejection(refused);
      expect(code).to.equal('VCH_ERR_LOCKED');
      expect(message).to.contain('Nothing was written');
    });
  });

  it('leave the lock of whoever comes between plan and lock alone', async () => {
    await withSession({fixture: QUICK_VCH}, async (session, simulator) => {
      let before = {};
      const refused = upgrade(session, {
        confirm: async () => {
          simulator.inventory.vm(APPLIANCE).change({[FLAG]: 'true'});
          before = applianceKeys(simulator);
          return true;
        },
      });
      expect((await rejection(refused)).code).to.equal('VCH_ERR_LOCKED');
      expect(applianceKeys(simulator)).to.deep.equal(before);
    });
  });
});

describeWithPeers('simultaneous upgrades of one VCH by processes', ['govc', 'python'], (peers) => {
  it(`run once of each of ${PAIRS_OF_PROCESSES} pairs, and the other exits 4`, async () => {
    await withSession({fixture: QUICK_VCH}, async (session, simulator) => {
      const judge = judgeOf(peers, simulator);
      const before = await judge.dump();
      for (let pair = 1; pair <= PAIRS_OF_PROCESSES; pair += 1) {
        simulator.requests.reset();
        const ends = await Promise.all(
          [1, 2].map(
            () =>
              startProcess(['upgrade', '--data-only', '--name', 'vch1', '--yes'], variablesFor(simulator))
                .ended,
          ),
        );
        const codes = ends.map(({code}) => code).sort();
        expect(codes, ends.map(({stderr}) => stderr).join('\n')).to.deep.equal([0, 4]);
        expect(ends.find(({code}) => code === 4)?.stderr).to.contain('VCH_ERR_LOCKED');
        expectOneUpgrade(simulator);
        const upgraded = (await judge.dump())[APPLIANCE]?.extraConfig;
        expect(upgraded)
          .to.include({[DATA_VERSION]: '10', [FLAG]: 'false'})
          .and.not.to.have.property(LOCK);
        expect(new Set((await judge.snapshots()).match(/snapshot-\d+/g)).size).to.equal(1);
        expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      }
      expect(await judge.dump()).to.deep.equal(before);
    });
  });
});

/** What one run of an upgrade leaves, and asks for only once. */
function expectOneUpgrade(simulator: Simulator): void {
  const {counts} = simulator.requests;
  expect(counts).to.include({CreateSnapshot_Task: 1, ShutdownGuest: 1, PowerOnVM_Task: 1});
  expect(applianceKeys(simulator))
    .to.include({[DATA_VERSION]: '10', [FLAG]: 'false'})
    .and.not.to.have.property(LOCK);
  expect(snapshotsOf(simulator)).to.have.lengthOf(1);
}

/** Somebody puts the old data back, for the next pair. */
function asBefore(simulator: Simulator): void {
  const vm = simulator.inventory.vm(APPLIANCE);
  vm.powerOff();
  vm.change({[DATA_VERSION]: '0'});
  vm.powerOn();
  vm.startGuest();
}
