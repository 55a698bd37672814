import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {judge, judgeError} from '../../src/fleet/outcome.js';
import type {Report} from '../../src/report/report.js';
import {reportFor, unitOf} from './fake-hands.js';

const ATTEMPT = {
  wanted: 'upgrade',
  did: 'upgrade',
  name: 'vch1',
  tries: 0,
  stopped: null,
  begun: false,
  deaths: 0,
  ours: false,
} as const;

/** The report of `status` on a VCH with that lock. */
function statusWith(lock: Report['vch']['lock']) {
  const unit = unitOf({command: 'status', vchRun: 'r', vch: 'vm-1', name: 'vch1'});
  const report = reportFor(unit);
  return {exit: 0, report: {...report, vch: {...report.vch, lock}}};
}

describe('fleet/outcome', () => {
  it('says of a cancelled VCH whose worker was gone what is known of it, and never that it is done', () => {
    const held = {held: true, lockId: null, owner: 'ann@there', phase: null} as const;
    for (const [lock, wanted, ours, words] of [
      [
        {...held, by: 'vch-migrate'},
        'upgrade',
        true,
        'vch1 is unfinished: its worker ended, and the run was cancelled',
      ],
      [{held: false}, 'upgrade', true, 'vch1 is unfinished: its worker ended, and the run was cancelled'],
      [
        {...held, by: 'vch-migrate'},
        'upgrade',
        false,
        'vch1 was stopped, because the run was cancelled; no upgrade of this run is unfinished on it, and ann@there holds it for something else',
      ],
      [
        {...held, owner: null, by: 'vic-machine'},
        'apply',
        false,
        'vch1 was stopped, because the run was cancelled; no upgrade of this run is unfinished on it, and vic-machine holds it for something else',
      ],
      [
        {held: false},
        'upgrade',
        false,
        'vch1 was stopped, because the run was cancelled; nothing is unfinished',
      ],
      [
        {held: false},
        'apply',
        false,
        'vch1 was stopped, because the run was cancelled; what its worker had not reached is as before',
      ],
    ] as const) {
      const verdict = judge(statusWith(lock), {...ATTEMPT, wanted, did: 'status', begun: true, ours});
      expect(verdict.kind === 'settle' && verdict.settled).to.include({state: 'stopped', message: words});
    }
  });

  it('fails a VCH whose lock somebody else holds', () => {
    const foreign = judgeError(new VchError('VCH_ERR_LOCKED', 'held'), ATTEMPT);
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
