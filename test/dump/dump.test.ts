import {existsSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {expect} from 'chai';
import type {VchDescription} from '../../src/inventory/vch.js';
import type {Report} from '../../src/report/report.js';
import {sizeOf} from '../depth.js';
import {onSimulator, vchMigrate} from '../on-simulator.js';
import {ROOT} from '../peers.js';
import {expectValid} from '../schemas.js';
import {type SmallVm, smallVch, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';

/** What of a report must not depend on what it was made of. */
function planIn(stdout: string): Pick<Report, 'vch' | 'summary' | 'vms' | 'findings'> {
  const {vch, summary, vms, findings}: Report = JSON.parse(stdout);
  return {vch, summary, vms, findings: findings.filter(({code}) => code !== 'not-connected')};
}

/** What a plan decides, without names and values. */
function decisionsIn(stdout: string) {
  return planIn(stdout)
    .vms.map((vm) => ({
      id: vm.id,
      status: vm.status,
      applied: vm.applied,
      rename: vm.rename,
      dataVersion: vm.dataVersion,
      keys: vm.changes.map(({key, before, after}) => [key, before === null, after === null]),
      findings: vm.findings.map(({code}) => code),
      error: vm.error?.code,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The large VCH with fewer containerVMs, of each age and in each power state. */
function fewer(folder: string): string {
  const path = join(folder, 'large.json');
  const {generate, ...fixture} = JSON.parse(readFileSync(`${ROOT}fixtures/large.json`, 'utf8'));
  symlinkSync(`${ROOT}fixtures/vic-encoded.jsonl`, join(folder, 'vic-encoded.jsonl'));
  writeFileSync(
    path,
    JSON.stringify({
      ...fixture,
      generate: [
        {...generate[0], count: sizeOf('VMs that are masked', {sample: 60, ci: 500, exhaustive: 500})},
      ],
    }),
  );
  return path;
}

/** Files that are no dumps, and what is wrong with each in its name. */
const SPOILT = {
  'cut.json': '{"virtualMachines": [',
  'other.json': '{"a": 1}',
  'empty.json': '\n',
  'two.json': '{"schema": "vch-migrate/fixture/v1", "datacenters": []}'.repeat(2),
  'nothing-found.json': '{"virtualMachines": []}',
  'null.json': '{"virtualMachines": null}',
  'twice.json': '{"virtualMachines": [{"self": {"type": "VirtualMachine", "value": "vm-1"}}]}'.repeat(2),
};

describe('dump', () => {
  for (const [fixture, id] of [
    ['odd.json', 'vm-101'],
    ['two-vchs.json', 'vm-106'],
    ['every-version.json', ''],
    ['large.json', ''],
  ] as const) {
    it(`plans as the target itself does, whole and masked: ${fixture}`, () =>
      withDirectory({}, async (folder) => {
        const path = fixture === 'large.json' ? fewer(folder) : `${ROOT}fixtures/${fixture}`;
        const target = ['--target', `sim:${path}`];
        const vch = id === '' ? [] : ['--id', id];
        const [whole, masked] = [join(folder, 'whole.json'), join(folder, 'masked.json')];
        const dumped = await vchMigrate(['dump', whole, ...target, '--format', 'json']);
        expect(dumped.code, dumped.stderr).to.equal(0);
        expectValid('dump', JSON.parse(dumped.stdout));
        expect(statSync(whole).mode & 0o777).to.equal(0o600);
        expect((await vchMigrate(['dump', masked, '--mask', ...target])).code).to.equal(0);
        for (const file of [whole, masked]) expectValid('fixture', JSON.parse(readFileSync(file, 'utf8')));
        const plan = (...from: string[]) => vchMigrate(['plan', ...from, ...vch, '--format', 'json']);
        const live = await plan(...target);
        const copy = await plan('--from-dump', whole);
        expect(planIn(copy.stdout)).to.deep.equal(planIn(live.stdout));
        expect(copy.code).to.equal(live.code);
        const {target: from, findings}: Report = JSON.parse(copy.stdout);
        expect(from.url).to.equal(`dump:${whole}`);
        expect(findings[0]?.code).to.equal('not-connected');
        const other = await plan('--target', `dump:${masked}`);
        expect(decisionsIn(other.stdout)).to.deep.equal(decisionsIn(live.stdout));
        expect(decisionsIn(live.stdout)).not.to.be.empty;
      }));
  }

  const SECRETS = ['hunter2-secret', 'acme-payroll', 'registry.acme.example', '10.20.30.40', 'ann@acme'];
  const planted: readonly SmallVm[] = [
    {
      name: 'acme-payroll',
      extraConfig: {
        'guestinfo.vice./sessions|x/cmd/Env~': 'PASSWORD=hunter2-secret',
        'guestinfo.vice./key@secret': 'hunter2-secret',
        'annotations|acme-payroll': 'registry.acme.example',
        'guestinfo.vice./version/PluginVersion': 'hunter2-secret',
      },
    },
    {name: 'acme-payroll-2', dataVersion: '0', extraConfig: {'guestinfo.vice..createtime': '10.20.30.40'}},
    {name: 'plain'},
  ];

  it('has none of the names and secrets if it is masked, nor after an apply by somebody', () =>
    withDirectory({}, (folder) =>
      withSimulator({fixture: smallVch(planted)}, async (simulator) => {
        const file = join(folder, 'masked.json');
        const vch = ['--id', 'vm-100', '--format', 'json'];
        await onSimulator(simulator, 'apply', '--id', 'vm-100', '--change-id', 'ann@acme', '--yes');
        simulator.inventory.vm('vm-102').change({'common/name': 'changed-by-acme-payroll'});
        await onSimulator(simulator, 'dump', file, '--mask', '--name', 'vch1');
        const text = readFileSync(file, 'utf8');
        for (const secret of [
          ...SECRETS,
          'administrator@vsphere.local',
          'datastore1',
          'cluster1',
          '127.0.0.1',
        ])
          expect(text, secret).not.to.include(secret);
        for (const command of ['plan', 'verify']) {
          const live = await onSimulator(simulator, command, ...vch);
          const masked = await vchMigrate([command, '--target', `dump:${file}`, ...vch]);
          expect(decisionsIn(masked.stdout), command).to.deep.equal(decisionsIn(live.stdout));
        }
      }),
    ));

  it('copies of other VCHs only what says whose their VMs are', () =>
    withDirectory({}, async (folder) => {
      const file = join(folder, 'one.json');
      const target = `sim:${ROOT}fixtures/two-vchs.json`;
      await vchMigrate(['dump', file, '--target', target, '--id', 'vm-106']);
      const {vms} = JSON.parse(readFileSync(file, 'utf8'));
      const keys = Object.fromEntries(
        vms.map((vm: {id: string; extraConfig: object}) => [vm.id, Object.keys(vm.extraConfig).length]),
      );
      expect(keys['vm-101']).to.equal(1);
      expect(keys['vm-106']).to.be.greaterThan(20);

      // Of the other VCH nothing is said that was not read.
      const out = join(folder, 'p.json');
      const plan = ['plan', '--from-dump', file];
      const other = await vchMigrate([...plan, '--id', 'vm-101', '--out', out]);
      expect(other.code).to.equal(1);
      expect(other.stderr).to.include('has its id and none of its other keys').and.include('--id vm-101');
      expect(existsSync(out)).to.equal(false);
      const listed = await vchMigrate(['ls', '--target', `dump:${file}`, '--format', 'json']);
      const versions = JSON.parse(listed.stdout).vchs.map(({id, dataVersion}: VchDescription) => [
        id,
        dataVersion,
      ]);
      expect(versions).to.deep.equal([
        ['vm-101', null],
        ['vm-106', 3],
      ]);
      expect(listed.stderr).to.include('(vm-101) has its id and none of its other keys');
      const live = await vchMigrate(['plan', '--target', target, '--id', 'vm-106', '--format', 'json']);
      const copy = await vchMigrate([...plan, '--format', 'json']);
      expect(planIn(copy.stdout)).to.deep.equal(planIn(live.stdout));
    }));

  it('says which VM was removed while it was read, and which it could not read: none is lost without a word', () =>
    withDirectory({}, (folder) =>
      withSimulator(
        {fixture: smallVch([{name: 'web'}, {name: 'db'}, {name: 'cache'}])},
        async (simulator) => {
          const file = join(folder, 'd.json');
          // The first reading shows both.
          simulator.addFault({
            method: 'RetrievePropertiesEx',
            nth: 2,
            before: () => {
              simulator.inventory.vm('vm-103').remove();
              simulator.addFault({method: 'RetrievePropertiesEx', do: {leaveOut: 'vm-102'}});
            },
          });
          const {code, stdout, stderr} = await onSimulator(simulator, 'dump', file, '--format', 'json');
          expect(code, stderr).to.equal(0);
          const said = JSON.parse(stdout);
          expectValid('dump', said);
          expect(said).to.deep.include({gone: ['vm-103'], unread: ['vm-102'], vms: 3});
          const {stdout: planned} = await vchMigrate(['plan', '--from-dump', file, '--format', 'json']);
          const {vms}: Report = JSON.parse(planned);
          expect(vms.map(({id, status}) => [id, status])).to.deep.equal([
            ['vm-102', 'failed'],
            ['vm-101', 'pending'],
          ]);
        },
      ),
    ));

  it('makes a plan that can be saved and applied later on the vCenter itself, unless it is masked', () =>
    withDirectory({}, (folder) =>
      withSimulator({fixture: smallVch([{name: 'web'}, {name: 'db'}])}, async (simulator) => {
        const [file, masked, out] = ['d.json', 'm.json', 'p.json'].map((name) => join(folder, name));
        if (file === undefined || masked === undefined || out === undefined) throw new Error('unreachable');
        await onSimulator(simulator, 'dump', file);
        await onSimulator(simulator, 'dump', masked, '--mask');
        for (const from of [
          ['--from-dump', masked],
          ['--target', `dump:${masked}`],
          ['--target', `sim:${masked}`],
        ]) {
          const refused = await vchMigrate(['plan', ...from, '--out', out]);
          expect(refused.code, from.join()).to.equal(5);
          expect(refused.stderr).to.include('a plan of a masked dump cannot be saved');
          expect(refused.stderr).to.include('without --mask, with vch-migrate dump');
        }
        // As `simulate` serves it.
        await withSimulator({fixture: masked}, async (served) => {
          const refused = await onSimulator(served, 'plan', '--out', out);
          expect(refused.code).to.equal(5);
          const unsaved: Report = JSON.parse((await onSimulator(served, 'plan', '--format', 'json')).stdout);
          expect(unsaved.findings.map(({code}) => code)).to.deep.equal(['masked-dump']);
        });
        expect(existsSync(out)).to.equal(false);
        // No command line has names that no vCenter has.
        const shown: Report = JSON.parse(
          (await vchMigrate(['plan', '--from-dump', masked, '--format', 'json'])).stdout,
        );
        expect(shown.findings.map(({code}) => code)).to.include('masked-dump');
        expect(shown.actions?.map(({command}) => command)).to.deep.equal([null]);
        const unsaved = await vchMigrate(['plan', '--from-dump', file]);
        expect(unsaved.stdout).to.include(`vch-migrate plan --from-dump ${file} --out PLAN.json --name vch1`);
        const saved = await vchMigrate(['plan', '--from-dump', file, '--out', out]);
        expect(saved.stdout).to.include(`on the vCenter itself\n  vch-migrate apply ${out}`);
        const applied = await onSimulator(simulator, 'apply', out, '--yes', '--format', 'json');
        expect(applied.code, applied.stderr).to.equal(0);
        expect(planIn(applied.stdout).summary.changed).to.equal(2);
      }),
    ));

  it('is what simulate serves, and refuses what is none', () =>
    withDirectory(SPOILT, async (folder) => {
      writeFileSync(join(folder, 'packed.json'), gzipSync('{"virtualMachines": []}'));
      for (const [name, why] of [
        ['packed.json', 'is compressed: unpack it first'],
        ['empty.json', 'is empty'],
        ['two.json', 'has more than one document in it'],
        ['nothing-found.json', 'a dump with VMs in it: govc found none'],
        ['null.json', 'a dump with VMs in it: govc found none'],
        ['twice.json', 'it has vm-1 twice'],
        ['cut.json', 'is not JSON: it may be cut off'],
        ['other.json', 'is no dump'],
        ['none.json', '--from-dump: there is no dump'],
      ] as const) {
        const {code, stderr} = await vchMigrate(['plan', '--from-dump', join(folder, name)]);
        expect(code).to.equal(5);
        expect(stderr).to.include(why);
      }
      const twice = await vchMigrate(['plan', '--from-dump', 'x', '--target', 'vc.example', '-u', 'a']);
      expect(twice.stderr).to.include('--from-dump and --target exclude each other');
    }));
});
