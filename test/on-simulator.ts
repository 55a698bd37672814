import {randomUUID} from 'node:crypto';
import {Writable} from 'node:stream';
import {commands} from '../src/cli/commands.js';
import {layers} from '../src/cli/context.js';
import {run} from '../src/cli/run.js';
import type {Report, ReportVm} from '../src/report/report.js';
import type {Simulator} from '../src/simulator/simulator.js';
import {unasked} from './unasked.js';

/** What a command line came to. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with everything behind it real. */
export async function vchMigrate(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const code = await run(args, commands, {
    ...layers,
    terminal: {
      interactive: false,
      colour: false,
      live: undefined,
      columns: 120,
      variables,
      errors: new Writable({
        write(chunk, _encoding, done) {
          stderr += String(chunk);
          done();
        },
      }),
      out: async (text) => {
        stdout += text;
      },
      ask: async () => '',
      askSecret: async () => '',
    },
    stop: {signal: new AbortController().signal, by: () => null},
    version: '9.9.9',
    now: () => new Date(),
    newRunId: randomUUID,
  });
  return {code, stdout, stderr};
}

/** The same against a running simulator, with the report that comes back. */
export async function reportOf(
  simulator: Simulator,
  ...args: readonly string[]
): Promise<Ended & {readonly report: Report}> {
  const ended = await reportAs(simulator, 'json', ...args);
  return {...ended, report: JSON.parse(ended.stdout)};
}

/** The same in any format. */
export function reportAs(simulator: Simulator, format: string, ...args: readonly string[]): Promise<Ended> {
  const variables = {
    GOVC_URL: simulator.url,
    GOVC_USERNAME: simulator.user,
    GOVC_PASSWORD: simulator.password,
    GOVC_INSECURE: '1',
  };
  return vchMigrate([...unasked(args), '--name', 'vch1', '--format', format, '--retry-for', '3s'], variables);
}

/** One VM of a report, by its moref. */
export function vmOf({vms}: Report, id: string): ReportVm {
  const vm = vms.find((vm) => vm.id === id);
  if (vm === undefined) throw new Error(`the report has no ${id}`);
  return vm;
}
