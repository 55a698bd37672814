import {type ChildProcess, spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import {Writable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {commands} from '../src/cli/commands.js';
import {type CliContext, layers} from '../src/cli/context.js';
import {run} from '../src/cli/run.js';
import type {Terminal} from '../src/cli/terminal.js';
import type {Report, ReportVm} from '../src/report/report.js';
import type {Simulator} from '../src/simulator/simulator.js';
import type {Clock} from '../src/vim25/clock.js';
import {ROOT} from './peers.js';
import {clockOf} from './small-vch.js';
import {unasked} from './unasked.js';

/** What a command line came to. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a simulator is, and as whom to log in, as variables of the environment. */
export function variablesFor({
  url,
  user,
  password,
}: Pick<Simulator, 'url' | 'user' | 'password'>): Readonly<Record<string, string>> {
  return {GOVC_URL: url, GOVC_USERNAME: user, GOVC_PASSWORD: password, GOVC_INSECURE: '1'};
}

/** A terminal that keeps what is written to it; nobody sits at it, unless `parts` say so. */
export function recordingTerminal(parts: Partial<Terminal> = {}): {
  readonly terminal: Terminal;
  readonly written: () => Pick<Ended, 'stdout' | 'stderr'>;
} {
  const written = {stdout: '', stderr: ''};
  const errors = new Writable({
    write(chunk, _encoding, done) {
      written.stderr += String(chunk);
      done();
    },
  });
  const terminal: Terminal = {
    interactive: false,
    colour: false,
    unicode: true,
    live: undefined,
    columns: 120,
    variables: {},
    errors,
    out: async (chunk) => {
      written.stdout += chunk;
      return true;
    },
    ask: async () => '',
    askSecret: async () => '',
    ...parts,
  };
  return {terminal, written: () => written};
}

/** Runs a command line in this process, with everything behind it real; but for the time, where a clock is given. */
export async function vchMigrate(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  clock?: Clock,
  {version = '9.9.9', now = () => new Date()}: Partial<Pick<CliContext, 'version' | 'now'>> = {},
): Promise<Ended> {
  const {terminal, written} = recordingTerminal({variables});
  const login: CliContext['login'] = (options, use) => layers.login({...options, clock}, use);
  const code = await run(args, commands, {
    ...layers,
    login,
    terminal,
    stop: {signal: new AbortController().signal, by: () => null},
    version,
    now,
    newRunId: randomUUID,
  });
  return {code, ...written()};
}

/** The same against a running simulator, in its time. */
export function onSimulator(simulator: Simulator, ...args: readonly string[]): Promise<Ended> {
  return vchMigrate(args, variablesFor(simulator), clockOf(simulator));
}

/** The same over `vch1`, with the report that comes back. */
export async function reportOf(
  simulator: Simulator,
  ...args: readonly string[]
): Promise<Ended & {readonly report: Report}> {
  const ended = await reportAs(simulator, 'json', ...args);
  return {...ended, report: JSON.parse(ended.stdout)};
}

/** The same in any format. */
export function reportAs(simulator: Simulator, format: string, ...args: readonly string[]): Promise<Ended> {
  return onSimulator(simulator, ...unasked(args), '--name', 'vch1', '--format', format);
}

/** One VM of a report, by its moref. */
export function vmOf({vms}: Report, id: string): ReportVm {
  const vm = vms.find((vm) => vm.id === id);
  if (vm === undefined) throw new Error(`the report has no ${id}`);
  return vm;
}

/** A command line that runs in a process of its own. */
export interface Started {
  readonly child: ChildProcess;
  /** `code` is null where a signal ended it. */
  readonly ended: Promise<Omit<Ended, 'code'> & {readonly code: number | null}>;
}

/** Starts the command line as users do, in a process of its own, with nothing but this in its environment. */
export function startProcess(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  cwd?: string,
): Started {
  const child = spawn(process.execPath, [`${ROOT}dist/cli/main.js`, ...args], {
    env: {PATH: process.env.PATH, ...variables},
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && {cwd}),
  });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({code: typeof code === 'number' ? code : null, stdout, stderr}),
  );
  return {child, ended};
}
