import {expect} from 'chai';
import type {LockState} from '../../src/appliance/upgrade-lock.js';
import {VchError} from '../../src/errors.js';
import {readInventory} from '../../src/fleet/inventory.js';
import {judge, judgeError} from '../../src/fleet/outcome.js';
import type {Unit} from '../../src/fleet/worker.js';
import {reportFor} from './fake-hands.js';

const ATTEMPT = {
  wanted: 'upgrade',
  did: 'upgrade',
  name: 'vch1',
  tries: 0,
  stopped: null,
  begun: false,
} as const;

/** The report of `status` on a VCH with that lock. */
function statusWith(lock: LockState) {
  const {inventory} = readInventory('version: 1\nvcenters: [{name: a, url: "https://a.example"}]\n');
  const vcenter = inventory?.vcenters[0];
  const unit = {
    command: 'status',
    vchRun: 'r',
    vcenter,
    target: {name: 'vch1', vch: 'vm-1'},
  } as unknown as Unit;
  const report = reportFor(unit);
  if (report.vch === null) throw new Error('there is no VCH');
  return {exit: 0, report: {...report, vch: {...report.vch, lock}}};
}

describe('fleet/outcome', () => {
  it('says of a cancelled VCH that was taken over what its lock says, and never that it is done', () => {
    const held = {held: true, state: 'dead', message: ''} as unknown as LockState;
    for (const [lock, words] of [
      [held, 'vch1 is unfinished: its worker ended, and the run was cancelled'],
      [{held: false}, 'vch1 was stopped, because the run was cancelled; nothing is unfinished'],
    ] as const) {
      const verdict = judge(statusWith(lock), {...ATTEMPT, did: 'status', begun: true});
      expect(verdict.kind === 'settle' && verdict.settled).to.include({state: 'stopped', message: words});
    }
  });

  it('tries a VCH again if its first worker turns out to be alive, and fails it if somebody else holds the lock', () => {
    const locked = new VchError('VCH_ERR_LOCKED', 'held');
    expect(judgeError(locked, {...ATTEMPT, did: 'resume', begun: true})).to.include({
      ...{kind: 'again', counts: false, unfinished: true},
    });
    const foreign = judgeError(locked, ATTEMPT);
    expect(foreign.kind === 'settle' && foreign.settled).to.include({state: 'failed', exit: 4});
  });

  it('does not say that nothing was written where an earlier worker had begun', () => {
    const interrupted = new VchError('VCH_ERR_INTERRUPTED', 'stopped');
    for (const stopped of ['cancelled', 'stopping'] as const) {
      const words = (begun: boolean) => {
        const verdict = judgeError(interrupted, {...ATTEMPT, stopped, begun});
        return verdict.kind === 'settle' ? verdict.settled.message : verdict.message;
      };
      expect(words(false)).to.contain('was stopped before anything was written');
      expect(words(true)).to.contain('what was begun earlier may be unfinished');
    }
  });

  it('does not call a rollback that failed rolled back', () => {
    const verdict = judge(
      {...statusWith({held: false}), exit: 1},
      {...ATTEMPT, did: 'rollback', begun: true},
    );
    expect(verdict.kind === 'settle' && verdict.settled.message).to.contain('failed: exit 1');
  });
});
