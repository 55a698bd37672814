import {count} from './change-groups.js';
import type {Layout} from './layout.js';
import {NEED_ATTENTION} from './need-attention.js';
import {styleOf} from './paint.js';
import {printable} from './printable.js';
import type {Report, ReportFinding, ReportStatus, ReportVm} from './report.js';
import {vmLabel} from './vm-name.js';
import {wrap} from './width.js';

const SHOWN = 100;
/** From so many on, VMs with one reason are told together. */
const MANY = 4;

/** The VMs that are not where they should be: those with one reason together, where they are many, or one by one. */
export function attention(report: Report, layout: Layout): string[] {
  const vms = NEED_ATTENTION.flatMap((status) => report.vms.filter((vm) => vm.status === status));
  const reasons = [...new Set(vms.map(reasonOf))];
  const groups = reasons.map((one) => vms.filter((vm) => reasonOf(vm) === one));
  const many = groups.filter((group) => group.length >= MANY);
  const single = vms.filter((vm) => !many.some((group) => group.includes(vm)));
  return [
    ...many.flatMap((group) => together(group, layout)),
    ...limited(single, (vm) => {
      const head = wrap(`${vmLabel(vm)}: ${vm.status}`, layout.columns, '  ');
      return [...head.map((line) => painted(line, vm.status, layout)), ...reason(vm, layout)];
    }),
  ];
}

function reasonOf({status, error}: ReportVm): string {
  return `${status} ${error?.code ?? ''} ${error?.fault ?? ''}`;
}

/** How many they are, the reason in the words of the first one, and their names. */
function together(group: readonly ReportVm[], layout: Layout): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const names = group.slice(0, SHOWN).map(vmLabel).join(', ');
  const left = group.length - SHOWN;
  const more = left > 0 ? ` and ${left} more (--format json lists all)` : '';
  const head = `${count(group.length, 'VM')} for one reason: ${first.status}`;
  return [
    ...wrap(head, layout.columns, '  ').map((line) => painted(line, first.status, layout)),
    ...reason(first, layout),
    ...wrap(`${names}${more}`, layout.columns, '    ').map((line) => layout.paint('dim', line)),
  ];
}

function reason({error}: ReportVm, layout: Layout): string[] {
  return error === null ? [] : wrap(printable(`${error.code}: ${error.message}`), layout.columns, '    ');
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
