import type {Layout} from './layout.js';
import {NEED_ATTENTION} from './need-attention.js';
import {styleOf} from './paint.js';
import {printable} from './printable.js';
import type {Report, ReportFinding, ReportStatus} from './report.js';
import {vmLabel} from './vm-name.js';
import {wrap} from './width.js';

const SHOWN = 100;

/** The VMs that are not where they should be, each with its reason and the way on. */
export function attention(report: Report, layout: Layout): string[] {
  const vms = NEED_ATTENTION.flatMap((status) => report.vms.filter((vm) => vm.status === status));
  return limited(vms, (vm) => {
    const head = wrap(`${vmLabel(vm)}: ${vm.status}`, layout.columns, '  ');
    const lines = head.map((line) => painted(line, vm.status, layout));
    if (vm.error === null) return lines;
    return [...lines, ...wrap(printable(`${vm.error.code}: ${vm.error.message}`), layout.columns, '    ')];
  });
}

/** What a person should know besides: of the VCH first, then VM by VM. */
export function findings(report: Report, layout: Layout): string[] {
  const all: {readonly about: string; readonly finding: ReportFinding}[] = [
    ...report.findings.map((finding) => ({about: 'VCH', finding})),
    ...report.vms.flatMap((vm) => vm.findings.map((finding) => ({about: vmLabel(vm), finding}))),
  ];
  return limited(all, ({about, finding}) =>
    wrap(`${about}: ${printable(finding.code)}: ${printable(finding.message)}`, layout.columns - 2, '').map(
      (line, at) => (at === 0 ? `  ${line}` : `    ${line}`),
    ),
  );
}

/** The status is the last word of its line; a name may hold the same letters. */
function painted(line: string, status: ReportStatus, layout: Layout): string {
  if (!line.endsWith(` ${status}`)) return line;
  return line.slice(0, -status.length) + layout.paint(styleOf(status), status);
}

function limited<T>(items: readonly T[], render: (item: T) => readonly string[]): string[] {
  const lines = items.slice(0, SHOWN).flatMap(render);
  const left = items.length - SHOWN;
  return left > 0 ? [...lines, `  and ${left} more (--format json lists all)`] : lines;
}
