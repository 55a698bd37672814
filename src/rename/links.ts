import type {VmOutcome} from '../containers/outcome.js';
import {type Decide, isDecidable, outcomeOf, type Planned} from '../containers/plan.js';
import {toVchError, type VchError} from '../errors.js';
import {Draft} from '../extraconfig/draft.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {containerNameOf} from '../migration/names.js';
import {linksTo, relink} from './aliases.js';
import type {Container} from './docker-name.js';
import {commit, type RenameJob, renameRefusal, writeDraft} from './rename-target.js';

/** What became of the links in other containers. */
export interface LinksOutcome {
  /** The containers that have such links. */
  readonly vms: readonly VmOutcome[];
  /** The old names still found in links that a later run could update. */
  readonly open: readonly string[];
}

/**
 * Updates the links in other containers, each in a guarded write of its own. A container whose links cannot be
 * updated is in the outcome with the reason; `stopped` is the reason why none is tried.
 */
export async function renameLinks(
  job: RenameJob,
  oldNames: readonly string[],
  stopped: VchError | null = null,
): Promise<LinksOutcome> {
  const {containers, target, options} = job;
  const {newName} = options;
  const decide = decideLinks(oldNames, newName);
  const linked = new Map<string, Container>();
  const pending: Planned[] = [];
  const left: VmOutcome[] = [];
  const tell = (vm: VmOutcome) => told(vm, linked.get(vm.id), oldNames, newName);
  for (const vm of containers.all) {
    if (vm.containerId === target.vm.containerId || linksTo(vm.config, oldNames).length === 0) continue;
    linked.set(vm.ref.value, vm);
    if (!isDecidable(vm)) {
      left.push(tell(outcomeOf({vm, decision: null})));
      continue;
    }
    const decision = await decide(vm);
    if (decision.status === 'pending') pending.push({vm, decision});
    else left.push(tell(outcomeOf({vm, decision})));
  }
  const reason = pending.length === 0 ? null : (stopped ?? (await whyNot(job)));
  const written =
    reason === null
      ? await commit(job, decide, pending, tell)
      : pending.map((planned) =>
          tell({...outcomeOf(planned), status: 'not-attempted', changes: [], error: reason}),
        );
  const vms = [...written, ...left];
  const open = vms.filter(couldFollow).flatMap(({id}) => linkNames(linked.get(id)?.config ?? {}, oldNames));
  return {vms, open: [...new Set(open)]};
}

/** Why nothing more may be written: the claim is lost, or an upgrade has begun. `null` if writing is allowed. */
async function whyNot({claim}: RenameJob): Promise<VchError | null> {
  try {
    await claim.assertHeld();
    return null;
  } catch (error) {
    return toVchError(error);
  }
}

/** Adds what to report of a container's links, depending on how its write ended. */
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
  const links = linksTo(container.config, oldNames);
  const names = linkNames(container.config, oldNames).join(', ');
  const what = `it links to ${names} as ${links.map(({alias}) => alias).join(', ')}`;
  if (vm.status === 'unknown' || vm.error?.code === 'VCH_ERR_VERIFY') {
    const message = `${what}, or already to ${newName}; run the same command again to check and to update what is left`;
    return {...vm, findings: [...findings, {code: 'link-unknown', message}]};
  }
  const message = `${what}, and keeps the old name until you run the same command again`;
  return {...vm, findings: [...findings, {code: 'link-kept', message}]};
}

/** Whether another run may succeed where this one did not. */
function couldFollow({status, error}: VmOutcome): boolean {
  if (status === 'refused') return error?.code === 'VCH_ERR_NEEDS_POWER_OFF';
  return status !== 'changed' && status !== 'unchanged' && status !== 'skipped';
}

/** Decides what updates a container's links to the renamed one. */
function decideLinks(oldNames: readonly string[], newName: string): Decide {
  return async (vm) => {
    const links = linksTo(vm.config, oldNames);
    if (links.length === 0) return {status: 'unchanged', findings: []};
    const names = linkNames(vm.config, oldNames).join(', ');
    const aliases = links.map(({alias}) => alias).join(', ');
    const error = renameRefusal(vm, containerNameOf(vm.config) ?? vm.containerId);
    if (error !== null) {
      const message = `it links to ${names} as ${aliases}, and keeps the old name: recreate it with a link to ${newName}`;
      return {status: 'refused', error, findings: [{code: 'link-kept', message}]};
    }
    const draft = new Draft(vm.config);
    relink(draft, oldNames, newName);
    const message = `it linked to ${names} as ${aliases}, and now links to ${newName}`;
    return writeDraft(draft, [{code: 'link-renamed', message}]);
  };
}

/** Which of the names occur in a container's links. */
function linkNames(config: ExtraConfig, names: readonly string[]): readonly string[] {
  const linked = new Set(linksTo(config, names).map(({container}) => container));
  return names.filter((name) => linked.has(name));
}
