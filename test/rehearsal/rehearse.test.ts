import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Report, ReportVm} from '../../src/report/report.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {vmRef} from '../../src/vim25/managed-object.js';
import {createSnapshot} from '../../src/vim25/snapshot.js';
import {TaskWaiter} from '../../src/vim25/tasks.js';
import {sampleOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {onSimulator, vchMigrate} from '../on-simulator.js';
import {ROOT} from '../peers.js';
import {expectValid} from '../schemas.js';
import {withSession, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import {stateOf, TEMPLATES, upgradable, WITH_ALL_TO_CHANGE} from '../vch-upgrade/small-upgrade.js';

/** What a report says of a VM, whether it was done or only tried. */
function predicted({id, status, applied, changes, error}: ReportVm) {
  // What guests write by themselves depends on the moment.
  const keys = changes.filter(({key}) => !key.endsWith('.started'));
  return {id, status: status === 'pending' ? 'changed' : status, applied, changes: keys, error: error?.code};
}

/** Every VCH of the fixtures that are small enough to upgrade each. */
const VCHS = [
  ['legacy.json', 'vm-101'],
  ['odd.json', 'vm-101'],
  ['odd.json', 'vm-102'],
  ['every-version.json', 'vm-101'],
  ['two-vchs.json', 'vm-101'],
  ['two-vchs.json', 'vm-106'],
  ['empty.json', 'vm-101'],
] as const;

/** What a run prints that does not begin. */
interface RefusedRun {
  readonly error: {readonly code: string; readonly message: string};
}

/** All that a rehearsal may ask of its target. */
const READING =
  /^(?:GET \/sdk\/vimServiceVersions\.xml|Login|Logout|RetrieveServiceContent|HasPrivilegeOnEntities|CreateContainerView|DestroyView|(?:Continue)?RetrievePropertiesEx)$/;

/** What of a target any write would move. */
function whole({inventory, events}: Simulator) {
  const vms = inventory.vms().map((vm) => ({
    keys: vm.extraConfig(),
    version: vm.changeVersion,
    power: vm.powerState,
    snapshots: vm.snapshots,
    drive: vm.cdrom,
  }));
  return JSON.stringify({vms, logged: events.length});
}

describe('rehearse', function () {
  this.timeout(120_000);

  for (const [fixture, id] of sampleOf(
    'VCHs of fixtures whose upgrade is compared with its rehearsal',
    VCHS,
    {
      // One VCH is compared with its upgrade in each run, below.
      sample: 0,
      ci: 4,
    },
  )) {
    it(`predicts result, exit code and every VM of an upgrade, with nothing but reading: ${fixture}, ${id}`, () =>
      withSimulator({fixture: `${ROOT}fixtures/${fixture}`}, async (simulator) => {
        const vch = ['--id', id, '--data-only', '--format', 'json'];
        const before = whole(simulator);
        const rehearsed = await onSimulator(simulator, 'rehearse', ...vch);
        expect(whole(simulator)).to.equal(before);
        expect(
          Object.keys(simulator.requests.counts).filter((method) => !READING.test(method)),
        ).to.deep.equal([]);
        expect(simulator.requests.count('Login')).to.equal(1);
        const report: Report = JSON.parse(rehearsed.stdout);
        expectValid('report', report);
        const upgraded = await onSimulator(simulator, 'upgrade', ...vch, '--yes');
        expect(rehearsed.code).to.equal(upgraded.code);
        const done: Report | RefusedRun = JSON.parse(upgraded.stdout);
        if ('error' in done) {
          expect(report.rehearsal?.upgrade.result).to.equal('not-started');
          const why = report.checks?.flatMap(({status, message}) => (status === 'failed' ? [message] : []));
          expect(why).to.have.length(1);
          // Both count the VMs that are in the way, and begin with their names.
          expect(why?.[0]?.split('vm-')).to.have.length(done.error.message.split('vm-').length);
          expect(why?.[0]).to.include(done.error.code);
          return;
        }
        expect(report.rehearsal?.upgrade.result).to.equal(done.upgrade?.result);
        expect(report.vms.map(predicted)).to.deep.equal(done.vms.map(predicted));
        expect(done.vms).not.to.be.empty;
      }));
  }

  it('predicts, VM by VM, what the upgrade then does, and writes nothing on the target', () =>
    withDirectory({}, (folder) =>
      withSimulator(
        {fixture: upgradable({appliance: WITH_ALL_TO_CHANGE}), templates: TEMPLATES},
        async (simulator) => {
          const isos = await Promise.all(
            ['appliance', 'bootstrap'].map(async (kind) => [
              `--${kind}-iso`,
              await writeIso(join(folder, `${kind}.iso`), {content: kind}),
            ]),
          );
          const vch = ['--id', 'vm-100', ...isos.flat(), '--format', 'json'];
          const before = stateOf(simulator);
          const rehearsed = await onSimulator(simulator, 'rehearse', ...vch, '--task-time', '200ms');
          expect(rehearsed.code, rehearsed.stderr).to.equal(0);
          expect(stateOf(simulator)).to.deep.equal(before);
          const report: Report = JSON.parse(rehearsed.stdout);
          expectValid('report', report);

          const {rehearsal} = report;
          if (rehearsal === undefined) throw new Error('the report has no rehearsal');
          expect(rehearsal.taskTime).to.equal(200);
          expect(rehearsal.upgrade.result).to.equal('upgraded');
          // Two minutes for the boot, and a guest that takes twenty seconds to go down.
          expect(rehearsal.upgrade.outage).to.be.within(140_000, 160_000);
          expect(rehearsal.rollback?.result).to.equal('rolled-back');
          expect(rehearsal.differing).to.deep.equal([]);
          const ends = rehearsal.failures.map(({name, upgrade, next, repair}) => [
            name,
            upgrade.result,
            next,
            repair?.result,
          ]);
          expect(ends).to.deep.equal([
            ['vcenter-away', 'resumable', 'resume', 'upgraded'],
            ['host-lost', 'needs-person', 'rollback', 'rolled-back'],
            ['datastore-full', 'as-before', 'upgrade', 'upgraded'],
            ['killed', 'resumable', 'resume', 'upgraded'],
          ]);
          expect(rehearsal.failures[3]?.upgrade.outage).to.equal(null);
          // Whatever powers it on waits for its boot.
          expect(rehearsal.rollback?.outage).to.be.within(140_000, 160_000);
          const [away, lost, full, killed] = rehearsal.failures.map(({repair}) => repair?.outage);
          expect(away).to.be.greaterThan(30 * 60_000 + 120_000);
          // The lost host is waited for before the upgrade gives up.
          expect(lost).to.be.within(140_000, 300_000);
          for (const outage of [full, killed]) expect(outage).to.be.within(140_000, 180_000);
          for (const {repair} of rehearsal.failures) expect(repair?.took).to.be.greaterThan(120_000);
          // The snapshot fails while the appliance is still up.
          expect(rehearsal.failures[2]?.upgrade.outage).to.equal(0);
          expect(rehearsal.failures[2]?.repair?.outage).to.be.within(140_000, 160_000);

          const upgraded = await onSimulator(simulator, 'upgrade', ...vch, '--yes');
          const done: Report = JSON.parse(upgraded.stdout);
          expect(report.vms.map(predicted)).to.deep.equal(done.vms.map(predicted));
        },
      ),
    ));

  const more = sampleOf('more that rehearsals are tried on', ['off', 'timeout', 'doctor', 'expect'], {
    sample: 1,
    ci: 4,
  });
  const itOn = (what: string) => (more.includes(what) ? it : () => undefined);

  itOn('off')(
    'plays only failures that can meet the upgrade: an appliance that is off is not powered on',
    () =>
      withSimulator(
        {fixture: upgradable({vms: [], appliance: {powerState: 'poweredOff'}})},
        async (simulator) => {
          const {code, stdout} = await onSimulator(
            simulator,
            ...['rehearse', '--id', 'vm-100', '--data-only', '--format', 'json'],
          );
          expect(code).to.equal(0);
          const {rehearsal, findings}: Report = JSON.parse(stdout);
          expect([rehearsal?.upgrade.outage, rehearsal?.rollback?.outage]).to.deep.equal([0, 0]);
          expect(rehearsal?.failures.map(({name, repair}) => [name, repair?.result])).to.deep.equal([
            ['vcenter-away', 'upgraded'],
            ['datastore-full', 'upgraded'],
          ]);
          expect(findings.filter(({message}) => message.includes('cannot happen'))).to.have.length(2);
        },
      ),
  );

  itOn('timeout')('lets vCenter come back while an upgrade with a long --timeout still waits for it', () =>
    withSimulator({fixture: upgradable({vms: []})}, async (simulator) => {
      const {code, stdout} = await onSimulator(
        simulator,
        ...['rehearse', '--id', 'vm-100', '--data-only', '--timeout', '40m', '--format', 'json'],
      );
      expect(code).to.equal(0);
      const report: Report = JSON.parse(stdout);
      expectValid('report', report);
      const [away] = report.rehearsal?.failures ?? [];
      expect([away?.upgrade.result, away?.repair]).to.deep.equal(['upgraded', null]);
      expect(away?.upgrade.outage).to.be.greaterThan(30 * 60_000);
      expect(report.findings.map(({message}) => message).join()).to.include('No other command is needed');
    }),
  );

  itOn('doctor')(
    'goes by what doctor found on the vCenter: the time of a task, and what would refuse the upgrade',
    () =>
      withDirectory({}, (folder) =>
        withSimulator({fixture: upgradable({vms: []})}, async (simulator) => {
          const [dump, file] = [join(folder, 'dump.json'), join(folder, 'doctor.json')];
          await onSimulator(simulator, 'dump', dump);
          const {stdout} = await onSimulator(simulator, 'doctor', '--format', 'json');
          const found = JSON.parse(stdout);
          const knows = (change: object) => writeFileSync(file, JSON.stringify({...found, ...change}));
          const vch = ['--id', 'vm-100', '--data-only', '--doctor', file, '--format', 'json'];
          const copy = ['rehearse', '--from-dump', dump, ...vch];
          const played = async (...args: string[]) => {
            const ended = await vchMigrate(args);
            const {rehearsal, findings = []}: Partial<Report> = JSON.parse(ended.stdout);
            return {...ended, rehearsal, told: findings.map(({message}) => message).join()};
          };

          knows({measured: {...found.measured, reconfigure: 310}});
          const measured = await played(...copy);
          expect(measured.rehearsal).to.include({taskTime: 310, taskTimeFrom: 'measured'});
          expect(measured.told).to.include('at 0.3 s a task as doctor measured it');
          const assumed = await played(...copy.filter((word) => word !== '--doctor' && word !== file));
          expect(assumed.told).to.include('at 0.5 s a task as assumed, until vch-migrate doctor --scratch');

          const refuted = (row: {id: string}) => (row.id === 'snapshot' ? {...row, status: 'refuted'} : row);
          knows({assumptions: found.assumptions.map(refuted)});
          const real = await onSimulator(simulator, 'upgrade', ...vch, '--yes');
          expect(real.code).to.equal(1);
          const {error}: RefusedRun = JSON.parse(real.stdout);
          const live = await onSimulator(simulator, 'rehearse', ...vch);
          for (const {code, ...ended} of [live, await played(...copy)]) {
            expect(code).to.equal(1);
            const report: Report = JSON.parse(ended.stdout);
            expectValid('report', report);
            expect(report.rehearsal?.upgrade.result).to.equal('not-started');
            expect(report.rehearsal?.upgrade.error?.code).to.equal(error.code);
            expect(report.rehearsal?.failures).to.deep.equal([]);
            const told = report.findings.find(({code}) => code === 'rehearsal-upgrade')?.message ?? '';
            expect(told.split(' If the server')[0]).to.equal(
              `the upgrade would be refused: ${error.message.split(' If the server')[0]}`,
            );
          }

          knows({server: '0'.repeat(32)});
          const other = await vchMigrate(copy);
          expect(other.code).to.equal(5);
          expect(other.stderr).to.include('is about another vCenter');
        }),
      ),
  );

  it('ends where the upgrade would not begin, with the checks that say why', () =>
    withSimulator({fixture: upgradable(), templates: TEMPLATES}, async (simulator) => {
      simulator.inventory.vm('vm-103').change({'guestinfo.vice./version/PluginVersion': '99'});
      const {code, stdout} = await onSimulator(
        simulator,
        ...['rehearse', '--id', 'vm-100', '--data-only', '--format', 'json'],
      );
      expect(code).to.equal(1);
      const {checks = [], rehearsal, vms}: Report = JSON.parse(stdout);
      expect(checks.filter(({status}) => status === 'failed')).to.have.length(1);
      expect(rehearsal?.failures).to.deep.equal([]);
      expect(vms.filter(({status}) => status === 'changed')).to.deep.equal([]);
    }));

  it('looks at the VCH itself: what its vCenter would refuse, and the copy cannot know, is refused', () =>
    withDirectory({}, async (folder) => {
      const fixture = {
        ...upgradable({vms: []}),
        roles: [{name: 'reader', privileges: ['System.Anonymous', 'System.View', 'System.Read']}],
        users: [
          {user: 'admin', password: 'secret', role: 'Admin'},
          {user: 'reader', password: 'secret', role: 'reader'},
        ],
      };
      const file = join(folder, 'dump.json');
      const vch = ['--id', 'vm-100', '--data-only', '--format', 'json'];
      const read = ({code, stdout}: {readonly code: number; readonly stdout: string}) => {
        const {checks = [], rehearsal, upgrade}: Report = JSON.parse(stdout);
        const told = checks.filter(({id}) => id === 'privileges' || id === 'snapshots');
        return {
          code,
          result: (rehearsal?.upgrade ?? upgrade)?.result,
          told: told.map((row) => Object.values(row)),
        };
      };
      await withSession({fixture}, async (session, simulator) => {
        const reader = {...simulator, user: 'reader', password: 'secret'};
        const lacking = read(await onSimulator(reader, 'rehearse', ...vch));
        expect(lacking).to.include({code: 1, result: 'not-started'});
        expect(lacking).to.deep.equal(read(await onSimulator(reader, 'upgrade', ...vch, '--yes')));

        for (let depth = 1; depth <= 32; depth += 1) {
          const task = await createSnapshot(session, vmRef('vm-100'), {name: `${depth}`, description: ''});
          await new TaskWaiter(session).wait(task, 'taking a snapshot');
        }
        const full = read(await onSimulator(simulator, 'rehearse', ...vch));
        expect(full).to.include({code: 1, result: 'not-started'});
        expect(full).to.deep.equal(read(await onSimulator(simulator, 'upgrade', ...vch, '--yes')));
        await onSimulator(simulator, 'dump', file);
      });
      // The dump has none of it, and says so.
      const {told, ...blind} = read(await vchMigrate(['rehearse', '--from-dump', file, ...vch]));
      expect(blind).to.deep.equal({code: 0, result: 'upgraded'});
      expect(told.map(([id, , status, message]) => [id, status, `${message}`.split(':')[0]])).to.deep.equal([
        ['privileges', 'warning', 'not looked at'],
        ['snapshots', 'warning', 'not looked at'],
      ]);
    }));

  itOn('expect')('takes --expect for the number of the whole VCH, of which a failure has but a few', () => {
    const vms = Array.from({length: 22}, (_, n) => ({name: `web${n}`}));
    return withSimulator({fixture: upgradable({vms})}, async (simulator) => {
      const {code, stdout, stderr} = await onSimulator(
        simulator,
        ...['rehearse', '--id', 'vm-100', '--data-only', '--expect', '22', '--format', 'json'],
      );
      expect(code, stderr).to.equal(0);
      const {rehearsal}: Report = JSON.parse(stdout);
      expect(rehearsal?.failures).to.have.length(4);
    });
  });

  it('tells in its help every exit code that it has', async () => {
    const {stdout} = await vchMigrate(['rehearse', '--help']);
    const codes = stdout
      .split('\nExit codes:\n')[1]
      ?.match(/^ {2}\d+/gm)
      ?.map(Number);
    expect(codes).to.include.members([0, 1, 3, 4, 5, 6]);
  });

  it('refuses what it cannot read', async () => {
    const {code, stderr} = await vchMigrate(['rehearse', '--from-dump', 'none.json', '--data-only']);
    expect(code).to.equal(5);
    expect(stderr).to.include('--from-dump: there is no dump none.json');
  });
});
