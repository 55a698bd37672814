import {expect} from 'chai';
import {resumeVch, rollbackVch, unlockVch, upgradeVch} from '../../src/index.js';
import {readIsoInfo} from '../../src/iso/iso-info.js';
import {silent} from '../../src/log.js';
import type {UpgradeOptions} from '../../src/vch-upgrade/vch-target.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {writeIso} from '../iso-file.js';
import {type Dump, type DumpedVm, startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {rejection} from '../rejection.js';
import {differences} from './differences.js';
import {guestStarts} from './guest.js';
import {withEmptyDirectory} from './vch-migrate.js';

const FLAG = 'UpdateInProgress';
const LOCK = 'vch-migrate/lock';
const RECORD = 'vch-migrate/upgrade';
const LEDGER = 'vch-migrate/ledger';
const DATA_VERSION = 'guestinfo.vice./init/version/PluginVersion';
const ISO = 'v1.5.6-20000-0a1b2c3';

describeWithPeers('an upgrade of a VCH on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let session: Session;
  let id: string;
  let original: Dump;
  let upgraded: Dump;
  let drive: string;

  before(async () => {
    vcsim = await startVcsim(peers, 'legacy.json');
    session = await connect({
      url: new URL(vcsim.url),
      user: vcsim.user,
      password: vcsim.password,
      tls: {thumbprint: vcsim.thumbprint},
      runId: 'conformance',
      log: silent,
    });
    const [found] = Object.entries(await vcsim.dump()).find(([, {name}]) => name === 'vch1') ?? [];
    if (found === undefined) throw new Error('the fixture has no vch1');
    id = found;
    await guestStarts(vcsim, id);
    original = await vcsim.dump();
    drive = await cdrom();
  });

  after(async () => {
    await session?.close();
    await vcsim?.close();
  });

  const vm = () => `VirtualMachine:${id}`;
  const snapshots = () => vcsim.govc('snapshot.tree', '-vm', vm(), '-i', '-d');
  const cdrom = async (): Promise<string> => {
    const devices = await vcsim.govc('collect', '-json', vm(), 'config.hardware.device');
    const [, file = ''] = /"fileName":\s*"(\[[^"]*\.iso)"/.exec(devices) ?? [];
    return file;
  };

  /** The options of a run during which the guest is played as soon as it is waited for. */
  function playing(more: Partial<UpgradeOptions> = {}): Partial<UpgradeOptions> {
    const failed: unknown[] = [];
    return {
      vch: {id},
      timeout: 30_000,
      shutdownGrace: 1_000,
      poll: 50,
      ...more,
      onProgress(event) {
        more.onProgress?.(event);
        if (event.type === 'phase' && event.phase === 'ready')
          guestStarts(vcsim, id).catch((error: unknown) => failed.push(error));
      },
    };
  }

  it('takes a snapshot, powers off, migrates, and powers on, as govc sees it', async () => {
    const outcome = await upgradeVch(session, playing({runId: 'run-1', dataOnly: true}));
    expect(outcome.upgrade).to.deep.include({result: 'upgraded', error: null});
    expect(await snapshots()).to.contain(outcome.upgrade.snapshot);
    upgraded = await vcsim.dump();
    const appliance = upgraded[id];
    expect(appliance?.powerState).to.equal('poweredOn');
    expect(appliance?.extraConfig).to.include({
      [DATA_VERSION]: '10',
      [FLAG]: 'false',
      'init/common/name': 'vch1',
    });
    expect(appliance?.extraConfig).to.include.keys([RECORD, LEDGER]).and.not.to.have.property(LOCK);
    expect(JSON.parse(appliance?.extraConfig[RECORD] ?? '')).to.include({run: 'run-1', phase: 'done'});
  });

  it('leaves every containerVM as it was but for its hidden keys, running or not', () => {
    const {[id]: _appliance, ...changed} = differences(original, upgraded);
    expect(Object.keys(changed)).to.have.length.above(5);
    for (const [vm, keys] of Object.entries(changed))
      expect(['common/name', 'common/rename-disabled', LEDGER], vm).to.include.members(Object.keys(keys));
  });

  it('is rolled back, whatever vcsim does not revert: every key of every VM, power and snapshots as before', async () => {
    const outcome = await rollbackVch(session, playing());
    expect(outcome.upgrade.result).to.equal('rolled-back');
    expect(differences(original, await vcsim.dump())).to.deep.equal({});
    expect(await snapshots()).to.equal('');
  });

  it('uploads the ISO, switches the drive and stamps the version; a rollback switches back and removes it', async () => {
    await withEmptyDirectory(async (directory) => {
      const applianceIso = await readIsoInfo(await writeIso(`${directory}/appliance.iso`));
      const isos = {applianceIso, bootstrapIso: applianceIso};
      const {upgrade: ended} = await upgradeVch(session, playing(isos));
      expect(ended).to.deep.include({result: 'upgraded', error: null});
      const folder = drive.replace(/^\[.*\] /, '').replace(/\/[^/]*$/, '');
      expect(await cdrom())
        .to.contain(ISO)
        .and.not.to.equal(drive);
      expect(await filesOf(folder)).to.match(new RegExp(`${ISO}\\S*appliance\\S*\\.iso|${ISO}\\S*\\.iso`));
      expect((await vcsim.dump())[id]?.extraConfig).to.include({
        'guestinfo.vice./init/version/BuildNumber': '20000',
        'guestinfo.vice./init/version/Version': 'v1.5.6',
        [DATA_VERSION]: '10',
      });

      expect((await rollbackVch(session, playing())).upgrade.result).to.equal('rolled-back');
      expect(await cdrom()).to.equal(drive);
      expect(await filesOf(folder)).not.to.contain(ISO);
      expect(differences(original, await vcsim.dump())).to.deep.equal({});
    });
  });

  it('goes back by itself when the guest is not up within the limit, with no snapshot left', async () => {
    const outcome = await upgradeVch(session, {
      vch: {id},
      dataOnly: true,
      timeout: 300,
      shutdownGrace: 1_000,
      poll: 50,
    });
    expect(outcome.upgrade.result).to.equal('as-before');
    expect(outcome.upgrade.error?.message).to.match(/^Upgrading VCH exceeded time limit of 0\.3s/);
    const appliance = ({[id]: found}: Dump): DumpedVm | undefined => found;
    await guestStarts(vcsim, id);
    expect(appliance(await vcsim.dump())).to.deep.equal(appliance(original));
    expect(await snapshots()).to.equal('');
  });

  it('refuses while vic-machine is at work, and leaves its flag', async () => {
    await vcsim.govc('vm.change', '-vm', vm(), '-e', `${FLAG}=true`);
    const before = await vcsim.dump();
    expect((await rejection(upgradeVch(session, playing({dataOnly: true})))).code).to.equal('VCH_ERR_LOCKED');
    expect((await rejection(unlockVch(session, {vch: {id}}))).code).to.equal('VCH_ERR_LOCKED');
    expect(differences(before, await vcsim.dump())).to.deep.equal({});
    await vcsim.govc('vm.change', '-vm', vm(), '-e', `${FLAG}=`);
  });

  it("notices that vic-machine's end has cleared the flag, stops, and is gone on with", async () => {
    const first = await upgradeVch(
      session,
      playing({
        dataOnly: true,
        // When all else is up, and before the next phase.
        probeDocker: async () => {
          await vcsim.govc('vm.change', '-vm', vm(), '-e', `${FLAG}=false`);
          return {status: 'running'};
        },
      }),
    );
    expect(first.upgrade.error?.code).to.equal('VCH_ERR_LOCK_LOST');
    expect((await resumeVch(session, playing())).upgrade).to.include({
      result: 'upgraded',
      run: first.upgrade.run,
    });
    expect((await rollbackVch(session, playing())).upgrade.result).to.equal('rolled-back');
  });

  it("leaves the user's own snapshots, before and after", async () => {
    await vcsim.govc('snapshot.create', '-vm', vm(), '-m=false', 'of the user');
    const own = await snapshots();
    await upgradeVch(session, playing({dataOnly: true}));
    expect(await snapshots())
      .to.contain('of the user')
      .and.to.contain('upgrade for data version 10');
    await rollbackVch(session, playing());
    expect(await snapshots()).to.equal(own);
  });

  async function filesOf(folder: string): Promise<string> {
    return vcsim.govc('datastore.ls', '-dc', 'dc1', '-ds', 'LocalDS_0', folder);
  }
});
