import {
  type GivenOptions,
  ISO_OPTIONS,
  OPTIONS,
  type OptionName,
  RUN_OPTIONS,
  SELECT_OPTIONS,
  STAGING_OPTIONS,
  TARGET_OPTIONS,
  VERSION_SWITCHES,
} from './option-table.js';
import {UNRESOLVED} from './staging.js';
import {userIn, withoutPassword} from './target.js';

const REPEATED: readonly OptionName[] = [
  ...TARGET_OPTIONS.filter((name) => name !== 'password'),
  'compute-resource',
  ...RUN_OPTIONS.filter((name) => name !== 'yes'),
];

/** Left out, what goes on would do more than was asked for, or go on without a brake. */
const OF_COMMAND: Readonly<Record<string, readonly OptionName[]>> = {
  plan: SELECT_OPTIONS,
  apply: [...SELECT_OPTIONS, ...STAGING_OPTIONS],
  check: [...ISO_OPTIONS, ...VERSION_SWITCHES, 'timeout'],
  upgrade: [...ISO_OPTIONS, ...VERSION_SWITCHES, 'timeout', 'journal'],
  resume: [...ISO_OPTIONS, 'timeout', 'journal'],
  rollback: ['timeout', 'journal'],
  undo: ['run', 'to', ...SELECT_OPTIONS, ...STAGING_OPTIONS],
};

/** What a command line has besides the options that are repeated. */
export interface MoreWords {
  /** Arguments and options, in their order. */
  readonly words?: readonly string[];
  /** Options that are not to be repeated. */
  readonly without?: readonly OptionName[];
}

/** A command line to type next: this one's target and options, without its password, for that VCH. */
export function commandText(
  command: string,
  given: GivenOptions,
  vch: {readonly name: string; readonly id: string; readonly nameIsUnique: boolean},
  {words: more = [], without = []}: MoreWords = {},
): string {
  const words = ['vch-migrate', command, ...more.map(shellQuoted)];
  for (const name of [...REPEATED, ...(OF_COMMAND[command] ?? [])]) {
    if (without.includes(name)) continue;
    // `unresolved` belongs to a report that the next command no longer names.
    const unresolvedToo = name !== 'only' || !without.includes('from-report');
    words.push(...optionWords(name, given, (value) => unresolvedToo || value !== UNRESOLVED));
  }
  const name = given.text('name') ?? vch.name;
  // A name with a control character cannot be typed again; two VCHs may share one, and --id was given for that.
  if (!vch.nameIsUnique || given.names.includes('id') || /[\p{Cc}\p{Cf}]/u.test(name))
    words.push('--id', shellQuoted(vch.id));
  else words.push('--name', shellQuoted(name));
  return words.join(' ');
}

/** The command line that was typed, without its password, and with `--yes`. */
export function withYes(
  {name: command, options}: {readonly name: string; readonly options: readonly OptionName[]},
  given: GivenOptions,
  args: readonly string[],
): string {
  const repeated = options.filter((name) => !['password', 'yes', 'target', 'user'].includes(name));
  const target = given.names.includes('target') ? given.text('target') : undefined;
  // Apart from the target: messages are masked, and with them what stands before the @ of a URL.
  const user = given.text('user') ?? (target === undefined ? undefined : userIn(target));
  return [
    'vch-migrate',
    command,
    ...args.map(shellQuoted),
    ...(target === undefined ? [] : ['--target', shellQuoted(withoutPassword(target, false))]),
    ...(user === undefined ? [] : ['--user', shellQuoted(user)]),
    ...repeated.flatMap((name) => optionWords(name, given)),
    '--yes',
  ].join(' ');
}

/** One option as it was typed; nothing where it was not. */
function optionWords(
  name: OptionName,
  given: GivenOptions,
  wanted: (value: string) => boolean = () => true,
): readonly string[] {
  if (!given.names.includes(name)) return [];
  const {kind} = OPTIONS[name];
  if (kind === 'flag') return [`--${name}`];
  const values = kind === 'texts' ? given.texts(name) : given.texts(name).slice(-1);
  return values
    .filter(wanted)
    .flatMap((value) => [`--${name}`, shellQuoted(name === 'target' ? withoutPassword(value) : value)]);
}

/** A word as a POSIX shell takes it for one. */
export function shellQuoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
