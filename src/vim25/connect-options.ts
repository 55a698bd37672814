import type {Logger} from '../log.js';
import type {Clock} from './clock.js';

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

/** What it takes to log in to a vCenter or ESXi. */
export interface ConnectOptions {
  /** The SDK endpoint, without credentials: `https://vc.example/sdk`. */
  readonly url: URL;
  readonly user: string;
  readonly password: string;
  readonly tls: TlsOptions;
  /** Sent as `operationID` with every call, so that vpxd's log can be searched for the run. */
  readonly runId: string;
  readonly log: Logger;
  /** What retries and waiting go by; the machine's own where it is left out. */
  readonly clock?: Clock | undefined;
  /** Aborted, the login is given up at once; what comes after it is not touched. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds within which the TCP and TLS handshakes must be done; 10,000. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds a call may take to answer; 120,000 (20,000 before the login is through). */
  readonly requestTimeout?: number | undefined;
}
