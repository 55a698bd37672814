import {accessSync, constants, statSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import type {VchSelector} from '../containers/run-options.js';
import {systemCode, VchError} from '../errors.js';
import type {Format} from '../report/format.js';
import {DEFAULT_FORMAT, FORMATS} from '../report/formats.js';
import {type ReadText, readTextFile} from '../text-file.js';
import {readAccess, readEnvironment} from './credentials.js';
import type {GivenOptions, Problems} from './option.js';
import {oneOf, targetOptions} from './options.js';
import {proxyFor} from './proxy.js';
import type {Target} from './target.js';
import type {Terminal} from './terminal.js';
import {readTrust} from './trust.js';

// Why: docs/decisions/004-settings-and-next-commands.md

/** Where the result and the log go: the same for every command. */
export type OutputSettings = ReturnType<typeof readOutput>;

/** Target and output of a command that logs in, checked. Only the password may still be missing. */
export type Settings = ReturnType<typeof readSettings>;

type SimulatorTarget = Extract<Target, {kind: 'simulator'}>;

interface SettingsContext {
  readonly command: string;
  readonly terminal: Pick<Terminal, 'variables' | 'interactive'>;
  /** Without a terminal, the command needs the name of the VCH. */
  readonly needsVch: boolean;
  /** For a command that would write without a terminal and without --yes: the command line that allows it. */
  readonly withYes?: string | undefined;
  /** Other files that the command reads or writes: a report must not overwrite them. */
  readonly files?: readonly (string | undefined)[];
  /** The forms that its result can have; all by default. */
  readonly formats?: readonly Format[];
  readonly read?: ReadText | undefined;
}

/** Reads the options and the environment of a command that logs in; throws all problems at once. */
export function readSettings(given: GivenOptions, problems: Problems, context: SettingsContext) {
  const {command, terminal, read = readTextFile, formats = FORMATS, files = []} = context;
  const env = readEnvironment(terminal.variables);
  const {target, word, user, password, warnings} = readAccess(given, env, read, problems);
  const tls = readTrust(given, env, read, problems);
  const proxy = target?.kind === 'vsphere' ? proxyFor(target.url, env.proxy, problems) : undefined;
  const retryFor = targetOptions['retry-for'].read(given, 'retry-for', problems);
  const output = readOutput(given, problems, formats);
  refuseTwice([...files, output.logFile, ...output.reports.map(({path}) => path)], problems);
  if (target?.kind === 'simulator') refuseUnreadable(target, problems, word);
  if (target?.kind === 'vsphere' && password === undefined && !terminal.interactive) {
    problems.add(
      'the password is missing and there is no terminal to ask on: use --password-file or GOVC_PASSWORD',
    );
  }
  const named = given.text('name') !== undefined || given.text('id') !== undefined;
  if (context.needsVch && !terminal.interactive && !named) {
    problems.add(
      `--name or --id is missing: ${command} writes, and without a terminal it does not choose a VCH itself`,
    );
  }
  if (context.withYes !== undefined) refuseUnasked(command, context.withYes, problems);
  problems.throwIfAny();
  if (target === undefined)
    throw new VchError('VCH_ERR_INTERNAL', 'a target that could not be read went unreported');
  return {
    target,
    user,
    password,
    /** What others on this machine can see of the credentials. */
    warnings,
    tls,
    proxy,
    /** Milliseconds for which a vCenter that stops answering is waited for. */
    retryFor,
    vch: {
      name: given.text('name'),
      id: given.text('id'),
      computeResource: given.text('compute-resource'),
      datacenter: target.kind === 'vsphere' ? target.datacenter : undefined,
    } satisfies VchSelector,
    output,
  };
}

/** Reads where the result and the log go. */
export function readOutput(given: GivenOptions, problems: Problems, formats: readonly Format[]) {
  const format = formats.find(({name}) => name === (given.text('format') ?? DEFAULT_FORMAT.name));
  if (format === undefined) problems.add(`--format must be ${oneOf(formats.map(({name}) => name))}`);
  const reports = given.texts('report').flatMap((path) => {
    const [wanted = ''] = /\.[a-z]+$/i.exec(path) ?? [];
    const form = formats.find(({ending}) => ending === wanted.toLowerCase());
    if (form !== undefined) return [{path, format: form}];
    problems.add(`--report must end in ${oneOf(formats.map(({ending}) => ending))}`);
    return [];
  });
  for (const {path} of reports) {
    const problem = unwritable(path);
    if (problem !== undefined) problems.add(`--report ${problem}`);
  }
  if (given.flag('debug') && given.flag('quiet')) problems.add('--debug and --quiet exclude each other');
  return {
    format: format ?? DEFAULT_FORMAT,
    /** Text for people shows everything, however long. */
    details: given.flag('details'),
    /** Further files for the report. */
    reports,
    logFile: given.text('log-file'),
    debug: given.flag('debug'),
    quiet: given.flag('quiet'),
    noColor: given.flag('no-color'),
  };
}

/** Why a file cannot be written, checked before anything is done. */
export function unwritable(path: string): string | undefined {
  const there = statSync(path, {throwIfNoEntry: false});
  if (there?.isDirectory()) return 'is a folder';
  try {
    accessSync(there === undefined ? dirname(path) : path, constants.W_OK);
    return undefined;
  } catch {
    return there === undefined
      ? 'is in a folder that does not exist or cannot be written'
      : 'is a file that cannot be written';
  }
}

/** Refuses a command that writes and cannot ask. It shows the right command line only if nothing else is wrong. */
function refuseUnasked(command: string, withYes: string, problems: Problems): void {
  if (problems.found.length > 0) {
    problems.add(`--yes is missing: ${command} writes, and without a terminal it cannot ask first`);
    return;
  }
  throw new VchError(
    'VCH_ERR_USAGE',
    `${command} writes, and without a terminal it cannot ask first; nothing was read or written. To continue: ${withYes}`,
  );
}

/** Refuses a path that is named for two results, because one would overwrite the other. */
function refuseTwice(paths: readonly (string | undefined)[], problems: Problems): void {
  const named = paths.filter((path) => path !== undefined).map((path) => resolve(path));
  for (const path of new Set(named.filter((path, at) => named.indexOf(path) !== at)))
    problems.add(`${path} is named for two files at once`);
}

function refuseUnreadable({fixture, isDump}: SimulatorTarget, problems: Problems, word = '--target'): void {
  const what = isDump ? 'dump' : 'fixture';
  try {
    accessSync(fixture, constants.R_OK);
  } catch (error) {
    const reason = systemCode(error);
    problems.add(
      reason === 'ENOENT' || reason === 'ENOTDIR'
        ? `${word}: there is no ${what} ${fixture}`
        : `${word}: the ${what} ${fixture} cannot be read (${reason})`,
    );
  }
}
