import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {type CountingProxy, startCountingProxy} from '../peers/counting-proxy.js';
import {type Dump, startVcsim, thumbprintOf, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {differences} from './differences.js';
import {expectationOf} from './rules.js';
import {type Target, vchMigrate, vchMigrateJson, withEmptyDirectory} from './vch-migrate.js';

/** What the fixture plants where secrets live: `@secret` keys, a URL with a password, environment variables. */
const PLANTED = /PLANTED-[a-z]+-[0-9a-f]{4}/;

describeWithPeers('a VCH with everything odd on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let proxy: CountingProxy;
  let target: Target;
  let original: Dump;

  before(async () => {
    vcsim = await startVcsim(peers, 'odd.json');
    proxy = await startCountingProxy(vcsim.url);
    const trust = ['--thumbprint', await thumbprintOf(proxy.url)];
    target = {url: proxy.url, user: vcsim.user, password: vcsim.password, trust};
    original = await vcsim.dump();
  });

  beforeEach(() => proxy.reset());

  after(async () => {
    await proxy?.close();
    await vcsim?.close();
  });

  /** The containerVMs of this VCH that a run is about, by moref. */
  const inScope = (): [string, Dump[string]][] =>
    Object.entries(original).filter(
      ([, {name, template, extraConfig}]) =>
        'guestinfo.vice./common/id' in extraConfig && !template && !/^(stray|other)-/.test(name),
    );

  it('plans no secret and no password into any output, with --debug as without', async () => {
    await withEmptyDirectory(async (directory) => {
      const log = join(directory, 'log');
      const report = join(directory, 'report.json');
      const runs = [
        await vchMigrate(target, 'ls', '--debug', '--log-file', log),
        await vchMigrate(target, 'status', '--name', 'vch-odd', '--debug', '--log-file', log),
        await vchMigrate(
          target,
          'plan',
          '--name',
          'vch-odd',
          '--debug',
          '--log-file',
          log,
          '--report',
          report,
        ),
        await vchMigrateJson(target, 'plan', '--name', 'vch-odd', '--debug', '--log-file', log),
      ];
      const files = [await readFile(log, 'utf8'), await readFile(report, 'utf8')];

      expect(runs.map(({code}) => code)).to.deep.equal([0, 0, 0, 0]);
      expect(files.every((text) => text.length > 100)).to.equal(true);
      expect(proxy.cookies).to.have.length.above(3);
      for (const text of [...runs.flatMap(({stdout, stderr}) => [stdout, stderr]), ...files]) {
        expect(text).not.to.match(PLANTED);
        for (const secret of [vcsim.password, ...proxy.cookies]) expect(text).not.to.contain(secret);
      }
    });
    expect(
      Object.values(original).filter(({extraConfig}) => PLANTED.test(Object.values(extraConfig).join())),
    ).to.have.length.above(1);
  });

  it('applies what the rules say, refuses the rest and says why, VM by VM', async () => {
    const {code, report} = await vchMigrateJson(target, 'apply', '--name', 'vch-odd');

    expect(code).to.equal(3);
    const reported = new Map(report.vms.map((vm) => [vm.id, vm]));
    for (const [id, vm] of inScope()) {
      const expectation = expectationOf(vm);
      expect(reported.get(id)?.status, vm.name).to.equal(expectation.status);
      if (expectation.status === 'refused') {
        expect(reported.get(id)?.error?.code, vm.name).to.equal(expectation.code);
      }
    }
    expect(inScope().filter(([, vm]) => expectationOf(vm).status === 'refused')).to.have.lengthOf(8);
  });

  it('gives exactly the wanted values to exactly the wanted VMs, and refused ones no write', async () => {
    const applied = await vcsim.dump();
    const changed = differences(original, applied);

    for (const [id, vm] of inScope()) {
      const expectation = expectationOf(vm);
      const {'vch-migrate/ledger': ledger, ...rest} = changed[id] ?? {};
      const wanted = expectation.status === 'changed' ? expectation.keys : {};
      expect(
        Object.fromEntries(Object.entries(rest).map(([key, [, value]]) => [key, value])),
        vm.name,
      ).to.deep.equal(wanted);
      expect(ledger !== undefined, vm.name).to.equal(expectation.status === 'changed');
    }
    const scope = new Set(inScope().map(([id]) => id));
    expect(Object.keys(changed).filter((id) => !scope.has(id))).to.deep.equal([]);
    expect(
      Object.values(applied)
        .map(({extraConfig}) => extraConfig['vch-migrate/ledger'] ?? '')
        .join(),
    ).not.to.match(PLANTED);
  });

  it('skips the template and the containers of the other VCH, and reports the stray one', async () => {
    const {report} = await vchMigrateJson(target, 'plan', '--name', 'vch-odd');

    const skipped = report.vms.filter(({status}) => status === 'skipped').map(({displayName}) => displayName);
    expect(skipped.map((name) => name.replace(/-[0-9a-f]{12,}$/, '')).sort()).to.deep.equal([
      'other-db',
      'other-web',
      'template',
    ]);
    expect(JSON.stringify(report.findings)).to.contain('stray-');
  });

  it('sends no write at all when it applies a second time', async () => {
    const {code} = await vchMigrateJson(target, 'apply', '--name', 'vch-odd');

    expect(code).to.equal(3);
    expect(proxy.count('ReconfigVM_Task')).to.equal(0);
  });

  it('restores every ExtraConfig exactly', async () => {
    await vchMigrateJson(target, 'undo', '--name', 'vch-odd');

    expect(proxy.count('ReconfigVM_Task')).to.be.above(0);
    expect(differences(original, await vcsim.dump())).to.deep.equal({});
  });
});
