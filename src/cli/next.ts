import type {Report, ReportLock, ReportSummary} from '../report/report.js';
import {shellQuoted} from '../shell-word.js';
import type {GivenOptions, OptionSet, Values} from './option.js';
import {UNRESOLVED} from './staging.js';
import {userIn, withoutPassword} from './target.js';

/** What a command line has besides the options that are repeated. */
export interface MoreWords {
  /** Arguments and options, in their order. */
  readonly words?: readonly string[] | undefined;
  /** Options that are not to be repeated. */
  readonly without?: readonly string[] | undefined;
}

/** A report that only lacks its next step, and how the question was answered. */
export interface Ended {
  readonly report: Omit<Report, 'next'>;
  readonly declined: boolean;
}

/** What was given to a command: its arguments, and the options of its own. */
export interface Given<Own extends OptionSet> {
  readonly args: readonly string[];
  readonly own: Values<Own>;
}

/** What a command says at its end is decided on this. */
export interface Told<Own extends OptionSet = OptionSet> extends Given<Own>, Ended {
  /** A command line to type next, with this one's target and options. */
  readonly line: Line;
  /** A report in JSON that the run writes besides. */
  readonly known: string | undefined;
}

export type Line = (command: string, more?: MoreWords) => string;

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

/**
 * A command line to type next: this one's target, for that VCH, and every option whose loss would have it do more than
 * was asked for, or go on without a brake. Never the password.
 */
export function commandText(
  {name: command, options}: NextCommand,
  given: GivenOptions,
  vch: Named,
  {words: more = [], without = []}: MoreWords = {},
): string {
  const words = ['vch-migrate', command, ...more.map(shellQuoted)];
  for (const [name, option] of Object.entries(options)) {
    if (option.repeat !== true || without.includes(name)) continue;
    // `unresolved` belongs to a report that the next command no longer names.
    const unresolvedToo = name !== 'only' || !without.includes('from-report');
    words.push(...optionWords(options, name, given, (value) => unresolvedToo || value !== UNRESOLVED));
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
  {name: command, options}: NextCommand,
  given: GivenOptions,
  args: readonly string[],
): string {
  const repeated = Object.keys(options).filter(
    (name) => !['password', 'yes', 'target', 'user'].includes(name),
  );
  const target = given.names.includes('target') ? given.text('target') : undefined;
  // Apart from the target: messages are masked, and with them what stands before the @ of a URL.
  const user = given.text('user') ?? (target === undefined ? undefined : userIn(target));
  return [
    'vch-migrate',
    command,
    ...args.map(shellQuoted),
    ...(target === undefined ? [] : ['--target', shellQuoted(withoutPassword(target, false))]),
    ...(user === undefined ? [] : ['--user', shellQuoted(user)]),
    ...repeated.flatMap((name) => optionWords(options, name, given)),
    '--yes',
  ].join(' ');
}

/** One option as it was typed; nothing where it was not. */
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
    .flatMap((value) => [`--${name}`, shellQuoted(name === 'target' ? withoutPassword(value) : value)]);
}

/** After a command that wrote to a simulator of its own. */
export function simulatorGone(fixture: string): string {
  return `this simulator is gone now, and its changes with it; for one that stays: vch-migrate simulate ${shellQuoted(fixture)}`;
}

/** What to do next, unless the run was declined or interrupted: then the same command goes on. */
export function unlessStopped<T extends Told>(
  next: (told: T) => string,
  rest: (told: T) => string = ({line, report}) => line(report.command),
): (told: T) => string {
  return (told) => {
    if (told.declined) return `nothing was written; to go on: ${told.line(told.report.command)}`;
    return told.report.interrupted ? `to go on: ${rest(told)}` : next(told);
  };
}

/** The same command for what a run left undone, by the report that the run has written. */
export function restOf({report, line, known}: Told): string {
  return known === undefined
    ? line(report.command)
    : line(report.command, {words: takeUp(known), without: ['from-report']});
}

/** The options that take up what a report left undone. */
export function takeUp(report: string): readonly string[] {
  return ['--from-report', report, '--only', UNRESOLVED];
}

/** Until their host is back, the same command does no more than this one did. */
export function leftWords(summary: ReportSummary): string {
  const waiting = summary.conflict + unfinished(summary) === summary.unreachable;
  return waiting ? 'the rest, when it can be reached again' : 'the rest';
}

/** VMs that the same command can still bring to their goal. */
export function unfinished(summary: ReportSummary): number {
  return summary.failed + summary.unknown + summary.unreachable + summary['not-attempted'];
}

/** While an upgrade holds the VCH; a lock that its owner has left does not go away by itself. */
export function underLock(lock: ReportLock, line: Told['line']): string {
  if (lock.held && lock.state === 'dead')
    return `go on: ${line('resume')}; or take it back: ${line('rollback')}`;
  return `wait until the upgrade is over, then ${line('plan')}`;
}
