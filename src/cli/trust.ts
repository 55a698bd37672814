import {type ReadText, whyUnread} from '../text-file.js';
import type {TlsOptions} from '../vim25/tls.js';
import type {Environment} from './credentials.js';
import type {GivenOptions, Problems} from './option.js';

/** How the server's certificate is trusted, by options, then vic-machine's variables, then govc's. */
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
    problems.add(`${word} is no SHA-1 (40 hex digits) or SHA-256 (64 hex digits) of a certificate`);
  }
  const ca = given.text('ca');
  return {
    thumbprint,
    ca:
      ca === undefined
        ? readCertificates(env.govc.caCerts, 'GOVC_TLS_CA_CERTS', read, problems)
        : readCertificates([ca], '--ca', read, problems),
    knownHosts: readKnownHosts(env.govc.knownHosts, read, problems),
    // Who pins a certificate or names its CA wants it checked, whatever an old GOVC_INSECURE says.
    insecure: given.flag('insecure') || (env.govc.insecure && pinned === undefined && ca === undefined),
  };
}

/** A thumbprint of either length as upper-case pairs with colons, or `undefined` if it is none. */
function normalizeThumbprint(text: string): string | undefined {
  const digits = text.trim().replaceAll(':', '').toUpperCase();
  if (!/^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(digits)) return undefined;
  return digits.match(/../g)?.join(':');
}

function readCertificates(
  paths: readonly string[],
  word: string,
  read: ReadText,
  problems: Problems,
): string | undefined {
  const texts: string[] = [];
  for (const path of paths) {
    const file = read(path);
    if (file.status !== 'read') {
      problems.add(`${word}: ${path} cannot be read (${whyUnread(file)})`);
    } else if (!file.text.includes('-----BEGIN CERTIFICATE-----')) {
      problems.add(`${word}: ${path} holds no PEM certificate`);
    } else {
      texts.push(file.text);
    }
  }
  return texts.length === 0 ? undefined : texts.join('\n');
}

/** Known-hosts files may be missing, as with govc: they are written on first trust. */
function readKnownHosts(paths: readonly string[], read: ReadText, problems: Problems): string | undefined {
  const texts: string[] = [];
  for (const path of paths) {
    const file = read(path);
    if (file.status === 'read') texts.push(file.text);
    if (file.status === 'unreadable')
      problems.add(`GOVC_TLS_KNOWN_HOSTS: ${path} cannot be read (${file.reason})`);
  }
  return texts.length === 0 ? undefined : texts.join('\n');
}
