import {VchError} from '../errors.js';

/** A JSON document of this tool: `vch-migrate/plan/v1`, … */
export type Document = 'plan' | 'report' | 'fixture';

type OptionGroup = 'Target:' | 'VCH:' | 'Run:' | 'Output:' | 'Command:';

/** One option of a command: how it is typed, how the help shows it, and how its value is read. */
export interface Option<T> {
  /** `text` takes one value; `texts` may be given several times. */
  readonly kind: 'text' | 'texts' | 'flag';
  readonly alias?: string;
  readonly group: OptionGroup;
  readonly describe: string;
  /** What the help shows in place of its value: `FILE`, `DIR`, `N`, …; completion offers files for the first two. */
  readonly value?: string;
  /** The values, or beginnings of values, that completion offers. */
  readonly values?: readonly string[];
  /** Of files completion offers only documents of these schemas. */
  readonly documents?: readonly Document[];
  /** A suggested next command repeats it, if it has this option, too. */
  readonly repeat?: boolean;
  read(given: GivenOptions, name: string, problems: Problems): T;
}

export type OptionSet = Readonly<Record<string, Option<unknown>>>;

/** The values of the options of a set. */
export type Values<Set extends OptionSet> = {
  readonly [Name in keyof Set]: Set[Name] extends Option<infer T> ? T : never;
};

/** A settings file that was read, and the profile that was taken from it. */
export interface SettingsSource {
  readonly path: string;
  readonly profile: string | null;
}

/** The options of a command line as typed: unchecked, without defaults. */
export interface GivenOptions {
  /** The value; the last one if there are several. */
  text(name: string): string | undefined;
  /** Every value, in order. */
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  /** Names of the options on the command line. */
  readonly names: readonly string[];
  /** Problems of the settings file, if some options are from one. */
  readonly problems?: readonly string[];
  /** The settings files that some options are from. */
  readonly settings?: readonly SettingsSource[];
}

type Shown = Pick<Option<unknown>, 'alias' | 'repeat' | 'value' | 'values' | 'documents'>;

/** An option with one value, as it was typed. */
export function text(group: OptionGroup, describe: string, shown: Shown = {}): Option<string | undefined> {
  const value = placeholderIn(describe);
  return {kind: 'text', group, describe, value, ...shown, read: (given, name) => given.text(name)};
}

/** An option that may be given several times. */
export function texts(group: OptionGroup, describe: string, shown: Shown = {}): Option<readonly string[]> {
  const value = placeholderIn(describe);
  return {kind: 'texts', group, describe, value, ...shown, read: (given, name) => given.texts(name)};
}

/** A description may begin with the placeholder: `FILE that …`. */
function placeholderIn(describe: string): string {
  return /^[A-Z][A-Z:]+(?= )/.exec(describe)?.[0] ?? 'VALUE';
}

export function flag(group: OptionGroup, describe: string, shown: Shown = {}): Option<boolean> {
  return {kind: 'flag', group, describe, ...shown, read: (given, name) => given.flag(name)};
}

/** An option with a syntax: `parse` returns `undefined` for a wrong value, and `must` describes a right one. */
export function parsed<T>(
  option: Option<string | undefined>,
  must: string,
  parse: (value: string) => T | undefined,
): Option<T | undefined> {
  return {
    ...option,
    read(given, name, problems) {
      const value = given.text(name);
      // problemsOf reports empty values for all options at once.
      if (value === undefined || value === '') return undefined;
      const result = parse(value);
      if (result === undefined) problems.add(`--${name} must be ${must}`);
      return result;
    },
  };
}

/** An option with a value for when it is not given. */
export function withDefault<T>(option: Option<T | undefined>, value: T): Option<T> {
  return {...option, read: (...line) => option.read(...line) ?? value};
}

/** An option that is a whole number. */
export function wholeNumber(
  option: Option<string | undefined>,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): Option<number | undefined> {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  return parsed(option, `a whole number ${range}`, (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  });
}

/** Reads every option of a set and collects the problems. */
export function readValues<Set extends OptionSet>(
  set: Set,
  given: GivenOptions,
  problems: Problems,
): Values<Set> {
  const entries: readonly (readonly unknown[])[] = Object.entries(set).map(([name, option]) => [
    name,
    option.read(given, name, problems),
  ]);
  // Object.fromEntries knows no types; the set has them.
  return Object.fromEntries(entries);
}

/** Collects the problems of a command line and its environment, so that one message has all of them. */
export class Problems {
  readonly #command: string;
  readonly #found: string[];

  constructor(command: string, found: readonly string[] = []) {
    this.#command = command;
    this.#found = [...found];
  }

  add(problem: string): void {
    this.#found.push(problem);
  }

  get found(): readonly string[] {
    return this.#found;
  }

  /** Throws all problems as one usage error. */
  throwIfAny(): void {
    if (this.#found.length === 0) return;
    throw new VchError('VCH_ERR_USAGE', `${this.#found.join('; ')}; see vch-migrate ${this.#command} --help`);
  }
}

/** The list of problems, with every option that was given without a value. */
export function problemsOf(given: GivenOptions, command: string): Problems {
  const problems = new Problems(command, given.problems);
  const empty = given.names.filter((name) => given.texts(name).includes(''));
  const problem = (name: string) => `--${name} needs a value (--${name}=VALUE if it begins with a dash)`;
  if (empty.includes('password')) {
    // Its letters were read as options. Their problems are noise, and must not be shown.
    new Problems(command, [problem('password')]).throwIfAny();
  }
  for (const name of empty) problems.add(problem(name));
  return problems;
}
