/** Where to connect to. */
export type Target =
  | {
      readonly kind: 'simulator';
      readonly fixture: string;
      /** The file is a copy of a vCenter: what is found in it is not the vCenter itself. */
      readonly isDump: boolean;
    }
  | {
      readonly kind: 'vsphere';
      /** The SDK endpoint, without credentials. */
      readonly url: URL;
      readonly user: string | undefined;
      readonly password: string | undefined;
      readonly datacenter: string | undefined;
    };

/** A string that is not a target. The problem never repeats the string, which may contain a password. */
interface Invalid {
  readonly kind: 'invalid';
  readonly problem: string;
}

const ENCODE =
  'percent-encode the characters of user and password that have a meaning in a URL ' +
  '(# as %23, / as %2F, ? as %3F, @ as %40, % as %25), or use --user and --password-file';

/**
 * Reads `https://host[:port][/sdk]`, a bare host, `user:password@host/datacenter`, `sim:PATH` or `dump:PATH`.
 * The user may contain an `@` (`administrator@vsphere.local`): as in govc, the last one before the path ends the credentials.
 */
export function parseTarget(text: string): Target | Invalid {
  if (text.startsWith('sim:')) {
    const fixture = text.slice('sim:'.length);
    return fixture === ''
      ? invalid('has no fixture after sim: (sim:fixtures/legacy.json)')
      : {kind: 'simulator', fixture, isDump: false};
  }
  if (text.startsWith('dump:')) {
    const fixture = text.slice('dump:'.length);
    return fixture === ''
      ? invalid('has no file after dump: (dump:vch1.dump.json)')
      : {kind: 'simulator', fixture, isDump: true};
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'https') {
    return invalid(`has the scheme ${scheme}, but only https is supported; write https://host/sdk`);
  }
  return parseAuthority(scheme === undefined ? text : text.slice('https://'.length));
}

function parseAuthority(text: string): Target | Invalid {
  const end = text.search(/[/?#]/);
  const authority = end === -1 ? text : text.slice(0, end);
  const rest = end === -1 ? '' : text.slice(end);
  // A #, / or ? in a password ends the authority early: without this check, the user or the first half of the password
  // would become the host.
  if (rest.includes('@')) return invalid(`has an @ after its host part; ${ENCODE}`);
  if (/[?#]/.test(rest)) return invalid(`has a ? or # after its host; ${ENCODE}`);

  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const credentials = parseCredentials(at === -1 ? '' : authority.slice(0, at));
  if (credentials === undefined) return invalid(`has a % without two hex digits after it; ${ENCODE}`);
  if (host === '') return invalid('names no host; write https://host/sdk');
  const url = parseHost(host);
  if (url === undefined)
    return invalid('has no valid host and port after its credentials; write https://host:port/sdk');
  const path = decode(rest.replace(/^\/+|\/+$/g, ''));
  if (path === undefined)
    return invalid('has a % without two hex digits after it in its datacenter; write it as %25');
  const datacenter = path === '' || path === 'sdk' ? undefined : path;
  return {kind: 'vsphere', url, ...credentials, datacenter};
}

function parseCredentials(text: string) {
  const [, user, password] = /^([^:]*):?(.*)$/s.exec(text)?.map(decode) ?? [];
  if (user === undefined || password === undefined) return undefined;
  return {user: user || undefined, password: password || undefined};
}

function parseHost(host: string): URL | undefined {
  const url = URL.canParse(`https://${host}/sdk`) ? new URL(`https://${host}/sdk`) : undefined;
  // WHATWG URLs allow more than host and port: blanks are dropped, backslashes become slashes, and a port may be 0.
  const isValid = url?.pathname === '/sdk' && url.port !== '0' && !/[\s\\]/.test(host);
  return isValid ? url : undefined;
}

/** A percent-encoded text; `undefined` if its encoding is wrong. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function invalid(problem: string): Invalid {
  return {kind: 'invalid', problem};
}

/** The user that a target names. */
export function userIn(text: string): string | undefined {
  const target = parseTarget(text);
  return target.kind === 'vsphere' ? target.user : undefined;
}

/** A target that can be shown and typed again: without its password, and maybe without its user. */
export function withoutPassword(text: string, withUser = true): string {
  const target = parseTarget(text);
  if (target.kind === 'invalid') return '…';
  if (target.kind === 'simulator') return text;
  const user = target.user === undefined || !withUser ? '' : `${encodeURIComponent(target.user)}@`;
  const path = target.datacenter === undefined ? '/sdk' : `/${encodeURIComponent(target.datacenter)}`;
  return `https://${user}${target.url.host}${path}`;
}
