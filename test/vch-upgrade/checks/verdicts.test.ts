import {expect} from 'chai';
import {VchError} from '../../../src/errors.js';
import type {Host} from '../../../src/inventory/hosts.js';
import {judgeHosts} from '../../../src/vch-upgrade/checks/hosts.js';
import {judgeDatastore} from '../../../src/vch-upgrade/checks/iso.js';
import {judgeSnapshots} from '../../../src/vch-upgrade/checks/snapshots.js';
import {makeCheck, named, ok, type Verdict} from '../../../src/vch-upgrade/checks/verdict.js';
import {vmRef} from '../../../src/vim25/managed-object.js';
import type {Snapshot} from '../../../src/vim25/snapshot.js';
import {VCH} from '../../cli/fake-cli.js';
import {rejection} from '../../rejection.js';

const GIB = 1024 ** 3;

describe('vch-upgrade/checks/checks', () => {
  describe('a check', () => {
    const making = (judge: () => Verdict) => makeCheck({id: 'id', title: 'title', judge}, null);
    const failing = (error: Error) =>
      making(() => {
        throw error;
      });

    it('is a warning where it cannot be made', async () => {
      for (const code of ['VCH_ERR_PRIVILEGE', 'VCH_ERR_VIM_FAULT', 'VCH_ERR_HOST_UNREACHABLE'] as const) {
        const {status, message} = await failing(new VchError(code, 'no Read here'));
        expect([status, message]).to.deep.equal(['warning', 'this could not be checked: no Read here']);
      }
    });

    it('fails with what else stands against the upgrade', async () => {
      const made = await failing(new VchError('VCH_ERR_LEDGER_INVALID', 'no record'));
      expect(made).to.deep.include({status: 'failed', message: 'VCH_ERR_LEDGER_INVALID: no record'});
    });

    it('ends with a server that is gone, and with a defect of ours', async () => {
      expect((await rejection(failing(new VchError('VCH_ERR_TRANSPORT', 'gone')))).code).to.equal(
        'VCH_ERR_TRANSPORT',
      );
      expect(await failing(new TypeError('x')).catch((error: unknown) => error)).to.be.instanceOf(TypeError);
      expect(await making(() => ok('fine'))).to.deep.equal({
        id: 'id',
        title: 'title',
        status: 'ok',
        message: 'fine',
      });
    });
  });

  it('names the first few VMs, their long ids cut', () => {
    const vms = Array.from({length: 7}, (_, at) => ({displayName: `web-${'a'.repeat(64)}`, id: `vm-${at}`}));
    expect(named(vms)).to.match(/^web-a{12}… \(vm-0\), .* and 2 more$/);
  });

  describe('hosts', () => {
    const host = (version: string | null, connectionState = 'connected', more: Partial<Host> = {}): Host => ({
      id: 'host-1',
      name: 'esx1',
      version,
      connectionState,
      inMaintenanceMode: false,
      vms: ['vm-12'],
      ...more,
    });
    const judged = (hosts: readonly Host[], unread: VchError | null = null) =>
      judgeHosts({hosts, unread}, {ref: vmRef('vm-12'), summary: VCH});

    it('warn where one is away, or none can be seen', () => {
      expect(judged([host('6.7.0')]).status).to.equal('ok');
      const away = judged([host('6.7.0'), host('6.7.0', 'notResponding')]);
      expect([away.status, away.message.includes('esx1 (notResponding)')]).to.deep.equal(['warning', true]);
      const unread = new VchError('VCH_ERR_PRIVILEGE', 'no Read on host-1');
      expect(judged([], unread)).to.deep.equal({
        status: 'warning',
        message: 'its hosts cannot be read: no Read on host-1',
      });
      expect(judged([host(null)], unread).status).to.equal('warning');
    });

    it('fail where the appliance could not be powered on again, and warn of maintenance mode elsewhere', () => {
      const resting = {name: 'esx2', inMaintenanceMode: true};
      const own = judged([host('6.7.0', 'connected', resting)]);
      expect(own.status).to.equal('failed');
      expect(own.message).to.contain('esx2 is in maintenance mode, and vch1 (vm-12) is on it');
      const other = judged([host('6.7.0'), host('6.7.0', 'connected', {...resting, vms: ['vm-13']})]);
      expect([other.status, other.message.includes('in maintenance mode: esx2')]).to.deep.equal([
        'warning',
        true,
      ]);
    });

    for (const [version, mayRefuse] of [
      ['6.7.0', false],
      ['7.0.2', false],
      ['7.0.3', true],
      ['7.1.0', true],
      ['8.0.0', true],
      ['9.0.1', true],
      [null, false],
    ] as const) {
      it(`of ESXi ${version} ${mayRefuse ? 'may' : 'do not'} refuse writes to running VMs`, () => {
        const {message} = judged([host(version)]);
        expect(message.includes('VCH_ERR_NEEDS_POWER_OFF')).to.equal(mayRefuse);
      });
    }
  });

  describe('the datastore', () => {
    const info = {
      path: 'a.iso',
      size: 100 * 1024 ** 2,
      sha256: '',
      version: 'v1.5.6',
      buildNumber: '1',
      gitCommit: null,
      buildDate: null,
    };
    const isos = {applianceIso: info, bootstrapIso: info};
    const datastore = (freeSpace: number | null, accessible = true) => [
      {ref: {type: 'Datastore', value: 'datastore-1'}, name: 'other', accessible: true, freeSpace: 0},
      {ref: {type: 'Datastore', value: 'datastore-2'}, name: 'ds (1)', accessible, freeSpace},
    ];
    const PATH = '[ds (1)] vch1/vch1.vmx';

    for (const [freeSpace, wanted] of [
      [10 * GIB, 'ok'],
      [GIB, 'warning'],
      [150 * 1024 ** 2, 'failed'],
      [null, 'warning'],
    ] as const) {
      it(`with ${freeSpace} bytes free for 200 MiB is ${wanted}`, () => {
        expect(judgeDatastore(datastore(freeSpace), PATH, isos).status).to.equal(wanted);
      });
    }

    it('fails where it is away, and is a warning where it cannot be told', () => {
      expect(judgeDatastore(datastore(10 * GIB, false), PATH, isos).status).to.equal('failed');
      expect(judgeDatastore(datastore(10 * GIB), null, isos).status).to.equal('warning');
      expect(judgeDatastore(datastore(10 * GIB), PATH, isos).message).to.contain(
        '10.0 GiB free, 200 MiB needed',
      );
    });
  });

  describe('snapshots', () => {
    const snapshot = (name: string, description = '', parent: string | null = null): Snapshot => ({
      ref: {type: 'VirtualMachineSnapshot', value: name},
      name,
      description,
      createTime: '2026-01-02T03:04:05Z',
      parent,
    });

    it('are told by whose they are', () => {
      const ours = snapshot('upgrade for 20000', 'vch-migrate run run-1');
      expect(judgeSnapshots({current: ours.ref.value, all: [ours]}).status).to.equal('ok');
      const all = [
        ours,
        snapshot('upgrade for 15556'),
        snapshot('reconfigure for 1'),
        snapshot('before patch'),
      ];
      const {status, message} = judgeSnapshots({current: null, all});
      expect(status).to.equal('warning');
      expect(message)
        .to.contain('4 snapshots')
        .and.to.contain('1 of an earlier vch-migrate upgrade')
        .and.to.contain('2 of vic-machine ("upgrade for 15556", "reconfigure for 1")')
        .and.to.contain('1 of another tool or user ("before patch"), which stays');
    });

    it('fail where vSphere takes no more in one line', () => {
      const line = Array.from({length: 32}, (_, at) =>
        snapshot(`s${at}`, '', at === 0 ? null : `s${at - 1}`),
      );
      expect(judgeSnapshots({current: 's31', all: line}).status).to.equal('failed');
      for (const current of ['s3', 's30'])
        expect(judgeSnapshots({current, all: line}).status).to.equal('warning');
    });
  });
});
