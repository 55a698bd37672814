import type {Argv as Parser} from 'yargs';
import {VchError} from '../errors.js';
import type {Command} from './command.js';
import {dashed} from './command-words.js';
import {completionText} from './completion.js';
import {askedText} from './help.js';
import type {GivenOptions, Option, OptionSet} from './option.js';
import {unknownCommand, unknownOption} from './suggest.js';

interface ParseOptions {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly columns: number;
}

type Argv = Readonly<Record<string, unknown>> & {readonly _: readonly (string | number)[]};

/** Reads a command line: a text to print, such as the help, or a command with its arguments and options. */
export async function parseCommandLine(args: readonly string[], options: ParseOptions) {
  const {commands} = options;
  const [first, ...more] = args;
  if (first === '__complete')
    return {kind: 'text' as const, text: completionText(more[0] === '--' ? more.slice(1) : more, commands)};
  const text = askedText(args, options);
  if (text !== undefined) return {kind: 'text' as const, text};
  refuseInherited(args);
  let chosen: {readonly command: Command; readonly argv: Argv} | undefined;
  // Loaded late: the help does without it.
  const {default: yargs} = await import('yargs');
  const parser = yargs([])
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new VchError('VCH_ERR_USAGE', `${message}; see vch-migrate --help`);
    });
  const known = optionsOf(commands);
  // Options may precede the command, so yargs must know which of them take a value.
  // Hidden: it lays out a help text with every command line, although nobody reads it.
  for (const [name, option] of Object.entries(known)) parser.option(name, {...typeOf(option), hidden: true});
  declareCommands(parser, commands, (command, argv) => {
    chosen = {command, argv};
  });
  const argv: Argv = await parser.parseAsync(withoutDebugLevel(args));
  if (chosen === undefined) throw unknownCommand(argv._.map(String), commands);
  const {command, argv: words} = chosen;
  const given = givenOptions(words, known);
  return {
    kind: 'command' as const,
    command,
    given,
    /** The arguments, in the order of the command's positionals. */
    args: argumentsOf(command).flatMap((name) => {
      const value = words[name];
      return typeof value === 'string' ? [value] : [];
    }),
    /** Throws VCH_ERR_USAGE with everything that the command does not know. */
    refuseUnknown: () => refuseUnknown(command, words, commands, given),
  };
}

/** yargs keeps options in objects, and takes what these inherit for options: no option has such a name. */
function refuseInherited(args: readonly string[]): void {
  const named = args.flatMap((word) => /^--?([^=]+)/.exec(word)?.slice(1) ?? []);
  const inherited = named.find((name) => name in Object.prototype);
  if (inherited !== undefined)
    throw new VchError('VCH_ERR_USAGE', `unknown option --${inherited}; see vch-migrate --help`);
}

/** vic-machine's `--debug N` means our `--debug`, unless N is 0. */
function withoutDebugLevel(args: readonly string[]): string[] {
  return args.flatMap((word, at) => {
    const [, name, joined] = /^(--debug|-v)(?:=(\d))?$/.exec(word) ?? [];
    if (name === undefined)
      return /^\d$/.test(word) && /^(--debug|-v)$/.test(args[at - 1] ?? '') ? [] : [word];
    return (joined ?? args[at + 1]) === '0' ? [] : [name];
  });
}

/** Every option of every command. A name is the same kind of option in all of them. */
export function optionsOf(commands: readonly Command[]): OptionSet {
  return Object.assign({}, ...commands.map(({options}) => options));
}

/** The command that is meant: an option such as `upgrade --rollback` stands for another one. */
export function standingFor(command: Command, given: GivenOptions, commands: readonly Command[]): Command {
  const meant = Object.entries(command.standsFor ?? {}).filter(([name]) => given.flag(name));
  if (meant.length > 1) {
    const words = meant.map(([name]) => `--${name}`).join(' and ');
    throw new VchError(
      'VCH_ERR_USAGE',
      `${command.name}: ${words} exclude each other; see vch-migrate ${command.name} --help`,
    );
  }
  const [[, other] = []] = meant;
  return commands.find(({name}) => name === other) ?? command;
}

function argumentsOf({positionals = []}: Command): readonly string[] {
  return positionals.map(({name}) => name);
}

function typeOf({kind, alias}: Option<unknown>) {
  return {
    type: kind === 'flag' ? ('boolean' as const) : ('string' as const),
    ...(alias === undefined ? {} : {alias}),
  };
}

type Choose = (command: Command, argv: Argv) => void;

function declareCommands(parser: Parser, commands: readonly Command[], choose: Choose): void {
  for (const command of commands) {
    const {group} = command;
    if (group === undefined) {
      declareCommand(parser, command, choose);
      continue;
    }
    const members = commands.filter((other) => other.group === group);
    if (members[0] !== command) continue;
    parser.command(
      group.name,
      false,
      (sub) => {
        for (const member of members) declareCommand(sub, member, choose);
        return sub;
      },
      () => undefined,
    );
  }
}

function declareCommand(parser: Parser, command: Command, choose: Choose): void {
  // All optional for yargs: the command itself says what it needs.
  const usage = [wordsOf(command).at(-1), ...argumentsOf(command).map((name) => `[${name}]`)].join(' ');
  parser.command([usage, ...(command.aliases ?? [])], false, {}, (argv) => choose(command, argv));
}

function wordsOf(command: Command): readonly string[] {
  return command.name.split(' ');
}

function givenOptions(argv: Argv, known: OptionSet): GivenOptions {
  return {
    text: (name) => textsOf(argv[name]).at(-1),
    texts: (name) => textsOf(argv[name]),
    flag: (name) => argv[name] === true,
    names: Object.keys(known).filter((name) => argv[name] !== undefined),
  };
}

/** yargs gives several values as an array. */
function textsOf(value: unknown): readonly string[] {
  return [value].flat().filter((text) => typeof text === 'string');
}

function refuseUnknown(
  command: Command,
  argv: Argv,
  commands: readonly Command[],
  given: GivenOptions,
): void {
  // Without a value the password began with a dash, and its letters were read as options: they must not be repeated.
  if (given.text('password') === '') return;
  const taken = ['_', '$0', ...argumentsOf(command), ...Object.keys(command.options)];
  const problems = Object.keys(argv)
    .filter((key) => !taken.includes(key) && argv[key] !== undefined)
    .map((key) => unknownOption(dashed(key), command, commands));
  for (const [name, {kind}] of Object.entries(optionsOf(commands))) {
    if (kind !== 'texts' && [argv[name]].flat().length > 1)
      problems.push(`--${name} is given more than once`);
  }
  const extra = argv._.slice(wordsOf(command).length);
  if (extra.length > 0)
    problems.push(`${command.name} takes no argument ${extra.map((word) => `"${word}"`).join(', ')}`);
  if (problems.length === 0) return;
  throw new VchError('VCH_ERR_USAGE', `${problems.join('; ')}; see vch-migrate ${command.name} --help`);
}
