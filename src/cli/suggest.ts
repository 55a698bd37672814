import {VchError} from '../errors.js';
import type {Command} from './command.js';
import {firstWords, membersOf} from './command-words.js';

/** What other tools call it. */
const COMMAND_HABITS = new Map([
  ['list', 'ls'],
  ['info', 'status'],
  ['inspect', 'status'],
  ['validate', 'check'],
  ['precheck', 'check'],
  ['migrate', 'apply'],
  ['revert', 'rollback'],
  ['continue', 'resume'],
  ['delete-lock', 'unlock'],
]);

const OPTION_HABITS = new Map([
  ['json', 'format json'],
  ['html', 'format html'],
  ['output', 'format'],
  ['username', 'user'],
  ['url', 'target'],
  ['server', 'target'],
  ['host', 'target'],
  ['vch', 'name'],
  ['config', 'settings'],
  ['context', 'profile'],
  ['verbose', 'debug'],
  ['concurrency', 'parallelism'],
]);

/** The refusal of words that begin with no command. */
export function unknownCommand(words: readonly string[], commands: readonly Command[]): VchError {
  const [first, second] = words;
  const members = membersOf(first, commands).map(({name}) => name.split(' ').at(-1) ?? '');
  const known = members.length > 0 ? members : firstWords(commands);
  const [word, prefix] = members.length > 0 ? [second, `${first} `] : [first, ''];
  const help = `see vch-migrate ${prefix}--help`;
  if (word === undefined)
    return new VchError(
      'VCH_ERR_USAGE',
      `${prefix === '' ? 'no command given' : `${first} needs a command`}, one of ${known.join(', ')}; ${help}`,
    );
  const habit = prefix === '' ? COMMAND_HABITS.get(word.toLowerCase()) : undefined;
  const meant = habit ?? suggest(word, known);
  const hint = meant === undefined ? '' : `, did you mean ${prefix}${meant}?`;
  return new VchError('VCH_ERR_USAGE', `unknown command "${prefix}${word}"${hint}; ${help}`);
}

/** What is wrong with an option that a command does not have, and what to type instead. */
export function unknownOption(
  typed: string,
  command: Pick<Command, 'name' | 'options'>,
  commands: readonly Command[],
): string {
  const has = `${command.name} has no option ${typed}`;
  const name = typed.replace(/^-+/, '');
  if (name === 'dry-run' && command.name === 'apply')
    return `${has}: what it would change is shown by vch-migrate plan`;
  if (commands.some(({options}) => Object.hasOwn(options, name))) return has;
  const own = Object.keys(command.options);
  const habit = OPTION_HABITS.get(name);
  const meant =
    habit !== undefined && own.includes(habit.split(' ')[0] ?? '')
      ? habit
      : name.length === 1
        ? undefined
        : suggest(name, own);
  return `unknown option ${typed}${meant === undefined ? '' : `, did you mean --${meant}?`}`;
}

/** The known word that was probably meant, if any. */
export function suggest(typed: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of known) {
    const distance = editDistance(typed.toLowerCase(), word);
    if (distance < least) {
      least = distance;
      best = word;
    }
  }
  return best ?? known.find((word) => typed.length >= 3 && word.startsWith(typed));
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({length: b.length + 1}, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
