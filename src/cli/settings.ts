import {accessSync, constants, statSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import type {VchSelector} from '../containers/run-options.js';
import {systemCode, VchError} from '../errors.js';
import type {Format} from '../report/format.js';
import {DEFAULT_FORMAT, FORMATS} from '../report/formats.js';
import {type ReadText, readTextFile} from '../text-file.js';
import type {TlsOptions} from '../vim25/tls.js';
import {readAccess, readEnvironment} from './credentials.js';
import type {GivenOptions, Problems} from './option.js';
import {oneOf} from './options.js';
import type {Target} from './target.js';
import type {Terminal} from './terminal.js';
import {readTrust} from './trust.js';

// Why: docs/decisions/004-settings-and-next-commands.md

/** What goes where: the same for every command. */
export interface OutputSettings {
  readonly format: Format;
  /** Files for the report besides. */
  readonly reports: readonly {readonly path: string; readonly format: Format}[];
  readonly logFile: string | undefined;
  readonly debug: boolean;
  readonly quiet: boolean;
  readonly noColor: boolean;
}

/** Where a command that logs in goes, and what it prints: checked and decided, but for a password still to be asked for. */
export interface Settings {
  readonly target: Target;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** What others on this machine can see of it. */
  readonly warnings: readonly string[];
  readonly tls: TlsOptions;
  readonly vch: VchSelector;
  readonly output: OutputSettings;
}

export interface SettingsContext {
  readonly command: string;
  readonly terminal: Pick<Terminal, 'variables' | 'interactive'>;
  /** It writes: without a terminal it does not choose a VCH itself. */
  readonly needsVch: boolean;
  /** It would write with nobody to ask and no --yes: the command line that allows it, to be pasted. */
  readonly withYes?: string | undefined;
  /** Files that the command reads or writes besides: a report is not to be written over them. */
  readonly files?: readonly (string | undefined)[];
  /** The forms its result can take; all by default. */
  readonly formats?: readonly Format[];
  readonly read?: ReadText | undefined;
}

/** Reads the options and the environment of a command that logs in; throws everything that is wrong at once. */
export function readSettings(given: GivenOptions, problems: Problems, context: SettingsContext): Settings {
  const {command, terminal, read = readTextFile, formats = FORMATS, files = []} = context;
  const env = readEnvironment(terminal.variables);
  const access = readAccess(given, env, read, problems);
  const tls = readTrust(given, env, read, problems);
  const output = readOutput(given, problems, formats);
  refuseTwice([...files, output.logFile, ...output.reports.map(({path}) => path)], problems);
  if (access.target?.kind === 'simulator') refuseUnreadable(access.target.fixture, problems);
  if (access.target?.kind === 'vsphere' && access.password === undefined && !terminal.interactive) {
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
  if (access.target === undefined)
    throw new VchError('VCH_ERR_INTERNAL', 'a target that could not be read went unreported');
  return {
    target: access.target,
    user: access.user,
    password: access.password,
    warnings: access.warnings,
    tls,
    vch: {
      name: given.text('name'),
      id: given.text('id'),
      computeResource: given.text('compute-resource'),
      datacenter: access.target.kind === 'vsphere' ? access.target.datacenter : undefined,
    },
    output,
  };
}

/** Reads where the result and the log go. */
export function readOutput(
  given: GivenOptions,
  problems: Problems,
  formats: readonly Format[],
): OutputSettings {
  const format = formats.find(({name}) => name === (given.text('format') ?? DEFAULT_FORMAT.name));
  if (format === undefined) problems.add(`--format must be ${oneOf(formats.map(({name}) => name))}`);
  const reports = given.texts('report').flatMap((path) => {
    const asked = formatOfFile(path, formats);
    if (asked !== undefined) return [{path, format: asked}];
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
    reports,
    logFile: given.text('log-file'),
    debug: given.flag('debug'),
    quiet: given.flag('quiet'),
    noColor: given.flag('no-color'),
  };
}

/** The form that the name of a file asks for. */
function formatOfFile(path: string, formats: readonly Format[]): Format | undefined {
  const [ending = ''] = /\.[a-z]+$/i.exec(path) ?? [];
  return formats.find((format) => format.ending === ending.toLowerCase());
}

/** Why a file could not be written, found out before anything is done. */
export function unwritable(path: string): string | undefined {
  const there = statSync(path, {throwIfNoEntry: false});
  if (there?.isDirectory()) return 'is a folder';
  try {
    accessSync(there === undefined ? dirname(path) : path, constants.W_OK);
    return undefined;
  } catch {
    return there === undefined
      ? 'lies in a folder that is not there or cannot be written'
      : 'is a file that cannot be written';
  }
}

/** A writing command with nobody to ask; the command line is given only where nothing else is wrong with it. */
function refuseUnasked(command: string, withYes: string, problems: Problems): void {
  if (problems.found.length > 0) {
    problems.add(`--yes is missing: ${command} writes, and without a terminal it cannot ask first`);
    return;
  }
  throw new VchError(
    'VCH_ERR_USAGE',
    `${command} writes, and without a terminal it cannot ask first; nothing was read or written. To go on: ${withYes}`,
  );
}

/** One of two results would be gone. */
function refuseTwice(paths: readonly (string | undefined)[], problems: Problems): void {
  const named = paths.filter((path) => path !== undefined).map((path) => resolve(path));
  for (const path of new Set(named.filter((path, at) => named.indexOf(path) !== at)))
    problems.add(`${path} is named for two files at once`);
}

function refuseUnreadable(fixture: string, problems: Problems): void {
  try {
    accessSync(fixture, constants.R_OK);
  } catch (error) {
    const reason = systemCode(error);
    problems.add(
      reason === 'ENOENT' || reason === 'ENOTDIR'
        ? `--target: there is no fixture ${fixture}`
        : `--target: the fixture ${fixture} cannot be read (${reason})`,
    );
  }
}
