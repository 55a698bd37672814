import {lockState} from '../appliance/upgrade-lock.js';
import type {RunOptions} from '../containers/run-options.js';
import {verifyMigration} from '../containers/verify.js';
import {VchError} from '../errors.js';
import {readAppliance} from '../inventory/appliance.js';
import {findVch} from '../inventory/find-vch.js';
import {type Vch, vchLabel} from '../inventory/vch.js';
import {waitUntil} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {readiness} from './ready.js';
import type {VchOptions} from './vch-target.js';

/** What can be waited for: the VCH answers; no upgrade holds it; all its containerVMs are at their goal. */
type WaitGoal = 'ready' | 'unlocked' | 'verified';

interface WaitOptions extends RunOptions, Pick<VchOptions, 'probeDocker'> {
  readonly goal: WaitGoal;
  /** Milliseconds. */
  readonly timeout: number;
  readonly poll?: number;
}

/** What waiting came to. */
interface Waited {
  readonly vch: Vch;
  readonly isMet: boolean;
  /** What it was still waiting for, or what could not be told; empty if there is nothing to say. */
  readonly waitingFor: string;
  readonly milliseconds: number;
}

const POLL = 5_000;

/** Looks at a VCH until it is as wanted, or the time is up. It writes nothing. */
export async function waitFor(session: Session, options: WaitOptions): Promise<Waited> {
  const {goal, timeout, signal, log, poll = POLL} = options;
  const {clock} = session;
  const start = clock.now();
  let waitingFor = '';
  let last: Waited | undefined;
  const look = async (): Promise<Waited | null> => {
    const {vch} = await findVch(session, options.vch);
    const state = await LOOKS[goal](session, vch, options);
    if (!state.isMet && state.waitingFor !== waitingFor) log.info(`waiting for ${state.waitingFor}`);
    waitingFor = state.waitingFor;
    last = {vch, ...state, milliseconds: clock.now() - start};
    return state.isMet ? last : null;
  };
  await waitUntil({clock, signal}, {every: poll, within: timeout}, look);
  if (last?.isMet) return last;
  if (signal?.aborted || last === undefined)
    throw new VchError('VCH_ERR_INTERRUPTED', `stopped while waiting for ${waitingFor || 'a first look'}`);
  return last;
}

type Look = (
  session: Session,
  vch: Vch,
  options: WaitOptions,
) => Promise<Pick<Waited, 'isMet' | 'waitingFor'>>;

const LOOKS: Readonly<Record<WaitGoal, Look>> = {
  async ready(session, vch, options) {
    const {status, waitingFor} = await readiness(await readAppliance(session, vch), options);
    // From this machine it will never be told.
    return {isMet: status === 'ready' || status === 'unreachable', waitingFor};
  },
  async unlocked(_session, vch) {
    const lock = lockState(vch.leases, vchLabel(vch));
    return {isMet: !lock.held, waitingFor: lock.held ? `the upgrade lock to be released. ${lock.text}` : ''};
  },
  async verified(session, _vch, options) {
    const {vms} = await verifyMigration(session, options);
    const left = vms.filter(({status}) => status !== 'unchanged' && status !== 'skipped');
    const counts = [...new Set(left.map(({status}) => status))].map(
      (status) => `${left.filter((vm) => vm.status === status).length} ${WORDS[status] ?? status}`,
    );
    return {
      isMet: left.length === 0,
      waitingFor: left.length === 0 ? '' : `containerVMs to be at their goal: ${counts.join(', ')}`,
    };
  },
};

/** What `verify` means by a status. */
const WORDS: Readonly<Record<string, string>> = {failed: 'not at their goal yet'};
