import {VchError} from '../errors.js';
import {
  applyChanges,
  type Change,
  changesBetween,
  type ExtraConfig,
  rawOf,
} from '../extraconfig/extra-config.js';
import {DATA_VERSION_KEY, isHidden, LEDGER_KEY, NAME_KEYS, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {shownValue} from '../extraconfig/mask.js';
import {APPLIANCE_STAMP, dataVersionOf} from './data-version.js';
import type {Decision} from './decision.js';
import {historyFault, lostLedger, readHistory} from './history.js';
import {digest, isWithheld, type Ledger} from './ledger.js';
import {nameFindings} from './names.js';
import {planVm} from './plan.js';
import type {PluginRegistry} from './registry.js';
import {govcVm, type RunInfo, type VmInput, vmLabel} from './vm.js';

// Why: docs/decisions/008-ledgers-and-verify.md

/** Key to what is wrong with it. */
type Contradictions = Map<string, string>;

/** What is compared, for people; in their order. */
export const COMPARED = {
  name: 'Hidden name is the one that the old VCH used',
  mark: 'docker rename is marked as disabled where it is',
  guest: 'What VIC reads is as it was',
  ledger: 'Ledger belongs to the VM and is whole',
};

/** A run whose results are never written. */
export const DRY_RUN: RunInfo = {
  runId: 'dry-run',
  time: '1970-01-01T00:00:00Z',
  user: 'dry-run',
  toolVersion: 'dry-run',
};

/**
 * Checks a VM against its own history: every value that was written or relied on is still there, and the plugins, run
 * again on the previous values, give the present ones. `unchanged` is at its goal, `failed` contradicts it. `compared` is
 * called for each comparison that could be made.
 */
export async function verifyGoal(
  registry: PluginRegistry,
  input: VmInput,
  compared: (check: string, ok: boolean) => void = () => undefined,
): Promise<Decision> {
  const {config, target} = input;
  const version = dataVersionOf(config, target);
  const past = readHistory(input);
  const findings = [
    ...(version === null ? [] : nameFindings(target, config, version)),
    ...(past.status === 'known' ? past.findings : []),
  ];
  if (past.status !== 'known') {
    // The mark shows that this VM was migrated, so the broken ledger was valid once.
    const status = past.status === 'invalid' && isMarked(input) ? 'failed' : 'refused';
    compared(COMPARED.ledger, false);
    return {status, error: past.error, findings};
  }
  const found = await (past.ledger === null
    ? checkWithoutHistory(registry, input, version)
    : checkHistory(registry, input, past.ledger));
  if (found instanceof VchError) return {status: 'refused', error: found, findings};
  const isOff = (key: string) => found.has(key);
  const {hidden} = NAME_KEYS[target];
  if (past.ledger !== null || isOff(LEDGER_KEY)) compared(COMPARED.ledger, !isOff(LEDGER_KEY));
  if (rawOf(config, hidden) !== null || isOff(hidden)) compared(COMPARED.name, !isOff(hidden));
  if (isMarked(input) || isOff(RENAME_DISABLED_KEY)) compared(COMPARED.mark, !isOff(RENAME_DISABLED_KEY));
  compared(COMPARED.guest, ![...found.keys()].some((key) => !isHidden(key)));
  if (found.size === 0) return {status: 'unchanged', findings};
  const faults = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, fault]) => `${key} ${fault}`);
  const error = new VchError(
    'VCH_ERR_VERIFY',
    `${vmLabel(input)} is not at its goal: ${faults.join('; ')}. Look at \`vch-migrate plan\`, correct the values, then run \`vch-migrate verify\` again`,
  );
  return {status: 'failed', error, findings};
}

async function checkWithoutHistory(
  registry: PluginRegistry,
  input: VmInput,
  version: number | null,
): Promise<Contradictions | VchError> {
  if (version !== null && lostLedger(input, version)) {
    const missing =
      `is absent, but ${RENAME_DISABLED_KEY} is set, which is never written without it: ` +
      `remove that key, too (govc vm.change -vm ${govcVm(input)} -e ${RENAME_DISABLED_KEY}=), then run vch-migrate apply again`;
    return new Map([[LEDGER_KEY, missing]]);
  }
  const plan = await planVm(registry, input, DRY_RUN);
  return 'error' in plan ? plan.error : differences(input.config, goalOf(input.config, plan));
}

async function checkHistory(
  registry: PluginRegistry,
  input: VmInput,
  ledger: Ledger,
): Promise<Contradictions | VchError> {
  const fault = historyFault(registry, input, ledger);
  if (fault !== null) return fault;
  const decidedOn = decisionContradictions(input, ledger);
  const all = new Map([...writtenContradictions(input, ledger), ...decidedOn]);
  // The plugins' input has changed, so a second run would rightly give a different result.
  if (decidedOn.size > 0) return all;
  const now = await planVm(registry, input, DRY_RUN);
  const start = beforeAll(input, ledger);
  const replayed = start === null ? now : await planVm(registry, {...input, config: start}, DRY_RUN);
  for (const plan of [now, replayed]) {
    if ('error' in plan) return all.size > 0 ? all : plan.error;
  }
  for (const [key, text] of differences(input.config, goalOf(start ?? input.config, replayed))) {
    // Checked above: an upgrade raises the appliance's.
    if (key !== DATA_VERSION_KEY[input.target]) all.set(key, text);
  }
  return all;
}

/** What an ExtraConfig will be, without the ledger. */
function goalOf(config: ExtraConfig, plan: Decision): ExtraConfig {
  return plan.status === 'pending' ? applyChanges(config, plan.changes) : config;
}

/** Keys that no longer hold what the last plugin to change them wrote. */
function writtenContradictions({config}: VmInput, {applied}: Ledger): Contradictions {
  const found: Contradictions = new Map();
  for (const {id, after} of applied) {
    for (const [key, sum] of Object.entries(after)) {
      const raw = rawOf(config, key);
      if (digest(raw) === sum) found.delete(key);
      else found.set(key, `is ${shownValue(key, raw)}, and not what ${id} wrote`);
    }
  }
  return found;
}

/** Keys that the plugins relied on and that have changed since; the data version is one of them. */
function decisionContradictions({config, target}: VmInput, {applied}: Ledger): Contradictions {
  const found: Contradictions = new Map();
  const version = dataVersionOf(config, target);
  const versionKey = DATA_VERSION_KEY[target];
  const shown = (key: string) => shownValue(key, rawOf(config, key));
  for (const entry of applied) {
    // An upgrade raises the appliance's data version, as its last write; a containerVM's never changes.
    const stamped = target === 'appliance' && version === APPLIANCE_STAMP;
    if (!stamped && version !== entry.dataVersion)
      found.set(versionKey, `is ${shown(versionKey)}, and should be ${entry.dataVersion}`);
    for (const [key, sum] of Object.entries(entry.seen)) {
      const written = applied.some((other) => other !== entry && Object.hasOwn(other.after, key));
      if (!written && digest(rawOf(config, key)) !== sum)
        found.set(key, `is ${shown(key)}, and not what ${entry.id} found there`);
    }
  }
  return found;
}

/** The ExtraConfig before the first plugin; `null` if a value was not kept. */
function beforeAll({config, target}: VmInput, ledger: Ledger): ExtraConfig | null {
  const [first] = ledger.applied;
  const changes: Change[] = [
    {key: LEDGER_KEY, before: null, after: null},
    {key: DATA_VERSION_KEY[target], before: null, after: String(first?.dataVersion ?? 0)},
  ];
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

function isMarked({config, target}: VmInput): boolean {
  return target === 'container' && rawOf(config, RENAME_DISABLED_KEY) === 'true';
}
