import {expect} from 'chai';
import {type Dump, type DumpedVm, startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {differences} from './differences.js';
import {type Target, targetOf, vchMigrate, vchMigrateJson} from './vch-migrate.js';

const ALIASES = 'networks|bridge/network/aliases~';

describeWithPeers('rename on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let target: Target;
  let original: Dump;

  before(async () => {
    vcsim = await startVcsim(peers, 'legacy.json');
    target = targetOf(vcsim);
    original = await vcsim.dump();
  });

  after(async () => {
    await vcsim?.close();
  });

  function named(dump: Dump, name: string): readonly [string, DumpedVm] {
    const found = Object.entries(dump).find(([, {extraConfig}]) => extraConfig['common/name'] === name);
    if (found === undefined) throw new Error(`no container ${name}`);
    return found;
  }

  /** What govc shows of a VM. */
  async function govcInfo(
    uuid: string,
  ): Promise<{name: string; path: string; powerState: string; keys: Record<string, string>}> {
    const [vm] = JSON.parse(await vcsim.govc('vm.info', '-json', '-e', '-vm.uuid', uuid)).virtualMachines;
    const keys = vm.config.extraConfig.map(({key, value}: {key: string; value: string}) => [key, value]);
    return {
      name: vm.name,
      path: vm.config.files.vmPathName,
      powerState: vm.runtime.powerState,
      keys: Object.fromEntries(keys),
    };
  }

  for (const [from, to, state] of [
    ['billing', 'invoices', 'poweredOn'],
    ['nightly-backup', 'backup', 'poweredOff'],
  ] as const) {
    it(`gives a container (${state}) its name, as govc sees it, and keeps its files`, async () => {
      const [id, {uuid, extraConfig}] = named(original, from);
      const containerId = extraConfig['guestinfo.vice./common/id'] ?? '';
      const before = await govcInfo(uuid);
      expect(before.powerState).to.equal(state);

      const {code, report} = await vchMigrateJson(target, 'rename', from, to, '--name', 'vch1');

      expect(code).to.equal(0);
      expect(report.vms.map((vm) => [vm.id, vm.status])).to.deep.equal([[id, 'changed']]);
      const after = await govcInfo(uuid);
      expect(after).to.deep.equal({
        ...before,
        name: `${to}-${containerId.slice(0, 12)}`,
        keys: {...before.keys, 'common/name': to, [ALIASES]: `:${to}|db:database`},
      });
    });
  }

  it('changes no other VM, and leaves no claim', async () => {
    const renamed = ['billing', 'nightly-backup'].map((name) => named(original, name)[0]);
    expect(Object.keys(differences(original, await vcsim.dump())).sort()).to.deep.equal(renamed.sort());
  });

  it('lets the links of others follow, and lists those that cannot', async () => {
    await vchMigrate(target, 'rename', 'invoices', 'db', '--name', 'vch1');
    const before = await vcsim.dump();

    const {code, report} = await vchMigrateJson(target, 'rename', 'db', 'pg', '--name', 'vch1');

    expect(code).to.equal(3);
    const dataVersion = ({extraConfig}: DumpedVm) =>
      Number(extraConfig['guestinfo.vice./version/PluginVersion'] ?? 0);
    const changed = Object.keys(differences(before, await vcsim.dump())).sort();
    const able = Object.entries(before).filter(
      ([, vm]) => vm.extraConfig[ALIASES]?.includes('db:database') && dataVersion(vm) >= 4,
    );
    expect(able.length).to.be.at.least(4);
    expect(changed).to.deep.equal(able.map(([id]) => id).sort());
    for (const [, vm] of able) expect((await govcInfo(vm.uuid)).keys[ALIASES]).to.include('|pg:database');
    expect(new Set(report.vms.map(({status}) => status))).to.deep.equal(new Set(['changed', 'refused']));
  });

  it('finishes by the command that status names what a dead process has begun', async () => {
    const before = await vcsim.dump();
    const [, {extraConfig}] = named(before, 'pg');
    const container = extraConfig['guestinfo.vice./common/id'] ?? '';
    const [id, linked] = named(before, 'registry-mirror');
    const appliance = Object.values(before).find(({name}) => name === 'vch1');
    const halfDone = linked.extraConfig[ALIASES]?.replace('pg:database', 'db:database');
    const claim = JSON.stringify({id: 'dead', lease: 1, rename: {container, from: 'db', to: 'pg'}});
    await vcsim.govc('vm.change', '-vm.uuid', linked.uuid, '-e', `${ALIASES}=${halfDone}`);
    await vcsim.govc('vm.change', '-vm.uuid', appliance?.uuid ?? '', '-e', `vch-migrate/rename=${claim}`);

    const status = await vchMigrateJson(target, 'status', '--name', 'vch1');
    const told = status.report.findings?.find(({code}) => code === 'rename-unfinished')?.message ?? '';
    const [, command = ''] = /vch-migrate (rename .*)$/.exec(told) ?? [];
    const {code, report} = await vchMigrateJson(target, ...command.split(' '), '--name', 'vch1');

    const refused = report.vms.filter(({status}) => status === 'refused');
    expect(report.vms.filter((vm) => !refused.includes(vm)).map((vm) => [vm.id, vm.status])).to.deep.equal([
      [named(before, 'pg')[0], 'unchanged'],
      [id, 'changed'],
    ]);
    expect(code).to.equal(refused.length > 0 ? 3 : 0);
    expect((await govcInfo(linked.uuid)).keys[ALIASES]).to.equal(linked.extraConfig[ALIASES]);
    expect(differences(before, await vcsim.dump())).to.deep.equal({});
  });

  it('audits what govc has done to names and links', async () => {
    const [id, {uuid, name}] = named(await vcsim.dump(), 'registry-mirror');
    await vcsim.govc('vm.change', '-vm.uuid', uuid, '-name', 'by hand', '-e', 'common/name=scratch');
    await vcsim.govc('vm.change', '-vm.uuid', uuid, '-e', `${ALIASES}=:scratch|gone:g`);
    const {code, report} = await vchMigrateJson(target, 'audit', '--name', 'vch1');
    expect(code).to.equal(1);
    const codes = (vm: string) => report.vms.find((one) => one.id === vm)?.findings.map(({code}) => code);
    expect(codes(id)).to.include.members(['display-name', 'name-twice']);
    await vcsim.govc('vm.change', '-vm.uuid', uuid, '-name', name, '-e', 'common/name=registry-mirror');
  });

  it("refuses a legacy container and a name in use, in docker's words, and writes nothing", async () => {
    const before = await vcsim.dump();
    for (const [from, to, message] of [
      ['redis', 'cache', 'container redis does not support rename'],
      ['backup', 'pg', 'conflict. The name "pg" is already in use by container '],
      ['nobody', 'cache', 'No such container: nobody'],
    ] as const) {
      const {code, stderr} = await vchMigrate(target, 'rename', from, to, '--name', 'vch1');
      expect(code).to.equal(1);
      expect(stderr).to.include(message);
    }
    expect(differences(before, await vcsim.dump())).to.deep.equal({});
  });

  it('refuses while vic-machine holds the VCH, with exit 4', async () => {
    const appliance = Object.values(original).find(({name}) => name === 'vch1');
    await vcsim.govc('vm.change', '-vm.uuid', appliance?.uuid ?? '', '-e', 'UpdateInProgress=true');
    const before = await vcsim.dump();

    const {code} = await vchMigrate(target, 'rename', 'backup', 'cache', '--name', 'vch1');

    expect(code).to.equal(4);
    expect(differences(before, await vcsim.dump())).to.deep.equal({});
  });
});
