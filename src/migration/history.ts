import {VchError} from '../errors.js';
import {LEDGER_KEY, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {RENAME_SUPPORTED_VERSION} from './data-version.js';
import {type Finding, finding} from './finding.js';
import {type Ledger, type LedgerEntry, parseLedger} from './ledger.js';
import {type Plugin, pluginId} from './plugin.js';
import type {PluginRegistry} from './registry.js';
import {govcVm, type VmInput, vmLabel} from './vm.js';

/** The history of a VM, if it can be relied on. */
export type History =
  | {readonly status: 'known'; readonly ledger: Ledger | null; readonly findings: readonly Finding[]}
  | {readonly status: 'foreign'; readonly ledger: Ledger; readonly error: VchError}
  | {readonly status: 'invalid'; readonly ledger: null; readonly error: VchError};

/** The plugins in the VM's own valid ledger, by id, in the order they were applied. */
export function history(input: VmInput): string[] {
  const state = parseLedger(input.config[LEDGER_KEY], input);
  return state.status === 'valid' ? state.ledger.applied.map((entry) => entry.id) : [];
}

/** Reads the VM's ledger; one that is broken or another VM's is refused. */
export function readHistory(input: VmInput): History {
  const state = parseLedger(input.config[LEDGER_KEY], input);
  if (state.status === 'none') return {status: 'known', ledger: null, findings: []};
  if (state.status === 'valid') return known(state.ledger, input);
  const refused = (fault: string) => ({error: ledgerError(input, fault, forget(input))});
  if (state.status === 'invalid')
    return {...state, ledger: null, ...refused(`its ledger ${LEDGER_KEY} is not valid: ${state.reason}`)};
  const other = otherOwner(state.ledger, input);
  return {
    ...state,
    ...refused(`its ledger belongs to another VM (${other}): it is a clone, or was restored`),
  };
}

/** With its next write, the ledger names the VM as it is now. */
function known(ledger: Ledger, {instanceUuid}: VmInput): History {
  const message = `its ledger names the instance UUID ${ledger.instanceUuid}: this VM was restored or registered again. No other VM has its container id, so the ledger is its own`;
  const findings = ledger.instanceUuid === instanceUuid ? [] : [finding('ledger-restored', message)];
  return {status: 'known', ledger: {...ledger, instanceUuid}, findings};
}

function otherOwner({id, instanceUuid}: Ledger, input: VmInput): string {
  return id === input.id ? `instance UUID ${instanceUuid}` : id;
}

/** Whether a legacy containerVM has our mark, but not the ledger that was written with it. */
export function lostLedger({target, config}: VmInput, dataVersion: number): boolean {
  if (target !== 'container' || dataVersion >= RENAME_SUPPORTED_VERSION) return false;
  // Exactly as we write it: with any other value, an administrator set it, and there never was a ledger.
  return config[RENAME_DISABLED_KEY] === 'true' && config[LEDGER_KEY] === undefined;
}

/** The first contradiction between a ledger and the registered plugins. */
export function historyFault(registry: PluginRegistry, input: VmInput, ledger: Ledger): VchError | null {
  for (const entry of ledger.applied) {
    const plugin = registry.get(entry.id);
    if (plugin === undefined || plugin.target !== input.target || !plugin.persist) {
      const fault = `its ledger names the plugin ${entry.id}, which is not registered`;
      const wayOut = 'Name its directory with --plugins, then run `vch-migrate plan` again';
      return ledgerError(input, fault, wayOut);
    }
    if (plugin.revision !== entry.revision) {
      const fault = `revision ${entry.revision} of the plugin ${entry.id} was applied, but revision ${plugin.revision} is registered`;
      return ledgerError(input, fault, `Use that revision, or run ${redo(entry.version - 1)}`);
    }
  }
  return null;
}

/** Refuses a plugin that would run although a plugin with a higher version was applied already. */
export function gapError(input: VmInput, late: Plugin, above: readonly LedgerEntry[]): VchError {
  const ids = above.map(({id}) => id).join(', ');
  const fault = `the plugin ${pluginId(late)} was never applied, but ${ids} with a higher version was`;
  return ledgerError(input, fault, `To apply them in order, run ${redo(late.version - 1)}`);
}

function redo(version: number): string {
  return `\`vch-migrate undo --to ${version}\` and then \`vch-migrate apply\``;
}

function forget(input: VmInput): string {
  const keys = input.target === 'container' ? [LEDGER_KEY, RENAME_DISABLED_KEY] : [LEDGER_KEY];
  const edits = keys.map((key) => `-e ${key}=`).join(' ');
  return `To start a new history, run \`govc vm.change -vm ${govcVm(input)} ${edits}\`, then \`vch-migrate plan\` again`;
}

/** The error for a ledger that cannot be relied on, and what to do about it. */
export function ledgerError(input: VmInput, fault: string, wayOut: string): VchError {
  return new VchError('VCH_ERR_LEDGER_INVALID', `${vmLabel(input)}: ${fault}. ${wayOut}`);
}
