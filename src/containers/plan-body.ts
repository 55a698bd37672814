import {VchError} from '../errors.js';
import {count, list, nullable, object, oneOf, optional, record, type Shape, text} from '../json-shape.js';
import {pluginId} from '../migration/plugin.js';
import type {Fingerprint, PluginRegistry} from '../migration/registry.js';
import type {RenameClass, RunOutcome, VmStatus} from './outcome.js';

/** One VM of a plan, as it was when it was planned. */
export interface PlannedVmBody {
  readonly id: string;
  readonly displayName: string;
  readonly containerName: string | null;
  readonly rename: RenameClass;
  readonly status: VmStatus;
  /** Absent where the VM could not be read, or was none to be planned. */
  readonly seen?: {
    readonly containerId: string;
    readonly instanceUuid: string;
    readonly biosUuid: string | null;
    readonly keys: Fingerprint;
  };
  /** Digest of what is to be written, but for the ledger; `null` where nothing is. */
  readonly changes: string | null;
  /** Digest of what `seen.keys` will be when that is written, but for the ledger: tells a VM that is done already. */
  readonly goal?: string;
}

/** What a saved plan knows of the target beside its report: enough to tell what has moved since. No values. */
export interface PlanBody {
  readonly target: {readonly url: string; readonly instanceUuid: string | null};
  readonly vch: {readonly id: string; readonly name: string; readonly biosUuid: string | null};
  readonly plugins: readonly {readonly id: string; readonly revision: number}[];
  readonly vms: readonly PlannedVmBody[];
}

/** A plan, and what a later `apply` of it will compare with. */
export interface PlannedOutcome extends RunOutcome {
  readonly plan: PlanBody;
}

const RENAME_CLASSES: readonly RenameClass[] = ['disabled', 'not-persisted-by-vic', 'supported'];

const STATUSES: readonly VmStatus[] = [
  'pending',
  'unchanged',
  'refused',
  'failed',
  'conflict',
  'unreachable',
  'skipped',
];

const plannedVm: Shape<PlannedVmBody> = object((read) => {
  const seen = read(
    'seen',
    optional(
      object((member) => ({
        containerId: member('containerId', text),
        instanceUuid: member('instanceUuid', text),
        biosUuid: member('biosUuid', nullable(text)),
        keys: member('keys', record(nullable(text))),
      })),
    ),
  );
  const goal = read('goal', optional(text));
  return {
    id: read('id', text),
    displayName: read('displayName', text),
    containerName: read('containerName', nullable(text)),
    rename: read('rename', oneOf(RENAME_CLASSES)),
    status: read('status', oneOf(STATUSES)),
    ...(seen === undefined ? {} : {seen}),
    changes: read('changes', nullable(text)),
    ...(goal === undefined ? {} : {goal}),
  };
});

/** The body of a plan in a parsed JSON value; throws a ShapeMismatch. */
export const planBodyShape: Shape<PlanBody> = object((read) => ({
  target: read(
    'target',
    object((target) => ({
      url: target('url', text),
      instanceUuid: target('instanceUuid', nullable(text)),
    })),
  ),
  vch: read(
    'vch',
    object((vch) => ({
      id: vch('id', text),
      name: vch('name', text),
      biosUuid: vch('biosUuid', nullable(text)),
    })),
  ),
  plugins: read(
    'plugins',
    list(object((plugin) => ({id: plugin('id', text), revision: plugin('revision', count)}))),
  ),
  vms: read('vms', list(plannedVm)),
}));

/** The plugins that decide what is written to containerVMs. */
export function decidingPlugins(registry: PluginRegistry): PlanBody['plugins'] {
  return registry.persisted('container').map((plugin) => ({id: pluginId(plugin), revision: plugin.revision}));
}

/** The refusal of a plan as a whole. */
export function stale(why: string): VchError {
  return new VchError(
    'VCH_ERR_PLAN_STALE',
    `the saved plan is not carried out: ${why}. Nothing was written; make a new one with vch-migrate plan --out`,
  );
}
