import yargs from 'yargs';
import {VchError} from '../errors.js';
import type {Command} from './command.js';
import type {GivenOptions, Option, OptionSet} from './option.js';

interface ParseOptions {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly columns: number;
}

type Argv = Readonly<Record<string, unknown>> & {readonly _: readonly (string | number)[]};

const EXIT_CODES = `Exit codes: 0 every VM is where it should be, 1 failed, 2 changes are pending (plan --detailed-exitcode),
3 done but for VMs that were refused, failed, in conflict, unreachable or unknown, 4 an upgrade holds the lock,
5 usage or settings, 6 a person is needed now, 129, 130 and 143 stopped by a signal.`;
const ENVIRONMENT = `Environment: VIC_MACHINE_TARGET, _USER, _PASSWORD, _THUMBPRINT, then GOVC_URL, _USERNAME, _PASSWORD, _INSECURE,
_TLS_CA_CERTS, _TLS_KNOWN_HOSTS. Options beat both. HTTPS_PROXY and NO_PROXY, as govc reads them.`;

/** Reads a command line: a text to print, such as the help, or a command with its arguments and options. */
export async function parseCommandLine(args: readonly string[], options: ParseOptions) {
  refuseInherited(args);
  let text = '';
  let chosen: {readonly command: Command; readonly argv: Argv} | undefined;
  const parser = yargs([])
    .scriptName('vch-migrate')
    .usage(
      '$0 <command> [options]\n\nVersioned, reversible data migrations for Virtual Container Hosts (VIC).',
    )
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .wrap(Math.min(options.columns, 120))
    .help()
    .alias('help', 'h')
    .version(options.version)
    .completion('completion', 'Print a script that completes commands and options in bash and zsh')
    .exitProcess(false)
    .example('$0 plan --target vc.example --user admin --name vch1', 'what apply would change')
    .example('$0 plan --target sim:fixtures/legacy.json', 'the same on the embedded simulator')
    .epilogue(`${ENVIRONMENT}\n\n${EXIT_CODES}`)
    .fail((message, error) => {
      throw error ?? new VchError('VCH_ERR_USAGE', `${message}; see vch-migrate --help`);
    });
  const known = optionsOf(options.commands);
  // Options may precede the command, so yargs must know which of them take a value; it must not show them here.
  for (const [name, option] of Object.entries(known))
    parser.option(name, {...typeOf(option), hidden: true, global: false});
  declareCommands(parser, options.commands, (command, argv) => {
    chosen = {command, argv};
  });
  const argv: Argv = await parser.parseAsync(
    withoutDebugLevel(args),
    {},
    (_error: unknown, _argv: unknown, output: string) => {
      text = output;
    },
  );
  // There may be no completions.
  if (text !== '' || args[0] === '--get-yargs-completions')
    return {kind: 'text' as const, text: text && `${text}\n`};
  if (chosen === undefined) throw unknownCommand(argv._, options.commands);
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
    refuseUnknown: () => refuseUnknown(command, words, known, given),
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

function declareCommands(
  parser: ReturnType<typeof yargs>,
  commands: readonly Command[],
  choose: Choose,
): void {
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
      group.summary,
      (sub) => {
        sub.usage(`$0 ${group.name} <command> [options]\n\n${group.summary}`).epilogue('');
        for (const member of members) declareCommand(sub, member, choose);
        return sub;
      },
      () => undefined,
    );
  }
}

function declareCommand(parser: ReturnType<typeof yargs>, command: Command, choose: Choose): void {
  const word = wordsOf(command).at(-1) ?? '';
  const usage = [word, ...argumentsOf(command).map((name) => `[${name}]`)].join(' ');
  parser.command(
    [usage, ...(command.aliases ?? [])],
    command.summary,
    (sub) => describeCommand(sub, command),
    (argv) => choose(command, argv),
  );
}

function wordsOf(command: Command): readonly string[] {
  return command.name.split(' ');
}

function describeCommand(parser: ReturnType<typeof yargs>, command: Command): ReturnType<typeof yargs> {
  const usage = [command.name, ...argumentsOf(command)].join(' ');
  parser.usage(`$0 ${usage} [options]\n\n${command.summary}`).epilogue('');
  for (const [name, option] of Object.entries(command.options)) {
    const {describe, group} = option;
    parser.option(name, {...typeOf(option), describe, group});
  }
  for (const [line, what] of command.examples) parser.example(`$0 ${line}`, what);
  return parser;
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

function refuseUnknown(command: Command, argv: Argv, known: OptionSet, given: GivenOptions): void {
  // Without a value the password began with a dash, and its letters were read as options: they must not be repeated.
  if (given.text('password') === '') return;
  const taken = ['_', '$0', ...argumentsOf(command), ...Object.keys(command.options), 'help', 'h', 'version'];
  const problems = Object.keys(argv)
    .filter((key) => !taken.includes(key) && argv[key] !== undefined)
    .map((key) => unknownOption(key, command, known));
  for (const [name, {kind}] of Object.entries(known)) {
    if (kind !== 'texts' && [argv[name]].flat().length > 1)
      problems.push(`--${name} is given more than once`);
  }
  const extra = argv._.slice(wordsOf(command).length);
  if (extra.length > 0)
    problems.push(`${command.name} takes no argument ${extra.map((word) => `"${word}"`).join(', ')}`);
  if (problems.length === 0) return;
  throw new VchError('VCH_ERR_USAGE', `${problems.join('; ')}; see vch-migrate ${command.name} --help`);
}

function unknownOption(key: string, command: Command, known: OptionSet): string {
  const dashed = key.length === 1 ? `-${key}` : `--${key}`;
  if (Object.hasOwn(known, key)) return `${command.name} has no option ${dashed}`;
  const meant = key.length === 1 ? undefined : suggest(key, Object.keys(command.options));
  return `unknown option ${dashed}${meant === undefined ? '' : `, did you mean --${meant}?`}`;
}

function unknownCommand(words: Argv['_'], commands: readonly Command[]): VchError {
  const [first, second] = words;
  const members = commands.filter(({group}) => group !== undefined && group.name === first);
  const known =
    members.length > 0
      ? members.map((command) => wordsOf(command).at(-1) ?? '')
      : commands.flatMap((command) => [command.group?.name ?? command.name, ...(command.aliases ?? [])]);
  const [word, prefix] = members.length > 0 ? [second, `${first} `] : [first, ''];
  const help = `see vch-migrate ${prefix}--help`;
  if (word === undefined) {
    const names = [...new Set(known)].join(', ');
    return new VchError(
      'VCH_ERR_USAGE',
      `${prefix === '' ? 'no command given' : `${first} needs a command`}, one of ${names}; ${help}`,
    );
  }
  const meant = suggest(String(word), known);
  const hint = meant === undefined ? '' : `, did you mean ${prefix}${meant}?`;
  return new VchError('VCH_ERR_USAGE', `unknown command "${prefix}${word}"${hint}; ${help}`);
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
