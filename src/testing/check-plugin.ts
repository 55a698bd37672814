import {builtinPlugins} from '../../plugins/index.js';
import {toVchError, VchError} from '../errors.js';
import {definePlugin, type PluginDefinition, pluginId, pluginLabel} from '../migration/plugin.js';
import {createRegistry} from '../migration/registry.js';
import {TIME_LIMIT} from '../migration/runner.js';
import {exampleConfig, samplesFor} from './odd-values.js';
import {CHECKS, exampleFault, faultOf, type PluginExample, type Tried} from './plugin-checks.js';
import {Rehearsal} from './plugin-trial.js';

export type {PluginExample} from './plugin-checks.js';

// Why: docs/decisions/007-plugins-are-checked-early.md

/** The name of the first check. */
export const IS_A_PLUGIN = "is a plugin, and fits beside VIC's own";

/** One thing that a plugin must do, and whether it does it. */
export interface PluginCheck {
  readonly name: string;
  /** `not-run`: an earlier check failed, so this one would say nothing. */
  readonly status: 'passed' | 'failed' | 'not-run';
  /** What is wrong if it failed, else `null`. */
  readonly message: string | null;
}

export interface CheckPluginOptions {
  /** What the plugin must make of some ExtraConfigs of your own. */
  readonly examples?: readonly PluginExample[];
  /** Milliseconds that the plugin has for one VM; by default the same as in a run. */
  readonly timeLimit?: number;
}

/**
 * Checks a plugin the way it will be used: it applies exactly once, touches only declared keys, survives every odd value,
 * and can be undone. Rejects with `VCH_ERR_PLUGIN_INVALID`, which lists what failed.
 */
export async function checkPlugin(
  plugin: PluginDefinition,
  options: CheckPluginOptions = {},
): Promise<readonly PluginCheck[]> {
  const checks = await runPluginChecks(plugin, options);
  const failed = checks.filter(({status}) => status === 'failed');
  if (failed.length === 0) return checks;
  const faults = failed.map(({name, message}) => `${name}: ${message}`).join('; ');
  throw new VchError(
    'VCH_ERR_PLUGIN_INVALID',
    `${pluginLabel(plugin)} fails ${failed.length} of ${checks.length} checks: ${faults}. ` +
      'Correct it, then run `vch-migrate plugins check` again',
  );
}

/** The same, but a failed check is in the list like one that passed. */
export async function runPluginChecks(
  definition: PluginDefinition & {readonly file?: string | undefined},
  {examples = [], timeLimit = TIME_LIMIT}: CheckPluginOptions = {},
): Promise<readonly PluginCheck[]> {
  const rehearsal = rehearse(definition, timeLimit);
  const tried = rehearsal instanceof VchError ? [] : await tryEverything(rehearsal, examples);
  const checks = [
    ...CHECKS.filter(({written}) => !written || definition.persist !== false),
    ...examples.map((example, index) => ({
      name: `makes of example ${example.name ?? index + 1} what it should`,
      ends: false,
      check: (rehearsal: Rehearsal) => exampleFault(rehearsal, example),
    })),
  ];
  const fault = rehearsal instanceof VchError ? rehearsal.message : null;
  const results: PluginCheck[] = [
    {name: IS_A_PLUGIN, status: fault === null ? 'passed' : 'failed', message: fault},
  ];
  let ended = false;
  for (const {name, ends, check} of checks) {
    if (ended || rehearsal instanceof VchError) {
      results.push({name, status: 'not-run', message: null});
      continue;
    }
    const message = await check(rehearsal, tried);
    results.push({name, status: message === null ? 'passed' : 'failed', message});
    if (ends && message !== null) ended = true;
  }
  return results;
}

function rehearse(
  definition: PluginDefinition & {readonly file?: string | undefined},
  timeLimit: number,
): Rehearsal | VchError {
  try {
    const plugin = definePlugin(definition, definition.file);
    const others = builtinPlugins.filter((builtin) => pluginId(builtin) !== pluginId(plugin));
    createRegistry([...others, plugin]);
    return new Rehearsal(plugin, timeLimit);
  } catch (error) {
    return toVchError(error);
  }
}

/** Runs the plugin on all samples and examples, up to the first that it does not survive. */
async function tryEverything(rehearsal: Rehearsal, examples: readonly PluginExample[]): Promise<Tried[]> {
  const own = examples.map(({name, before}, index) => ({
    name: `example ${name ?? index + 1}`,
    config: exampleConfig(rehearsal.plugin, before),
    long: false,
  }));
  const tried: Tried[] = [];
  for (const sample of [...own, ...samplesFor(rehearsal.plugin)]) {
    const one = {sample, trial: await rehearsal.run(sample.config)};
    tried.push(one);
    if (faultOf(one) !== null) break;
  }
  return tried;
}
