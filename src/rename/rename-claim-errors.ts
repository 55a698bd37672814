import type {Found} from '../appliance/lease.js';
import {VchError} from '../errors.js';
import {isTransient} from '../vim25/faults.js';
import {RENAME_CLAIM, type SeenRename} from './rename-claim-text.js';

/** Somebody else has it, or nobody. */
export function claimLost(vch: string): VchError {
  return new VchError(
    'VCH_ERR_LOCK_LOST',
    `the claim on ${vch} did not last: another rename has taken it over, or somebody removed it; see vch-migrate status, and run rename again`,
  );
}

/** A signal came before our turn. */
export function stoppedWaiting(vch: string): VchError {
  return new VchError(
    'VCH_ERR_INTERRUPTED',
    `stopped while waiting for another rename on ${vch}; nothing was renamed, run the same command again`,
  );
}

/** Others who live have had it for all of our patience (milliseconds). */
export function waitedTooLong(vch: string, patience: number, other: Found<SeenRename>): VchError {
  return new VchError(
    'VCH_ERR_TIMEOUT',
    `other renames have held ${vch} for ${patience / 1000} s, the last one ${RENAME_CLAIM.who(other)}; run the same command again when they have finished`,
  );
}

/** Whether a write of the claim that failed may only have been too late, or was carried out all the same. */
export function mayHaveLost(failure: VchError): boolean {
  const {code, fault} = failure;
  return (
    code === 'VCH_ERR_CONFLICT' ||
    code === 'VCH_ERR_TRANSPORT' ||
    code === 'VCH_ERR_OUTCOME_UNKNOWN' ||
    fault === 'InvalidState' ||
    isTransient(failure)
  );
}
