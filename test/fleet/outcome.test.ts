import {expect} from 'chai';
import {lockState} from '../../src/appliance/upgrade-lock.js';
import {VchError} from '../../src/errors.js';
import type {ExtraConfig} from '../../src/extraconfig/extra-config.js';
import {UPDATE_IN_PROGRESS_KEY} from '../../src/extraconfig/keys.js';
import {judge, judgeError} from '../../src/fleet/outcome.js';
import {reportFor, unitOf} from './fake-hands.js';

const ATTEMPT = {
  wanted: 'upgrade',
  did: 'upgrade',
  name: 'vch1',
  tries: 0,
  stopped: null,
  begun: false,
} as const;

/** The report of `status` on a VCH with those keys. */
function statusWith(config: ExtraConfig) {
  const unit = unitOf({command: 'status', vchRun: 'r', vch: 'vm-1', name: 'vch1'});
  const report = reportFor(unit);
  return {exit: 0, report: {...report, vch: {...report.vch, lock: lockState(config, 'vch1 (vm-1)')}}};
}

describe('fleet/outcome', () => {
  it('says of a cancelled VCH that was taken over what its lock says, and never that it is done', () => {
    for (const [config, words] of [
      [{[UPDATE_IN_PROGRESS_KEY]: 'true'}, 'vch1 is unfinished: its worker ended, and the run was cancelled'],
      [{}, 'vch1 was stopped, because the run was cancelled; nothing is unfinished'],
    ] as const) {
      const verdict = judge(statusWith(config), {...ATTEMPT, did: 'status', begun: true});
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
    const verdict = judge({...statusWith({}), exit: 1}, {...ATTEMPT, did: 'rollback', begun: true});
    expect(verdict.kind === 'settle' && verdict.settled.message).to.contain('failed: exit 1');
  });
});
