import {setImmediate} from 'node:timers/promises';
import {vchSummary} from '../appliance/upgrade-lock.js';
import {VchError} from '../errors.js';
import {type ContainerVm, isOwn, readContainerVms} from '../inventory/container-vms.js';
import {type FoundVch, findVch, whereabouts} from '../inventory/find-vch.js';
import type {Finding} from '../migration/finding.js';
import type {WantedKeys} from '../vim25/property-collector.js';
import type {Session} from '../vim25/session.js';
import type {RunOutcome, VmOutcome} from './outcome.js';
import type {RunOptions} from './run-options.js';

/** A VCH and one reading of its containerVMs. */
export interface ReadVch extends FoundVch {
  /** Templates, VMs of other VCHs in the same pool or folder, and VMs of an unclear owner are among them. */
  readonly vms: readonly ContainerVm[];
  /** The VCH's containerVMs, without those. */
  readonly count: number;
  /** VMs that may be containers of the VCH, and whose keys could not be read. */
  readonly unread: readonly ContainerVm[];
  /** What concerns the VCH as a whole. */
  readonly findings: readonly Finding[];
}

/**
 * Finds the VCH, unless it is found already, and reads its containerVMs, sorted by display name. Rejects if they are not as
 * many as expected.
 */
export async function readVch(
  session: Session,
  {
    vch,
    inventory,
    expect,
    onProgress,
  }: Partial<Pick<RunOptions, 'vch' | 'inventory' | 'expect' | 'onProgress'>>,
  keys: WantedKeys,
  known?: FoundVch,
): Promise<ReadVch> {
  if (known === undefined) onProgress?.({type: 'phase', phase: 'find', total: null});
  const count = (total: number | null) => (done: number) =>
    onProgress?.({type: 'progress', done, total: total === null ? null : Math.max(done, total)});
  const found = known ?? (await findVch(session, vch ?? {}, count(null), inventory));
  const {summary} = found.vch;
  onProgress?.({type: 'phase', phase: 'read', total: summary.containerVMs});
  const read = await readContainerVms(session, found, keys, count(summary.containerVMs));
  const vms = read.toSorted(byDisplayName);
  onProgress?.({type: 'phase', phase: 'plan', total: vms.length});
  const own = vms.filter((vm) => vm.status !== 'template' && isOwn(vm)).length;
  if (expect !== undefined && own !== expect)
    throw new VchError(
      'VCH_ERR_USAGE',
      `${summary.name} (${summary.id}) has ${own} containerVMs, but --expect says ${expect}. Nothing was written. ` +
        'Check them with vch-migrate status, then run the command again with the right number',
    );
  const unread = vms.filter(
    ({status, owner}) => (status === 'unreachable' || status === 'unreadable') && owner.status !== 'other',
  );
  return {...found, vms, count: own, unread, findings: await strays(session, found, vms)};
}

/** VMs handled side by side: a plugin that never settles must not cost its time limit for each VM in turn. */
const AT_ONCE = 16;

/** Maps every VM that was read, in order. */
export async function mapVms<T>({vms}: ReadVch, map: (vm: ContainerVm) => Promise<T>): Promise<readonly T[]> {
  const mapped: T[] = [];
  for (let start = 0; start < vms.length; start += AT_ONCE) {
    // Plugins run in microtasks: without this pause no signal would be handled.
    if (start % 512 === 0) await setImmediate();
    mapped.push(...(await Promise.all(vms.slice(start, start + AT_ONCE).map(map))));
  }
  return mapped;
}

/** What a run over that reading came to. */
export function runOutcome(read: ReadVch, vms: readonly VmOutcome[]): RunOutcome {
  return {
    vch: {...vchSummary(read.vch), containerVMs: read.count},
    vms,
    findings: read.findings,
    interrupted: false,
  };
}

/** Sorts by code unit: vSphere promises no order, and a report must not depend on a locale. */
function byDisplayName(a: ContainerVm, b: ContainerVm): number {
  if (a.displayName !== b.displayName) return a.displayName < b.displayName ? -1 : 1;
  return a.ref.value < b.ref.value ? -1 : 1;
}

/** VIC does not see a containerVM outside its VCH's pool and folder: it is reported and left alone. */
async function strays(
  session: Session,
  {vch, inventory}: FoundVch,
  read: readonly ContainerVm[],
): Promise<Finding[]> {
  const seen = new Set(read.map(({ref}) => ref.value));
  const outside = inventory.containers.filter(
    ({ref}) => !seen.has(ref.value) && inventory.owners.get(ref.value) === vch.ref.value,
  );
  const where = await whereabouts(session, outside);
  return outside.flatMap(({ref}) => {
    const found = where.get(ref.value);
    if (found === 'gone') return [];
    const message = `${found?.name ?? 'A VM'} (${ref.value}) is a containerVM of ${vch.summary.name} by its BIOS UUID, but it is outside the VCH's resource pool and folder. VIC does not see it there, and it was left alone`;
    return [{code: 'stray-container', message}];
  });
}
