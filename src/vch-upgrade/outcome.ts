import type {AnyOutcome} from '../containers/outcome.js';
import type {VchError} from '../errors.js';
import type {Check} from './check.js';

/** Where an upgrade, its rollback or its resumption has left the VCH. */
export type UpgradeResult =
  /** Everything that could be known speaks for it; nothing was written. */
  | 'planned'
  /** A check failed, or nobody wanted it: nothing was written. */
  | 'not-started'
  /** There was nothing to upgrade on the appliance. */
  | 'unchanged'
  | 'upgraded'
  /** The appliance is as it was before. */
  | 'as-before'
  /** Appliance and containerVMs are as they were before. */
  | 'rolled-back'
  /** Stopped on the way; `resume` goes on, `rollback` takes it back. */
  | 'resumable'
  /** Half-done, and the tool could not help itself. */
  | 'needs-person'
  | 'unlocked';

/** What a command over the VCH as a whole came to. */
export interface UpgradeOutcome extends AnyOutcome {
  readonly checks: readonly Check[];
  readonly upgrade: {
    readonly result: UpgradeResult;
    /** What stopped it. */
    readonly error: VchError | null;
    /** The run whose upgrade it is about: that of a rollback is another one. */
    readonly run: string;
    readonly phase: string | null;
    readonly lockId: string | null;
    readonly snapshot: string | null;
    /** How to put the VCH back by hand, line by line. */
    readonly card: readonly string[];
  };
}
