import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {commands} from '../../src/cli/commands.js';
import {READING} from '../../src/doctor/reading.js';
import type {DoctorResult} from '../../src/doctor/result.js';
import {SCRATCH} from '../../src/doctor/scratch.js';
import {isSeenInPlan, STANDS, standingOn} from '../../src/doctor/stands.js';
import {readIsoInfo} from '../../src/iso/iso-info.js';
import type {Report} from '../../src/report/report.js';
import type {FaultRule, Simulator} from '../../src/simulator/simulator.js';
import type {UpgradeOptions} from '../../src/vch-upgrade/vch-target.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {ALIASES, container, displayNameOf} from '../containers/containers.js';
import {sampleOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {onSimulator, reportOf} from '../on-simulator.js';
import {loginTo, smallVch, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import {unasked} from '../unasked.js';
import {at, stateOf, TEMPLATES, upgradable, upgrade} from '../vch-upgrade/small-upgrade.js';

const ALL = [...READING, ...SCRATCH];
const ARGS: Readonly<Record<string, readonly string[]>> = {
  rename: ['web', 'web-2'],
  check: ['--data-only'],
  upgrade: ['--data-only'],
  rehearse: ['--data-only'],
  dump: ['none.json'],
  wait: ['--for', 'ready'],
};
const WRITES = /^(?:.*_Task|LogUserEvent|(?:PUT|DELETE) .*)$/;

interface SafeWay {
  readonly breaks?: readonly string[];
  readonly fault?: FaultRule;
  readonly now?: () => number;
  /** Shows, on a server where the assumption does not hold, that what the documentation calls safe is so. */
  readonly shown: (simulator: Simulator) => Promise<void>;
}

const well = async (simulator: Simulator, ...args: string[]): Promise<Report> => {
  const {code, stderr, report} = await reportOf(simulator, ...args);
  expect(code, stderr).to.equal(0);
  return report;
};

/** By assumption that stops no command. */
const SAFE: Readonly<Record<string, SafeWay>> = {
  'token-cancel': {
    fault: {method: 'CancelRetrievePropertiesEx', do: {fault: 'MethodNotFound'}},
    async shown(simulator) {
      simulator.addFault({method: 'ContinueRetrievePropertiesEx', nth: 1, do: {fault: 'InvalidProperty'}});
      const {code, stderr} = await onSimulator(simulator, 'plan', '--id', 'vm-100');
      expect(code).to.equal(1);
      expect(stderr).to.include('InvalidProperty').and.not.include('MethodNotFound');
      expect(simulator.requests.count('CancelRetrievePropertiesEx')).to.equal(1);
      expect(simulator.requests.count('Logout')).to.equal(1);
    },
  },
  'privileges-by-name': {
    breaks: ['privileges'],
    fault: {method: 'ReconfigVM_Task', do: {fault: 'NoPermission'}},
    async shown(simulator) {
      const {vms} = (await reportOf(simulator, 'apply')).report;
      expect(vms.map(({error}) => error?.code)).to.include('VCH_ERR_PRIVILEGE');
    },
  },
  clock: {
    now: () => Date.now() - 86_400_000,
    async shown(simulator) {
      expect((await well(simulator, 'upgrade', '--data-only')).upgrade?.result).to.equal('upgraded');
    },
  },
  'empty-absent': {
    breaks: ['empty-value'],
    async shown(simulator) {
      await well(simulator, 'apply');
      const values = simulator.inventory.vms().flatMap((vm) => Object.values(vm.extraConfig()));
      expect(values).not.to.include('');
    },
  },
  'key-case': {
    breaks: ['key-case'],
    async shown(simulator) {
      await well(simulator, 'apply');
      expect((await well(simulator, 'plan')).summary.pending).to.equal(0);
    },
  },
  identity: {
    breaks: ['instance-uuid'],
    async shown(simulator) {
      const place = ['--scratch', '--scratch-folder', 'dc1/vch1', '--scratch-pool', 'cluster1'];
      const before = simulator.inventory.vms().length;
      const {code} = await onSimulator(simulator, 'doctor', ...place, '--scratch-vms', '1', '--yes');
      expect(code).to.equal(3);
      expect(simulator.inventory.vms()).to.have.length(before);
    },
  },
  'guestinfo-volatile': {
    breaks: ['volatile'],
    async shown(simulator) {
      const guestinfo = () =>
        simulator.inventory
          .vms()
          .map((vm) => Object.entries(vm.extraConfig()).filter(([key]) => key.startsWith('guestinfo.')));
      const before = guestinfo();
      expect((await well(simulator, 'apply')).summary.changed).to.be.greaterThan(0);
      expect(guestinfo()).to.deep.equal(before);
    },
  },
  'snapshot-reverts': {
    breaks: ['revert'],
    async shown(simulator) {
      const {extraConfig: before} = stateOf(simulator)['vm-100'] ?? {};
      await well(simulator, 'upgrade', '--data-only');
      expect((await well(simulator, 'rollback')).upgrade?.result).to.equal('rolled-back');
      const {extraConfig: after} = stateOf(simulator)['vm-100'] ?? {};
      const version = 'guestinfo.vice./init/version/PluginVersion';
      expect(after?.[version]).to.equal(before?.[version]);
      expect(after).not.to.have.property('vch-migrate/lock');
    },
  },
  'user-event': {
    fault: {method: 'LogUserEvent', do: {fault: 'MethodNotFound'}},
    async shown(simulator) {
      expect((await well(simulator, 'upgrade', '--data-only')).upgrade?.result).to.equal('upgraded');
    },
  },
};

describe('what follows from a refuted assumption', function () {
  this.timeout(60_000);

  it('is for each either that commands refuse, or a way that is documented as safe and shown here', () => {
    const documented = [
      ...readFileSync('docs/doctor.md', 'utf8').matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|/gm),
    ].flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, id = '']) => id));
    const stopping = ALL.filter(({id}) => standingOn(id).length > 0).map(({id}) => id);
    const safe = ALL.filter(({id}) => standingOn(id).length === 0).map(({id}) => id);
    expect(documented.toSorted()).to.deep.equal([...stopping, ...safe].sort());
    expect(Object.keys(SAFE).sort()).to.deep.equal(safe.sort());
    expect(ALL).to.have.length(25);
  });

  it('is that each command named refuses, with what does not hold, and before it writes', () =>
    withDirectory({}, (folder) =>
      withSimulator({fixture: smallVch([{name: 'web'}]), now: () => Date.now()}, async (simulator) => {
        const seen = await onSimulator(simulator, 'doctor', '--format', 'json');
        const {next: _next, ...result}: DoctorResult & {readonly next: string} = JSON.parse(seen.stdout);
        const cases = ALL.flatMap(({id, title}) =>
          standingOn(id)
            .filter((command) => !isSeenInPlan(id, command) && id !== 'upload')
            .map((command) => ({id, title, command})),
        );
        for (const {id, title, command} of sampleOf('refusals by doctor', cases, {sample: 9, ci: 200})) {
          const file = join(folder, `${id}.json`);
          const assumptions = ALL.map(({id: each, title, meaning}) => {
            const row = {id: each, title, meaning, seen: 'as it was', stops: []};
            return {...row, status: each === id ? 'refuted' : 'confirmed'};
          });
          writeFileSync(file, JSON.stringify({...result, assumptions}));
          const args = [command, ...(ARGS[command] ?? []), '--id', 'vm-100', '--doctor', file];
          const {code, stderr} = await onSimulator(simulator, ...unasked(args));
          expect(code, `${id}: ${command}: ${stderr}`).to.equal(1);
          expect(stderr, `${id}: ${command}`).to.include(` stands on this: ${title}`);
          expect(stderr).to.include('Nothing was written').and.include('vch-migrate doctor --scratch');
        }
        expect(simulator.requests.list.filter(({method}) => WRITES.test(method))).to.deep.equal([]);
      }),
    ));

  it('is one table, in which every command that works on a target is, and each can be given a result', () => {
    const onTarget = commands.filter(({options}) => 'target' in options);
    const listed = Object.keys(STANDS).filter((command) => !command.includes(' '));
    expect(onTarget.map(({name}) => name).sort()).to.deep.equal(listed.sort());
    for (const {name, options} of onTarget)
      expect('doctor' in options, name).to.equal((STANDS[name] ?? []).length > 0);
    const known = new Set(ALL.map(({id}) => id));
    for (const ids of Object.values(STANDS)) expect(ids.filter((id) => !known.has(id))).to.deep.equal([]);
  });

  /** A result for a server in which one row is refuted. */
  async function refutedOn(simulator: Simulator, folder: string, id: string): Promise<readonly string[]> {
    const {stdout} = await onSimulator(simulator, 'doctor', '--format', 'json');
    const {next: _next, ...result}: DoctorResult & {readonly next: string} = JSON.parse(stdout);
    const assumptions = result.assumptions.map((row) =>
      row.id === id ? {...row, status: 'refuted', seen: 'as it was'} : row,
    );
    const file = join(folder, 'doctor.json');
    writeFileSync(file, JSON.stringify({...result, assumptions}));
    return ['--doctor', file, '--id', 'vm-100'];
  }

  it('is that only a plan that writes to running VMs is refused where these take no writes', () =>
    withDirectory({}, (folder) => {
      const fixture = smallVch([{name: 'web'}, {name: 'db', powerState: 'poweredOff'}]);
      return withSimulator({fixture, now: () => Date.now()}, async (simulator) => {
        const known = await refutedOn(simulator, folder, 'hidden-while-running');
        const plan = await reportOf(simulator, 'plan', ...known);
        expect(plan.code, plan.stderr).to.equal(0);
        const [finding] = plan.report.findings ?? [];
        expect(finding?.code).to.equal('needs-power-off');
        expect(finding?.message).to.include('web is powered on').and.not.include('db');
        const apply = await onSimulator(simulator, ...unasked(['apply', ...known]));
        expect(apply.code).to.equal(1);
        expect(apply.stderr).to.include('web is powered on').and.include('Nothing was written');
        const [, words = ''] = /look again: vch-migrate (doctor .*)$/m.exec(apply.stderr) ?? [];
        const upgrade = await onSimulator(simulator, ...unasked(['upgrade', '--data-only', ...known]));
        expect(upgrade.stderr).to.include('vch1, web are powered on');
        expect(simulator.requests.list.filter(({method}) => WRITES.test(method))).to.deep.equal([]);
        const again = await onSimulator(simulator, ...words.split(' '), '--scratch-vms', '1', '--yes');
        expect(again.code, `${words}: ${again.stderr}`).to.equal(0);
        simulator.inventory.vm('vm-101').powerOff();
        const off = await reportOf(simulator, 'apply', ...known);
        expect(off.code, off.stderr).to.equal(0);
        expect(off.report.summary.changed).to.equal(2);
        simulator.inventory.vm('vm-101').powerOn();
        const undo = await onSimulator(simulator, ...unasked(['undo', ...known]));
        expect(undo.code).to.equal(1);
        expect(undo.stderr).to.include('undo stands on this').and.include('web is powered on');
      });
    }));

  it('is that a rename is refused only where something that it writes runs', () =>
    withDirectory({}, (folder) => {
      const fixture = smallVch(
        [
          container('web'),
          container('db', {powerState: 'poweredOff'}),
          container('app', {aliases: ':app|db:database'}),
        ],
        {breaks: ['hidden-keys']},
      );
      return withSimulator({fixture, now: () => Date.now()}, async (simulator) => {
        const known = await refutedOn(simulator, folder, 'hidden-while-running');
        const rename = (name: string) =>
          onSimulator(simulator, ...unasked(['rename', name, `${name}-2`, ...known]));
        expect((await rename('db')).stderr)
          .to.include('vch1, ')
          .and.include('are powered on');
        simulator.inventory.vm('vm-100').powerOff();
        for (const [name, running] of [
          ['web', 'web'],
          ['db', 'app'],
        ] as const) {
          const {code, stderr} = await rename(name);
          expect(code, name).to.equal(1);
          expect(stderr)
            .to.include(`${displayNameOf(running)} is powered on`)
            .and.include('Nothing was written');
        }
        expect(simulator.requests.list.filter(({method}) => WRITES.test(method))).to.deep.equal([]);
        simulator.inventory.vm('vm-103').powerOff();
        const {code, stderr} = await rename('db');
        expect(code, stderr).to.equal(0);
        expect(simulator.inventory.vm('vm-103').extraConfig()[ALIASES]).to.equal(':app|db-2:database');
      });
    }));

  it('is that what brings a VCH up again goes on where running VMs take no writes', () =>
    withDirectory({}, (folder) =>
      withSimulator(
        {fixture: upgradable(), templates: TEMPLATES, now: () => Date.now()},
        async (simulator) => {
          const known = await refutedOn(simulator, folder, 'hidden-while-running');
          const session = await connect(loginTo(simulator));
          await stopped(session, 'snapshot', {});
          await session.close();
          const on = await onSimulator(simulator, ...unasked(['rollback', ...known]));
          expect(on.code).to.equal(1);
          expect(on.stderr).to.match(/rollback stands on this: a hidden key .* vch1\b.* powered on/);
          simulator.inventory.vm('vm-100').powerOff();
          const off = await onSimulator(simulator, ...unasked(['rollback', ...known]));
          expect(off.stderr).not.to.include('stands on this');
          expect(off.code, off.stderr).to.equal(0);
        },
      ),
    ));

  it('is that upgrades without files to upload go on where none can be uploaded', () =>
    withDirectory({}, (folder) =>
      withSimulator(
        {fixture: upgradable(), templates: TEMPLATES, now: () => Date.now()},
        async (simulator) => {
          const known = await refutedOn(simulator, folder, 'upload');
          const iso = await writeIso(join(folder, 'v1.iso'));
          const isos = ['--appliance-iso', iso, '--bootstrap-iso', iso];
          const whole = await onSimulator(simulator, ...unasked(['upgrade', ...isos, ...known]));
          expect(whole.code).to.equal(1);
          expect(whole.stderr).to.include('upgrade stands on this: a file can be uploaded');
          expect(simulator.requests.list.filter(({method}) => WRITES.test(method))).to.deep.equal([]);

          const session = await connect(loginTo(simulator));
          const uploading: boolean[] = [];
          const permit = async (_planned: unknown, uploads: boolean) => void uploading.push(uploads);
          const {upgrade: resumable} = await stopped(session, 'snapshot', {permit});
          expect(resumable.result).to.equal('resumable');
          await session.close();
          const resumed = await reportOf(simulator, 'resume', ...known);
          expect(resumed.code, resumed.stderr).to.equal(0);
          expect(resumed.report.upgrade?.result).to.equal('upgraded');
          expect(uploading).to.deep.equal([false]);
        },
      ),
    ));

  it('is that a resume is refused while its files are still to be uploaded', () =>
    withDirectory({}, (folder) =>
      withSimulator(
        {fixture: upgradable(), templates: TEMPLATES, now: () => Date.now()},
        async (simulator) => {
          const known = await refutedOn(simulator, folder, 'upload');
          const path = await writeIso(join(folder, 'v1.iso'));
          const iso = await readIsoInfo(path);
          const session = await connect(loginTo(simulator));
          await stopped(session, 'upload', {applianceIso: iso, bootstrapIso: iso});
          await session.close();
          const isos = ['--appliance-iso', path, '--bootstrap-iso', path];
          const {code, stderr} = await onSimulator(simulator, ...unasked(['resume', ...isos, ...known]));
          expect(code, stderr).to.equal(1);
          expect(stderr).to.include('resume stands on this: a file can be uploaded');
        },
      ),
    ));

  async function stopped(session: Session, step: string, options: Partial<UpgradeOptions>) {
    const stop = new AbortController();
    return upgrade(session, {...options, ...at(step, () => stop.abort()), signal: stop.signal});
  }

  for (const [id, {breaks = [], fault, now, shown}] of Object.entries(SAFE))
    it(`is a safe way: ${id}`, () => {
      const settings = {breaks, pageLimit: 2};
      const options = {templates: TEMPLATES, ...(fault && {faults: [fault]}), ...(now && {now})};
      return withSimulator({fixture: upgradable({settings}), ...options}, shown);
    });
});
