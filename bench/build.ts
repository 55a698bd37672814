import {execFile, execFileSync} from 'node:child_process';
import {existsSync, mkdirSync} from 'node:fs';
import {promisify} from 'node:util';
import {findPeers, INSTALL_PEERS, ROOT} from '../test/peers.js';

/** The commit that `vch-migrate` is compared with: the last one before its speed was worked on. */
const BEFORE = '97cb56c4dfbd506d752beb1b71c47c261d718b1b';

const FOLDER = `${ROOT}.tools/bench`;

/** The programs that the benchmark runs besides the CLI itself. */
export interface Programs {
  readonly vcsim: string;
  readonly leastWork: string;
  readonly govc: string;
  readonly python: string;
  /** The CLI of that commit; `undefined` if this is no checkout that has it. */
  readonly before: string | undefined;
}

/** Builds what is not built yet, below `.tools`. */
export async function buildPrograms(tell: (line: string) => void): Promise<Programs> {
  const {
    found: {govc, python},
    missing,
  } = findPeers(['govc', 'python']);
  if (govc === undefined || python === undefined)
    throw new Error(`${missing.join(' and ')} are missing: run ${INSTALL_PEERS}`);
  mkdirSync(FOLDER, {recursive: true});
  tell('building the Go programs');
  const build = promisify(execFile)('go', ['build', '-trimpath', '-o', `${FOLDER}/`, './...'], {
    cwd: `${ROOT}bench/go`,
  });
  await build.catch((error: unknown) => {
    throw new Error(`bench/go cannot be built; it needs Go 1.25 or later: ${String(error)}`);
  });
  const before = await buildBefore(tell);
  return {vcsim: `${FOLDER}/vcsim`, leastWork: `${FOLDER}/least-work`, govc, python, before};
}

async function buildBefore(tell: (line: string) => void): Promise<string | undefined> {
  const folder = `${FOLDER}/${BEFORE.slice(0, 12)}`;
  const cli = `${folder}/dist/src/cli/main.js`;
  if (existsSync(cli)) return cli;
  try {
    execFileSync('git', ['cat-file', '-e', `${BEFORE}^{commit}`], {cwd: ROOT, stdio: 'ignore'});
  } catch {
    tell(`there is no commit ${BEFORE} here: nothing is compared with it`);
    return undefined;
  }
  tell(`building commit ${BEFORE.slice(0, 12)}`);
  mkdirSync(folder, {recursive: true});
  const script = `git archive ${BEFORE} | tar -x -C "${folder}" && cd "${folder}" && npm ci --silent --no-audit --no-fund`;
  // `npm ci` builds, too: that is what `prepare` is for.
  await promisify(execFile)('bash', ['-o', 'pipefail', '-c', script], {cwd: ROOT});
  return cli;
}
