import {readFileSync, statSync} from 'node:fs';
import {createSecureContext, type PeerCertificate, rootCertificates, TLSSocket} from 'node:tls';
import type {buildConnector} from 'undici';
import {VchError} from '../errors.js';

// Why: docs/decisions/003-trust-and-contact.md

/** How the server's certificate is trusted. Each is tried as govc does: system and given CAs, then pins. */
export interface TlsOptions {
  /** SHA-1 (40 hex digits) or SHA-256 (64) of the leaf certificate, colons and case as you like. Given, it must match. */
  readonly thumbprint?: string | undefined;
  /** PEM text of CA certificates trusted besides the system's. */
  readonly ca?: string | undefined;
  /** Text of known-hosts files as govc writes them: `host[:port] THUMBPRINT` a line. */
  readonly knownHosts?: string | undefined;
  /** Trust any certificate. */
  readonly insecure?: boolean | undefined;
}

// Where the Linux distributions keep their bundle of trusted CAs; Node itself only knows the one it was built with.
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** How a TLS connection is opened, for `trusting` to judge. */
export function connectorOptions(options: TlsOptions, timeout: number): buildConnector.BuildOptions {
  // Sessions are not resumed: a resumed handshake shows no certificate to compare.
  return {
    timeout,
    rejectUnauthorized: false,
    maxCachedSessions: 0,
    allowH2: false,
    // Made once: parsing some two hundred authorities costs more than all the rest of a handshake.
    secureContext: createSecureContext({ca: needsAuthorities(options) ? trustedAuthorities(options) : []}),
  };
}

/**
 * Opens connections whose certificate is judged before a byte of the request is sent: by the CAs first, and if
 * they do not vouch for it, by the pins. A thumbprint that was given must match whatever the CAs say.
 */
export function trusting(
  connect: buildConnector.connector,
  url: URL,
  options: TlsOptions,
): buildConnector.connector {
  return (target, callback) => {
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      const refusal = socket instanceof TLSSocket ? judge(socket, url, options) : null;
      if (refusal === null) return callback(null, socket);
      socket.destroy();
      return callback(refusal, null);
    });
  };
}

/** Where a thumbprint decides, or nothing does, the authorities are not asked. */
function needsAuthorities({thumbprint, insecure}: TlsOptions): boolean {
  return thumbprint === undefined && insecure !== true;
}

/** The system's certificate authorities, and those that were given. */
export function trustedAuthorities(options: TlsOptions = {}): string[] {
  const named = process.env['SSL_CERT_FILE'];
  const bundle = (named === undefined ? SYSTEM_BUNDLES : [named]).find(
    (path) => statSync(path, {throwIfNoEntry: false})?.isFile() === true,
  );
  const authorities = [...rootCertificates];
  if (bundle !== undefined) authorities.push(readFileSync(bundle, 'utf8'));
  if (options.ca !== undefined) authorities.push(options.ca);
  return authorities;
}

function judge(socket: TLSSocket, url: URL, options: TlsOptions): VchError | null {
  if (options.thumbprint === undefined && (options.insecure === true || socket.authorized)) return null;
  const certificate = socket.getPeerCertificate();
  if (options.thumbprint !== undefined) {
    if (matches(certificate, options.thumbprint)) return null;
    return new VchError(
      'VCH_ERR_TLS',
      `${url.host} shows a certificate with another thumbprint than the one given; its own is ` +
        `${certificate.fingerprint256} (SHA-256), ${certificate.fingerprint} (SHA-1). If that is right, pass it as --thumbprint`,
    );
  }
  const pins = knownHostPins(options.knownHosts ?? '', url);
  if (pins.some((pin) => matches(certificate, pin))) return null;
  const reason = pins.length > 0 ? 'and it differs from the one in the known-hosts file' : reasonOf(socket);
  return new VchError(
    'VCH_ERR_TLS',
    `the certificate of ${url.host} is not trusted (${reason}). Compare its thumbprint with the server's and pass ` +
      `--thumbprint ${certificate.fingerprint256}, or trust its CA with --ca FILE`,
  );
}

function reasonOf(socket: TLSSocket): string {
  // Typed as Error, but it is the code of OpenSSL as a string, or an Error for a host name that does not match.
  const reason: unknown = socket.authorizationError;
  return reason instanceof Error ? reason.message : String(reason);
}

function matches(certificate: PeerCertificate, thumbprint: string): boolean {
  const wanted = bareThumbprint(thumbprint);
  return [certificate.fingerprint, certificate.fingerprint256].some(
    (shown) => bareThumbprint(shown) === wanted,
  );
}

function bareThumbprint(thumbprint: string): string {
  return thumbprint.replaceAll(':', '').trim().toLowerCase();
}

/** The thumbprints a known-hosts text has for that server; a line is `host[:port] THUMBPRINT`, the port 443 if unset. */
export function knownHostPins(text: string, url: URL): string[] {
  const server = `${url.hostname}:${url.port === '' ? '443' : url.port}`;
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/))
    .filter(([host, pin]) => host !== undefined && pin !== undefined && withPort(host) === server)
    .map(([, pin]) => pin ?? '');
}

function withPort(host: string): string {
  return /:\d+$/.test(host) ? host : `${host}:443`;
}
