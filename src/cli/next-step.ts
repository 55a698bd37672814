import type {Report} from '../report/report.js';
import {commandText, shellQuoted} from './command-text.js';
import type {GivenOptions} from './option-table.js';
import type {Target} from './target.js';

export interface EndState {
  readonly report: Pick<Report, 'command' | 'summary' | 'interrupted' | 'vch'>;
  readonly given: GivenOptions;
  /** The arguments that were given besides, to a command that takes some. */
  readonly args?: readonly string[];
  readonly target: Target;
  readonly declined: boolean;
}

/** What to do after a run, with the command line that does it. */
export function nextStep(end: EndState): string {
  const {command, vch} = end.report;
  const line = (next: string) => {
    const words = next === command ? [next, ...(end.args ?? []).map(shellQuoted)] : [next];
    return commandText(words.join(' '), end.given, {...vch, nameIsUnique: true});
  };
  const step = stepAfter(end, line);
  const writes = command === 'apply' || command === 'undo' || command === 'rename';
  if (end.target.kind === 'simulator' && writes && !end.declined) {
    return `this simulator is gone now, and its changes with it; for one that stays: vch-migrate simulate ${shellQuoted(end.target.fixture)}`;
  }
  return step;
}

function stepAfter(
  {report, given, args = [], declined}: EndState,
  line: (command: string) => string,
): string {
  const out = given.text('out');
  const planned = args.length > 0;
  // A report that programs can read knows what is left.
  const [known] = given.texts('report').filter((path) => path.toLowerCase().endsWith('.json'));
  const rest = (word: 'apply' | 'undo' | typeof command) =>
    known === undefined || planned || (word !== 'apply' && word !== 'undo')
      ? line(word)
      : line(`${word} --from-report ${shellQuoted(known)} --only unresolved`);
  const {command, summary, interrupted, vch} = report;
  if (declined) return `nothing was written; to go on: ${line(command)}`;
  if (interrupted) return `to go on: ${rest(command)}`;
  switch (command) {
    case 'plan':
      if (vch.lock.held) return `wait until the upgrade is over, then ${line('plan')}`;
      if (summary.pending > 0 && out !== undefined) return line(`apply ${shellQuoted(out)}`);
      return summary.pending > 0 ? line('apply') : `nothing to apply; ${line('verify')}`;
    case 'apply':
      // A VM that moved since will not fit that plan again.
      if (planned && summary.conflict > 0) return `see what moved: ${line('plan')}`;
      return summary.failed + summary.conflict + summary.unknown + summary['not-attempted'] > 0
        ? `the rest: ${rest('apply')}`
        : line('verify');
    case 'undo':
      return summary.failed + summary.unknown + summary['not-attempted'] > 0
        ? `the rest: ${rest('undo')}`
        : line('status');
    case 'status':
      if (vch.lock.held) return `wait until the upgrade is over, then ${line('plan')}`;
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
