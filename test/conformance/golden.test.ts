import {expect} from 'chai';
import {type Dump, type DumpedVm, startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {asVicReadsIt, expectationOf, OWN_KEYS} from './rules.js';
import {targetOf, vchMigrateJson} from './vch-migrate.js';

describeWithPeers('containerVMs of every data version on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let original: Dump;
  let applied: Dump;

  before(async () => {
    vcsim = await startVcsim(peers, 'every-version.json');
    original = await vcsim.dump();
    const {code, stderr} = await vchMigrateJson(targetOf(vcsim), 'apply', '--name', 'vch1');
    expect(code, stderr).to.equal(0);
    applied = await vcsim.dump();
  });

  after(() => vcsim?.close());

  it('changes those below data version 4 and no other', () => {
    const changed = Object.keys(original).filter(
      (id) => original[id]?.extraConfig !== undefined && changedOf(id),
    );
    const wanted = containers(original).filter(([, vm]) => expectationOf(vm).status === 'changed');

    expect(changed.sort()).to.deep.equal(wanted.map(([id]) => id).sort());
    expect(wanted).to.have.lengthOf(10);
  });

  it('leaves every guestinfo key as it was', () => {
    for (const [id, vm] of containers(original)) {
      expect(guestinfo(applied[id]), vm.name).to.deep.equal(guestinfo(vm));
      expect(Object.keys(guestinfo(vm))).to.have.length.above(60);
    }
  });

  it('gives VIC the same containers as before when it migrates them in memory', () => {
    for (const [id, vm] of containers(original)) {
      const read = asVicReadsIt(applied[id]?.extraConfig ?? {});
      for (const key of OWN_KEYS) delete read[key];
      expect(read, vm.name).to.deep.equal(asVicReadsIt(vm.extraConfig));
    }
  });

  it('leaves running VMs running and stopped ones stopped', () => {
    const states = (dump: Dump) =>
      Object.fromEntries(Object.entries(dump).map(([id, vm]) => [id, vm.powerState]));

    expect(states(applied)).to.deep.equal(states(original));
    expect(new Set(Object.values(states(original)))).to.deep.equal(new Set(['poweredOn', 'poweredOff']));
  });

  it('keeps what it wrote through a power-off and a power-on', async () => {
    const [id, vm] = containers(applied).find(([, {name}]) => name.startsWith('version-0-on')) ?? [];
    if (id === undefined || vm === undefined) throw new Error('the fixture has no running VM of version 0');
    await vcsim.govc('vm.power', '-off', '-vm.uuid', vm.uuid);
    await vcsim.govc('vm.power', '-on', '-vm.uuid', vm.uuid);

    expect((await vcsim.dump())[id]?.extraConfig).to.deep.equal(vm.extraConfig);
  });

  function changedOf(id: string): boolean {
    return JSON.stringify(original[id]?.extraConfig) !== JSON.stringify(applied[id]?.extraConfig);
  }
});

function containers(dump: Dump): [string, DumpedVm][] {
  return Object.entries(dump).filter(([, {extraConfig}]) => 'guestinfo.vice./common/id' in extraConfig);
}

function guestinfo(vm: DumpedVm | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(vm?.extraConfig ?? {}).filter(([key]) => key.startsWith('guestinfo.')),
  );
}
