import {toVchError, type VchError} from '../errors.js';
import {applyChanges, type Change, changesBetween, type ExtraConfig} from '../extraconfig/extra-config.js';
import {DATA_VERSION_KEY, ID_KEY, LEDGER_KEY} from '../extraconfig/keys.js';
import {writtenKeys} from '../migration/decision.js';
import {migrateConfigWith} from '../migration/migrate-config.js';
import {planVm, type VmInput} from '../migration/plan.js';
import type {Plugin} from '../migration/plugin.js';
import {createRegistry, type PluginRegistry} from '../migration/registry.js';
import {DRY_RUN} from '../migration/verify-goal.js';

/** The result of one run of a plugin on one ExtraConfig. */
export type Trial =
  | {
      readonly status: 'changed';
      /** With the ledger, if the plugin's result is written to VMs. */
      readonly config: ExtraConfig;
      readonly changes: readonly Change[];
    }
  | {readonly status: 'unchanged'}
  | {readonly status: 'refused' | 'failed' | 'conflict'; readonly error: VchError};

/** A plugin on trial: it runs alone, as its `persist` says. */
export class Rehearsal {
  readonly plugin: Plugin;
  readonly registry: PluginRegistry;
  readonly #timeLimit: number;

  constructor(plugin: Plugin, timeLimit: number) {
    this.plugin = plugin;
    this.registry = createRegistry([plugin]);
    this.#timeLimit = timeLimit;
  }

  /** A VM of the plugin's target with this ExtraConfig. */
  vm(config: ExtraConfig): VmInput {
    const {target} = this.plugin;
    const id = target === 'container' ? 'c0ffee'.padEnd(64, '0') : 'VirtualMachine:vm-1';
    return {
      target,
      id,
      instanceUuid: '50120000-0000-4000-8000-000000000001',
      config: {[ID_KEY[target]]: id, ...config},
    };
  }

  run(config: ExtraConfig): Promise<Trial> {
    return this.plugin.persist ? this.#plan(config) : this.#migrate(config);
  }

  async #plan(config: ExtraConfig): Promise<Trial> {
    const vm = this.vm(config);
    const plan = await planVm(this.registry, vm, DRY_RUN, {timeLimit: this.#timeLimit});
    if (plan.status !== 'pending') return plan;
    return {status: 'changed', changes: plan.changes, config: applyChanges(vm.config, writtenKeys(plan))};
  }

  async #migrate(config: ExtraConfig): Promise<Trial> {
    const before = this.vm(config).config;
    try {
      const options = {timeLimit: this.#timeLimit};
      const migrated = await migrateConfigWith(this.registry, this.plugin.target, before, options);
      if (migrated.applied.length === 0) return {status: 'unchanged'};
      const changes = changesBetween(before, migrated.config).filter(
        ({key}) => key !== DATA_VERSION_KEY[this.plugin.target],
      );
      return {status: 'changed', changes, config: migrated.config};
    } catch (error) {
      return {status: 'failed', error: toVchError(error)};
    }
  }
}

/** An ExtraConfig without its ledger, as on a VM whose history starts again. */
export function withoutLedger(config: ExtraConfig): ExtraConfig {
  return applyChanges(config, [{key: LEDGER_KEY, before: null, after: null}]);
}
