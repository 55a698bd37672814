import {expect} from 'chai';
import {type Dump, startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {differences} from './differences.js';
import {type Target, targetOf, vchMigrate, vchMigrateJson} from './vch-migrate.js';

describeWithPeers('two VCHs of the same name on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let target: Target;
  let original: Dump;

  before(async () => {
    vcsim = await startVcsim(peers, 'two-vchs.json');
    target = targetOf(vcsim);
    original = await vcsim.dump();
  });

  after(() => vcsim?.close());

  afterEach('nothing was written by what was refused', async function () {
    if (this.currentTest?.title.startsWith('changes')) return;
    expect(differences(original, await vcsim.dump())).to.deep.equal({});
  });

  const appliance = (ownName: string): string => {
    const found = Object.entries(original).find(([, {extraConfig}]) =>
      [extraConfig['init/common/name'], extraConfig['guestinfo.vice./init/common/name']].includes(ownName),
    );
    if (found === undefined) throw new Error(`no appliance is called ${ownName}`);
    return found[0];
  };

  it('lists both', async () => {
    const {code, stdout} = await vchMigrate(target, 'ls');

    expect(code).to.equal(0);
    expect(stdout).to.contain(appliance('vch-a')).and.to.contain(appliance('vch-b'));
  });

  it('refuses a name that matches two, and lists them', async () => {
    const {code, stdout, stderr} = await vchMigrate(target, 'apply', '--name', 'vch');

    expect(code).to.equal(1);
    expect(stdout).to.equal('');
    expect(errorLines(stderr)).to.have.lengthOf(1);
    expect(errorLines(stderr)[0]).to.match(/^vch-migrate: VCH_ERR_VCH_NOT_FOUND: /);
    expect(stderr).to.contain(appliance('vch-a')).and.to.contain(appliance('vch-b'));
  });

  it('refuses a name that nobody has', async () => {
    const {code, stderr} = await vchMigrate(target, 'apply', '--name', 'vch-of-nobody');

    expect(code).to.equal(1);
    expect(errorLines(stderr)[0]).to.match(/^vch-migrate: VCH_ERR_VCH_NOT_FOUND: .*vch-of-nobody/);
  });

  it('wants to be told which VCH before it writes', async () => {
    const {code, stderr} = await vchMigrate(target, 'apply');

    expect(code).to.equal(5);
    expect(stderr)
      .to.match(/--name/)
      .and.to.match(/--id/);
  });

  it('stops before writing when --expect says another number', async () => {
    const {code, stderr} = await vchMigrate(target, 'apply', '--id', appliance('vch-a'), '--expect', '5');

    expect(code).to.equal(5);
    expect(errorLines(stderr)).to.have.lengthOf(1);
    expect(errorLines(stderr)[0]).to.contain('4').and.to.contain('5');
  });

  it('changes the VMs of the one that --id names, and undoes them', async () => {
    const changed = await applied('--id', appliance('vch-b'));

    expect(namesOf(changed)).to.deep.equal(['jobs', 'web']);
  });

  it('changes the VMs of the one that its own name names', async () => {
    const changed = await applied('--name', 'vch-a');

    expect(namesOf(changed)).to.deep.equal(['cache', 'db', 'web']);
  });

  it('changes the VMs of the one in the vApp that --compute-resource names', async () => {
    const changed = await applied('--name', 'vch', '--compute-resource', 'team-b');

    expect(namesOf(changed)).to.deep.equal(['jobs', 'web']);
  });

  it('finds a VCH in a nested pool by its path', async () => {
    const {code, report} = await vchMigrateJson(
      target,
      'plan',
      '--name',
      'vch',
      '--compute-resource',
      '/dc1/host/cluster1/Resources/team-a/prod/vch',
    );

    expect(code).to.equal(0);
    expect(report.summary).to.include({total: 4, pending: 3});
  });

  /** Display names of the VMs that an apply with these options changed; undone again. */
  async function applied(...options: string[]): Promise<string[]> {
    expect((await vchMigrateJson(target, 'apply', ...options)).code).to.equal(0);
    const changed = differences(original, await vcsim.dump());
    expect((await vchMigrateJson(target, 'undo', ...options)).code).to.equal(0);
    expect(differences(original, await vcsim.dump())).to.deep.equal({});
    return Object.keys(changed).map((id) => original[id]?.name ?? id);
  }
});

function namesOf(displayNames: readonly string[]): string[] {
  return displayNames.map((name) => name.replace(/-[0-9a-f]{12,}$/, '')).sort();
}

/** The lines that tell the error, without those that tell the progress. */
function errorLines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('vch-migrate: '));
}
