import {changeSign} from './change-text.js';
import type {Layout} from './layout.js';
import {printable} from './printable.js';
import type {Report, ReportStatus, ReportVm} from './report.js';
import {containerName, displayName} from './vm-name.js';
import {wrap} from './width.js';

/** So many names say who a group is; the JSON report has them all. */
const NAMES_SHOWN = 24;
const UNTOUCHED: readonly ReportStatus[] = ['refused', 'conflict', 'unreachable', 'skipped'];

/** The VMs of a large VCH, those with the same changes on one line: `412 VMs: + common/name, …`, and their names. */
export function changeGroups(report: Report, layout: Layout): string[] {
  const groups = new Map<string, ReportVm[]>();
  for (const vm of report.vms) {
    const what = groupOf(report, vm);
    if (what === null) continue;
    const group = groups.get(what);
    if (group === undefined) groups.set(what, [vm]);
    else group.push(vm);
  }
  const lines: string[] = [];
  for (const [what, vms] of [...groups].sort(([, a], [, b]) => b.length - a.length)) {
    const head = `${count(vms.length, 'VM')}: ${what}`;
    lines.push(...wrap(head, layout.columns, '  ').map((line) => layout.paint('bold', line)));
    lines.push(...wrap(names(vms), layout.columns, '    ').map((line) => layout.paint('dim', line)));
  }
  return lines;
}

function groupOf(report: Report, vm: ReportVm): string | null {
  if (report.command === 'status') {
    const pending = vm.pending ?? [];
    const applied = vm.history ?? [];
    if (pending.length === 0 && applied.length === 0) return null;
    return printable(
      [
        ...(applied.length > 0 ? [`applied ${applied.join(', ')}`] : []),
        ...(pending.length > 0 ? [`pending ${pending.join(', ')}`] : []),
      ].join('; '),
    );
  }
  // What never came to a write says why elsewhere.
  if (vm.changes.length === 0 || UNTOUCHED.includes(vm.status)) return null;
  const changes = vm.changes.map((change) => `${changeSign(change)} ${printable(change.key)}`).join(', ');
  return vm.status === 'pending' || vm.status === 'changed' ? changes : `${changes} (${vm.status})`;
}

function names(vms: readonly ReportVm[]): string {
  const shown = vms
    .slice(0, NAMES_SHOWN)
    .map((vm) => (vm.containerName === null ? displayName(vm) : containerName(vm.containerName)));
  const left = vms.length - shown.length;
  return left > 0 ? `${shown.join(', ')} and ${left} more (--format json lists every VM)` : shown.join(', ');
}

/** `1 VM`, `412 VMs`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
