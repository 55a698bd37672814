import type {Report} from '../report/report.js';
import {commandText, type MoreWords, shellQuoted} from './command-text.js';
import {isVchCommand, nextVchStep} from './next-vch-step.js';
import {type GivenOptions, SELECT_OPTIONS} from './option-table.js';
import {UNRESOLVED} from './staging.js';
import type {Target} from './target.js';

export interface EndState {
  readonly report: Pick<Report, 'command' | 'summary' | 'interrupted' | 'vch' | 'vms' | 'upgrade' | 'checks'>;
  readonly given: GivenOptions;
  /** The arguments that were given besides, to a command that takes some. */
  readonly args?: readonly string[];
  readonly target: Target;
  readonly declined: boolean;
}

/** What to do after a run, with the command line that does it. */
export function nextStep(end: EndState): string {
  const {command, vch} = end.report;
  const line: Line = (next, {words = [], without = []} = {}) => {
    const args = next === command ? (end.args ?? []) : [];
    return commandText(next, end.given, {...vch, nameIsUnique: true}, {words: [...args, ...words], without});
  };
  const step = stepAfter(end, line);
  const writes = command === 'apply' || command === 'undo' || command === 'rename' || command === 'upgrade';
  if (end.target.kind === 'simulator' && writes && !end.declined) {
    return `this simulator is gone now, and its changes with it; for one that stays: vch-migrate simulate ${shellQuoted(end.target.fixture)}`;
  }
  return step;
}

type Line = (command: string, more?: MoreWords) => string;

function stepAfter({report, given, args = [], declined}: EndState, line: Line): string {
  const out = given.text('out');
  const planned = args.length > 0;
  // A report that programs can read knows what is left.
  const [known] = given.texts('report').filter((path) => path.toLowerCase().endsWith('.json'));
  const rest = (word: 'apply' | 'undo' | typeof command) =>
    known === undefined || (word !== 'apply' && word !== 'undo')
      ? line(word)
      : line(word, {words: ['--from-report', known, '--only', UNRESOLVED], without: ['from-report']});
  const {command, summary, interrupted, vch} = report;
  if (isVchCommand(command)) return nextVchStep(command, report, line, known);
  if (declined) return `nothing was written; to go on: ${line(command)}`;
  if (interrupted) return `to go on: ${rest(command)}`;
  switch (command) {
    case 'plan':
      if (vch.lock.held) return underLock(vch.lock, line);
      // The plan has the selected VMs and no other; one that is in conflict by then is to be seen, whatever was selected.
      if (summary.pending > 0 && out !== undefined)
        return line('apply', {words: [out], without: SELECT_OPTIONS});
      return summary.pending > 0 ? line('apply') : `nothing to apply; ${line('verify')}`;
    case 'apply':
      // A VM that moved since will not fit that plan again; what was not started still does.
      if (planned && summary.conflict > 0 && unfinished(summary) === summary.unreachable)
        return `see what moved: ${line('plan')}`;
      return summary.conflict + unfinished(summary) > 0
        ? `${left(summary)}: ${rest('apply')}`
        : line('verify');
    case 'undo':
      return unfinished(summary) > 0 ? `${left(summary)}: ${rest('undo')}` : line('status');
    case 'status':
      if (vch.lock.held) return underLock(vch.lock, line);
      return line(summary.pending > 0 ? 'plan' : 'verify');
    case 'verify': {
      const atGoal = summary.unchanged + summary.changed + summary.skipped;
      if (atGoal === summary.total) return 'nothing; every containerVM is at its goal';
      if (atGoal + summary.refused + summary.unreachable === summary.total) {
        return `see to the VMs that were refused or unreachable, then ${line('apply')}`;
      }
      return `see to the VMs that are not at their goal, then ${line('plan')}`;
    }
    case 'rename': {
      const {failed, conflict, unreachable, unknown, 'not-attempted': untried} = summary;
      if (summary.changed + summary.unchanged === 0) return line('rename');
      // The appliance has a record of it, by which the same order goes on with the links.
      if (failed + conflict + unreachable + unknown + untried > 0) return `the rest: ${line('rename')}`;
      if (summary.refused === 0) return line('audit');
      return `see to the containers whose links kept the old name, then ${line('audit')}`;
    }
    case 'audit':
      return summary.failed > 0 ? `see to the findings, then ${line('audit')}` : line('status');
  }
}

/** Until their host is back, the same command does no more than this one did. */
function left(summary: Report['summary']): string {
  const waiting = summary.conflict + unfinished(summary) === summary.unreachable;
  return waiting ? 'the rest, when it can be reached again' : 'the rest';
}

/** VMs that the same command can still bring to their goal. */
function unfinished(summary: Report['summary']): number {
  return summary.failed + summary.unknown + summary.unreachable + summary['not-attempted'];
}

/** A lock that its owner has left is not over by itself. */
function underLock(lock: Report['vch']['lock'], line: Line): string {
  if (lock.held && lock.state === 'dead')
    return `go on: ${line('resume')}; or take it back: ${line('rollback')}`;
  return `wait until the upgrade is over, then ${line('plan')}`;
}
