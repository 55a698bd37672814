import {goDuration} from '../duration.js';
import {toVchError, VchError} from '../errors.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {waitUntil} from '../vim25/retry.js';
import {clientIp, dockerEndpoint, probeDocker} from './docker-endpoint.js';
import {startedKeys} from './upgrade-appliance.js';
import type {LockedVch, VchOptions} from './vch-target.js';

const POLL = 1_000;
/** Looks in a row that cannot tell whether docker is up, before that is left at that. */
const ENOUGH_LOOKS = {unreachable: 2, unclear: 10} as const;
/** A reading that takes longer has waited for vCenter, and a VCH cannot start without it. */
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
          ? waiting(`an answer of vCenter (${appliance.message})`)
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
  // An upgrade that is otherwise ready is not put back for what only proves that we cannot tell.
  if (status !== 'ready') locked.addFinding('docker-not-reached', waitingFor);
}

/** Whether a VCH is ready, or what it is still waiting for. */
export interface Readiness {
  /** `unreachable` and `unclear`: all of it is up as far as vCenter shows, but whether docker is cannot be told from here. */
  readonly status: 'ready' | 'waiting' | 'unreachable' | 'unclear';
  readonly waitingFor: string;
}

const READY: Readiness = {status: 'ready', waitingFor: ''};

/** Whether a VCH is ready by a reading of its appliance and a look at docker. */
export async function readiness(
  appliance: Appliance,
  {log, probeDocker: probe = probeDocker}: Pick<VchOptions, 'log' | 'probeDocker'>,
): Promise<Readiness> {
  // What its keys say of a machine that is off is of the last time.
  if (appliance.powerState !== 'poweredOn') return waiting(`its power, which is ${appliance.powerState}`);
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
      log.info(
        `${where} refuses this client, as one without a certificate: it is up, and was not asked further`,
      );
      return READY;
    case 'starting':
      return waiting(`${where} (${docker.reason})`);
    case 'unclear':
    case 'unreachable': {
      const finding = `whether ${where} is up cannot be told from here (${docker.reason}); look with docker info from where it can be reached`;
      return {status: docker.status, waitingFor: finding};
    }
  }
}

function waiting(waitingFor: string): Readiness {
  return {status: 'waiting', waitingFor};
}

function timedOut(locked: LockedVch, waitingFor: string): VchError {
  // VIC's own words, by which people and scripts know it.
  return new VchError(
    'VCH_ERR_TIMEOUT',
    `Upgrading VCH exceeded time limit of ${goDuration(locked.options.timeout)}. Please increase the timeout using --timeout ` +
      `to accommodate for a busy vSphere target: ${locked.label} was still waiting for ${waitingFor}`,
  );
}

function interrupted(locked: LockedVch): VchError {
  return new VchError('VCH_ERR_INTERRUPTED', `stopped while waiting for ${locked.label} to become ready`);
}
