import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startProcess} from '../on-simulator.js';
import type {Finished} from '../peers/run.js';
import {unasked} from '../unasked.js';

/** The parts of the report `vch-migrate/report/v1` that the scenarios look at; `contract` of the command line. */
export interface Report {
  readonly schema: string;
  readonly summary: Readonly<Record<string, number>>;
  readonly vms: readonly ReportedVm[];
  readonly checks?: readonly {readonly id: string; readonly status: string; readonly message: string}[];
  readonly findings?: readonly {readonly code: string; readonly message: string}[];
  readonly upgrade?: {readonly result: string};
  readonly rehearsal?: {readonly upgrade: {readonly result: string}};
  readonly actions?: readonly {readonly text: string; readonly command: string | null}[];
}

export interface ReportedVm {
  readonly id: string;
  readonly displayName: string;
  readonly status: string;
  readonly changes: readonly {
    readonly key: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
  readonly findings: readonly {readonly code: string; readonly message: string}[];
  readonly error?: {readonly code: string; readonly message: string} | null;
}

/** Where a command goes and as whom. */
export interface Target {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** How the certificate is trusted. */
  readonly trust: readonly string[];
}

/** Runs our command line as users do: a process of its own, in an empty directory, with nothing in its environment. */
export async function vchMigrate(target: Target, ...args: string[]): Promise<Finished> {
  return withEmptyDirectory(async (directory) => {
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, `${target.password}\n`, {mode: 0o600});
    const [command = '', ...rest] = unasked(args);
    const login = ['--target', target.url, '--user', target.user, '--password-file', passwordFile];
    return startProcess([command, ...login, ...target.trust, ...rest], {HOME: directory}, directory).ended;
  });
}

/** The same with `--format json`; `report` is what stdout held. */
export async function vchMigrateJson(
  target: Target,
  ...args: string[]
): Promise<Finished & {readonly report: Report}> {
  const finished = await vchMigrate(target, ...args, '--format', 'json');
  try {
    return {...finished, report: JSON.parse(finished.stdout)};
  } catch (error) {
    throw new Error(`no JSON on stdout, but ${finished.stdout.slice(0, 500)}; stderr: ${finished.stderr}`, {
      cause: error,
    });
  }
}

/** A directory that is there for the time of a callback. */
export async function withEmptyDirectory<T>(use: (path: string) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), 'vch-migrate-'));
  try {
    return await use(path);
  } finally {
    await rm(path, {recursive: true});
  }
}

/** A vCenter as its administrator reaches it. */
export function targetOf(vcenter: {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly thumbprint: string;
}): Target {
  const {url, user, password, thumbprint} = vcenter;
  return {url, user, password, trust: ['--thumbprint', thumbprint]};
}
