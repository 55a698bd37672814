import {buildConnector, type Dispatcher, errors, Pool, ProxyAgent} from 'undici';
import {systemCode, VchError} from '../errors.js';
import {connectorOptions, type TlsOptions, trustedAuthorities, trusting} from './tls.js';

interface DispatcherOptions {
  readonly url: URL;
  readonly tls: TlsOptions;
  readonly proxy?: URL | undefined;
  /** Milliseconds for each handshake: with the server, and with the proxy. */
  readonly timeout: number;
  readonly connections: number;
}

/** The connections to one server, by way of a proxy if there is one: its certificate is judged alike. */
export function dispatcherTo({url, tls, proxy, timeout, connections}: DispatcherOptions): Dispatcher {
  const options = connectorOptions(tls, timeout);
  const pool = (connect: buildConnector.connector) =>
    new Pool(url.origin, {connections, pipelining: 1, connect: trusting(connect, url, tls)});
  if (proxy === undefined) return pool(buildConnector(options));
  return new ProxyAgent({
    uri: proxy.href,
    requestTls: options,
    proxyTls: {timeout, ...(proxy.protocol === 'https:' ? {ca: trustedAuthorities()} : {})},
    // A proxy that takes the request for a tunnel and keeps silent is one that hangs.
    clientFactory: (origin, given) => new Pool(origin, {...given, headersTimeout: timeout}),
    factory: (_origin, given) => pool(tunnelled(connectorIn(given), url, proxy)),
  });
}

/** What a ProxyAgent gives its pools to connect with. */
function connectorIn(given: {connect?: unknown}): buildConnector.connector {
  const {connect} = given;
  if (typeof connect !== 'function') throw new VchError('VCH_ERR_INTERNAL', 'undici opens no tunnel');
  return (target, callback) => connect(target, callback);
}

/** Nothing was sent to the server where the tunnel to it failed. */
function tunnelled(connect: buildConnector.connector, url: URL, proxy: URL): buildConnector.connector {
  return (target, callback) => {
    connect(target, (...[error, socket]) => {
      if (error === null) return callback(null, socket);
      return callback(tunnelError(error, url, proxy), null);
    });
  };
}

function tunnelError(error: Error, url: URL, proxy: URL): VchError {
  const [, status] = /^Proxy response \((\d{3})\)/.exec(error.message) ?? [];
  const code = error instanceof errors.UndiciError ? error.code : systemCode(error);
  const why =
    status === undefined ? code : `it answers ${status}${status === '407' ? ', it wants a user' : ''}`;
  return new VchError(
    'VCH_ERR_TRANSPORT',
    `${url.host} cannot be reached through the proxy ${proxy.host} (${why}); check HTTPS_PROXY, or name the server in NO_PROXY`,
    // A gateway that does not reach the server now may do so later; a refusal stays one.
    {failure: status?.startsWith('4') ? 'final' : 'not-sent'},
  );
}
