/** A call that a rule may change. */
export interface MatchedCall {
  readonly method: string;
  /** The moref of the object it is made on. */
  readonly object: string;
}

/**
 * What happens instead of an answer. `drop-before`: the connection ends, nothing was carried out;
 * `drop-after`: it was carried out, a task to its end, and then the connection ends; `hang`: never an answer,
 * nothing carried out; `ignore`: the task succeeds and a reconfigure changes nothing; `delay`: carried out at once, answered late.
 */
export type FaultAction =
  | {
      /** The vim25 type: `ConcurrentAccess`. */
      readonly fault: string;
      readonly message?: string;
      /** Fields of the fault, all of them strings. */
      readonly detail?: Readonly<Record<string, string>>;
      /** `task`: the call returns a task, and that one fails. */
      readonly as?: 'soap' | 'task';
    }
  | 'http-500'
  | 'http-503'
  | 'html'
  | 'doctype'
  | 'drop-before'
  | 'drop-after'
  | 'hang'
  | 'ignore'
  | {readonly delay: number};

/** A scripted fault: which calls it meets, and what then happens. */
export interface FaultRule {
  readonly method: string;
  /** A moref; absent for every object. */
  readonly object?: string;
  /** The n-th matching call, counted from 1; absent for every one. */
  readonly nth?: number;
  /** How often it happens at most. */
  readonly times?: number;
  /** Runs just before the call is carried out, so that a test can get in between. */
  readonly before?: (call: MatchedCall) => void;
  readonly do?: FaultAction;
}

interface Armed {
  readonly rule: FaultRule;
  seen: number;
  fired: number;
}

/** The scripted faults of a server, and how often each has met its calls. */
export class FaultRules {
  #armed: Armed[] = [];

  constructor(rules: readonly FaultRule[]) {
    for (const rule of rules) this.add(rule);
  }

  add(rule: FaultRule): void {
    this.#armed.push({rule, seen: 0, fired: 0});
  }

  clear(): void {
    this.#armed = [];
  }

  /** Runs the hooks of the rules that apply to a call; gives the first action among them. */
  apply(call: MatchedCall): FaultAction | undefined {
    let action: FaultAction | undefined;
    for (const armed of this.#armed) {
      const {rule} = armed;
      if (rule.method !== call.method || (rule.object !== undefined && rule.object !== call.object)) continue;
      armed.seen++;
      if (rule.nth !== undefined && rule.nth !== armed.seen) continue;
      if (rule.times !== undefined && armed.fired >= rule.times) continue;
      armed.fired++;
      rule.before?.(call);
      action ??= rule.do;
    }
    return action;
  }
}
