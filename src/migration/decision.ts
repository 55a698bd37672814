import type {VchError} from '../errors.js';
import type {Change} from '../extraconfig/extra-config.js';
import type {Finding} from './finding.js';

/** What is to be done with one VM, decided on one reading of it. */
export type Decision =
  | {readonly status: 'unchanged'; readonly findings: readonly Finding[]}
  | PendingDecision
  | {
      readonly status: 'refused' | 'failed' | 'conflict';
      readonly error: VchError;
      readonly findings: readonly Finding[];
    };

/** A VM that is to be written. */
export interface PendingDecision {
  readonly status: 'pending';
  /** Ids of the plugins that are applied, or undone: the last applied first. */
  readonly applied: readonly string[];
  /** Sorted by key, without the ledger. */
  readonly changes: readonly Change[];
  /** `null`: what is done leaves no trace in the ledger. */
  readonly ledger: Change | null;
  readonly findings: readonly Finding[];
}

/** Every key that a decision writes. */
export function writtenKeys({
  changes,
  ledger,
}: Pick<PendingDecision, 'changes' | 'ledger'>): readonly Change[] {
  return ledger === null ? changes : [...changes, ledger];
}
