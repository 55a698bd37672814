import {join} from 'node:path';
import {expect} from 'chai';
import {builtinPlugins} from '../../plugins/index.js';
import {readIsoInfo} from '../../src/iso/iso-info.js';
import {silent} from '../../src/log.js';
import {createRegistry} from '../../src/migration/registry.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {type CheckOutcome, checkVch} from '../../src/vch-upgrade/check.js';
import type {CheckOptions} from '../../src/vch-upgrade/vch-target.js';
import {vmRef} from '../../src/vim25/managed-object.js';
import {connect} from '../../src/vim25/session.js';
import {TaskWaiter} from '../../src/vim25/tasks.js';
import {powerOn} from '../../src/vim25/virtual-machine.js';
import {writeIso} from '../iso-file.js';
import {rejection} from '../rejection.js';
import {loginTo, type SmallVm, smallVch, withSession, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';

const READING = new Set([
  'RetrieveServiceContent',
  'Login',
  'Logout',
  'CurrentTime',
  'CreateContainerView',
  'DestroyView',
  'RetrievePropertiesEx',
  'ContinueRetrievePropertiesEx',
  'CancelRetrievePropertiesEx',
  'RetrieveProperties',
  'HasPrivilegeOnEntities',
]);

function options(given: Partial<CheckOptions> = {}): CheckOptions {
  return {
    vch: {name: 'vch1'},
    registry: createRegistry(builtinPlugins),
    runId: 'run-1',
    user: 'ann',
    toolVersion: '9.9.9',
    parallelism: 8,
    timeout: 600_000,
    log: silent,
    ...given,
  };
}

function checked(
  vms: readonly SmallVm[],
  given: Partial<CheckOptions> = {},
  prepare: (simulator: Simulator) => void = () => undefined,
): Promise<CheckOutcome> {
  return withSession({fixture: smallVch(vms)}, (session, simulator) => {
    prepare(simulator);
    return checkVch(session, options(given));
  });
}

function of({checks}: CheckOutcome, id: string) {
  const found = checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

const notOk = ({checks}: CheckOutcome) =>
  checks
    .filter(({status}) => status !== 'ok')
    // That there is none is a warning of its own, and most of these name none.
    .filter(({id, message}) => id !== 'iso' || !message.startsWith('none'))
    .map(({id, status}) => [id, status]);

const appliance = (changes: Readonly<Record<string, string | null>>) => (simulator: Simulator) =>
  simulator.inventory.vm('vm-100').change(changes);

describe('vch-upgrade/check', () => {
  it('finds nothing against a sound VCH, with the containerVMs as plan has them, and writes nothing', async () => {
    await withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator) => {
      const outcome = await checkVch(session, options({expect: 1}));
      expect(notOk(outcome)).to.deep.equal([]);
      expect(outcome.vms.map(({id, status}) => [id, status])).to.deep.equal([['vm-101', 'pending']]);
      expect(outcome.checks.map(({id}) => id)).to.deep.equal([
        'appliance',
        'expect',
        'privileges',
        'hosts',
        'reach',
        'lock',
        'data-version',
        'iso',
        'build',
        'datastore',
        'snapshots',
        'containers',
        'refused',
        'vic-machine',
        'outage',
      ]);
      expect(of(outcome, 'outage').message).to.contain('10 min (--timeout)');
      const calls = simulator.requests.list.filter(({object}) => object !== '');
      expect(calls.filter(({method}) => !READING.has(method))).to.deep.equal([]);
    });
  });

  it('warns where no ISO is named and the data are to change, and not where they are new already', async () => {
    expect(of(await checked([]), 'iso')).to.include({status: 'warning'});
    expect(of(await checked([], {skipIsoCheck: true}), 'iso')).to.include({status: 'ok'});
  });

  it('fails where there are more or fewer containerVMs than expected', async () => {
    const outcome = await checked([{name: 'web'}], {expect: 2});
    expect(of(outcome, 'expect')).to.deep.include({status: 'failed'});
    expect(of(outcome, 'expect').message).to.contain('1 containerVM, and --expect says 2');
    expect(outcome.vms).to.have.lengthOf(1);
  });

  it('tells which containerVMs stop an upgrade, and which it would leave out', async () => {
    const outcome = await checked([
      {name: 'future', dataVersion: '11'},
      {name: 'odd', dataVersion: 'zz'},
      {name: 'nameless', legacyName: null},
      {name: 'away', more: {connectionState: 'disconnected'}},
      {name: 'web'},
    ]);
    expect(notOk(outcome)).to.deep.equal([
      ['reach', 'warning'],
      ['containers', 'failed'],
      ['refused', 'warning'],
    ]);
    expect(of(outcome, 'containers').message).to.match(/^2 containerVMs .*future.*odd.*VCH_ERR_DATA_TOO_NEW/);
    expect(of(outcome, 'refused').message).to.match(/^1 containerVM .*VCH_ERR_NAME_MISSING.*nameless/);
    expect(of(outcome, 'reach').message).to.match(/^1 containerVM .*away/);
  });

  for (const [version, code] of [
    ['11', 'VCH_ERR_DATA_TOO_NEW'],
    ['zz', 'VCH_ERR_DATA_VERSION_INVALID'],
  ] as const) {
    it(`fails for an appliance of data version ${version}`, async () => {
      const key = 'guestinfo.vice./init/version/PluginVersion';
      const outcome = await checked([], {}, appliance({[key]: version}));
      expect(notOk(outcome)).to.deep.equal([['data-version', 'failed']]);
      expect(of(outcome, 'data-version').message).to.match(new RegExp(`^${code}: `));
    });
  }

  it('fails while somebody holds the VCH, and says who', async () => {
    const vic = await checked([], {}, appliance({UpdateInProgress: 'true'}));
    expect(of(vic, 'lock').status).to.equal('failed');
    expect(of(vic, 'lock').message).to.contain('vic-machine').and.to.contain('The risk:');
    const lock = JSON.stringify({id: 'lock-1', owner: 'bob@there', phase: 'upload', since: '2026-01-02'});
    const ours = await checked([], {}, appliance({'vch-migrate/lock': lock}));
    expect(of(ours, 'lock').status).to.equal('failed');
    expect(of(ours, 'lock').message).to.match(/bob@there.*2026-01-02.*upload.*resume.*rollback.*unlock/);
    const unreadable = await checked([], {}, appliance({'vch-migrate/upgrade': '{'}));
    expect(of(unreadable, 'lock').message).to.match(/^VCH_ERR_LEDGER_INVALID: /);
  });

  it('prints the smallest role for a user who may too little, and warns where only events are lacking', async () => {
    const read = ['System.Anonymous', 'System.View', 'System.Read'];
    const most = [
      ...read,
      'VirtualMachine.Config.AdvancedConfig',
      'VirtualMachine.Interact.PowerOff',
      'VirtualMachine.Interact.PowerOn',
      'VirtualMachine.State.CreateSnapshot',
      'VirtualMachine.State.RemoveSnapshot',
      'VirtualMachine.State.RevertToSnapshot',
    ];
    const fixture = {
      ...smallVch([{name: 'web'}, {name: 'db'}]),
      roles: [
        {name: 'reader', privileges: read},
        {name: 'most', privileges: most},
      ],
      users: [
        {user: 'reader', password: 'p', role: 'reader'},
        {user: 'most', password: 'p', role: 'most'},
      ],
    };
    await withSimulator({fixture}, async (simulator) => {
      const checkAs = async (user: string) => {
        const session = await connect({...loginTo(simulator), user, password: 'p'});
        try {
          return of(await checkVch(session, options()), 'privileges');
        } finally {
          await session.close();
        }
      };
      const lacking = await checkAs('reader');
      expect(lacking.status).to.equal('failed');
      expect(lacking.message)
        .to.contain('VirtualMachine.State.CreateSnapshot')
        .and.to.contain('VirtualMachine.Config.AdvancedConfig on 2 containerVMs (vm-102, vm-101)')
        .and.to.match(/govc role\.create vch-migrate [\w. ]*VirtualMachine\.State\.RevertToSnapshot/);
      expect(await checkAs('most')).to.include({status: 'warning'});
      expect((await checkAs('most')).message).to.contain('Global.LogEvent');
    });
  });

  it('warns of what cannot be looked at, and goes on', async () => {
    const outcome = await checked([{name: 'web'}], {}, (simulator) =>
      simulator.addFault({method: 'HasPrivilegeOnEntities', do: {fault: 'NotSupported'}}),
    );
    expect(notOk(outcome)).to.deep.equal([['privileges', 'warning']]);
    expect(of(outcome, 'privileges').message).to.contain('govc role.create');
  });

  it('sees a host that is away, and a datastore without room', async () => {
    await withDirectory({}, async (directory) => {
      const applianceIso = await readIsoInfo(await writeIso(join(directory, 'a.iso')));
      const vch = smallVch([{name: 'web', more: {host: 'esx2'}}]);
      const datacenters = vch.datacenters.map((datacenter) => ({
        ...datacenter,
        datastores: [{name: 'datastore1', type: 'VMFS' as const, freeSpace: 1000}],
        clusters: datacenter.clusters?.map((cluster) => ({
          ...cluster,
          hosts: [
            {name: 'esx1', version: '7.0.3'},
            {name: 'esx2', version: '6.7.0', connectionState: 'notResponding' as const},
          ],
        })),
      }));
      await withSession({fixture: {...vch, datacenters}}, async (session) => {
        const outcome = await checkVch(session, options({applianceIso, bootstrapIso: applianceIso}));
        expect(of(outcome, 'hosts').message).to.match(
          /esx2 \(notResponding\).*esx1 \(7\.0\.3\).*NEEDS_POWER_OFF/,
        );
        expect(of(outcome, 'datastore').message).to.contain('1000 bytes free, 80.0 KiB needed');
        expect(of(outcome, 'datastore').status).to.equal('failed');
      });
    });
  });

  it('fails while the host of the appliance is in maintenance mode, where the simulator powers nothing on', async () => {
    const vch = smallVch([{name: 'web', more: {powerState: 'poweredOff'}}]);
    const datacenters = vch.datacenters.map((datacenter) => ({
      ...datacenter,
      clusters: datacenter.clusters?.map((cluster) => ({
        ...cluster,
        hosts: [{name: 'esx1', maintenance: true}],
      })),
    }));
    await withSession({fixture: {...vch, datacenters}}, async (session, simulator) => {
      const {status, message} = of(await checkVch(session, options({})), 'hosts');
      expect([status, message.includes('esx1 is in maintenance mode')]).to.deep.equal(['failed', true]);
      const waiter = new TaskWaiter(session);
      const started = await powerOn(session, vmRef('vm-101'));
      expect((await rejection(waiter.wait(started, 'powering on'))).fault).to.equal('InvalidState');
      expect(simulator.inventory.vm('vm-101').powerState).to.equal('poweredOff');
    });
  });

  it('compares the ISO files with each other and with the VCH, and lets each comparison be skipped', async () => {
    await withDirectory({}, async (directory) => {
      const iso = async (stamp: string) =>
        readIsoInfo(await writeIso(join(directory, `${stamp}.iso`), {publisher: `VMware Inc. ${stamp}`}));
      const [newer, older, other] = await Promise.all(
        ['v1.5.6-20000-0a1b2c3', 'v0.9.0-8000-0a1b2c3', 'v1.5.5-19000-0a1b2c3'].map(iso),
      );
      const both = {applianceIso: newer, bootstrapIso: newer};
      expect(notOk(await checked([], both))).to.deep.equal([]);
      const differ = {applianceIso: newer, bootstrapIso: other};
      expect(notOk(await checked([], differ))).to.deep.equal([['iso', 'failed']]);
      expect(notOk(await checked([], {...differ, skipIsoCheck: true}))).to.deep.equal([['iso', 'warning']]);
      const same = {applianceIso: older, bootstrapIso: older};
      const refused = await checked([], same);
      expect(notOk(refused)).to.deep.equal([['build', 'failed']]);
      expect(of(refused, 'build').message).to.contain('No upgrade is available');
      expect(notOk(await checked([], {...same, skipVersionCheck: true}))).to.deep.equal([
        ['build', 'warning'],
      ]);
    });
  });

  it('takes an older version for a downgrade, even where its build number is higher', async () => {
    await withDirectory({}, async (directory) => {
      const publisher = 'VMware Inc. v1.2.2-16000-0a1b2c3';
      const iso = await readIsoInfo(await writeIso(join(directory, 'a.iso'), {publisher}));
      const at = (version: string, build: string) => (simulator: Simulator) =>
        simulator.inventory.vm('vch1').change({
          'guestinfo.vice./init/version/Version': version,
          'guestinfo.vice./init/version/BuildNumber': build,
        });
      const isos = {applianceIso: iso, bootstrapIso: iso};
      const refused = await checked([], isos, at('v1.3.0', '15000'));
      expect(notOk(refused)).to.deep.equal([['build', 'failed']]);
      expect(of(refused, 'build').message)
        .to.contain('version v1.3.0, build 15000, a newer version')
        .and.to.contain('older version');
      const forced = await checked([], {...isos, skipVersionCheck: true}, at('v1.3.0', '15000'));
      expect(notOk(forced)).to.deep.equal([['build', 'warning']]);
      // VIC goes by the build alone, and refuses this one as well.
      const sameBuild = await checked([], isos, at('v1.2.1', '16000'));
      expect(notOk(sameBuild)).to.deep.equal([['build', 'failed']]);
    });
  });

  it("warns of what vic-machine's own upgrade would do as well, where it applies", async () => {
    expect(of(await checked([]), 'vic-machine').status).to.equal('ok');
    const granted = await checked([], {}, (simulator) =>
      simulator.inventory.vm('vch1').change({'guestinfo.vice./grant_permissions': 'ADD'}),
    );
    expect(of(granted, 'vic-machine')).to.include({status: 'warning'});
    expect(of(granted, 'vic-machine').message)
      .to.contain('vic-machine configure --ops-user USER --ops-grant-perms')
      .and.not.to.contain('folder');

    const {vms = [], ...fixture} = smallVch([]);
    const inRoot = {...fixture, vms: vms.map(({folder: _, ...vm}) => vm)};
    const placed = (more: Partial<Fixture>) =>
      withSession({fixture: {...inRoot, ...more}}, (session) => checkVch(session, options()));
    const root = await placed({});
    expect(of(root, 'vic-machine')).to.include({status: 'warning'});
    expect(of(root, 'vic-machine').message).to.contain("stay in the datacenter's VM folder");
    // A standalone ESXi host has that folder only.
    expect(of(await placed({about: {apiType: 'HostAgent'}}), 'vic-machine').status).to.equal('ok');
  });
});
