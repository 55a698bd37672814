import type {Command} from './command.js';
import {commandOf, dashed, membersOf, wordsIn} from './command-words.js';
import {EXIT_MEANINGS, type ExitMeanings} from './exit.js';
import type {Option, OptionSet} from './option.js';
import {outputOptions, runOptions, targetOptions, vchOptions} from './options.js';
import {unknownCommand} from './suggest.js';

/** The options that many commands have in common: the help of a command only lists them. */
const SHARED: OptionSet = {...targetOptions, ...vchOptions, ...runOptions, ...outputOptions};

const HELP = 'vch-migrate help';

const ENVIRONMENT = [
  'VIC_MACHINE_TARGET, _USER, _PASSWORD, _THUMBPRINT, as vic-machine reads them',
  'GOVC_URL, _USERNAME, _PASSWORD, _INSECURE, _TLS_CA_CERTS, _TLS_KNOWN_HOSTS, as govc does; VIC_MACHINE_… beat them',
  'HTTPS_PROXY, NO_PROXY, NO_COLOR',
];

/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 110;

/** What `--help`, `--version` or an empty command line asks for; `undefined` if a command is to run. */
export function askedText(
  args: readonly string[],
  {commands, version, columns}: {commands: readonly Command[]; version: string; columns: number},
): string | undefined {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  if (own.includes('--help') || own.includes('-h'))
    return helpText(commands, wordsIn(own, commands), columns);
  if (own.includes('--version')) return `${version}\n`;
  return args.length === 0 ? helpText(commands, [], columns) : undefined;
}

/** The help of a command, of a group of commands, of the shared options, or of everything. */
export function helpText(commands: readonly Command[], words: readonly string[], columns: number): string {
  const [topic] = words;
  const members = membersOf(topic, commands);
  const command = commandOf(words, commands);
  const page = () => {
    if (topic === undefined) return rootPage(commands);
    if (topic === 'options') return optionsPage();
    if (command !== undefined) return commandPage(command);
    if (members.length > 0 && words.length === 1) return groupPage(members);
    throw unknownCommand(words, commands);
  };
  const width = Math.min(columns, WIDEST);
  return page()
    .filter(([, blocks]) => blocks.length > 0)
    .map(([heading, blocks]) => sectionText(heading, blocks, width))
    .join('\n');
}

/** A line that is wrapped, a line that must stay whole, or an entry of a list: what is typed, and what it does. */
type Block = string | {readonly whole: string} | readonly [string, string];
type Section = readonly [heading: string, blocks: readonly Block[]];

function rootPage(commands: readonly Command[]): readonly Section[] {
  const entries = commands.flatMap((command): readonly Block[] => {
    const {group, summary, aliases = []} = command;
    if (group === undefined)
      return [
        [
          usageOf(command),
          `${headline(summary)}${aliases.length > 0 ? ` (also: ${aliases.join(', ')})` : ''}`,
        ],
      ];
    const members = membersOf(group.name, commands);
    return members[0] === command ? [[`${group.name} …`, headline(group.summary)]] : [];
  });
  return [
    ['', ['Versioned, reversible data migrations for Virtual Container Hosts (VIC).']],
    ['Usage', [{whole: 'vch-migrate COMMAND [OPTIONS]'}]],
    ['Commands', entries],
    [
      'Examples',
      examples([
        ['ls --target vc.example --user admin', 'which VCHs are there?'],
        ['plan --target vc.example --user admin --name vch1', 'what would apply change?'],
        ['plan --target sim:fixtures/legacy.json', 'the same on the embedded simulator: nothing to install'],
      ]),
    ],
    ['Environment; options beat it', ENVIRONMENT],
    ['Exit codes; those of a command are in its help', exits(EXIT_MEANINGS.all)],
    [
      'More',
      [
        [`${HELP} COMMAND`, 'options and examples of a command'],
        [`${HELP} options`, 'the options that commands share'],
      ],
    ],
  ];
}

function groupPage(members: readonly Command[]): readonly Section[] {
  const [{group, name} = {group: undefined, name: ''}] = members;
  return [
    ['', [group?.summary ?? name]],
    ['Usage', [{whole: `vch-migrate ${group?.name} COMMAND [OPTIONS]`}]],
    ['Commands', members.map((command) => [usageOf(command), headline(command.summary)])],
    ['More', [[`${HELP} ${group?.name} COMMAND`, 'options and examples of a command']]],
  ];
}

function commandPage(command: Command): readonly Section[] {
  const {summary, options, aliases = []} = command;
  const own = Object.entries(options).filter(([name]) => !Object.hasOwn(SHARED, name));
  const shared = Object.entries(options).filter(([name]) => Object.hasOwn(SHARED, name));
  return [
    ['', [summary]],
    [
      'Usage',
      [{whole: `vch-migrate ${usageOf(command)}${Object.keys(options).length > 0 ? ' [OPTIONS]' : ''}`}],
    ],
    ['Also', aliases.map((alias) => ({whole: `vch-migrate ${alias}`}))],
    ['Options', own.map(entryOf)],
    [
      'Shared options',
      [
        ...groupsOf(shared).map(
          ([group, set]): Block => [
            `${group}:`,
            set.map(([name, option]) => typed(name, option, '/')).join(', '),
          ],
        ),
        ...(shared.length === 0 ? [] : [`Explained by: ${HELP} options`]),
      ],
    ],
    ['Examples', examples(command.examples)],
    ['Exit codes', exits(command.exits ?? {})],
  ];
}

function optionsPage(): readonly Section[] {
  return groupsOf(Object.entries(SHARED)).map(([group, set]) => [`${group} options`, set.map(entryOf)]);
}

type Entry = readonly [name: string, option: Option<unknown>];

function groupsOf(entries: readonly Entry[]): readonly (readonly [string, readonly Entry[]])[] {
  const groups = [...new Set(entries.map(([, {group}]) => group))];
  return groups.map((group) => [
    group.replace(':', ''),
    entries.filter(([, option]) => option.group === group),
  ]);
}

function entryOf([name, option]: Entry): Block {
  return [`${option.alias?.length === 1 ? '' : '    '}${typed(name, option, ', ')}`, option.describe];
}

/** `-n, --name NAME`. */
function typed(name: string, {kind, alias, value = 'VALUE'}: Option<unknown>, between: string): string {
  const names = [...(alias === undefined ? [] : [alias]), name].sort((a, b) => a.length - b.length);
  return `${names.map(dashed).join(between)}${kind === 'flag' ? '' : ` ${value}`}`;
}

/** `rename CONTAINER NEW-NAME`, `apply [PLAN]`. */
export function usageOf({name, positionals = []}: Pick<Command, 'name' | 'positionals'>): string {
  return [name, ...positionals.map((word) => (word.optional === true ? `[${word.name}]` : word.name))].join(
    ' ',
  );
}

/** What a command does, without the details. */
export function headline(summary: string): string {
  return summary.split(/[;:] /)[0] ?? summary;
}

function examples(lines: Command['examples']): readonly Block[] {
  return lines.flatMap(([line, what]) => [`# ${what}`, {whole: `vch-migrate ${line}`}]);
}

function exits(meanings: ExitMeanings): readonly Block[] {
  return Object.entries(meanings).map(([code, meaning]) => [code, meaning]);
}

const GAP = '  ';

function sectionText(heading: string, blocks: readonly Block[], width: number): string {
  const indent = heading === '' ? '' : GAP;
  const lefts = blocks.flatMap((block) => (typeof block === 'object' && 0 in block ? [block[0].length] : []));
  // A long entry has its text on the next line.
  const column = Math.max(0, ...lefts.filter((length) => length <= Math.min(30, width / 3)));
  const lines = blocks.flatMap((block) => {
    if (typeof block === 'string') return wrapped(block, width - indent.length).map((line) => indent + line);
    if ('whole' in block) return [indent + block.whole];
    const [left, right] = block;
    const room = width - GAP.length * 2 - column;
    const [first = '', ...rest] = wrapped(right, room);
    const under = rest.map((line) => GAP + ' '.repeat(column) + GAP + line);
    return left.length > column
      ? [GAP + left, GAP + ' '.repeat(column) + GAP + first, ...under]
      : [GAP + left.padEnd(column) + GAP + first, ...under];
  });
  return `${heading === '' ? '' : `${heading}:\n`}${lines.join('\n')}\n`;
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
