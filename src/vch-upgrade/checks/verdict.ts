import type {VmOutcome} from '../../containers/outcome.js';
import {type ErrorCode, toVchError, VchError} from '../../errors.js';
import type {Appliance} from '../../inventory/appliance.js';
import type {Datastore} from '../../inventory/datastores.js';
import type {Vch} from '../../inventory/vch.js';
import type {Session} from '../../vim25/session.js';
import type {CheckOptions} from '../vch-target.js';

/** The result of one check. */
export interface Check extends Verdict {
  readonly id: string;
  readonly title: string;
}

/** One check of `check`. */
export interface VchCheck<Checked = CheckedVch> {
  readonly id: string;
  readonly title: string;
  judge(checked: Checked): Verdict | Promise<Verdict>;
}

/** What the checks look at. What several of them need is read once. */
export interface CheckedVch {
  readonly session: Session;
  readonly vch: Vch;
  readonly options: CheckOptions;
  /** The VCH's own containerVMs, as `plan` shows them. */
  readonly containers: readonly VmOutcome[];
  readonly appliance: Reading<Appliance>;
  readonly datastores: Reading<readonly Datastore[]>;
}

/** What was read, or why it could not be read. */
export type Reading<T> = {readonly value: T} | {readonly error: VchError};

/** Reads something that several checks need. */
export async function reading<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return {value: await read()};
  } catch (error) {
    return {error: toVchError(error)};
  }
}

/** What was read. If it could not be read, each check that needs it throws why. */
export function orThrow<T>(read: Reading<T>): T {
  if ('error' in read) throw read.error;
  return read.value;
}

/** What a check found. `warning`: the upgrade may begin; `failed`: it does not. */
export interface Verdict {
  readonly status: 'ok' | 'warning' | 'failed';
  readonly message: string;
}

export function ok(message: string): Verdict {
  return {status: 'ok', message};
}

export function warning(message: string): Verdict {
  return {status: 'warning', message};
}

export function failed(message: string): Verdict {
  return {status: 'failed', message};
}

/** The server does not let us read it. */
const NOT_SEEN: ReadonlySet<ErrorCode> = new Set([
  'VCH_ERR_PRIVILEGE',
  'VCH_ERR_VIM_FAULT',
  'VCH_ERR_HOST_UNREACHABLE',
]);
/** The server is gone, or the run was stopped: no further check can be made. */
const OVER: ReadonlySet<ErrorCode> = new Set([
  'VCH_ERR_AUTH',
  'VCH_ERR_TLS',
  'VCH_ERR_TRANSPORT',
  'VCH_ERR_TIMEOUT',
  'VCH_ERR_INTERRUPTED',
]);

// Why: docs/decisions/015-checks-warn-when-they-cannot-look.md

/** Makes a check. If it cannot be made, a warning says so. */
export async function makeCheck<Checked>(
  {id, title, judge}: VchCheck<Checked>,
  checked: Checked,
): Promise<Check> {
  try {
    return {id, title, ...(await judge(checked))};
  } catch (error) {
    if (!(error instanceof VchError) || OVER.has(error.code)) throw error;
    if (NOT_SEEN.has(error.code))
      return {id, title, ...warning(`this could not be checked: ${error.message}`)};
    return {id, title, ...failed(`${error.code}: ${error.message}`)};
  }
}

/** VIC's display names end in the container's full id; its first 12 digits are enough. */
function shortened(displayName: string): string {
  return displayName.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1…');
}

/** The first VMs by name: `web (vm-13), db (vm-14) and 7 more`. */
export function named(vms: readonly Pick<VmOutcome, 'displayName' | 'id'>[], shown = 5): string {
  const names = vms.slice(0, shown).map(({displayName, id}) => `${shortened(displayName)} (${id})`);
  return `${names.join(', ')}${vms.length > shown ? ` and ${vms.length - shown} more` : ''}`;
}
