import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {ROOT} from '../test/peers.js';

/** A command line, and what it must end with. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are not a failure; 0 alone by default. */
  readonly codes?: readonly number[];
}

/** What a whole process took: seconds, seconds, and megabytes (of 1024 KiB) of its largest resident set. */
export interface Taken {
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
}

/** No process of the benchmark takes longer, unless something is wrong. */
const LONGEST = 900_000;

/** Runs a command to its end, and gives what the system accounts for it. */
export async function measure(
  {program, args, env = {}, codes = [0]}: Command,
  folder: string,
): Promise<Taken> {
  const [stdout, stderr] = [join(folder, 'stdout'), join(folder, 'stderr')];
  const {stdout: told} = await promisify(execFile)(
    'python3',
    [`${ROOT}bench/measure.py`, stdout, stderr, program, ...args],
    // A run's log is not for the home of whoever measures.
    {env: {...process.env, XDG_STATE_HOME: folder, ...env}, timeout: LONGEST},
  );
  const {code, wall, user, system, peak} = JSON.parse(told);
  if (!codes.includes(code)) {
    const said = readFileSync(stderr, 'utf8').trim().split('\n').slice(-8).join('\n');
    throw new Error(`${[program, ...args].join(' ')} exited ${code}:\n${said}`);
  }
  return {wall, cpu: user + system, memory: peak / 1024};
}
