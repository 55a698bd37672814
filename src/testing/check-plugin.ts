import {builtinPlugins} from '../../plugins/index.js';
import {hasCode, toVchError, VchError} from '../errors.js';
import {
  definePlugin,
  type Plugin,
  type PluginDefinition,
  pluginId,
  pluginLabel,
} from '../migration/plugin.js';
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
  definition: PluginDefinition,
  {examples = [], timeLimit = TIME_LIMIT}: CheckPluginOptions = {},
): Promise<readonly PluginCheck[]> {
  const list = new CheckList();
  const plugin = list.first(IS_A_PLUGIN, () => checkedBesideVics(definition));
  const rehearsal = plugin === null ? null : new Rehearsal(plugin, timeLimit);
  const tried = rehearsal === null ? [] : await tryEverything(rehearsal, examples);
  const last = tried.at(-1);
  const fault = last === undefined ? null : faultOf(last);
  const undeclared = last?.trial.status === 'failed' && hasCode(last.trial.error, 'VCH_ERR_PLUGIN_INVALID');
  await list.check('touches declared keys only', () => (undeclared ? fault : null));
  await list.check('survives every odd value', () => (undeclared ? null : fault));
  for (const {name, written, check} of CHECKS) {
    if (written && definition.persist === false) continue;
    await list.check(name, () => (rehearsal === null ? null : check(rehearsal, tried)));
  }
  for (const [index, example] of examples.entries()) {
    await list.check(`makes of example ${example.name ?? index + 1} what it should`, () =>
      rehearsal === null ? null : exampleFault(rehearsal, example),
    );
  }
  return list.checks;
}

/** Checks in their order. Once the plugin itself is unusable, the rest is not run. */
class CheckList {
  readonly checks: PluginCheck[] = [];
  #useless = false;

  first<T>(name: string, make: () => T): T | null {
    try {
      const made = make();
      this.checks.push({name, status: 'passed', message: null});
      return made;
    } catch (error) {
      this.checks.push({name, status: 'failed', message: toVchError(error).message});
      this.#useless = true;
      return null;
    }
  }

  async check(name: string, run: () => Promise<string | null> | string | null): Promise<void> {
    const message = this.#useless ? null : await run();
    const status = message === null ? 'passed' : 'failed';
    this.checks.push({name, status: this.#useless ? 'not-run' : status, message});
    // These two end the trials early, so the remaining checks would say nothing.
    if (message !== null && ENDING.has(name)) this.#useless = true;
  }
}

const ENDING: ReadonlySet<string> = new Set(['touches declared keys only', 'survives every odd value']);

function checkedBesideVics(definition: PluginDefinition): Plugin {
  const plugin = definePlugin(definition, fileOf(definition));
  const others = builtinPlugins.filter((builtin) => pluginId(builtin) !== pluginId(plugin));
  createRegistry([...others, plugin]);
  return plugin;
}

function fileOf(definition: PluginDefinition): string | undefined {
  return 'file' in definition && typeof definition.file === 'string' ? definition.file : undefined;
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
