import {parseDuration} from '../duration.js';
import type {GivenOptions} from './option-table.js';
import type {Problems} from './problems.js';

/** What the commands over the VCH as a whole take besides the common options. */
export interface VchUpgradeSettings {
  /** Paths of local files. */
  readonly applianceIso: string | undefined;
  readonly bootstrapIso: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly skipVersionCheck: boolean;
  readonly skipIsoCheck: boolean;
  readonly dryRun: boolean;
  /** Directory. */
  readonly journal: string | undefined;
  readonly lockId: string | undefined;
}

const DEFAULT_TIMEOUT = 10 * 60_000;
const LONGEST_TIMEOUT = 24 * 3_600_000;

/** Reads them. */
export function readVchUpgrade(given: GivenOptions, problems: Problems): VchUpgradeSettings {
  const text = given.text('timeout');
  const timeout = text === undefined || text === '' ? DEFAULT_TIMEOUT : parseDuration(text);
  if (timeout === undefined || timeout <= 0 || timeout > LONGEST_TIMEOUT)
    problems.add('--timeout must be a duration up to 24h, such as 90s, 10m or 1h30m');
  return {
    applianceIso: given.text('appliance-iso'),
    bootstrapIso: given.text('bootstrap-iso'),
    timeout: timeout ?? DEFAULT_TIMEOUT,
    skipVersionCheck: given.flag('skip-version-check'),
    skipIsoCheck: given.flag('skip-iso-check'),
    dryRun: given.flag('dry-run'),
    journal: given.text('journal'),
    lockId: given.text('lock-id'),
  };
}
