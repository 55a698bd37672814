import {BlockList, isIP} from 'node:net';
import type {Problems} from './option.js';
import {decode} from './target.js';

/** The environment variables for proxies. */
export interface ProxyVariables {
  readonly https: string | undefined;
  readonly none: string | undefined;
}

/**
 * The proxy for a server by HTTPS_PROXY and NO_PROXY, as Go's programs (govc) read them; `undefined` if there is none. This
 * machine itself is never reached through a proxy.
 */
export function proxyFor(url: URL, {https, none}: ProxyVariables, problems: Problems): URL | undefined {
  if (https === undefined || isExempt(url, none ?? '')) return undefined;
  const proxy = parseProxy(https);
  // Not repeated: it may contain a password.
  if (proxy === undefined)
    problems.add(
      'HTTPS_PROXY is not the URL of an HTTP proxy, such as http://proxy:3128 (a % in user or password is %25)',
    );
  return proxy;
}

/** A proxy as a variable names it; `proxy:3128` is enough. */
export function parseProxy(text: string): URL | undefined {
  const full = /^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
  return decode(url.username) === undefined || decode(url.password) === undefined ? undefined : url;
}

const HERE = new BlockList();
HERE.addSubnet('127.0.0.0', 8, 'ipv4');
HERE.addAddress('::1', 'ipv6');

function isExempt({hostname, port}: URL, list: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (host === 'localhost' || isIn(HERE, host)) return true;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const [, name = entry, only] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      if (only !== undefined && only !== (port || '443')) return false;
      return name === '*' || names(name.replace(/^\[(.*)\]$/, '$1'), host);
    });
}

/** `example.com` names itself and its subdomains, `.example.com` only these, and `10.0.0.0/8` a network. */
function names(entry: string, host: string): boolean {
  const [network = '', bits] = entry.split('/');
  const family = isIP(network);
  if (family !== 0) {
    const prefix = bits === undefined ? NaN : Number(bits);
    if (!(prefix >= 0 && prefix <= (family === 4 ? 32 : 128))) return entry === host;
    const block = new BlockList();
    block.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6');
    return isIn(block, host);
  }
  const domain = entry.replace(/^\*?\./, '');
  if (domain === '') return false;
  return host.endsWith(`.${domain}`) || (domain === entry && host === domain);
}

function isIn(block: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && block.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
