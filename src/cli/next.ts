import {uncapitalized} from '../report/phrases.js';
import type {Report, ReportAction, ReportLock, ReportSummary} from '../report/report.js';
import {shellQuoted} from '../shell-word.js';
import type {GivenOptions, OptionSet, Values} from './option.js';
import {UNRESOLVED} from './staging.js';
import {userIn, withoutPassword} from './target.js';

/** The words of a command line that are not repeated from this one. */
export interface MoreWords {
  /** Arguments and options, in their order. */
  readonly words?: readonly string[] | undefined;
  /** Options that must not be repeated. */
  readonly without?: readonly string[] | undefined;
}

/** A report without its next step, and the answer to the question. */
export interface Ended {
  readonly report: Omit<Report, 'next' | 'actions'>;
  readonly declined: boolean;
}

/** The arguments of a command, and the values of its own options. */
export interface Given<Own extends OptionSet> {
  readonly args: readonly string[];
  readonly own: Values<Own>;
}

/** What a command's exit code and next step depend on. */
export interface Told<Own extends OptionSet = OptionSet> extends Given<Own>, Ended {
  /** A command line to type next, with this one's target and options. */
  line(command: string, more?: MoreWords): string;
  /** The file of a JSON report that the run writes: it lists the VMs that are left. */
  readonly jsonReport: string | undefined;
}

/** A VCH as a command line names it. */
export interface Named {
  readonly name: string;
  readonly id: string;
  readonly nameIsUnique: boolean;
}

interface NextCommand {
  readonly name: string;
  readonly options: OptionSet;
}

/** Writes command lines to type next, for a VCH that this one has found, or for the whole target. */
export function lineWriter(commands: readonly NextCommand[], given: GivenOptions) {
  return (next: string, vch: Named | null, more?: MoreWords) =>
    commandText(commands.find(({name}) => name === next) ?? {name: next, options: {}}, given, vch, more);
}

/**
 * A command line to type next: this one's target, the VCH, and every option without which the command would do more than
 * it was asked for, or not stop where it should. Never the password.
 */
export function commandText(
  {name: command, options}: NextCommand,
  given: GivenOptions,
  vch: Named | null,
  {words: more = [], without = []}: MoreWords = {},
): string {
  const words = ['vch-migrate', command, ...more.map(shellQuoted)];
  for (const [name, option] of Object.entries(options)) {
    if (option.repeat !== true || without.includes(name)) continue;
    // `unresolved` belongs to a report that the next command no longer names.
    const unresolvedToo = name !== 'only' || !without.includes('from-report');
    words.push(...optionWords(options, name, given, (value) => unresolvedToo || value !== UNRESOLVED));
  }
  if (vch === null) return words.join(' ');
  const name = given.text('name') ?? vch.name;
  // A name with a control character cannot be typed. Two VCHs may share a name, which is why --id was given.
  if (!vch.nameIsUnique || given.names.includes('id') || /[\p{Cc}\p{Cf}]/u.test(name))
    words.push(...valued('id', vch.id));
  else words.push(...valued('name', name));
  return words.join(' ');
}

/** The command line that was typed, without its password, and with `--yes`. */
export function withYes(
  {name: command, options}: NextCommand,
  given: GivenOptions,
  args: readonly string[],
): string {
  const repeated = Object.keys(options).filter(
    (name) => !['password', 'yes', 'target', 'user'].includes(name),
  );
  const target = given.names.includes('target') ? given.text('target') : undefined;
  // Separate from the target: messages are masked, also the part before the @ of a URL.
  const user = given.text('user') ?? (target === undefined ? undefined : userIn(target));
  return [
    'vch-migrate',
    command,
    ...args.map(shellQuoted),
    ...(target === undefined ? [] : valued('target', withoutPassword(target, false))),
    ...(user === undefined ? [] : valued('user', user)),
    ...repeated.flatMap((name) => optionWords(options, name, given)),
    '--yes',
  ].join(' ');
}

/** One option as it was typed, if it was. */
function optionWords(
  options: OptionSet,
  name: string,
  given: GivenOptions,
  wanted: (value: string) => boolean = () => true,
): readonly string[] {
  if (!given.names.includes(name)) return [];
  const kind = options[name]?.kind;
  if (kind === 'flag') return [`--${name}`];
  const values = kind === 'texts' ? given.texts(name) : given.texts(name).slice(-1);
  return values
    .filter(wanted)
    .flatMap((value) => valued(name, name === 'target' ? withoutPassword(value) : value));
}

/** An option with its value. One that begins with a dash would be taken for another option. */
function valued(name: string, value: string): readonly string[] {
  const word = shellQuoted(value);
  return value.startsWith('-') ? [`--${name}=${word}`] : [`--${name}`, word];
}

/** One thing to do next, and the command that does it. */
export function action(text: string, command: string | null = null): ReportAction {
  return {text, command};
}

/** What to do next, in one line. */
export function nextText(actions: readonly ReportAction[]): string {
  return actions
    .map(({text, command}) => {
      const lower = uncapitalized(text);
      return command === null ? lower : `${lower}: ${command.replaceAll('\n', '; ')}`;
    })
    .join('; ');
}

/** The next step after a command that wrote to a simulator of its own. */
export function simulatorGone(fixture: string): ReportAction {
  return action(
    'This simulator is gone now, and its changes with it; start one that stays',
    `vch-migrate simulate ${shellQuoted(fixture)}`,
  );
}

/** The next step; if the run was declined or interrupted, it is the same command. */
export function unlessStopped<T extends Told>(
  next: (told: T) => readonly ReportAction[],
  rest: (told: T) => string = ({line, report}) => line(report.command),
): (told: T) => readonly ReportAction[] {
  return (told) => {
    if (told.declined) return [action('Nothing was written; to continue', told.line(told.report.command))];
    return told.report.interrupted ? [action('Continue', rest(told))] : next(told);
  };
}

/** The two ways on from an upgrade that was left unfinished. */
export function continueOrUndo(line: Told['line']): readonly ReportAction[] {
  return [action('Continue the upgrade', line('resume')), action('Or take it back', line('rollback'))];
}

/** The finding about a masked dump: its names are not those of any vCenter, so no command line can have them. */
export const MASKED_DUMP = 'masked-dump';

/** What is left to do with one. */
export const LOOK_ELSEWHERE: readonly ReportAction[] = [
  action('Run the same command on the vCenter itself, or on a dump that is not masked'),
];

export function isOfMaskedDump({findings}: Pick<Report, 'findings'>): boolean {
  return findings.some(({code}) => code === MASKED_DUMP);
}

/** Compares all containerVMs with their goal. */
export function thenVerify(line: Told['line']): ReportAction {
  return action('Check every containerVM against its goal', line('verify'));
}

/** The same command for the VMs that a run left undone, by the report that the run writes. */
export function restOf({report, line, jsonReport}: Told): string {
  return jsonReport === undefined
    ? line(report.command)
    : line(report.command, {words: unresolvedIn(jsonReport), without: ['from-report']});
}

/** The options that select what a report left undone. */
export function unresolvedIn(report: string): readonly string[] {
  return ['--from-report', report, '--only', UNRESOLVED];
}

/** The command for the VMs that are left: unreachable ones have to wait for their hosts. */
export function takeUpRest<T extends Told>(told: T): ReportAction {
  const {summary} = told.report;
  const waiting = summary.conflict + unfinished(summary) === summary.unreachable;
  return action(`Take up the rest${waiting ? ', when it can be reached again' : ''}`, restOf(told));
}

/** VMs that the same command can still bring to their goal. */
export function unfinished(summary: ReportSummary): number {
  return summary.failed + summary.unknown + summary.unreachable + summary['not-attempted'];
}

/** The next step while an upgrade holds the VCH. The lock of a dead owner does not disappear by itself. */
export function underLock(lock: ReportLock, line: Told['line']): readonly ReportAction[] {
  if (lock.held && lock.state === 'dead') return continueOrUndo(line);
  return [action('Wait until the upgrade is over, then plan again', line('plan'))];
}
