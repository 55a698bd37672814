import {type FileText, type ReadText, whyUnread} from '../text-file.js';
import type {TlsOptions} from '../vim25/tls.js';
import type {Environment} from './credentials.js';
import type {GivenOptions, Problems} from './option.js';

/** How the server's certificate is trusted. Options override vic-machine's variables, and those override govc's. */
export function readTrust(
  given: GivenOptions,
  env: Environment,
  read: ReadText,
  problems: Problems,
): TlsOptions {
  const pinned = given.text('thumbprint') ?? env.vicMachine.thumbprint;
  const thumbprint = pinned === undefined ? undefined : normalizeThumbprint(pinned);
  if (pinned !== undefined && thumbprint === undefined) {
    const word = given.text('thumbprint') === undefined ? 'VIC_MACHINE_THUMBPRINT' : '--thumbprint';
    problems.add(`${word} is not a SHA-1 (40 hex digits) or SHA-256 (64 hex digits) of a certificate`);
  }
  const ca = given.text('ca');
  const texts = (word: string, paths: readonly string[], faultOf: (file: FileText) => string | undefined) => {
    const found = paths.flatMap((path) => {
      const file = read(path);
      const fault = faultOf(file);
      if (fault !== undefined) problems.add(`${word}: ${path} ${fault}`);
      return file.status === 'read' ? [file.text] : [];
    });
    return found.length === 0 ? undefined : found.join('\n');
  };
  return {
    thumbprint,
    ca:
      ca === undefined
        ? texts('GOVC_TLS_CA_CERTS', env.govc.caCerts, certificateFault)
        : texts('--ca', [ca], certificateFault),
    knownHosts: texts('GOVC_TLS_KNOWN_HOSTS', env.govc.knownHosts, knownHostsFault),
    // A pinned certificate or a named CA must be checked, whatever an old GOVC_INSECURE says.
    insecure: given.flag('insecure') || (env.govc.insecure && pinned === undefined && ca === undefined),
  };
}

/** A thumbprint of either length as upper-case pairs with colons; `undefined` if it is not one. */
function normalizeThumbprint(text: string): string | undefined {
  const digits = text.trim().replaceAll(':', '').toUpperCase();
  if (!/^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(digits)) return undefined;
  return digits.match(/../g)?.join(':');
}

function certificateFault(file: FileText): string | undefined {
  if (file.status !== 'read') return `cannot be read (${whyUnread(file)})`;
  return file.text.includes('-----BEGIN CERTIFICATE-----') ? undefined : 'contains no PEM certificate';
}

/** Known-hosts files may be missing, as in govc: they are written on first trust. */
function knownHostsFault(file: FileText): string | undefined {
  return file.status === 'unreadable' ? `cannot be read (${file.reason})` : undefined;
}
