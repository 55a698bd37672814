import {accessSync, constants, statSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import type {VchSelector} from '../containers/run-options.js';
import {VchError} from '../errors.js';
import {FORMAT_ENDINGS, FORMATS, type Format, formatOfFile, isFormat} from '../report/format.js';
import type {TlsOptions} from '../vim25/tls.js';
import {readAccess} from './credentials.js';
import {readEnvironment, type Variables} from './environment.js';
import type {GivenOptions} from './option-table.js';
import {Problems} from './problems.js';
import {type ReadText, readTextFile} from './settings-file.js';
import {readStaging, type StagingSettings} from './staging.js';
import type {Target} from './target.js';
import {readTrust} from './trust.js';
import {readVchUpgrade, type VchUpgradeSettings} from './vch-upgrade-settings.js';

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

/** What a command that logs in runs with: all of it read, checked and decided, but for a password still to be asked for. */
export interface Settings {
  readonly target: Target;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly passwordVisible: boolean;
  readonly tls: TlsOptions;
  readonly vch: VchSelector;
  /** Directories with plugins of others. */
  readonly plugins: readonly string[];
  readonly parallelism: number;
  readonly expect: number | undefined;
  readonly changeId: string | undefined;
  readonly yes: boolean;
  readonly detailedExitcode: boolean;
  /** File to save a plan to. */
  readonly out: string | undefined;
  readonly run: string | undefined;
  readonly to: number | undefined;
  /** What the commands over the VCH as a whole take. */
  readonly vchUpgrade: VchUpgradeSettings;
  readonly staging: StagingSettings;
  readonly output: OutputSettings;
}

export interface SettingsContext {
  readonly command: string;
  readonly variables: Variables;
  /** Somebody can be asked. */
  readonly interactive: boolean;
  /** The command writes: without a terminal it needs to be told which VCH. */
  readonly writes: boolean;
  /** It would write with nobody to ask and no --yes: the command line that allows it, to be pasted. */
  readonly withYes?: string | undefined;
  /** A file that the command reads, and that is not to be written over. */
  readonly file?: string | undefined;
  /** The forms its result can take; all by default. */
  readonly formats?: readonly Format[];
  readonly read?: ReadText;
}

/** The forms of what is no report. */
export const TEXT_OR_JSON: readonly Format[] = ['text', 'json'];

const DEFAULT_PARALLELISM = 8;
const MOST_PARALLELISM = 32;
/** The ledger keeps it, and has 4 KiB for everything. */
const LONGEST_CHANGE_ID = 200;

/** Reads the options and the environment of a command that logs in, and throws everything that is wrong at once. */
export function readSettings(given: GivenOptions, context: SettingsContext): Settings {
  const problems = new Problems();
  for (const problem of given.problems ?? []) problems.add(problem);
  const read = context.read ?? readTextFile;
  const env = readEnvironment(context.variables);
  refuseEmpty(given, context.command, problems);

  const access = readAccess(given, env, read, problems);
  const tls = readTrust(given, env, read, problems);
  const output = readOutput(given, problems, context.formats ?? FORMATS);
  const parallelism = wholeNumber(given, 'parallelism', 1, MOST_PARALLELISM, problems) ?? DEFAULT_PARALLELISM;
  const expect = wholeNumber(given, 'expect', 0, Number.MAX_SAFE_INTEGER, problems);
  const to = wholeNumber(given, 'to', 0, Number.MAX_SAFE_INTEGER, problems);
  const staging = readStaging(given, problems);
  const vchUpgrade = readVchUpgrade(given, problems);
  const out = given.text('out');
  const outProblem = out === undefined ? undefined : unwritable(out);
  if (outProblem !== undefined) problems.add(`--out ${outProblem}`);
  refuseTwice([context.file, out, output.logFile, ...output.reports.map(({path}) => path)], problems);
  const changeId = given.text('change-id');
  if (changeId !== undefined && (changeId.length > LONGEST_CHANGE_ID || /\p{Cc}/u.test(changeId))) {
    problems.add(
      `--change-id must be at most ${LONGEST_CHANGE_ID} characters, none of them a control character`,
    );
  }
  if (access.target?.kind === 'simulator') refuseUnreadable(access.target.fixture, read, problems);
  if (access.target?.kind === 'vsphere' && access.password === undefined && !context.interactive) {
    problems.add(
      'the password is missing and there is no terminal to ask on: use --password-file or GOVC_PASSWORD',
    );
  }
  const named = given.text('name') !== undefined || given.text('id') !== undefined;
  if (context.writes && !context.interactive && !named) {
    problems.add(
      `--name or --id is missing: ${context.command} writes, and without a terminal it does not choose a VCH itself`,
    );
  }
  if (context.withYes !== undefined) refuseUnasked(context.command, context.withYes, problems);
  problems.throwIfAny(context.command);
  if (access.target === undefined)
    throw new VchError('VCH_ERR_INTERNAL', 'a target that could not be read went unreported');
  return {
    target: access.target,
    user: access.user,
    password: access.password,
    passwordVisible: access.passwordVisible,
    tls,
    vch: {
      name: given.text('name'),
      id: given.text('id'),
      computeResource: given.text('compute-resource'),
      datacenter: access.target.kind === 'vsphere' ? access.target.datacenter : undefined,
    },
    plugins: given.texts('plugins'),
    parallelism,
    expect,
    changeId,
    yes: given.flag('yes'),
    detailedExitcode: given.flag('detailed-exitcode'),
    out,
    run: given.text('run'),
    to,
    vchUpgrade,
    staging,
    output,
  };
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

/** The output settings alone, for a command that does not log in. */
export function readOutputSettings(
  given: GivenOptions,
  command: string,
  formats: readonly Format[] = TEXT_OR_JSON,
): OutputSettings {
  const problems = new Problems();
  refuseEmpty(given, command, problems);
  const output = readOutput(given, problems, formats);
  problems.throwIfAny(command);
  return output;
}

function readOutput(given: GivenOptions, problems: Problems, formats: readonly Format[]): OutputSettings {
  const word = given.text('format') ?? 'text';
  const format = isFormat(word) && formats.includes(word) ? word : undefined;
  if (format === undefined) problems.add(`--format must be ${oneOf(formats)}`);
  const reports = given.texts('report').flatMap((path) => {
    const asked = formatOfFile(path);
    if (asked === undefined || !formats.includes(asked)) {
      const endings = FORMAT_ENDINGS.filter((ending) => formats.includes(formatOfFile(ending) ?? 'text'));
      problems.add(`--report must end in ${oneOf(endings)}`);
      return [];
    }
    return [{path, format: asked}];
  });
  for (const {path} of reports) {
    const problem = unwritable(path);
    if (problem !== undefined) problems.add(`--report ${problem}`);
  }
  if (given.flag('debug') && given.flag('quiet')) problems.add('--debug and --quiet exclude each other');
  return {
    format: format ?? 'text',
    reports,
    logFile: given.text('log-file'),
    debug: given.flag('debug'),
    quiet: given.flag('quiet'),
    noColor: given.flag('no-color'),
  };
}

/** One of two results would be gone. */
function refuseTwice(paths: readonly (string | undefined)[], problems: Problems): void {
  const named = paths.filter((path) => path !== undefined).map((path) => resolve(path));
  for (const path of new Set(named.filter((path, at) => named.indexOf(path) !== at)))
    problems.add(`${path} is named for two files at once`);
}

function oneOf(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** Why a file could not be written, found out before anything is done. */
function unwritable(path: string): string | undefined {
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

/** Every text option needs a value. */
function refuseEmpty(given: GivenOptions, command: string, problems: Problems): void {
  const empty = given.names.filter((name) => given.texts(name).includes(''));
  const problem = (name: string) => `--${name} needs a value (--${name}=VALUE if it begins with a dash)`;
  if (empty.includes('password')) {
    // Its letters were read as options: what else they came to is noise, and is not to be shown.
    throw new VchError('VCH_ERR_USAGE', `${problem('password')}; see vch-migrate ${command} --help`);
  }
  for (const name of empty) problems.add(problem(name));
}

function refuseUnreadable(fixture: string, read: ReadText, problems: Problems): void {
  const file = read(fixture);
  if (file.status === 'missing') problems.add(`--target: there is no fixture ${fixture}`);
  if (file.status === 'unreadable')
    problems.add(`--target: the fixture ${fixture} cannot be read (${file.reason})`);
}

function wholeNumber(
  given: GivenOptions,
  name: 'parallelism' | 'expect' | 'to',
  least: number,
  most: number,
  problems: Problems,
): number | undefined {
  const text = given.text(name);
  if (text === undefined || text === '') return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  problems.add(`--${name} must be a whole number ${range}`);
  return undefined;
}
