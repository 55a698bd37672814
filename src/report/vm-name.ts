import {printable} from './printable.js';
import type {ReportVm} from './report.js';

/** A VM's display name for people: VIC puts the container's 64 digits into it, of which twelve are enough. */
export function displayName(vm: Pick<ReportVm, 'displayName'>): string {
  return printable(vm.displayName).replace(/(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])/g, '$1…');
}

/** A container's name among others: in quotes where it is not one that docker would give. */
export function containerName(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : JSON.stringify(printable(name));
}

/** Which VM, for a line about it alone. */
export function vmLabel(vm: Pick<ReportVm, 'id' | 'displayName' | 'containerName'>): string {
  const container =
    vm.containerName === null || vm.containerName === vm.displayName
      ? ''
      : `, container ${containerName(vm.containerName)}`;
  return `${displayName(vm)} (${printable(vm.id)}${container})`;
}
