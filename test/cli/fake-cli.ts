import {builtinPlugins} from '../../plugins/index.js';
import type {Command, PreparedReport} from '../../src/cli/command.js';
import {commands} from '../../src/cli/commands.js';
import type {CliContext, RunningSimulator} from '../../src/cli/context.js';
import {run} from '../../src/cli/run.js';
import type {Stop, StopCause} from '../../src/cli/stop.js';
import type {LiveLines, Terminal} from '../../src/cli/terminal.js';
import type {RunOutcome, VchSummary, VmOutcome} from '../../src/containers/outcome.js';
import type {RunOptions, UndoOptions} from '../../src/containers/run-options.js';
import type {PlanBody} from '../../src/containers/saved-plan.js';
import {createRegistry} from '../../src/migration/registry.js';
import type {UpgradeOutcome} from '../../src/vch-upgrade/outcome.js';
import type {ConnectOptions} from '../../src/vim25/http-client.js';
import type {Session} from '../../src/vim25/session.js';
import {type Ended, recordingTerminal} from '../on-simulator.js';

export const VCH: VchSummary = {
  id: 'vm-12',
  name: 'vch1',
  ownName: 'vch1',
  build: '5678',
  version: 'v0.9.0',
  dataVersion: 0,
  powerState: 'poweredOn',
  computeResource: '/dc1/host/cluster1/Resources/vch1',
  containerVMs: 1,
  lock: {held: false},
};

/** A containerVM's outcome; everything has a default. */
export function vmOutcome(vm: Partial<VmOutcome> = {}): VmOutcome {
  return {
    id: 'vm-13',
    kind: 'container',
    displayName: 'web-0a1b2c3d4e5f',
    containerId: '0a1b2c3d4e5f'.padEnd(64, '0'),
    containerName: 'web',
    powerState: 'poweredOn',
    dataVersion: 0,
    rename: 'disabled',
    status: 'pending',
    applied: ['0002-container-common-name'],
    changes: [{key: 'common/name', before: null, after: 'web'}],
    findings: [],
    error: null,
    ...vm,
  };
}

/** A run's outcome over these VMs. */
export function runOutcome(vms: readonly VmOutcome[], outcome: Partial<RunOutcome> = {}): RunOutcome {
  return {vch: VCH, vms, findings: [], interrupted: false, ...outcome};
}

/** What a saved plan over one VM holds. */
export const PLAN_BODY: PlanBody = {
  target: {url: 'https://vc.example/sdk', instanceUuid: 'a1b2'},
  vch: {id: 'vm-12', name: 'vch1', biosUuid: '4200'},
  plugins: [{id: '0002-container-common-name', revision: 1}],
  vms: [
    {
      id: 'vm-13',
      displayName: 'web-0a1b2c3d4e5f',
      containerName: 'web',
      rename: 'disabled',
      status: 'pending',
      seen: {
        containerId: '0a1b2c3d4e5f'.padEnd(64, '0'),
        instanceUuid: '5200',
        biosUuid: null,
        keys: {'common/name': null, 'guestinfo.vice./common/name': '0123456789abcdef'},
      },
      changes: '0123456789abcdef',
    },
  ],
};

/** What happens instead of the real thing. */
export interface Script {
  readonly variables?: Readonly<Record<string, string>>;
  /** What is typed: answers to questions, in their order. Given, there is a terminal. */
  readonly typed?: readonly string[];
  /** The lines of the terminal for progress. */
  readonly live?: LiveLines;
  /** Of the tool; 9.9.9 unless said otherwise. */
  readonly version?: string;
  readonly connect?: (options: ConnectOptions) => void;
  /** What commands over one VCH come to. */
  readonly operate?: (
    options: UndoOptions,
    stop: (by: StopCause) => void,
  ) => Promise<RunOutcome> | RunOutcome;
  /** Where an upgrade, or what follows on it, left the VCH. */
  readonly upgrade?: UpgradeOutcome['upgrade'];
  /** What was looked at before an upgrade. */
  readonly checks?: UpgradeOutcome['checks'];
  /** Writes to stdout, as a terminal does; what it gives or throws is what the terminal does. */
  readonly out?: Terminal['out'];
}

/** What a command line came to. */
export interface ScriptedEnd extends Ended {
  /** What was called, in order: `connect`, `apply`, `startSimulator`, … */
  readonly calls: readonly string[];
  readonly connects: readonly ConnectOptions[];
  readonly runs: readonly RunOptions[];
  readonly questions: readonly string[];
}

const UPGRADED: UpgradeOutcome['upgrade'] = {
  result: 'upgraded',
  error: null,
  run: 'run-1',
  phase: 'done',
  lockId: 'lock-1',
  snapshot: 'snapshot-1',
  card: [],
};

const SIMULATOR = {
  url: 'https://127.0.0.1:4433/sdk',
  user: 'administrator@vsphere.local',
  password: "it's(sim)",
  thumbprint: Array.from({length: 32}, () => 'AB').join(':'),
};

const UPGRADING: readonly string[] = ['upgrade', 'rollback', 'resume', 'unlock'];

/** What is told of the server; no scripted command calls it. */
const SESSION: Session = Object.create(null, {
  url: {value: new URL('https://vc.example/sdk')},
  about: {
    value: {
      fullName: 'VMware vCenter Server 8.0.2',
      apiVersion: '8.0.2.0',
      isVCenter: true,
      instanceUuid: '42000000-0000-4000-8000-000000000000',
      build: '1',
    },
  },
  contact: {value: {waiting: 0, broken: null, silent: 0}},
});

/** Runs a command line over scripted commands: no server, no process, no terminal. */
export async function runCommandLine(args: readonly string[], script: Script = {}): Promise<ScriptedEnd> {
  const calls: string[] = [];
  const connects: ConnectOptions[] = [];
  const runs: RunOptions[] = [];
  const questions: string[] = [];
  const typed = [...(script.typed ?? [])];
  let clock = Date.UTC(2026, 0, 2, 3, 4, 5);

  const controller = new AbortController();
  let by: StopCause | null = null;
  const raise = (signal: StopCause) => {
    by = signal;
    controller.abort();
  };
  const stop: Stop = {signal: controller.signal, by: () => by};

  const answer = async (question: string) => {
    questions.push(question);
    return typed.shift() ?? '';
  };
  const {terminal, written} = recordingTerminal({
    interactive: script.typed !== undefined,
    live: script.live,
    variables: script.variables ?? {},
    ...(script.out === undefined ? {} : {out: script.out}),
    ask: answer,
    askSecret: answer,
  });
  const scripted = (prepared: PreparedReport): PreparedReport => ({
    ...prepared,
    async read(about) {
      const ready = await prepared.read(about);
      return {
        ...ready,
        async run(_session, options) {
          calls.push('saved' in options && options.saved !== undefined ? 'applyPlan' : prepared.name);
          runs.push(options);
          const outcome = (await script.operate?.(options, raise)) ?? runOutcome([vmOutcome()]);
          if (prepared.name === 'plan') return {...outcome, plan: PLAN_BODY};
          if (prepared.name === 'check') return {...outcome, checks: script.checks ?? []};
          return UPGRADING.includes(prepared.name)
            ? {...outcome, checks: [], upgrade: script.upgrade ?? UPGRADED}
            : outcome;
        },
      };
    },
  });
  const scriptedCommand = (command: Command): Command => ({
    ...command,
    prepare(invocation) {
      const prepared = command.prepare(invocation);
      return prepared.kind === 'report' ? scripted(prepared) : prepared;
    },
  });
  const simulator: RunningSimulator = {
    ...SIMULATOR,
    close: async () => {
      calls.push('close simulator');
    },
  };
  const layers: Pick<CliContext, 'login' | 'startSimulator' | 'registry'> = {
    async login(options, use) {
      calls.push('connect');
      connects.push(options);
      script.connect?.(options);
      return use(SESSION);
    },
    async startSimulator() {
      calls.push('start simulator');
      // `simulate` serves until it is stopped.
      if (args[0] === 'simulate') setImmediate(() => raise('SIGTERM'));
      return simulator;
    },
    registry: async () => createRegistry(builtinPlugins),
  };
  const code = await run(args, commands.map(scriptedCommand), {
    ...layers,
    terminal,
    stop,
    version: script.version ?? '9.9.9',
    now: () => {
      clock += 1000;
      return new Date(clock);
    },
    newRunId: () => '11111111-2222-4333-8444-555555555555',
  });
  return {code, ...written(), calls, connects, runs, questions};
}

/** Settings of a target in the environment; its password must be seen nowhere. */
export const withTarget: Script = {
  variables: {GOVC_URL: 'vc.example', GOVC_USERNAME: 'ann', GOVC_PASSWORD: 'pl4nted-pw'},
};

/** A JSON object, as a program would read it. */
export function parsed(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error('no JSON object');
  return {...value};
}
