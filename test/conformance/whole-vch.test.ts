import {expect} from 'chai';
import {sizeOf} from '../depth.js';
import {type CountingProxy, startCountingProxy} from '../peers/counting-proxy.js';
import {type Dump, startVcsim, thumbprintOf, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {differences} from './differences.js';
import {LEFT_TO_THE_SIMULATOR} from './left-to-the-simulator.js';
import {expectationOf} from './rules.js';
import {type Target, vchMigrate, vchMigrateJson} from './vch-migrate.js';

const CONTAINERS = sizeOf('containerVMs of a VCH on vcsim', {sample: 32, ci: 256, exhaustive: 512});
const LEDGER = 'vch-migrate/ledger';

/** The only keys that a look at every containerVM may ask for. */
const READABLE = [
  'common/name',
  'common/rename-disabled',
  'guestinfo.vice./common/id',
  'guestinfo.vice./common/name',
  'guestinfo.vice./init/common/id',
  'guestinfo.vice./version/PluginVersion',
  LEDGER,
];

describeWithPeers(`${CONTAINERS} containerVMs on vcsim`, ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let proxy: CountingProxy;
  let target: Target;
  let original: Dump;

  before(async () => {
    vcsim = await startVcsim(peers, 'large.json', CONTAINERS);
    proxy = await startCountingProxy(vcsim.url);
    const trust = ['--thumbprint', await thumbprintOf(proxy.url)];
    target = {url: proxy.url, user: vcsim.user, password: vcsim.password, trust};
    original = await vcsim.dump();
  });

  beforeEach(() => proxy.reset());

  after(async () => {
    await proxy?.close();
    await vcsim?.close();
    console.log(
      `    vcsim cannot show, the embedded simulator does:\n${LEFT_TO_THE_SIMULATOR.map((one) => `      - ${one}\n`).join('')}`,
    );
  });

  /** The containerVMs that the rules say are to change, with the keys they get. */
  const wanted = (): ReadonlyMap<string, Readonly<Record<string, string>>> =>
    new Map(
      Object.entries(original).flatMap(([id, vm]) => {
        if (vm.extraConfig['guestinfo.vice./common/id'] === undefined) return [];
        const expectation = expectationOf(vm);
        return expectation.status === 'changed' ? [[id, expectation.keys]] : [];
      }),
    );

  it('plans exactly what the rules say and writes nothing', async () => {
    const {code, report} = await vchMigrateJson(
      target,
      'plan',
      '--name',
      'vch1',
      '--expect',
      String(CONTAINERS),
    );

    expect(code).to.equal(0);
    expect(report.summary).to.include({
      total: CONTAINERS,
      pending: wanted().size,
      unchanged: CONTAINERS - wanted().size,
    });
    const planned = report.vms.filter(({status}) => status === 'pending');
    expect(
      Object.fromEntries(
        planned.map(({id, changes}) => [id, Object.fromEntries(changes.map(({key, after}) => [key, after]))]),
      ),
    ).to.deep.equal(Object.fromEntries(wanted()));
    expect(proxy.count('ReconfigVM_Task')).to.equal(0);
    expect(differences(original, await vcsim.dump())).to.deep.equal({});
  });

  it('says with --detailed-exitcode that changes are pending', async () => {
    const {code} = await vchMigrate(target, 'plan', '--name', 'vch1', '--detailed-exitcode');

    expect(code).to.equal(2);
  });

  it('asks only for the declared keys when it reads containerVMs', async () => {
    await vchMigrate(target, 'plan', '--name', 'vch1');

    const bodies = proxy.requests.map(({body}) => body);
    const asked = new Set(
      bodies.flatMap((body) =>
        [...body.matchAll(/config\.extraConfig\[(?:"|&quot;|&#34;)(.*?)(?:"|&quot;|&#34;)\]/g)].map(
          ([, key]) => key,
        ),
      ),
    );
    expect([...asked]).to.include('guestinfo.vice./common/id');
    // The appliance alone is read with more: the VCH's names, versions and lock.
    const ofMany = bodies.filter(readsMany);
    expect(ofMany.length).to.be.at.least(2);
    expect(ofMany.filter((body) => readsMoreThan(body, READABLE))).to.deep.equal([]);
    expect(ofMany.filter(readsWhole)).to.deep.equal([]);
    expect(bodies.filter(readsWhole).length).to.be.at.most(1);
  });

  it('applies exactly the wanted keys, with one reconfigure a changed VM and few requests besides', async () => {
    const {code, report} = await vchMigrateJson(
      target,
      'apply',
      '--name',
      'vch1',
      '--expect',
      String(CONTAINERS),
    );

    expect(code).to.equal(0);
    expect(report.summary).to.include({changed: wanted().size, unchanged: CONTAINERS - wanted().size});
    const after = await vcsim.dump();
    const changed = differences(original, after);
    expect(Object.keys(changed).sort()).to.deep.equal([...wanted().keys()].sort());
    for (const [id, keys] of wanted()) {
      const {[LEDGER]: ledger, ...rest} = changed[id] ?? {};
      expect(rest, id).to.deep.equal(
        Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, [undefined, value]])),
      );
      const vm = after[id];
      expect(ledger?.[0], id).to.equal(undefined);
      expect(ledger?.[1], id).to.match(/^[ -~]{1,4096}$/);
      expect(ledger?.[1], id)
        .to.contain(vm?.instanceUuid)
        .and.to.contain(vm?.extraConfig['guestinfo.vice./common/id']);
    }
    expect(proxy.count('ReconfigVM_Task')).to.equal(wanted().size);
    // How often it asks for the tasks depends on how long they take.
    expect(proxy.requests.length).to.be.below(1.1 * wanted().size + 40);
  });

  it('sends the changeVersion and no guestinfo key with any write', async () => {
    await vchMigrate(target, 'undo', '--name', 'vch1');
    proxy.reset();
    await vchMigrate(target, 'apply', '--name', 'vch1');

    const writes = proxy.requests.filter(({method}) => method === 'ReconfigVM_Task');
    expect(writes).to.have.lengthOf(wanted().size);
    for (const {body} of writes) {
      expect(body).to.match(/<(?:\w+:)?changeVersion>[^<]+</);
      const keys = [...body.matchAll(/<(?:\w+:)?key>([^<]*)</g)].map(([, key]) => key);
      expect(keys).to.include(LEDGER);
      expect(keys.filter((key) => key?.startsWith('guestinfo.'))).to.deep.equal([]);
    }
  });

  it('sends no write at all when it applies a second time', async () => {
    const first = await vcsim.dump();

    const {code, report} = await vchMigrateJson(target, 'apply', '--name', 'vch1');

    expect(code).to.equal(0);
    expect(report.summary).to.include({changed: 0, unchanged: CONTAINERS});
    expect(proxy.count('ReconfigVM_Task')).to.equal(0);
    expect(differences(first, await vcsim.dump())).to.deep.equal({});
  });

  it('verifies that every containerVM is at its goal', async () => {
    const {code, report} = await vchMigrateJson(target, 'verify', '--name', 'vch1');

    expect(code).to.equal(0);
    expect(report.summary).to.include({total: CONTAINERS});
    expect(proxy.count('ReconfigVM_Task')).to.equal(0);
  });

  for (const key of ['common/name', 'common/rename-disabled', LEDGER, 'guestinfo.vice./common/name']) {
    it(`finds that somebody changed ${key} of one VM, and names VM and key`, async () => {
      const [id, vm] = victim(await vcsim.dump());
      await vcsim.govc('vm.change', '-vm.uuid', vm.uuid, '-e', `${key}=tampered`);

      const {code, report} = await vchMigrateJson(target, 'verify', '--name', 'vch1');

      expect(code).to.equal(1);
      const wrong = report.vms.filter(({status}) => status !== 'unchanged');
      expect(wrong.map((one) => one.id)).to.deep.equal([id]);
      expect(wrong[0]?.error?.code).to.equal(key === LEDGER ? 'VCH_ERR_LEDGER_INVALID' : 'VCH_ERR_VERIFY');
      expect(wrong[0]?.error?.message).to.contain(key);
      await vcsim.govc('vm.change', '-vm.uuid', vm.uuid, '-e', `${key}=${vm.extraConfig[key]}`);
    });
  }

  it('leaves a VM whole when a key was changed since, and undoes the others', async () => {
    const applied = await vcsim.dump();
    const [id, vm] = victim(applied);
    await vcsim.govc('vm.change', '-vm.uuid', vm.uuid, '-e', 'common/name=renamed-since');
    const renamed = await vcsim.dump();

    const {code, report} = await vchMigrateJson(target, 'undo', '--name', 'vch1');

    expect(code).to.equal(3);
    expect(report.vms.filter(({status}) => status === 'conflict').map((one) => one.id)).to.deep.equal([id]);
    const after = await vcsim.dump();
    expect(after[id]).to.deep.equal(renamed[id]);
    expect(Object.keys(differences(original, after))).to.deep.equal([id]);
    await vcsim.govc('vm.change', '-vm.uuid', vm.uuid, '-e', `common/name=${vm.extraConfig['common/name']}`);
  });

  it('restores every ExtraConfig exactly, from another directory and home', async () => {
    const {code, report} = await vchMigrateJson(target, 'undo', '--name', 'vch1');

    expect(code).to.equal(0);
    expect(report.summary).to.include({changed: 1});
    expect(differences(original, await vcsim.dump())).to.deep.equal({});
  });

  it('has nothing left to undo', async () => {
    const {code} = await vchMigrate(target, 'undo', '--name', 'vch1');

    expect(code).to.equal(0);
    expect(proxy.count('ReconfigVM_Task')).to.equal(0);
  });

  it('leaves no session behind', async () => {
    const sessions = await vcsim.govc('session.ls', '-json');

    // govc's own, and nobody else's.
    expect(JSON.parse(sessions).sessionList ?? JSON.parse(sessions)).to.have.lengthOf(1);
  });
});

/** One VM to which both plugins were applied. */
function victim(dump: Dump): readonly [string, Dump[string]] {
  const found = Object.entries(dump).find(
    ([, {extraConfig}]) =>
      extraConfig['common/name'] !== undefined &&
      extraConfig['guestinfo.vice./common/name'] !== undefined &&
      extraConfig['common/rename-disabled'] === 'true',
  );
  if (found === undefined) throw new Error('no VM got both keys');
  return found;
}

/** Reads what a view holds, or several VMs. */
function readsMany(body: string): boolean {
  return /<(?:\w+:)?selectSet/.test(body) || (body.match(/<(?:\w+:)?objectSet\b/g) ?? []).length > 1;
}

function readsWhole(body: string): boolean {
  return /<(?:\w+:)?pathSet>config(\.extraConfig)?</.test(body);
}

function readsMoreThan(body: string, keys: readonly string[]): boolean {
  return [...body.matchAll(/config\.extraConfig\[(?:"|&quot;|&#34;)(.*?)(?:"|&quot;|&#34;)\]/g)].some(
    ([, key]) => key === undefined || !keys.includes(key),
  );
}
