import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {differences} from '../conformance/differences.js';
import {type Ended, onSimulator, reportOf} from '../on-simulator.js';
import type {Dump} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {type Judge, judgeOf} from './judge.js';
import {APPLIANCE, CREATETIME, DATA_VERSION, FLAG, LEDGER, LOCK, RECORD, withVch} from './small-upgrade.js';

/** All that VIC 0.9 has in an appliance. */
const WHOLE = {appliance: {extends: 'appliance-pv0'}, settings: {shutdownTime: 0}};
const OURS = [LEDGER, LOCK, RECORD, 'vch-migrate/rename'];

// VIC's group 11-01. Left out, as no data is at stake: volumes, regression tests of docker, the years-ago check of `docker
// ps` (its cause, the createtime of containerVMs, is looked at instead).
describeWithPeers('an upgrade that is not ready within its limit of 1 s', ['govc', 'python'], (peers) => {
  for (const [flag, extraConfig] of [
    ['absent', {}],
    ['false', {[FLAG]: 'false'}],
  ] as const) {
    it(`puts the VCH back, UpdateInProgress ${flag} as before, and exits 1`, async () => {
      await withVch(slow(extraConfig), async (_session, simulator) => {
        const judge = judgeOf(peers, simulator);
        const before = await judge.dump();
        expect(before[APPLIANCE]?.extraConfig[FLAG]).to.equal(flag === 'absent' ? undefined : flag);
        recoversWith(simulator, 2);

        const {code, report} = await reportOf(
          simulator,
          'upgrade',
          '--data-only',
          '--yes',
          '--timeout',
          '1s',
        );

        expect(code).to.equal(1);
        expect(report.upgrade).to.deep.include({result: 'as-before'});
        expect(report.upgrade?.error).to.include({code: 'VCH_ERR_TIMEOUT'});
        expect(report.upgrade?.error?.message).to.match(/^Upgrading VCH exceeded time limit of 1s\b/);
        const after = await judge.dump();
        expect(after[APPLIANCE]).to.deep.equal(before[APPLIANCE]);
        expect(await judge.snapshots()).to.equal('');
      });
    });
  }

  it('says so to people, and nowhere that anything is upgraded', async () => {
    await withVch(slow(), async (_session, simulator) => {
      recoversWith(simulator, 2);
      const {code, stdout, stderr} = await onSimulator(
        simulator,
        'upgrade',
        '--name',
        'vch1',
        '--data-only',
        '--yes',
        '--timeout',
        '1s',
      );
      expect(code).to.equal(1);
      expect(stdout).to.contain('Upgrading VCH exceeded time limit of 1s');
      expect(stdout).to.match(/^✕ The upgrade of vch1 failed; it is back on v0\.9\.0$/m);
      expect(`${stdout}${stderr}`).not.to.match(/is upgraded|Completed successfully/);
    });
  });
});

describeWithPeers('upgrade, rollback and upgrade by --id of a VCH', ['govc', 'python'], (peers) => {
  const dumps: Dump[] = [];
  let renames: Ended[] = [];
  let ends: Ended[] = [];
  let runs: string[] = [];

  before(async () => {
    renames = [];
    ends = [];
    runs = [];
    await withVch(WHOLE, async (_session, simulator) => {
      const judge: Judge = judgeOf(peers, simulator);
      const step = async (...args: string[]) => {
        const ended = await onSimulator(simulator, ...args, '--yes', '--format', 'json');
        ends.push(ended);
        runs.push(JSON.parse(ended.stdout).upgrade.result);
        dumps.push(await judge.dump());
        renames.push(await onSimulator(simulator, 'rename', 'web', 'www', '--name', 'vch1', '--yes'));
      };
      dumps.push(await judge.dump());
      await step('upgrade', '--data-only', '--name', 'vch1');
      await step('rollback', '--name', 'vch1');
      await step('upgrade', '--data-only', '--id', APPLIANCE);
      dumps.push(await judge.dump());
    });
  });

  it('ends each where it should', () => {
    expect(runs).to.deep.equal(['upgraded', 'rolled-back', 'upgraded']);
    expect(ends.map(({code}) => code)).to.deep.equal([0, 0, 0]);
    expect(dumps.map((dump) => dump[APPLIANCE]?.extraConfig[DATA_VERSION])).to.deep.equal([
      '0',
      '10',
      '0',
      '10',
      '10',
    ]);
    expect(dumps.map((dump) => dump[APPLIANCE]?.powerState)).to.deep.equal(Array(5).fill('poweredOn'));
  });

  it('has every key of every VM as before after the rollback, and none of its own', () => {
    const [original = {}, , rolledBack = {}] = dumps;
    expect(differences(original, rolledBack)).to.deep.equal({});
    for (const {extraConfig} of Object.values(rolledBack)) expect(extraConfig).not.to.have.any.keys(OURS);
  });

  it('writes VIC its flag as false, no lock, and the data that plugins make', () => {
    const upgraded = dumps[1]?.[APPLIANCE]?.extraConfig;
    expect(upgraded)
      .to.include({[FLAG]: 'false', 'init/common/name': 'vch1'})
      .and.not.to.have.property(LOCK);
    expect(upgraded).to.include.keys([RECORD, LEDGER]);
    expect(upgraded?.['guestinfo.vice./init/sessions|vicadmin/cmd/Env~']).to.equal(
      'PATH=/sbin:/bin|VICADMIN_HTTP_PROXY=http://proxy.example:3128?x=1|VICADMIN_HTTPS_PROXY=https://proxy.example:3129',
    );
  });

  it('never touches the createtime, nor any other guestinfo key, of a containerVM', () => {
    const guestinfo = (dump: Dump) =>
      Object.entries(dump).map(([id, {extraConfig}]) =>
        id === APPLIANCE ? [] : Object.entries(extraConfig).filter(([key]) => key.startsWith('guestinfo.')),
      );
    const [original = {}, ...later] = dumps;
    expect(JSON.stringify(guestinfo(original))).to.contain(CREATETIME);
    for (const dump of later) expect(guestinfo(dump)).to.deep.equal(guestinfo(original));
  });

  // The step that VIC dropped from its suite in 2018, when that began to start from a version with rename.
  it('answers a rename of a pre-4 container as VIC does, upgraded and rolled back alike', () => {
    for (const {code, stderr} of renames) {
      expect(code).to.equal(1);
      expect(stderr).to.contain('container web does not support rename');
    }
    expect(differences(dumps[3] ?? {}, dumps[4] ?? {})).to.deep.equal({});
  });
});

/** A VCH whose services never start again once it was powered off. */
function slow(extraConfig: Readonly<Record<string, string>> = {}) {
  return {...WHOLE, appliance: {...WHOLE.appliance, guest: {never: true}, extraConfig}};
}

/** From that power-on on, the guest is in good health. */
function recoversWith(simulator: Simulator, nth: number): void {
  const before = () => simulator.inventory.vm(APPLIANCE).setGuest({});
  simulator.addFault({method: 'PowerOnVM_Task', object: APPLIANCE, nth, before});
}
