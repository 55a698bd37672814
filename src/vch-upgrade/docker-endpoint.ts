import {type IncomingMessage, request as plainRequest} from 'node:http';
import {request as tlsRequest} from 'node:https';
import {isIP} from 'node:net';
import {systemCode} from '../errors.js';
import {CLIENT_IP_KEY, DOCKER_ARGS_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';

/** Where a VCH answers docker. */
export interface DockerEndpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * What a request for `/info` shows. `locked`: docker is up and rejects this client. `starting`: docker is not up, because
 * nothing listens, it answers with an error of its own, or its port layer does not run. `unclear`: something else happened,
 * which proves nothing. `unreachable`: the same, and waiting will not help.
 */
export type DockerState =
  | {readonly status: 'running' | 'locked'}
  | {readonly status: 'starting' | 'unclear' | 'unreachable'; readonly reason: string};

export type ProbeDocker = (endpoint: DockerEndpoint) => Promise<DockerState>;

/** VIC serves docker without TLS there and nowhere else. */
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;
const TIMEOUT = 3_000;
const MOST = 1024 * 1024;
const V4_IN_V6 = Buffer.from('00000000000000000000ffff', 'hex');

/**
 * The address on the client network; `null` until the guest has told it. VIC stores the bytes in base64, and Go writes an
 * IPv4 address in 16 of them as well as in 4.
 */
export function clientIp({config, ipAddress}: Pick<Appliance, 'config' | 'ipAddress'>): string | null {
  const text = decodeValue(config[CLIENT_IP_KEY] ?? '');
  const address = isIP(text) === 0 ? addressIn(Buffer.from(text, 'base64')) : text;
  return address !== null && !isUnspecified(address) ? address : ipAddress;
}

function addressIn(bytes: Buffer): string | null {
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.length !== 16) return null;
  if (bytes.subarray(0, 12).equals(V4_IN_V6)) return [...bytes.subarray(12)].join('.');
  return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
}

/** `0.0.0.0` and `::`: the value until DHCP has answered. */
function isUnspecified(address: string): boolean {
  return /^[0.:]*$/.test(address);
}

/** Where docker listens, according to the arguments of the docker personality. */
export function dockerEndpoint(appliance: Pick<Appliance, 'config' | 'ipAddress'>): DockerEndpoint | null {
  const host = clientIp(appliance);
  if (host === null) return null;
  const [, port] = /(?:^|\|)--?port=(\d{1,5})(?:\||$)/.exec(appliance.config[DOCKER_ARGS_KEY] ?? '') ?? [];
  return {host, port: port === undefined ? TLS_PORT : Number(port)};
}

/** Requests `/info` once. The certificate is not checked: the request holds nothing to protect. */
export function probeDocker({host, port}: DockerEndpoint): Promise<DockerState> {
  if (isNobodys(host))
    return Promise.resolve({status: 'unreachable', reason: `${host} is reserved for documentation`});
  return new Promise((resolve) => {
    const options = {host, port, path: '/info', timeout: TIMEOUT, agent: false, rejectUnauthorized: false};
    const request = port === PLAIN_PORT ? plainRequest(options) : tlsRequest(options);
    request.on('response', (response) => void readInfo(response).then(resolve));
    let connected = false;
    let shookHands = false;
    request.on('socket', (socket) => {
      socket.once('connect', () => (connected = true));
      socket.once('secureConnect', () => (shookHands = true));
    });
    request.on('timeout', () => {
      request.destroy();
      resolve({status: connected ? 'unclear' : 'unreachable', reason: 'no answer in time'});
    });
    request.on('error', (error) => resolve(stateOf(error, shookHands)));
    request.end();
  });
}

async function readInfo(response: IncomingMessage): Promise<DockerState> {
  const {statusCode = 0} = response;
  if (statusCode >= 400 && statusCode < 500) {
    response.destroy();
    return {status: 'locked'};
  }
  const unclear = (reason: string): DockerState => ({status: 'unclear', reason});
  const starting = (reason: string): DockerState => ({status: 'starting', reason});
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      size += chunk.length;
      if (size > MOST) return unclear('/info is too long');
      chunks.push(chunk);
    }
  } catch {
    return unclear('/info broke off');
  }
  if (statusCode !== 200) return (statusCode >= 500 ? starting : unclear)(`/info answers ${statusCode}`);
  // The port layer's row in docker's SystemStatus. A docker without it is not VIC's, and is up.
  const portLayer = /"[^"]*port\s*layer[^"]*"\s*,\s*"([^"]*)"/i.exec(Buffer.concat(chunks).toString('utf8'));
  const state = portLayer?.[1]?.trim() ?? 'RUNNING';
  return state === 'RUNNING' ? {status: 'running'} : starting(`the port layer is ${state}`);
}

const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EACCES', 'EPERM', 'EADDRNOTAVAIL']);

/** A TLS server that is up and rejects us sends an alert. This matches what Node and OpenSSL call it. */
const ALERT = /\balert\b/i;

function stateOf(error: Error, shookHands: boolean): DockerState {
  const code = systemCode(error);
  if (code === 'ECONNREFUSED') return {status: 'starting', reason: code};
  if (UNREACHABLE.has(code)) return {status: 'unreachable', reason: code};
  // A server that wants a client certificate says so during the handshake, or after it (TLS 1.3), or closes the connection.
  if (shookHands || ALERT.test(`${code.replaceAll('_', ' ')} ${error.message}`)) return {status: 'locked'};
  return {status: 'unclear', reason: code};
}

/** RFC 5737: no machine has such an address. */
function isNobodys(host: string): boolean {
  return /^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(host);
}
