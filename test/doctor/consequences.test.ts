import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {READING} from '../../src/doctor/reading.js';
import type {DoctorResult} from '../../src/doctor/result.js';
import {SCRATCH} from '../../src/doctor/scratch.js';
import {isSeenInPlan, standingOn} from '../../src/doctor/stands.js';
import type {Report} from '../../src/report/report.js';
import type {FaultRule, Simulator} from '../../src/simulator/simulator.js';
import {sampleOf} from '../depth.js';
import {onSimulator, reportOf} from '../on-simulator.js';
import {smallVch, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import {unasked} from '../unasked.js';
import {stateOf, TEMPLATES, upgradable} from '../vch-upgrade/small-upgrade.js';

const ALL = [...READING, ...SCRATCH];
const ARGS: Readonly<Record<string, readonly string[]>> = {
  rename: ['web', 'web-2'],
  check: ['--data-only'],
  upgrade: ['--data-only'],
  rehearse: ['--data-only'],
  dump: ['none.json'],
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
        for (const {id, title, command} of sampleOf('refusals by doctor', cases, {sample: 14, ci: 200})) {
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

  for (const [id, {breaks = [], fault, now, shown}] of Object.entries(SAFE))
    it(`is a safe way: ${id}`, () => {
      const settings = {breaks, pageLimit: 2};
      const options = {templates: TEMPLATES, ...(fault && {faults: [fault]}), ...(now && {now})};
      return withSimulator({fixture: upgradable({settings}), ...options}, shown);
    });
});
