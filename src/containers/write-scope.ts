import {hasCode} from '../errors.js';
import type {Session} from '../vim25/session.js';
import type {RunOutcome} from './outcome.js';
import {PhaseProgress} from './phase-progress.js';
import type {RunOptions} from './run-options.js';
import type {Scope} from './scope.js';
import {commitInStages} from './stages.js';

/**
 * Writes what a scope has pending, in stages, and reads it back. Whoever calls it has made sure that it may; `hold`
 * says after the canaries why not to go on.
 */
export async function writeScope(
  session: Session,
  scope: Scope,
  options: RunOptions,
  hold: () => Promise<string | null>,
): Promise<RunOutcome> {
  const progress = new PhaseProgress(options.onProgress);
  const staging = options.staging ?? {};
  const {outcomes, heldBack} = await commitInStages(
    {
      session,
      decide: scope.decide,
      keys: options.registry.readKeys('container'),
      parallelism: options.parallelism,
      signal: options.signal,
      onWrite: options.onWrite,
      onStart: () => progress.start(),
      onWritten: () => progress.step(),
      onReadBack: (count) => progress.begin('verify', count),
      onOutcome: (vm) => {
        options.onProgress?.({type: 'vm', vm});
        progress.step();
      },
    },
    scope.pending,
    staging,
    async (canaries, left) => {
      if (staging.goOn !== undefined && !(await staging.goOn(canaries, left)))
        return 'nobody wanted to go on after the canaries';
      return hold();
    },
    (count) => progress.begin('commit', count),
  );
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const vms = scope.outcome.vms.map((vm) => byId.get(vm.id) ?? vm);
  return {
    ...scope.outcome,
    vms,
    findings:
      heldBack === null
        ? scope.outcome.findings
        : [
            ...scope.outcome.findings,
            {code: 'held-back', message: `not everything was started: ${heldBack}`},
          ],
    interrupted:
      options.signal?.aborted === true && outcomes.some(({error}) => hasCode(error, 'VCH_ERR_INTERRUPTED')),
  };
}
