import type {Report, ReportCommand} from '../report/report.js';

const VCH_COMMANDS = ['check', 'upgrade', 'rollback', 'resume', 'unlock'] as const;

/** A command over the VCH as a whole. */
export type VchCommandName = (typeof VCH_COMMANDS)[number];

export function isVchCommand(command: ReportCommand): command is VchCommandName {
  return VCH_COMMANDS.some((name) => name === command);
}

/** What to do after a command over the VCH as a whole. */
export function nextVchStep(
  command: VchCommandName,
  {summary, upgrade, checks, vch}: Pick<Report, 'summary' | 'upgrade' | 'checks' | 'vch'>,
  line: (command: string) => string,
): string {
  const left = summary.total - summary.changed - summary.unchanged - summary.skipped;
  if (command === 'check') {
    if (checks?.some(({status}) => status === 'failed'))
      return `see to the failed checks, then ${line('check')}`;
    return vch.lock.held ? line('status') : line('upgrade');
  }
  switch (upgrade?.result) {
    case 'planned':
      return line(command);
    case 'not-started':
      if (checks?.some(({status}) => status === 'failed'))
        return `see to the failed checks, then ${line(command)}`;
      return `nothing was written; to go on: ${line(command)}`;
    case 'upgraded':
    case 'unchanged':
      if (left > 0)
        return `see to the VMs that are not at their goal, then only those are taken up by ${line('apply')}`;
      return line('verify');
    case 'rolled-back':
      if (left > 0) return `the rest of the containerVMs: ${line(`undo --run ${upgrade.run}`)}`;
      return line('status');
    case 'as-before':
      return `see to the reason, then ${line('upgrade')}`;
    case 'resumable':
      return `go on: ${line('resume')}; or take it back: ${line('rollback')}`;
    case 'needs-person':
      return `the card above says how to finish by hand; or try again: ${line('rollback')}`;
    default:
      return line('status');
  }
}
