import type {VmOutcome} from '../containers/outcome.js';
import type {PlannedVm} from '../containers/scope.js';
import {decided, untouched} from '../containers/vm-outcome.js';
import {toVchError, type VchError} from '../errors.js';
import {linksTo} from './aliases.js';
import {decideLinks, linkNames} from './rename-decision.js';
import {commit, planned, type RenameParts} from './rename-parts.js';
import type {Container} from './rename-scope.js';

/** What became of the links of others. */
export interface LinksOutcome {
  /** The containers that have such links. */
  readonly vms: readonly VmOutcome[];
  /** The old names that are left in links which could follow. */
  readonly open: readonly string[];
}

/**
 * Lets the links of other containers follow, each in a guarded write of its own. Those that cannot are in the
 * outcome with the reason; `stopped` is the reason why none is tried.
 */
export async function renameLinks(
  parts: RenameParts,
  oldNames: readonly string[],
  stopped: VchError | null = null,
): Promise<LinksOutcome> {
  const {containers, target, options} = parts;
  const {newName} = options;
  const decide = decideLinks({oldNames, newName});
  const linked = new Map<string, Container>();
  const pending: PlannedVm[] = [];
  const left: VmOutcome[] = [];
  const tell = (vm: VmOutcome) => told(vm, linked.get(vm.id), oldNames, newName);
  for (const container of containers.all) {
    const {reading, containerId} = container;
    if (containerId === target.vm.containerId || linksTo(reading.config, oldNames).length === 0) continue;
    linked.set(reading.ref.value, container);
    if (reading.status !== 'readable') {
      left.push(tell(untouched(reading)));
      continue;
    }
    const decision = await decide(reading);
    if (decision.status === 'pending') pending.push(planned(reading, decision));
    else left.push(tell(decided(reading, decision)));
  }
  const reason = pending.length === 0 ? null : (stopped ?? (await whyNot(parts)));
  const written =
    reason === null
      ? await commit(parts, decide, pending, tell)
      : pending.map(({outcome}) => tell({...outcome, status: 'not-attempted', changes: [], error: reason}));
  const vms = [...written, ...left];
  const open = vms
    .filter(couldFollow)
    .flatMap(({id}) => linkNames(linked.get(id)?.reading.config ?? {}, oldNames));
  return {vms, open: [...new Set(open)]};
}

/** Why nothing may be written any more, if so: the claim is lost, or an upgrade has begun. */
async function whyNot({claim}: RenameParts): Promise<VchError | null> {
  try {
    await claim.assertHeld();
    return null;
  } catch (error) {
    return toVchError(error);
  }
}

/** What is said of a container with links, by how its write ended. */
function told(
  vm: VmOutcome,
  container: Container | undefined,
  oldNames: readonly string[],
  newName: string,
): VmOutcome {
  if (vm.status === 'changed' || container === undefined) return vm;
  const findings = vm.findings.filter(({code}) => code !== 'link-renamed');
  if (vm.status === 'unchanged' || vm.status === 'skipped' || findings.some(({code}) => code === 'link-kept'))
    return {...vm, findings};
  const links = linksTo(container.reading.config, oldNames);
  const names = linkNames(container.reading.config, oldNames).join(', ');
  const what = `it links to ${names} as ${links.map(({alias}) => alias).join(', ')}`;
  if (vm.status === 'unknown' || vm.error?.code === 'VCH_ERR_VERIFY') {
    const message = `${what}, or to ${newName} by now: the same command again tells, and does what is missing`;
    return {...vm, findings: [...findings, {code: 'link-unknown', message}]};
  }
  const message = `${what}, and keeps the old name until the same command is run again`;
  return {...vm, findings: [...findings, {code: 'link-kept', message}]};
}

/** Whether another run may get further with it. */
function couldFollow({status, error}: VmOutcome): boolean {
  if (status === 'refused') return error?.code === 'VCH_ERR_NEEDS_POWER_OFF';
  return status !== 'changed' && status !== 'unchanged' && status !== 'skipped';
}
