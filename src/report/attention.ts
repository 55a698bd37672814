import type {Layout} from './layout.js';
import {NEED_ATTENTION} from './need-attention.js';
import {styleOf} from './paint.js';
import {printable} from './printable.js';
import type {Report, ReportFinding, ReportStatus, ReportVm} from './report.js';
import {vmNoun} from './upgrade-text.js';
import {displayName, vmLabel} from './vm-name.js';
import {wrap} from './width.js';

const SHOWN = 100;

/** The VMs that are not where they should be, each with its reason and the way on. */
export function attention(report: Report, layout: Layout): string[] {
  const vms = NEED_ATTENTION.flatMap((status) => report.vms.filter((vm) => vm.status === status));
  return limited(byReason(vms), (alike) => {
    const [vm] = alike;
    if (alike.length >= GROUPED) return grouped(alike, vm, layout);
    const head = wrap(`${vmLabel(vm)}: ${vm.status}`, layout.columns, '  ');
    const lines = head.map((line) => painted(line, vm.status, layout));
    if (vm.error === null) return lines;
    return [...lines, ...wrap(printable(`${vm.error.code}: ${vm.error.message}`), layout.columns, '    ')];
  });
}

/** VMs that are where they are for the same reason stand together, and from so many on as one. */
const GROUPED = 3;

type Alike = readonly [ReportVm, ...ReportVm[]];

function byReason(vms: readonly ReportVm[]): readonly Alike[] {
  const groups = new Map<string, [ReportVm, ...ReportVm[]]>();
  for (const vm of vms) {
    const reason = `${vm.status} ${vm.error?.code ?? ''} ${vm.error?.fault ?? ''}`;
    const group = groups.get(reason);
    if (group === undefined) groups.set(reason, [vm]);
    else group.push(vm);
  }
  return [...groups.values()].flatMap((group): readonly Alike[] =>
    group.length >= GROUPED ? [group] : group.map((vm): Alike => [vm]),
  );
}

/** One reason for many VMs: their number, their names, and what is said of the first. */
function grouped(alike: Alike, first: ReportVm, layout: Layout): string[] {
  const fault = first.error?.fault === undefined ? '' : ` (${first.error.fault})`;
  const reason = first.error === null ? '' : `, ${first.error.code}${fault}`;
  const names = alike.slice(0, SHOWN).map((vm) => `${displayName(vm)} (${vm.id})`);
  const more = alike.length > SHOWN ? ` and ${alike.length - SHOWN} more` : '';
  return [
    ...wrap(
      `${alike.length} ${vmNoun({vms: alike})}s: ${first.status}${printable(reason)}`,
      layout.columns,
      '  ',
    ),
    ...wrap(`${names.join(', ')}${more}`, layout.columns, '    '),
    ...(first.error === null
      ? []
      : wrap(printable(`the first: ${first.error.message}`), layout.columns, '    ')),
  ];
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
