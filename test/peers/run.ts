import {spawn} from 'node:child_process';
import {once} from 'node:events';

/** What a program left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with stdin closed. */
export async function run(
  program: string,
  args: readonly string[],
  options: {readonly env?: NodeJS.ProcessEnv; readonly cwd?: string} = {},
): Promise<Finished> {
  const child = spawn(program, args, {...options, stdio: ['ignore', 'pipe', 'pipe']});
  const output = {stdout: '', stderr: ''};
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  await once(child, 'close');
  return {code: child.exitCode, ...output};
}

/** The same for a program that must succeed; gives its stdout. */
export async function runWell(
  program: string,
  args: readonly string[],
  options: {readonly env?: NodeJS.ProcessEnv; readonly cwd?: string} = {},
): Promise<string> {
  const finished = await run(program, args, options);
  if (finished.code !== 0) {
    throw new Error(`${program} ${args.join(' ')} exited ${finished.code}: ${finished.stderr}`);
  }
  return finished.stdout;
}
