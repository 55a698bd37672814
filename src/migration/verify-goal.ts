import {VchError} from '../errors.js';
import {
  applyChanges,
  type Change,
  changesBetween,
  type ExtraConfig,
  rawOf,
} from '../extraconfig/extra-config.js';
import {DATA_VERSION_KEY, LEDGER_KEY, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {shownValue} from '../extraconfig/mask.js';
import {APPLIANCE_STAMP, dataVersionOf} from './data-version.js';
import type {Finding} from './finding.js';
import {historyFault, lostLedger, readHistory} from './history.js';
import {digest, isWithheld, type Ledger} from './ledger.js';
import {nameFindings} from './names.js';
import {planVm} from './plan.js';
import type {PluginRegistry} from './registry.js';
import {govcVm, type RunInfo, type VmInput, vmLabel} from './vm.js';

// Why: docs/decisions/008-ledgers-and-verify.md

/** Whether a VM has the values that its migration should have given it. */
export type GoalCheck =
  | {readonly status: 'at-goal'; readonly findings: readonly Finding[]}
  | {
      readonly status: 'contradicts';
      /** The keys that are not as they should be, sorted. */
      readonly keys: readonly string[];
      readonly error: VchError;
      readonly findings: readonly Finding[];
    }
  | {readonly status: 'refused'; readonly error: VchError; readonly findings: readonly Finding[]};

/** Key to what is wrong with it. */
type Contradictions = Map<string, string>;

const DRY_RUN: RunInfo = {
  runId: 'verify',
  time: '1970-01-01T00:00:00Z',
  user: 'verify',
  toolVersion: 'verify',
};

/**
 * Checks a VM against its own history: every value that was written or relied on is still there, and the plugins, run
 * again on the previous values, give the present ones.
 */
export async function verifyGoal(registry: PluginRegistry, input: VmInput): Promise<GoalCheck> {
  const version = dataVersionOf(input.config, input.target);
  const findings =
    version.status === 'valid' ? nameFindings(input.target, input.config, version.version) : [];
  const past = readHistory(input);
  if (past.status === 'foreign') return {status: 'refused', error: past.error, findings};
  if (past.status === 'invalid') {
    // The mark shows that this VM was migrated, so the broken ledger was valid once.
    if (!isMarked(input)) return {status: 'refused', error: past.error, findings};
    return {status: 'contradicts', keys: [LEDGER_KEY], error: past.error, findings};
  }
  if (past.ledger === null) return checkWithoutHistory(registry, input, findings);
  const fault = historyFault(registry, input, past.ledger);
  if (fault !== null) return {status: 'refused', error: fault, findings};
  return checkHistory(registry, input, past.ledger, findings);
}

async function checkWithoutHistory(
  registry: PluginRegistry,
  input: VmInput,
  findings: readonly Finding[],
): Promise<GoalCheck> {
  const version = dataVersionOf(input.config, input.target);
  if (version.status === 'valid' && lostLedger(input, version.version)) {
    const missing =
      `is absent, but ${RENAME_DISABLED_KEY} is set, which is never written without it: ` +
      `remove that key, too (govc vm.change -vm ${govcVm(input)} -e ${RENAME_DISABLED_KEY}=), then run vch-migrate apply again`;
    return contradicts(input, new Map([[LEDGER_KEY, missing]]), findings);
  }
  const plan = await planVm(registry, input, DRY_RUN);
  if (plan.status === 'unchanged') return {status: 'at-goal', findings};
  if (plan.status !== 'pending') return {status: 'refused', error: plan.error, findings};
  return contradicts(input, differences(input.config, applyChanges(input.config, plan.changes)), findings);
}

async function checkHistory(
  registry: PluginRegistry,
  input: VmInput,
  ledger: Ledger,
  findings: readonly Finding[],
): Promise<GoalCheck> {
  const written = writtenContradictions(input, ledger);
  const decidedOn = decisionContradictions(input, ledger);
  const all = new Map([...written, ...decidedOn]);
  // The plugins' input has changed, so a second run would rightly give a different result.
  if (decidedOn.size > 0) return contradicts(input, all, findings);
  const now = await planVm(registry, input, DRY_RUN);
  const start = beforeAll(input, ledger);
  const replayed = start === null ? now : await planVm(registry, {...input, config: start}, DRY_RUN);
  for (const plan of [now, replayed]) {
    if (plan.status !== 'refused' && plan.status !== 'failed') continue;
    if (all.size > 0) return contradicts(input, all, findings);
    return {status: 'refused', error: plan.error, findings};
  }
  const changes = replayed.status === 'pending' ? replayed.changes : [];
  const goal = applyChanges(start ?? input.config, changes);
  for (const [key, text] of differences(input.config, goal)) {
    // Checked above: an upgrade raises the appliance's.
    if (key !== DATA_VERSION_KEY[input.target]) all.set(key, text);
  }
  return all.size > 0 ? contradicts(input, all, findings) : {status: 'at-goal', findings};
}

/** Keys that no longer hold what the last plugin to change them wrote. */
function writtenContradictions({config}: VmInput, ledger: Ledger): Contradictions {
  const last = new Map(
    ledger.applied.flatMap((entry) => Object.entries(entry.after).map(([key, sum]) => [key, {entry, sum}])),
  );
  const found: Contradictions = new Map();
  for (const [key, {entry, sum}] of last) {
    const raw = rawOf(config, key);
    if (digest(raw) !== sum) found.set(key, `is ${shownValue(key, raw)}, and not what ${entry.id} wrote`);
  }
  return found;
}

/** Keys that the plugins relied on and that have changed since; the data version is one of them. */
function decisionContradictions({config, target}: VmInput, ledger: Ledger): Contradictions {
  const found: Contradictions = new Map();
  const version = dataVersionOf(config, target);
  const stamped = target === 'appliance' && version.status === 'valid' && version.version === APPLIANCE_STAMP;
  ledger.applied.forEach((entry, index) => {
    const key = DATA_VERSION_KEY[target];
    // An upgrade raises the appliance's data version, as its last write; a containerVM's never changes.
    if (!stamped && (version.status === 'invalid' || version.version !== entry.dataVersion)) {
      found.set(key, `is ${shownValue(key, rawOf(config, key))}, and should be ${entry.dataVersion}`);
    }
    const later = ledger.applied.slice(index + 1);
    const earlier = ledger.applied.slice(0, index);
    for (const [key, sum] of Object.entries(entry.seen)) {
      const written = [...earlier, ...later].some(({after}) => Object.hasOwn(after, key));
      const raw = rawOf(config, key);
      if (!written && digest(raw) !== sum)
        found.set(key, `is ${shownValue(key, raw)}, and not what ${entry.id} found there`);
    }
  });
  return found;
}

/** The ExtraConfig before the first plugin; `null` if a value was not kept. */
function beforeAll({config, target}: VmInput, ledger: Ledger): ExtraConfig | null {
  const changes: Change[] = [{key: LEDGER_KEY, before: null, after: null}];
  for (const {dataVersion} of ledger.applied.slice(0, 1)) {
    changes.push({key: DATA_VERSION_KEY[target], before: null, after: String(dataVersion)});
  }
  for (const entry of ledger.applied.toReversed()) {
    for (const [key, before] of Object.entries(entry.before)) {
      if (isWithheld(before)) return null;
      changes.push({key, before: null, after: before});
    }
  }
  return applyChanges(config, changes);
}

/** What differs from the goal, except the ledger. */
function differences(config: ExtraConfig, goal: ExtraConfig): Contradictions {
  return new Map(
    changesBetween(config, goal)
      .filter(({key}) => key !== LEDGER_KEY)
      .map(({key, before, after}) => [
        key,
        `is ${shownValue(key, before)}, and should be ${shownValue(key, after)}`,
      ]),
  );
}

function contradicts(
  input: VmInput,
  contradictions: Contradictions,
  findings: readonly Finding[],
): GoalCheck {
  const keys = [...contradictions.keys()].sort();
  const what = keys.map((key) => `${key} ${contradictions.get(key)}`).join('; ');
  const error = new VchError(
    'VCH_ERR_VERIFY',
    `${vmLabel(input)} is not at its goal: ${what}. Look at \`vch-migrate plan\`, correct the values, then run \`vch-migrate verify\` again`,
  );
  return {status: 'contradicts', keys, error, findings};
}

function isMarked({config, target}: VmInput): boolean {
  return target === 'container' && rawOf(config, RENAME_DISABLED_KEY) === 'true';
}
