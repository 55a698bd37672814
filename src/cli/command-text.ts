import {type GivenOptions, OPTIONS, type OptionName, RUN_OPTIONS, TARGET_OPTIONS} from './option-table.js';
import {withoutPassword} from './target.js';

const REPEATED: readonly OptionName[] = [
  ...TARGET_OPTIONS.filter((name) => name !== 'password'),
  'compute-resource',
  ...RUN_OPTIONS.filter((name) => name !== 'yes'),
];

/** Left out, what goes on would undo more than was asked for. */
const OF_UNDO: readonly OptionName[] = ['run', 'to'];

/** A command line to type next: this one's target and options, without its password, for that VCH. */
export function commandText(
  command: string,
  given: GivenOptions,
  vch: {readonly name: string; readonly id: string; readonly nameIsUnique: boolean},
): string {
  const words = ['vch-migrate', command];
  for (const name of command === 'undo' ? [...REPEATED, ...OF_UNDO] : REPEATED) {
    if (!given.names.includes(name)) continue;
    if (OPTIONS[name].kind === 'flag') words.push(`--${name}`);
    const values = OPTIONS[name].kind === 'texts' ? given.texts(name) : given.texts(name).slice(-1);
    for (const value of values)
      words.push(`--${name}`, shellQuoted(name === 'target' ? withoutPassword(value) : value));
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
