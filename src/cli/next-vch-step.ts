import type {Report, ReportCommand} from '../report/report.js';
import type {MoreWords} from './command-text.js';
import {UNRESOLVED} from './staging.js';

const VCH_COMMANDS = ['check', 'upgrade', 'rollback', 'resume', 'unlock'] as const;
/** More ids than that make no command line that anybody would paste. */
const MOST_IDS = 30;

/** A command over the VCH as a whole. */
export type VchCommandName = (typeof VCH_COMMANDS)[number];

export function isVchCommand(command: ReportCommand): command is VchCommandName {
  return VCH_COMMANDS.some((name) => name === command);
}

/** What to do after a command over the VCH as a whole; `known` is a report in JSON that it has written besides. */
export function nextVchStep(
  command: VchCommandName,
  report: Pick<Report, 'vms' | 'upgrade' | 'checks' | 'vch'>,
  line: (command: string, more?: MoreWords) => string,
  known: string | undefined,
): string {
  const {upgrade, checks, vch} = report;
  const failed = checks?.some(({status}) => status === 'failed');
  const left = leftOver(report);
  if (command === 'check') {
    if (failed) return `see to the failed checks, then ${line('check')}`;
    return vch.lock.held ? line('status') : line('upgrade');
  }
  switch (upgrade?.result) {
    case 'planned':
      return failed ? `see to the failed checks, then ${line(command)}` : line(command);
    case 'not-started':
      if (failed) return `see to the failed checks, then ${line(command)}`;
      return `nothing was written; to go on: ${line(command)}`;
    case 'upgraded':
    case 'unchanged':
      if (left.length === 0) return line('verify');
      return `see to the VMs that are not at their goal, then take up only those: ${line('apply', only(left, known))}`;
    case 'rolled-back':
      if (left.length === 0) return line('status');
      return `the rest of the containerVMs: ${line('undo', {words: ['--run', upgrade.run], without: ['run']})}`;
    case 'as-before':
      return `see to the reason, then ${line('upgrade')}`;
    case 'resumable':
      // What is being taken back is not resumed.
      if (upgrade.phase === 'done' || upgrade.phase?.startsWith('rollback'))
        return `go on: ${line('rollback')}`;
      return `go on: ${line('resume')}; or take it back: ${line('rollback')}`;
    case 'needs-person':
      return `the way back is told above; or try again: ${line('rollback')}`;
    default:
      return line('status');
  }
}

function leftOver({vms}: Pick<Report, 'vms'>): readonly string[] {
  const done: readonly string[] = ['changed', 'unchanged', 'skipped'];
  return vms.flatMap(({id, kind, status}) => (kind === 'container' && !done.includes(status) ? [id] : []));
}

function only(ids: readonly string[], known: string | undefined): MoreWords {
  if (known !== undefined) return {words: ['--from-report', known, '--only', UNRESOLVED]};
  return ids.length > MOST_IDS ? {} : {words: ids.flatMap((id) => ['--only', `id=${id}`])};
}
