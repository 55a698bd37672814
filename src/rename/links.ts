import type {VmOutcome} from '../containers/outcome.js';
import {type Decide, type DecidedVm, isDecidable, outcomeOf, pending} from '../containers/plan.js';
import {toVchError, type VchError} from '../errors.js';
import {Draft} from '../extraconfig/draft.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {containerNameOf} from '../migration/names.js';
import {linksTo, relink} from './aliases.js';
import type {Container} from './docker-name.js';
import {
  type Containers,
  commit,
  type RenameJob,
  type RenameTarget,
  renameRefusal,
  writeDraft,
} from './rename-target.js';

/** What became of the links in other containers. */
interface LinksOutcome {
  /** The containers that have such links. */
  readonly vms: readonly VmOutcome[];
  /** The old names still found in links that a later run could update. */
  readonly open: readonly string[];
}

/** The other containers that link to the renamed one by such a name. */
export function linkedTo(
  {vm}: RenameTarget,
  {all}: Containers,
  oldNames: readonly string[],
): readonly Container[] {
  return all.filter(
    ({containerId, config}) => containerId !== vm.containerId && linksTo(config, oldNames).length > 0,
  );
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
  const {containers, target, claim, options} = job;
  const {newName} = options;
  const linked = linkedTo(target, containers, oldNames);
  const configs = new Map(linked.map(({ref, config}) => [ref.value, config]));
  const tell = (vm: VmOutcome) => withLinks(vm, configs.get(vm.id) ?? {}, oldNames, newName);
  const decide = decideLinks(oldNames, newName);
  const decided = await Promise.all(
    linked.map(
      async (vm): Promise<DecidedVm> =>
        isDecidable(vm) ? {vm, decision: await decide(vm)} : {vm, decision: null},
    ),
  );
  const planned = pending(decided);
  // Nothing more may be written once the claim is lost or an upgrade has begun.
  const reason =
    planned.length === 0 ? null : (stopped ?? (await claim.assertHeld().then(() => null, toVchError)));
  const written =
    reason === null
      ? await commit(job, decide, planned, tell)
      : planned.map((one) => tell({...outcomeOf(one), status: 'not-attempted', changes: [], error: reason}));
  const left = decided.filter(({decision}) => decision?.status !== 'pending');
  const vms = [...written, ...left.map((one) => tell(outcomeOf(one)))];
  const open = vms.filter(couldFollow).flatMap(({id}) => linkNames(configs.get(id) ?? {}, oldNames));
  return {vms, open: [...new Set(open)]};
}

/** Adds what became of the links that a container had before, unless its decision has said it. */
function withLinks(
  vm: VmOutcome,
  before: ExtraConfig,
  oldNames: readonly string[],
  newName: string,
): VmOutcome {
  const {status, findings, error} = vm;
  if (status === 'unchanged' || status === 'skipped' || findings.some(({code}) => code === 'link-kept'))
    return vm;
  const finding = (code: string, message: string) => ({...vm, findings: [...findings, {code, message}]});
  if (status === 'changed')
    return finding('link-renamed', `${linksText('linked', before, oldNames)}, and now links to ${newName}`);
  const what = linksText('links', before, oldNames);
  return status === 'unknown' || error?.code === 'VCH_ERR_VERIFY'
    ? finding(
        'link-unknown',
        `${what}, or already to ${newName}; run the same command again to check and to update what is left`,
      )
    : finding('link-kept', `${what}, and keeps the old name until you run the same command again`);
}

function linksText(verb: 'links' | 'linked', config: ExtraConfig, oldNames: readonly string[]): string {
  const aliases = linksTo(config, oldNames).map(({alias}) => alias);
  return `it ${verb} to ${linkNames(config, oldNames).join(', ')} as ${aliases.join(', ')}`;
}

/** Whether another run may succeed where this one did not. */
function couldFollow({status, error}: VmOutcome): boolean {
  if (status === 'refused') return error?.code === 'VCH_ERR_NEEDS_POWER_OFF';
  return status !== 'changed' && status !== 'unchanged' && status !== 'skipped';
}

/** Decides what updates a container's links to the renamed one. */
function decideLinks(oldNames: readonly string[], newName: string): Decide {
  return async (vm) => {
    if (linksTo(vm.config, oldNames).length === 0) return {status: 'unchanged', findings: []};
    const error = renameRefusal(vm, containerNameOf(vm.config) ?? vm.containerId);
    if (error !== null) {
      const message = `${linksText('links', vm.config, oldNames)}, and keeps the old name: recreate it with a link to ${newName}`;
      return {status: 'refused', error, findings: [{code: 'link-kept', message}]};
    }
    const draft = new Draft(vm.config);
    relink(draft, oldNames, newName);
    return writeDraft(draft);
  };
}

/** Which of the names occur in a container's links. */
function linkNames(config: ExtraConfig, names: readonly string[]): readonly string[] {
  const linked = new Set(linksTo(config, names).map(({container}) => container));
  return names.filter((name) => linked.has(name));
}
