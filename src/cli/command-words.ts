import type {Command} from './command.js';

/** The words of a command line that are neither options nor their values. */
export function wordsIn(args: readonly string[], commands: readonly Command[]): readonly string[] {
  const valued = new Set(
    commands.flatMap(({options}) =>
      Object.entries(options).flatMap(([name, {kind, alias = name}]) =>
        kind === 'flag' ? [] : [dashed(name), dashed(alias)],
      ),
    ),
  );
  return args.filter((word, at) => !word.startsWith('-') && !valued.has(args[at - 1] ?? ''));
}

/** An option as it is typed: one letter takes one dash. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** The command that such words begin with, if they do. */
export function commandOf(words: readonly string[], commands: readonly Command[]): Command | undefined {
  const [one = '', two = ''] = words;
  return commands.find(
    ({name, aliases = []}) => name === `${one} ${two}` || name === one || aliases.includes(one),
  );
}

/** The first words that a command line can have: commands, their aliases, and groups of commands. */
export function firstWords(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.flatMap(({name, group, aliases = []}) => [group?.name ?? name, ...aliases]))];
}

/** The commands of a group, or none if there is no such group. */
export function membersOf(group: string | undefined, commands: readonly Command[]): readonly Command[] {
  return commands.filter((command) => command.group !== undefined && command.group.name === group);
}
