import {goDuration} from '../duration.js';
import {toVchError, VchError} from '../errors.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {waitUntil} from '../vim25/retry.js';
import {clientIp, dockerEndpoint, probeDocker} from './docker-endpoint.js';
import {startedKeys} from './upgrade-appliance.js';
import type {LockedVch, VchOptions} from './vch-target.js';

const POLL = 1_000;
/** How many looks in a row may fail to tell whether docker is up before the wait ends. */
const ENOUGH_LOOKS = {unreachable: 2, unclear: 10} as const;
/** A longer reading has waited for vCenter, without which a VCH cannot start. */
const SLOW = 10_000;

/**
 * Waits until the appliance is ready, as VIC does: it has an address, every service has started, and docker answers
 * where it can be reached from here. Rejects with VCH_ERR_TIMEOUT after the options' `timeout`; the time in which vCenter
 * does not answer is not counted.
 */
export async function waitUntilReady(locked: LockedVch, signal: AbortSignal | undefined): Promise<void> {
  const {options, session} = locked;
  let last: Readiness | undefined;
  let untold = 0;
  let unanswered = 0;
  const read = async () => {
    const began = session.clock.now();
    const appliance = await locked.writer.read().catch((error: unknown) => {
      const failure = toVchError(error);
      if (failure.failure === 'busy') return failure;
      throw failure;
    });
    const took = session.clock.now() - began;
    if (took > SLOW) unanswered += took;
    return appliance;
  };
  const every = options.poll ?? POLL;
  const ended = await waitUntil(
    {clock: session.clock, signal},
    {every, within: () => options.timeout + unanswered},
    async () => {
      const appliance = await read();
      const state =
        appliance instanceof VchError
          ? waiting(`an answer from vCenter (${appliance.message})`)
          : await readiness(appliance, options);
      if (state.status === 'ready') return state;
      untold = state.status === 'waiting' ? 0 : untold + 1;
      if (state.status !== 'waiting' && untold >= ENOUGH_LOOKS[state.status]) return state;
      if (state.status === 'waiting' && state.waitingFor !== last?.waitingFor) {
        const within = options.timeout + unanswered;
        options.onProgress?.({type: 'waiting', reason: state.waitingFor, within});
      }
      last = state;
      return null;
    },
  );
  if (ended === null && signal?.aborted) throw interrupted(locked);
  const {status, waitingFor} = ended ?? last ?? waiting('a first look');
  if (status === 'waiting') throw timedOut(locked, waitingFor);
  locked.outage?.ready();
  // An upgrade that is otherwise ready is not rolled back because this machine cannot reach docker.
  if (status !== 'ready') locked.addFinding('docker-not-reached', waitingFor);
}

/** Whether a VCH is ready, or what it is still waiting for. */
export interface Readiness {
  /** `unreachable` and `unclear`: everything that vCenter shows is up, but this machine cannot tell whether docker is. */
  readonly status: 'ready' | 'waiting' | 'unreachable' | 'unclear';
  readonly waitingFor: string;
}

const READY: Readiness = {status: 'ready', waitingFor: ''};

/** Whether a VCH is ready by a reading of its appliance and a look at docker. */
export async function readiness(
  appliance: Appliance,
  {log, probeDocker: probe = probeDocker}: Pick<VchOptions, 'log' | 'probeDocker'>,
): Promise<Readiness> {
  // The keys of a VM that is off are those of its last run.
  if (appliance.powerState !== 'poweredOn')
    return waiting(`its power, which is ${appliance.powerState ?? 'unknown'}`);
  if (clientIp(appliance) === null) return waiting('its address on the client network');
  const missing = startedKeys(appliance.config).flatMap((key) => {
    const text = decodeValue(appliance.config[key] ?? '');
    const session = key.slice(key.indexOf('|') + 1, -'.started'.length);
    return text === 'true' ? [] : [text === '' ? session : `${session} (${text})`];
  });
  if (missing.length > 0) return waiting(`the start of ${missing.join(', ')}`);
  const endpoint = dockerEndpoint(appliance);
  if (endpoint === null) return READY;
  const where = `the docker endpoint ${endpoint.host}:${endpoint.port}`;
  const docker = await probe(endpoint);
  switch (docker.status) {
    case 'running':
      return READY;
    case 'locked':
      log.info(`${where} rejects this client, probably because it has no certificate: docker is up`);
      return READY;
    case 'starting':
      return waiting(`${where} (${docker.reason})`);
    case 'unclear':
    case 'unreachable': {
      const finding = `this machine cannot tell whether ${where} is up (${docker.reason}); run docker info on a machine that can reach it`;
      return {status: docker.status, waitingFor: finding};
    }
  }
}

function waiting(waitingFor: string): Readiness {
  return {status: 'waiting', waitingFor};
}

function timedOut(locked: LockedVch, waitingFor: string): VchError {
  // VIC's own words: people and scripts look for them.
  return new VchError(
    'VCH_ERR_TIMEOUT',
    `Upgrading VCH exceeded time limit of ${goDuration(locked.options.timeout)}. Please increase the timeout using --timeout ` +
      `to accommodate for a busy vSphere target: ${locked.label} was still waiting for ${waitingFor}`,
  );
}

function interrupted(locked: LockedVch): VchError {
  return new VchError('VCH_ERR_INTERRUPTED', `stopped while waiting for ${locked.label} to become ready`);
}
