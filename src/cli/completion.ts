import {closeSync, openSync, readdirSync, readSync} from 'node:fs';
import {homedir} from 'node:os';
import type {Command} from './command.js';
import {commandOf, dashed, firstWords, membersOf, wordsIn} from './command-words.js';
import {headline} from './help.js';
import type {Document, OptionSet} from './option.js';

/** A word that may come next, and what it is. A word that ends in `/`, `=` or `:` can be continued. */
interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** The words that can take the place of the last one, for the scripts of the shells: one a line, with a tab before its meaning. */
export function completionText(args: readonly string[], commands: readonly Command[]): string {
  const current = args.at(-1) ?? '';
  return candidates(args.slice(0, -1), current, commands)
    .filter(({word}) => word.startsWith(current))
    .map(({word, about}) => `${word}\t${about}\n`)
    .join('');
}

function candidates(
  before: readonly string[],
  current: string,
  commands: readonly Command[],
): readonly Candidate[] {
  const words = wordsIn(before, commands);
  const command = commandOf(words, commands);
  const options: OptionSet = command?.options ?? Object.assign({}, ...commands.map((each) => each.options));
  const [, joined, typed = current] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
  const previous = before.at(-1);
  const valued = Object.entries(options).find(
    ([name, {kind, alias = name}]) =>
      kind !== 'flag' &&
      (joined === undefined ? [dashed(name), dashed(alias)].includes(previous ?? '') : joined === name),
  );
  if (valued !== undefined) {
    const [name, option] = valued;
    const found = valuesOf({name: option.value ?? '', ...option}, typed);
    return joined === undefined ? found : found.map((each) => ({...each, word: `--${name}=${each.word}`}));
  }
  if (current.startsWith('-')) return optionsLeft(options, before);
  if (command === undefined) return commandsAfter(words, commands);
  const {name, positionals = []} = command;
  if (name === 'help') return commandsAfter(words.slice(1), commands);
  const positional = positionals[words.length - name.split(' ').length];
  return positional === undefined ? [] : valuesOf(positional, current);
}

function optionsLeft(options: OptionSet, before: readonly string[]): readonly Candidate[] {
  return [
    ...Object.entries(options)
      .filter(
        ([name, {kind, alias = name}]) =>
          kind === 'texts' || !before.some((word) => word === dashed(name) || word === dashed(alias)),
      )
      .map(([name, {describe}]) => ({word: `--${name}`, about: describe})),
    {word: '--help', about: 'Explain the command'},
  ];
}

function commandsAfter(words: readonly string[], commands: readonly Command[]): readonly Candidate[] {
  const [group, ...more] = words;
  if (more.length > 0) return [];
  if (group !== undefined)
    return membersOf(group, commands).map(({name, summary}) => ({
      word: name.split(' ').at(-1) ?? name,
      about: headline(summary),
    }));
  return firstWords(commands).map((word) => {
    const {summary = ''} = membersOf(word, commands)[0]?.group ?? commandOf([word], commands) ?? {};
    return {word, about: headline(summary)};
  });
}

/** A place for a value: what the help calls it, and what may stand there. */
interface Place {
  readonly name: string;
  readonly values?: readonly string[];
  readonly documents?: readonly Document[];
}

function valuesOf({name, values = [], documents}: Place, typed: string): readonly Candidate[] {
  const fixed = values.map((word) => ({word, about: ''}));
  const wanted = documents && new RegExp(`"vch-migrate/(?:${documents.join('|')})/`);
  // `sim:` and `dump:` are followed by a path.
  const scheme = values.find((word) => word.endsWith(':') && typed.startsWith(word));
  if (scheme !== undefined)
    return files(typed.slice(scheme.length), wanted).map((file) => ({...file, word: scheme + file.word}));
  if (name === 'DIR') return files(typed, NOTHING);
  const isFile = ['FILE', 'PATH', 'PLAN', 'FIXTURE'].includes(name);
  return isFile ? [...fixed, ...files(typed, wanted)] : fixed;
}

/** Leaves only folders. */
const NOTHING = /(?!)/;

/** The files and folders that a path may become; of files only those that begin like such a document. */
function files(typed: string, document: RegExp | undefined): readonly Candidate[] {
  const folder = typed.slice(0, typed.lastIndexOf('/') + 1);
  const prefix = typed.slice(folder.length);
  const place = folder === '' ? '.' : folder.replace(/^~\//, `${homedir()}/`);
  return entriesOf(place)
    .filter(({name}) => name.startsWith(prefix) && (prefix.startsWith('.') || !name.startsWith('.')))
    .flatMap(({name, isFolder}) => {
      if (isFolder) return [{word: `${folder}${name}/`, about: ''}];
      const fits = document === undefined || document.test(beginning(`${place}/${name}`));
      return fits ? [{word: folder + name, about: ''}] : [];
    });
}

function entriesOf(folder: string): readonly {readonly name: string; readonly isFolder: boolean}[] {
  try {
    const entries = readdirSync(folder, {withFileTypes: true});
    return entries.map((entry) => ({name: entry.name, isFolder: entry.isDirectory()}));
  } catch {
    // What is typed is no folder: there is nothing to offer, and a completion must not complain.
    return [];
  }
}

function beginning(path: string): string {
  if (!path.endsWith('.json')) return '';
  const buffer = Buffer.alloc(1024);
  try {
    const file = openSync(path, 'r');
    try {
      return buffer.toString('latin1', 0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
