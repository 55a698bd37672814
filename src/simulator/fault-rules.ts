import {seededRandom} from './random.js';

/** A call that a rule may change: one of SOAP, or an HTTP request for a file, such as `PUT /folder`. */
export interface MatchedCall {
  readonly method: string;
  /** The moref of the object it is made on, or the datastore path `[datastore1] vch1/new.iso`. */
  readonly object: string;
}

/**
 * What happens instead of an answer. `drop-before`: the connection ends, nothing was carried out;
 * `drop-after`: it was carried out, a task to its end, and then the connection ends; `hang`: never an answer,
 * nothing carried out; `ignore`: the call succeeds and changes nothing, or a file is taken and not
 * stored; `delay`: carried out at once, answered late; `cutAfter`: the connection ends when that many bytes of a file
 * were stored; `leaveOut`: a reading answers as if that object were not there. A fault is for SOAP, a cut for `PUT /folder`: elsewhere the one is an HTTP 500, the other drops before.
 */
export type FaultAction =
  | {
      /** The vim25 type: `ConcurrentAccess`. Empty: a fault without detail, or a task that fails without a reason. */
      readonly fault: string;
      /** The fault comes although everything was carried out. */
      readonly carriedOut?: true;
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
  | {readonly delay: number}
  | {readonly leaveOut: string}
  | {readonly cutAfter: number};

/** A scripted fault: which calls it meets, and what then happens. */
export interface FaultRule {
  /** `*` stands for every SOAP call. */
  readonly method: string;
  /** Of a rule for `*`: only these. */
  readonly methods?: readonly string[];
  /** A moref; absent for every object. */
  readonly object?: string;
  /** The n-th matching call, counted from 1; absent for every one. */
  readonly nth?: number;
  /** How often it happens at most. */
  readonly times?: number;
  /** The share of the calls that it meets, from 0 to 1; which ones is up to the seed alone. */
  readonly rate?: number;
  readonly seed?: number;
  /** Runs just before the call is carried out, so that a test can get in between. */
  readonly before?: (call: MatchedCall) => void;
  readonly do?: FaultAction;
}

/** How often a rule has matched a call, and how often something came of it. */
export interface FaultCount {
  readonly rule: FaultRule;
  readonly seen: number;
  readonly fired: number;
}

interface Armed extends FaultCount {
  readonly random: () => number;
  seen: number;
  fired: number;
}

/** The scripted faults of a server, and how often each has met its calls. */
export class FaultRules {
  #armed: Armed[] = [];

  constructor(rules: readonly FaultRule[]) {
    for (const rule of rules) this.add(rule);
  }

  /** Arms a rule; the count given back goes on counting. */
  add(rule: FaultRule): FaultCount {
    const armed: Armed = {rule, random: seededRandom(rule.seed ?? 1), seen: 0, fired: 0};
    this.#armed.push(armed);
    return armed;
  }

  get counts(): readonly FaultCount[] {
    return this.#armed;
  }

  clear(): void {
    this.#armed = [];
  }

  /** Runs the hooks of the rules that apply to a call; gives the first action among them. */
  apply(call: MatchedCall): FaultAction | undefined {
    let action: FaultAction | undefined;
    for (const armed of this.#armed) {
      const {rule} = armed;
      if (!matches(rule, call)) continue;
      armed.seen++;
      // Drawn for every call that matches, so that what else the rule says does not shift the sequence.
      const met = rule.rate === undefined || armed.random() < rule.rate;
      if (!met) continue;
      if (rule.nth !== undefined && rule.nth !== armed.seen) continue;
      if (rule.times !== undefined && armed.fired >= rule.times) continue;
      armed.fired++;
      rule.before?.(call);
      action ??= rule.do;
    }
    return action;
  }
}

function matches({method, methods, object}: FaultRule, call: MatchedCall): boolean {
  if (object !== undefined && object !== call.object) return false;
  if (method !== '*') return method === call.method;
  // The method of an HTTP request is a verb and a path.
  return !call.method.includes(' ') && (methods === undefined || methods.includes(call.method));
}
