import {isDeepStrictEqual} from 'node:util';
import {applyChanges, type Change, changesBetween, type ExtraConfig} from '../extraconfig/extra-config.js';
import {keyMatcher} from '../extraconfig/keys.js';
import {shownValue} from '../extraconfig/mask.js';
import {HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import {writtenKeys} from '../migration/decision.js';
import {mustWithhold} from '../migration/ledger.js';
import {planUndo} from '../migration/undo.js';
import {verifyGoal} from '../migration/verify-goal.js';
import {exampleConfig, type Sample} from './odd-values.js';
import {type Rehearsal, type Trial, withoutLedger} from './plugin-trial.js';

/** An ExtraConfig before a plugin, and after it. */
export interface PluginExample {
  readonly name?: string;
  readonly before: ExtraConfig;
  readonly after: ExtraConfig;
}

/** A sample, and what the plugin made of it. */
export interface Tried {
  readonly sample: Sample;
  readonly trial: Trial;
}

/** One check of everything that was tried. */
interface Check {
  readonly name: string;
  /** Only for a plugin whose result is written to VMs. */
  readonly written?: boolean;
  /** If it fails, the trials ended early, and the checks after it would say nothing. */
  readonly ends?: boolean;
  /** What is wrong, or `null`. */
  check(rehearsal: Rehearsal, tried: readonly Tried[]): Promise<string | null> | string | null;
}

/** The checks that follow once all samples have been tried. */
export const CHECKS: readonly Check[] = [
  {name: 'touches declared keys only', ends: true, check: (_, tried) => lastFault(tried, true)},
  {name: 'survives every odd value', ends: true, check: (_, tried) => lastFault(tried, false)},
  {name: 'leaves unknown keys alone', check: leavesUnknownKeys},
  {name: 'applies once and only once', check: appliesOnce},
  {name: 'goes by its declared keys alone', check: goesByTheDraft},
  {name: 'undo restores every key', written: true, check: undoRestores},
  {name: 'verify finds it at its goal', written: true, check: verifyAgrees},
];

/** The fault of the last trial, if it has to do with keys that the plugin does not declare, or if it does not. */
function lastFault(tried: readonly Tried[], undeclared: boolean): string | null {
  const last = tried.at(-1);
  if (last === undefined) return null;
  const {trial} = last;
  const touched = trial.status === 'failed' && trial.error.code === 'VCH_ERR_PLUGIN_INVALID';
  return touched === undeclared ? faultOf(last) : null;
}

/** Why a trial failed by the plugin's own fault: it threw, hung, or wrote what cannot be sent or recorded. */
export function faultOf({sample, trial}: Tried): string | null {
  if (trial.status === 'failed') return `with ${sample.name}: ${trial.error.message}`;
  if (trial.status !== 'refused') return null;
  const {code, message} = trial.error;
  const tooMuch = code === 'VCH_ERR_LEDGER_INVALID' && !sample.long;
  return tooMuch || code === 'VCH_ERR_TRANSPORT' ? `with ${sample.name}: ${message}` : null;
}

/** Whether an example comes out as written down. */
export async function exampleFault(rehearsal: Rehearsal, example: PluginExample): Promise<string | null> {
  const whole = (config: ExtraConfig) => rehearsal.vm(exampleConfig(rehearsal.plugin, config)).config;
  const before = whole(example.before);
  const trial = await rehearsal.run(before);
  if ('error' in trial) return trial.error.message;
  const result = applyChanges(before, changesOf(trial));
  const wrong = changesBetween(result, whole(example.after)).map(
    ({key, before: is, after: should}) =>
      `${key} is ${shownValue(key, is)}, and should be ${shownValue(key, should)}`,
  );
  return wrong.length === 0 ? null : wrong.join('; ');
}

function leavesUnknownKeys({plugin}: Rehearsal, tried: readonly Tried[]): string | null {
  const declared = keyMatcher(plugin.keys);
  for (const {sample, trial} of tried) {
    const other = changesOf(trial).find(({key}) => !declared(key));
    if (other !== undefined) return `with ${sample.name} it changed ${other.key}`;
  }
  return null;
}

async function appliesOnce(rehearsal: Rehearsal, tried: readonly Tried[]): Promise<string | null> {
  if (tried.every(({trial}) => trial.status !== 'changed'))
    return `it changed nothing in ${tried.length} trials, so nothing is known about it: give an example that it changes`;
  for (const {sample, trial} of tried) {
    if (trial.status !== 'changed') continue;
    if ((await rehearsal.run(trial.config)).status === 'changed')
      return `with ${sample.name} a second run changed the result again`;
    // VIC's own plugins depend on the data version. All others depend on the ledger, and a ledger can be lost.
    if (rehearsal.plugin.version <= HIGHEST_DATA_VERSION) continue;
    if ((await rehearsal.run(withoutLedger(trial.config))).status === 'changed')
      return `with ${sample.name} it changes its own result again once the ledger is lost`;
  }
  return null;
}

async function goesByTheDraft(rehearsal: Rehearsal, tried: readonly Tried[]): Promise<string | null> {
  for (const {sample, trial} of tried) {
    const again = await rehearsal.run(sample.config);
    const same = again.status === trial.status && isDeepStrictEqual(changesOf(again), changesOf(trial));
    if (!same) return `with ${sample.name} it came to two results from the same keys`;
  }
  return null;
}

async function undoRestores(rehearsal: Rehearsal, tried: readonly Tried[]): Promise<string | null> {
  for (const {sample, trial} of tried) {
    if (trial.status !== 'changed') continue;
    // The ledger does not keep a value that may hold a secret, so undo cannot restore it.
    if (trial.changes.some(({key, before}) => before !== null && mustWithhold(key, before))) continue;
    const undo = await planUndo(rehearsal.registry, rehearsal.vm(trial.config));
    if ('error' in undo) return `with ${sample.name}: ${undo.error.message}`;
    const back = undo.status === 'pending' ? applyChanges(trial.config, writtenKeys(undo)) : trial.config;
    const [left] = changesBetween(rehearsal.vm(sample.config).config, back);
    if (left !== undefined) return `with ${sample.name} undo did not bring ${left.key} back`;
  }
  return null;
}

async function verifyAgrees(rehearsal: Rehearsal, tried: readonly Tried[]): Promise<string | null> {
  for (const {sample, trial} of tried) {
    if (trial.status !== 'changed') continue;
    const check = await verifyGoal(rehearsal.registry, rehearsal.vm(trial.config));
    if ('error' in check) return `with ${sample.name}: ${check.error.message}`;
  }
  return null;
}

function changesOf(trial: Trial): readonly Change[] {
  return trial.status === 'changed' ? trial.changes : [];
}
