import type {FaultAction} from '../src/simulator/simulator.js';

/** How one call goes wrong. */
export const FAULT_KINDS: Readonly<Record<string, FaultAction>> = {
  fault: {fault: 'SystemError', message: 'A general system error occurred.'},
  // Only of calls that change something: trying again would give the same answer.
  refusal: {fault: 'RequestCanceled', message: 'The task was canceled by a user.'},
  'done, and SystemError': {fault: 'SystemError', carriedOut: true},
  'done, and an empty fault': {fault: '', message: '', carriedOut: true},
  'task done, and SystemError': {fault: 'SystemError', carriedOut: true, as: 'task'},
  'task done, and no reason': {fault: '', message: '', carriedOut: true, as: 'task'},
  'task done, and canceled': {fault: 'RequestCanceled', carriedOut: true, as: 'task'},
  'http-500': 'http-500',
  'reset before': 'drop-before',
  'reset after': 'drop-after',
  'no answer': 'hang',
};

/** One SOAP call of a run, the n-th of its method, and how it goes wrong. */
export interface FaultyCall {
  readonly method: string;
  readonly n: number;
  readonly kind: string;
}

/** Every way in which one of these calls, in their order, can go wrong. */
export function faultyCalls(methods: readonly string[]): readonly FaultyCall[] {
  const seen = new Map<string, number>();
  const calls = methods
    .filter((method) => !method.includes(' '))
    .map((method) => {
      const n = (seen.get(method) ?? 0) + 1;
      seen.set(method, n);
      return {method, n};
    });
  return Object.keys(FAULT_KINDS).flatMap((kind) =>
    calls
      .filter(({method}) => !(kind === 'refusal' || kind.startsWith('task')) || method.endsWith('_Task'))
      .map((call) => ({...call, kind})),
  );
}
