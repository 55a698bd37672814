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
import {withoutPassword} from './target.js';

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
    if (!given.names.includes(name) || without.includes(name)) continue;
    if (OPTIONS[name].kind === 'flag') words.push(`--${name}`);
    const values = OPTIONS[name].kind === 'texts' ? given.texts(name) : given.texts(name).slice(-1);
    for (const value of values) {
      // It belongs to a report that is not named any more.
      if (name === 'only' && value === UNRESOLVED && without.includes('from-report')) continue;
      words.push(`--${name}`, shellQuoted(name === 'target' ? withoutPassword(value) : value));
    }
  }
  const name = given.text('name') ?? vch.name;
  // A name with a control character cannot be typed again; two VCHs may share one, and --id was given for that.
  if (!vch.nameIsUnique || given.names.includes('id') || /[\p{Cc}\p{Cf}]/u.test(name))
    words.push('--id', shellQuoted(vch.id));
  else words.push('--name', shellQuoted(name));
  return words.join(' ');
}

/** A word as a POSIX shell takes it for one. */
export function shellQuoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
