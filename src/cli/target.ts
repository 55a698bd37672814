/** Where to connect to, as one string says it. */
export type Target =
  | {readonly kind: 'simulator'; readonly fixture: string}
  | {
      readonly kind: 'vsphere';
      /** The SDK endpoint, without credentials. */
      readonly url: URL;
      readonly user: string | undefined;
      readonly password: string | undefined;
      readonly datacenter: string | undefined;
    };

/** A target, or why the string is none. A problem never repeats the string: it may hold a password. */
export type ParsedTarget =
  | {readonly status: 'ok'; readonly target: Target}
  | {readonly status: 'invalid'; readonly problem: string};

const ENCODE =
  'percent-encode what a URL gives a meaning of its own in user and password ' +
  '(# as %23, / as %2F, ? as %3F, @ as %40, % as %25), or use --user and --password-file';

/**
 * Reads `https://host[:port][/sdk]`, a bare host, `user:password@host/datacenter`, or `sim:PATH`.
 * The user may hold an `@` (`administrator@vsphere.local`): the last one before the path ends the credentials, as govc has it.
 */
export function parseTarget(text: string): ParsedTarget {
  if (text.startsWith('sim:')) {
    const fixture = text.slice('sim:'.length);
    return fixture === ''
      ? invalid('has no fixture after sim: (sim:fixtures/legacy.json)')
      : {status: 'ok', target: {kind: 'simulator', fixture}};
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'https') {
    return invalid(`has the scheme ${scheme}, and only https is spoken; write https://host/sdk`);
  }
  return parseAuthority(scheme === undefined ? text : text.slice('https://'.length));
}

function parseAuthority(text: string): ParsedTarget {
  const end = text.search(/[/?#]/);
  const authority = end === -1 ? text : text.slice(0, end);
  const rest = end === -1 ? '' : text.slice(end);
  // A password with #, / or ? ends the authority early: without this check we would log in to a host
  // whose name is the user, or the first half of the password.
  if (rest.includes('@')) return invalid(`has an @ after its host part; ${ENCODE}`);
  if (/[?#]/.test(rest)) return invalid(`has a ? or # after its host; ${ENCODE}`);

  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const credentials = parseCredentials(at === -1 ? '' : authority.slice(0, at));
  if (credentials === undefined) return invalid(`has a % that no two hex digits follow; ${ENCODE}`);
  if (host === '') return invalid('names no host; write https://host/sdk');
  const url = parseHost(host);
  if (url === undefined)
    return invalid('has no valid host and port after its credentials; write https://host:port/sdk');
  const path = decode(rest.replace(/^\/+|\/+$/g, ''));
  if (path === undefined)
    return invalid('has a % in its datacenter that no two hex digits follow; write it as %25');
  const datacenter = path === '' || path === 'sdk' ? undefined : path;
  return {status: 'ok', target: {kind: 'vsphere', url, ...credentials, datacenter}};
}

function parseCredentials(
  text: string,
): {readonly user: string | undefined; readonly password: string | undefined} | undefined {
  const colon = text.indexOf(':');
  const user = decode(colon === -1 ? text : text.slice(0, colon));
  const password = decode(colon === -1 ? '' : text.slice(colon + 1));
  if (user === undefined || password === undefined) return undefined;
  return {user: user === '' ? undefined : user, password: password === '' ? undefined : password};
}

function parseHost(host: string): URL | undefined {
  const url = URL.canParse(`https://${host}/sdk`) ? new URL(`https://${host}/sdk`) : undefined;
  // WHATWG lets much pass that is no host and port: blanks it strips, backslashes it turns, a port of 0.
  if (url === undefined || /[\s\\]/.test(host) || url.port === '0' || url.pathname !== '/sdk')
    return undefined;
  return url;
}

/** A percent-encoded text; `undefined` where that is not well done. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function invalid(problem: string): ParsedTarget {
  return {status: 'invalid', problem};
}

/** The user that a target names. */
export function userIn(text: string): string | undefined {
  const parsed = parseTarget(text);
  return parsed.status === 'ok' && parsed.target.kind === 'vsphere' ? parsed.target.user : undefined;
}

/** The target as it may be shown and typed again: without the password, and without the user where it is to stand apart. */
export function withoutPassword(text: string, withUser = true): string {
  const parsed = parseTarget(text);
  if (parsed.status === 'invalid') return '…';
  const {target} = parsed;
  if (target.kind === 'simulator') return text;
  const user = target.user === undefined || !withUser ? '' : `${encodeURIComponent(target.user)}@`;
  const path = target.datacenter === undefined ? '/sdk' : `/${encodeURIComponent(target.datacenter)}`;
  return `https://${user}${target.url.host}${path}`;
}
