import {expect} from 'chai';
import {
  CHECK,
  isRollingBack,
  LOCK,
  leaseTimeOf,
  mayBeDown,
  ROLLBACK_STEPS,
  reached,
  resumePoint,
  STEP_NAMES,
  STEPS,
  stepsFrom,
  UNLOCK,
} from '../../src/vch-upgrade/steps.js';

describe('vch-upgrade/steps', () => {
  it('has the words that locks and records have as phase, in the order of the way', () => {
    expect(STEP_NAMES).to.deep.equal([
      ...['locked', 'upload', 'containers', 'snapshot', 'power-off', 'appliance', 'power-on', 'ready'],
      ...['verify', 'drop-previous-snapshot', 'done', 'rollback', 'rollback-containers', 'rollback-cleanup'],
    ]);
    expect(reached('verify', 'appliance')).to.equal(true);
    expect(reached('snapshot', 'appliance')).to.equal(false);
    expect(STEP_NAMES.filter(isRollingBack)).to.deep.equal(ROLLBACK_STEPS.map(({name}) => name));
  });

  it('has the words that people read, and that the stream of events has', () => {
    const shown = [CHECK, LOCK, ...STEPS, ...ROLLBACK_STEPS, UNLOCK].flatMap((step) =>
      'showsItself' in step && step.name !== 'upload'
        ? []
        : [[('event' in step && step.event) || step.name, step.label]],
    );
    expect(Object.fromEntries(shown)).to.deep.equal({
      check: 'checking',
      lock: 'taking the upgrade lock',
      upload: 'uploading',
      snapshot: 'taking the snapshot',
      'power-off': 'powering off',
      appliance: 'upgrading the appliance',
      'power-on': 'powering on',
      ready: 'waiting until ready',
      'verify-appliance': 'verifying the appliance',
      'drop-previous-snapshot': "removing the last upgrade's snapshot",
      revert: 'reverting to the snapshot',
      cleanup: 'cleaning up',
      unlock: 'releasing the upgrade lock',
    });
  });

  it('gives the lock a long lease where the VM takes no writes', () => {
    expect(STEP_NAMES.filter((name) => leaseTimeOf(name, 120) === 900)).to.deep.equal([
      ...['snapshot', 'power-off', 'appliance', 'power-on', 'drop-previous-snapshot'],
      ...['rollback', 'rollback-cleanup'],
    ]);
    expect(leaseTimeOf('containers', 7)).to.equal(7);
    expect(leaseTimeOf('locked', 7)).to.equal(7);
  });

  it('may leave a VCH off that was on, from its power-off until it is powered on', () => {
    const down = (powerState: 'poweredOn' | 'poweredOff') =>
      STEP_NAMES.filter((phase) => mayBeDown({phase, powerState}));
    expect(down('poweredOn')).to.deep.equal(['power-off', 'appliance', 'power-on']);
    expect(down('poweredOff')).to.deep.equal([]);
  });

  it('goes on where what was done still counts', () => {
    const up = {isOff: false, hasSnapshot: true};
    const off = {isOff: true, hasSnapshot: true};
    const points = (seen: Parameters<typeof resumePoint>[1]) =>
      STEPS.map(({name}) => resumePoint(name, seen));
    const later = ['power-off', 'power-on', 'power-on', 'power-on', 'drop-previous-snapshot'];
    expect(points(up)).to.deep.equal(['upload', 'containers', 'containers', 'containers', ...later]);
    expect(points(off)).to.deep.equal(['upload', 'containers', 'power-off', 'power-off', ...later]);
    expect(points({isOff: true, hasSnapshot: false}).slice(2, 4)).to.deep.equal(['containers', 'containers']);
    expect(stepsFrom(STEPS, 'verify').map(({name}) => name)).to.deep.equal([
      'verify',
      'drop-previous-snapshot',
    ]);
    expect(stepsFrom(STEPS, 'locked')).to.deep.equal(STEPS);
  });
});
