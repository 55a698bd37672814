import {VchError} from '../errors.js';
import {Draft} from '../extraconfig/draft.js';
import {applyChanges, type ExtraConfig} from '../extraconfig/extra-config.js';
import {DATA_VERSION_KEY, ID_KEY, LEDGER_KEY} from '../extraconfig/keys.js';
import {acceptDataVersion, HIGHEST_DATA_VERSION, LATEST_CHANGE} from './data-version.js';
import {type Finding, finding} from './finding.js';
import {parseLedger} from './ledger.js';
import {nameFindings} from './names.js';
import {type Plugin, pluginId, type Target} from './plugin.js';
import type {PluginRegistry} from './registry.js';
import {type MigrationContext, runUp, TIME_LIMIT} from './runner.js';
import {vmLabel} from './vm.js';

/** The result of a corrected version of VIC's in-memory migration. */
export interface MigratedConfig {
  /** Whether one of VIC's data versions was due, or a plugin changed something. */
  readonly migrated: boolean;
  readonly config: Record<string, string>;
  /** Ids of the plugins that changed something. */
  readonly applied: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * Applies every plugin of a target in memory, including those that are never written to a VM, and never alters its
 * argument. Rejects with `VCH_ERR_DATA_VERSION_INVALID` or `VCH_ERR_DATA_TOO_NEW`, and with `VCH_ERR_PLUGIN_FAILED` if
 * one of your own plugins fails.
 */
export async function migrateConfigWith(
  registry: PluginRegistry,
  target: Target,
  config: ExtraConfig,
  {timeLimit = TIME_LIMIT}: {readonly timeLimit?: number} = {},
): Promise<MigratedConfig> {
  // As in VIC, an empty configuration is no VM's of an old version.
  if (Object.keys(config).length === 0) return {migrated: false, config: {}, applied: [], findings: []};
  const vm = config[ID_KEY[target]] || '(no id)';
  const label = vmLabel({target, id: vm});
  const dataVersion = acceptDataVersion(config, target, {label, vm});
  if (dataVersion instanceof VchError) throw dataVersion;
  const findings = nameFindings(target, config, dataVersion);
  const context: MigrationContext = {draft: new Draft(config), dataVersion, label, vm, applied: [], findings};
  const due = duePlugins(registry, target, config, dataVersion, findings);
  const stopped = await runUp(due, context, {timeLimit, refusal: 'is-finding'});
  if (stopped !== null) throw stopped.error;
  const outdated = dataVersion < LATEST_CHANGE[target];
  if (outdated) context.draft.set(DATA_VERSION_KEY[target], String(HIGHEST_DATA_VERSION));
  const applied = context.applied.map(({plugin}) => pluginId(plugin));
  return {
    migrated: outdated || applied.length > 0,
    config: applyChanges(config, context.draft.changes()),
    applied,
    findings,
  };
}

/**
 * VIC's own plugins depend on the data version alone, as in VIC itself, whatever was persisted. Your own plugins depend on
 * the ledger. Which VM the ledger belongs to cannot be known here; a clone's data are as migrated as its ledger says.
 */
function duePlugins(
  registry: PluginRegistry,
  target: Target,
  config: ExtraConfig,
  dataVersion: number,
  findings: Finding[],
): readonly Plugin[] {
  const plugins = registry.forTarget(target);
  const own = plugins.filter(({version}) => version > dataVersion && version <= HIGHEST_DATA_VERSION);
  const others = plugins.filter(({version}) => version > HIGHEST_DATA_VERSION);
  if (others.length === 0) return own;
  const past = parseLedger(config[LEDGER_KEY], null);
  if (past.status === 'invalid') {
    const message = `${LEDGER_KEY} is not valid: ${past.reason}; only VIC's own plugins were applied`;
    findings.push(finding('ledger-invalid', message));
    return own;
  }
  const executed = new Set(past.status === 'none' ? [] : past.ledger.applied.map(({id}) => id));
  return [...own, ...others.filter((plugin) => !executed.has(pluginId(plugin)))];
}
