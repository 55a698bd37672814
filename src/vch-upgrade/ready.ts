import {goDuration} from '../duration.js';
import {toVchError, VchError} from '../errors.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {waitUntil} from '../vim25/retry.js';
import type {VchContext} from './context.js';
import {clientIp, dockerEndpoint, probeDocker} from './docker-endpoint.js';
import {startedKeys} from './upgrade-appliance.js';

const POLL = 1_000;
/** Looks in a row at a docker endpoint that cannot be reached, before that is left at that. */
const UNREACHABLE_LOOKS = 2;

/**
 * Waits until the appliance is ready, as VIC does: it has an address, every service has started, and docker answers
 * where it can be reached from here. Rejects with VCH_ERR_TIMEOUT after the options' `timeout`.
 */
export async function waitUntilReady(context: VchContext, signal: AbortSignal | undefined): Promise<void> {
  const {options, session} = context;
  let last: Look | undefined;
  let unreachable = 0;
  const every = options.poll ?? POLL;
  const ended = await waitUntil(
    {clock: session.clock, signal},
    {every, within: options.timeout},
    async () => {
      const state = await look(context);
      unreachable = state.status === 'unreachable' ? unreachable + 1 : 0;
      if (state.status === 'ready' || unreachable >= UNREACHABLE_LOOKS) return state;
      if (state.waitingFor !== last?.waitingFor) options.log.info(`waiting for ${state.waitingFor}`);
      last = state;
      return null;
    },
  );
  if (ended === null && signal?.aborted) throw interrupted(context);
  const {status, waitingFor} = ended ?? last ?? waiting('a first look');
  if (status === 'waiting') throw timedOut(context, waitingFor);
  if (status === 'unreachable') context.finding('docker-not-reached', waitingFor);
}

interface Look {
  /** `unreachable`: all of it is up as far as vCenter shows, but docker cannot be asked from here. */
  readonly status: 'ready' | 'waiting' | 'unreachable';
  readonly waitingFor: string;
}

const READY: Look = {status: 'ready', waitingFor: ''};

async function look(context: VchContext): Promise<Look> {
  const {options} = context;
  let appliance: Appliance;
  try {
    appliance = await context.writer.read();
  } catch (error) {
    const failure = toVchError(error);
    if (failure.failure === 'final' || failure.failure === 'moved-on') throw failure;
    return waiting(`an answer of vCenter (${failure.message})`);
  }
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
  const docker = await (options.probeDocker ?? probeDocker)(endpoint);
  switch (docker.status) {
    case 'running':
      return READY;
    case 'locked':
      options.log.info(`${where} wants a client certificate: it is up, and was not asked further`);
      return READY;
    case 'starting':
      return waiting(`${where} (${docker.reason})`);
    case 'unreachable': {
      const finding = `${where} cannot be reached from here (${docker.reason}); look with docker info from where it can`;
      return {status: 'unreachable', waitingFor: finding};
    }
  }
}

function waiting(waitingFor: string): Look {
  return {status: 'waiting', waitingFor};
}

function timedOut(context: VchContext, waitingFor: string): VchError {
  // VIC's own words, by which people and scripts know it.
  return new VchError(
    'VCH_ERR_TIMEOUT',
    `Upgrading VCH exceeded time limit of ${goDuration(context.options.timeout)}. Please increase the timeout using --timeout ` +
      `to accommodate for a busy vSphere target: ${context.label} was still waiting for ${waitingFor}`,
  );
}

function interrupted(context: VchContext): VchError {
  return new VchError('VCH_ERR_INTERRUPTED', `stopped while waiting for ${context.label} to become ready`);
}
