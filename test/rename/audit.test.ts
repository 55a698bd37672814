import {expect} from 'chai';
import {applyMigration, auditVch} from '../../src/index.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import {container, dockerCreate, rename, vch} from '../containers/containers.js';
import {reportAs, reportOf} from '../on-simulator.js';
import {rejection} from '../rejection.js';
import {containerIdOf, type SmallVm, smallVch, withSession, withSimulator} from '../small-vch.js';

const ID = containerIdOf('web');

/** A small VCH whose datastore is of vSAN. */
function onVsan(vms: readonly SmallVm[]): Fixture {
  const fixture = smallVch(vms);
  const datastores = [{name: 'vsanDatastore', type: 'vsan'}] as const;
  return {...fixture, datacenters: fixture.datacenters.map((datacenter) => ({...datacenter, datastores}))};
}

/** Codes of the findings, by the name of the container. */
async function findingsOf(fixture: Fixture): Promise<Record<string, string[]>> {
  return withSession({fixture}, async (session, simulator) => {
    const {vms} = await auditVch(session, {vch});
    expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    for (const vm of vms) expect(vm.status).to.equal(vm.findings.length === 0 ? 'unchanged' : 'failed');
    return Object.fromEntries(
      vms.map(({containerName, id, findings}) => [containerName ?? id, findings.map(({code}) => code)]),
    );
  });
}

describe('rename: audit', () => {
  it('ends at a signal, however long the server takes', async () => {
    await withSession({fixture: smallVch([container('web')])}, async (session, simulator) => {
      const stop = new AbortController();
      simulator.addFault({method: 'RetrievePropertiesEx', do: 'hang', before: () => stop.abort()});
      const error = await rejection(auditVch(session, {vch, signal: stop.signal}));
      expect(error.code).to.equal('VCH_ERR_INTERRUPTED');
    });
  });

  it('finds nothing on containers as VIC makes them, old and new, before and after a migration and a rename', async () => {
    const old = (name: string): SmallVm => ({
      name: `${name.slice(0, 15)}-${containerIdOf(name)}`,
      legacyName: name,
      extraConfig: {'guestinfo.vice./common/id': containerIdOf(name)},
      more: {containerId: containerIdOf(name)},
    });
    const fixture = smallVch([
      container('web'),
      old('db'),
      old('postgres-orders-primary'),
      container('mq', {dataVersion: '3', aliases: ':mq|web:front'}),
    ]);
    await withSession({fixture}, async (session, simulator) => {
      const expectNothing = async () => {
        const {vms, findings} = await auditVch(session, {vch});
        expect(new Set(vms.map(({status}) => status))).to.deep.equal(new Set(['unchanged']));
        expect(findings).to.deep.equal([]);
      };
      await expectNothing();
      await applyMigration(session, {vch});
      await expectNothing();
      await rename(session, 'web', 'shop');
      dockerCreate(simulator, 'web', 'new web');
      await expectNothing();
    });
  });

  it('finds display names that follow no convention', async () => {
    const found = await findingsOf(
      smallVch([
        {...container('web'), name: 'somebody renamed me', more: {containerId: ID}},
        {name: `db-${containerIdOf('x')}`, legacyName: 'db'},
        container('mq'),
      ]),
    );
    expect(found).to.deep.equal({web: ['display-name'], db: ['display-name'], mq: []});
  });

  it('wants the container id as the folder elsewhere than on vSAN', async () => {
    const found = await findingsOf(
      smallVch([
        container('web'),
        container('db', {more: {datastoreFolder: 'db'}}),
        container('mq', {more: {datastoreFolder: '5f9c2a4e-aaaa-bbbb-cccc-0123456789ab'}}),
      ]),
    );
    expect(found).to.deep.equal({web: [], db: ['datastore-folder'], mq: ['datastore-folder']});
  });

  it('takes the display name of VIC 0.9 for the folder of a legacy containerVM, and of no other', async () => {
    const name = 'postgres-orders-primary';
    const oldest = (of: string): string => `${of.slice(0, 15)}-${containerIdOf(of)}`;
    const inFolder = (of: string, datastoreFolder: string, more: Partial<SmallVm> = {}): SmallVm => ({
      name: oldest(of),
      legacyName: of,
      extraConfig: {'guestinfo.vice./common/id': containerIdOf(of)},
      ...more,
      more: {containerId: containerIdOf(of), datastoreFolder},
    });
    const found = await findingsOf(
      smallVch([
        inFolder(name, oldest(name)),
        inFolder('db', `${oldest('db')}_1`, {dataVersion: '0'}),
        inFolder('by-id', containerIdOf('by-id')),
        inFolder('whole', `${name}-${containerIdOf('whole')}`),
        inFolder('copy', oldest('db')),
        inFolder('nameless', oldest('nameless'), {legacyName: null}),
        container('new', {dataVersion: '5', more: {datastoreFolder: oldest('new')}}),
      ]),
    );
    expect(found).to.deep.equal({
      [name]: [],
      db: [],
      'by-id': [],
      whole: ['datastore-folder'],
      copy: ['datastore-folder'],
      'vm-106': ['name-missing'],
      new: ['datastore-folder'],
    });
  });

  it('takes on vSAN a UUID, the id, or a name with the short id for the folder', async () => {
    const found = await findingsOf(
      onVsan([
        container('web', {more: {datastoreFolder: `first-name-${ID.slice(0, 12)}`}}),
        container('db', {more: {datastoreFolder: '5f9c2a4e-aaaa-bbbb-cccc-0123456789ab'}}),
        container('mq'),
        container('odd', {more: {datastoreFolder: 'odd'}}),
      ]),
    );
    expect(found).to.deep.equal({web: [], db: [], mq: [], odd: ['datastore-folder']});
  });

  for (const [where, fixture] of [
    ['VMFS', smallVch([container('web')])],
    ['vSAN', onVsan([container('web', {more: {datastoreFolder: `web-${ID.slice(0, 12)}`}})])],
  ] as const) {
    it(`finds display name and folder in order on ${where} after creation and after a rename`, async () => {
      await withSession({fixture}, async (session, simulator) => {
        const vm = simulator.inventory.vm('vm-101');
        const path = vm.vmPathName;
        expect((await auditVch(session, {vch})).vms.map(({status}) => status)).to.deep.equal(['unchanged']);
        await rename(session, 'web', 'shop');
        expect((await auditVch(session, {vch})).vms.map(({status}) => status)).to.deep.equal(['unchanged']);
        expect([vm.name, vm.vmPathName]).to.deep.equal([`shop-${ID.slice(0, 12)}`, path]);
      });
    });
  }

  it('finds names that do not agree, missing names and names that docker would not give', async () => {
    const legacyKey = 'guestinfo.vice./common/name';
    const found = await findingsOf(
      smallVch([
        container('web', {extraConfig: {[legacyKey]: 'other'}}),
        {name: 'nameless', legacyName: null},
        {
          name: `ä ö-${containerIdOf('a')}`,
          legacyName: 'ä ö',
          extraConfig: {'guestinfo.vice./common/id': containerIdOf('a')},
          more: {containerId: containerIdOf('a')},
        },
      ]),
    );
    expect(found).to.deep.equal({
      web: ['names-differ'],
      'vm-102': ['name-missing'],
      'ä ö': ['name-not-docker'],
    });
  });

  it('finds a mark that says something else than the data version', async () => {
    const mark = (value: string) => ({'common/rename-disabled': value});
    const found = await findingsOf(
      smallVch([
        container('web', {extraConfig: mark('true')}),
        container('mid', {dataVersion: '5', extraConfig: mark('true')}),
        container('old', {dataVersion: '3', extraConfig: mark('false')}),
        container('fine', {dataVersion: '3', extraConfig: mark('true')}),
        container('one', {extraConfig: mark('1')}),
        container('fine-too', {dataVersion: '3', extraConfig: mark('T')}),
        container('down', {extraConfig: mark('F')}),
        container('unmarked', {dataVersion: '3'}),
      ]),
    );
    expect(found).to.deep.equal({
      web: ['rename-class'],
      mid: ['rename-class'],
      old: ['rename-class'],
      fine: [],
      one: ['rename-class'],
      'fine-too': [],
      down: [],
      unmarked: [],
    });
  });

  it("finds a BIOS UUID that is not the VCH's, and an id that is there twice, and names the other VM", async () => {
    const uuid = '42000000-0000-4000-8000-0000000000ff';
    const fixture = smallVch([
      container('web'),
      {...container('web'), name: `web-${ID.slice(0, 12)}`, more: {containerId: ID, uuid, vch: undefined}},
    ]);
    await withSession({fixture}, async (session) => {
      const {vms} = await auditVch(session, {vch});
      expect(vms.map(({id, findings}) => [id, findings.map(({code}) => code)])).to.deep.equal([
        ['vm-101', ['id-twice']],
        ['vm-102', ['id-twice', 'uuid-unknown']],
      ]);
      expect(vms[0]?.findings[0]?.message).to.include(`web-${ID.slice(0, 12)} (vm-102)`);
    });
  });

  it('finds a name that two containers have, templates and unreachable ones among them, and no clone', async () => {
    const twin = (seed: string, more: Readonly<Record<string, unknown>> = {}): SmallVm => {
      const id = containerIdOf(seed);
      return {
        ...container('web', {extraConfig: {'guestinfo.vice./common/id': id}}),
        name: `web-${id.slice(0, 12)}`,
        more: {containerId: id, ...more},
      };
    };
    const fixture = smallVch([
      container('web'),
      twin('second'),
      twin('away', {connectionState: 'disconnected'}),
      twin('copy', {template: true}),
      container('db'),
    ]);
    await withSession({fixture}, async (session) => {
      const {vms} = await auditVch(session, {vch});
      expect(vms.flatMap(({id, findings}) => findings.map(({code}) => `${id} ${code}`)).sort()).to.deep.equal(
        ['vm-101 name-twice', 'vm-102 name-twice', 'vm-104 template'],
      );
      const [first] = vms.find(({id}) => id === 'vm-101')?.findings ?? [];
      expect(first?.message)
        .to.include('its name "web" is also the name of')
        .and.include('(vm-104)')
        .and.include('(vm-103)');
    });
  });

  it('finds a link to a container that is not there, which by itself breaks no convention', async () => {
    const short = ID.slice(0, 12);
    const fixture = smallVch([
      container('web', {aliases: ':web|db:database'}),
      container('app', {
        aliases: `:app|db:db|gone:g|${short}:w|${ID}:x|${short.slice(0, 3)}f${'0'.repeat(9)}:y|:gone|a:b:c`,
      }),
      container('db', {
        extraConfig: {
          'guestinfo.vice./networks': 'bridge|back end|"|pg.1',
          'networks|back end/network/aliases~': 'web:w|lost:l',
          'networks|pg/1/network/aliases~': 'app:a|missing:m',
        },
      }),
    ]);
    await withSession({fixture}, async (session, simulator) => {
      const {vms} = await auditVch(session, {vch});
      const findings = vms.flatMap(({id, findings}) =>
        findings.map(({code, message}) => ({id, code, message})),
      );
      expect(findings.map(({id, code}) => [id, code])).to.deep.equal([
        ['vm-102', 'link-dangling'],
        ['vm-102', 'link-dangling'],
        ['vm-103', 'link-dangling'],
        ['vm-103', 'link-dangling'],
      ]);
      expect(findings[0]?.message).to.include('"gone" as "g"');
      expect(findings[1]?.message).to.include(' as "y"');
      expect(new Set(vms.map(({status}) => status))).to.deep.equal(new Set(['unchanged']));
      simulator.inventory.vm('vm-103').setConnectionState('inaccessible');
      const again = await auditVch(session, {vch});
      expect(again.vms.flatMap((vm) => vm.findings)).to.deep.equal([]);
      expect(again.findings.map(({code}) => code)).to.deep.equal(['names-unread']);
    });
  });

  it('ends with 0 where all is in order, 1 where not, and 3 where a VM could not be read', async () => {
    const audit = (fixture: Fixture) => withSimulator({fixture}, (simulator) => reportOf(simulator, 'audit'));
    expect((await audit(smallVch([container('web')]))).code).to.equal(0);
    const away = container('web', {more: {connectionState: 'disconnected'}});
    expect((await audit(smallVch([away, container('db')]))).code).to.equal(3);
    const {code, report} = await audit(smallVch([{...container('web'), name: 'renamed by hand'}]));
    expect([code, report.vms[0]?.status, report.vms[0]?.error?.code]).to.deep.equal([
      1,
      'failed',
      'VCH_ERR_VERIFY',
    ]);
    expect(report.next).to.match(/^fix the findings, then audit again: vch-migrate audit/);
  });

  for (const format of ['text', 'html', 'markdown', 'csv', 'junit', 'json', 'ndjson']) {
    it(`tells its findings as ${format}`, async () => {
      const fixture = smallVch([
        {...container('web', {aliases: ':web|gone:g'}), name: 'renamed by hand', more: {containerId: ID}},
      ]);
      await withSimulator({fixture}, async (simulator) => {
        const {code, stdout} = await reportAs(simulator, format, 'audit');
        expect(code).to.equal(1);
        expect(stdout).to.include('display-name').and.include('renamed by hand').and.include('link-dangling');
      });
    });
  }
});
