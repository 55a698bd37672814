import {SaxesParser} from 'saxes';
import {VchError} from '../errors.js';
import type {HttpAnswer} from './http-client.js';
import type {ManagedObjectReference} from './managed-object.js';
import {refValue} from './property-value.js';
import {child, childText, type XmlElement} from './xml.js';

/** What the server says it is. */
export interface AboutInfo {
  readonly fullName: string;
  readonly version: string;
  readonly build: string;
  /** `VirtualCenter`; a standalone ESXi says `HostAgent`. */
  readonly apiType: string;
  readonly apiVersion: string;
  readonly instanceUuid: string | null;
}

/** The managed objects every call starts from. */
export interface ServiceContent {
  readonly rootFolder: ManagedObjectReference;
  readonly propertyCollector: ManagedObjectReference;
  readonly viewManager: ManagedObjectReference;
  readonly sessionManager: ManagedObjectReference;
  /** Those are `null` where the server has none. */
  readonly authorizationManager: ManagedObjectReference | null;
  readonly eventManager: ManagedObjectReference | null;
  readonly fileManager: ManagedObjectReference | null;
}

/** Reads the answer to `RetrieveServiceContent`. */
export function serviceContent(response: XmlElement, url: URL): {about: AboutInfo; content: ServiceContent} {
  const value = child(response, 'returnval');
  const about = child(value, 'about');
  const optional = (name: string) => refValue(child(value, name));
  const ref = (name: string): ManagedObjectReference => {
    const found = optional(name);
    if (found !== null) return found;
    throw new VchError('VCH_ERR_TRANSPORT', `${url.host} offers no ${name}; is it a vCenter or ESXi?`);
  };
  return {
    about: {
      fullName: childText(about, 'fullName') ?? '',
      version: childText(about, 'version') ?? '',
      build: childText(about, 'build') ?? '',
      apiType: childText(about, 'apiType') ?? '',
      apiVersion: childText(about, 'apiVersion') ?? '',
      instanceUuid: childText(about, 'instanceUuid') ?? null,
    },
    content: {
      rootFolder: ref('rootFolder'),
      propertyCollector: ref('propertyCollector'),
      viewManager: ref('viewManager'),
      sessionManager: ref('sessionManager'),
      authorizationManager: optional('authorizationManager'),
      eventManager: optional('eventManager'),
      fileManager: optional('fileManager'),
    },
  };
}

/** The newest API version whose fields this client was written against. */
const NEWEST_KNOWN = '8.0.3.0';
/** Spoken to a server that does not tell its versions; every server since 2016 knows it. */
const FALLBACK = '6.5';

/**
 * Picks the API version to ask for out of `/sdk/vimServiceVersions.xml`: the newest that the server offers in
 * the namespace urn:vim25 and that is not newer than this client.
 */
export function negotiateVersion(answer: Pick<HttpAnswer, 'status' | 'body'>, url: URL): string {
  if (answer.status === 404) return FALLBACK;
  const offered = offeredVersions(answer.body);
  if (offered.length === 0) {
    const what = /<html[\s>]|<!DOCTYPE\s+html/i.test(answer.body.slice(0, 4096))
      ? 'an HTML page'
      : 'no list of API versions';
    throw new VchError(
      'VCH_ERR_TRANSPORT',
      `${url.host} answered HTTP ${answer.status} with ${what} for /sdk/vimServiceVersions.xml; check --target, it is not a working vSphere SDK endpoint`,
    );
  }
  const known = offered
    .filter((version) => compareVersions(version, NEWEST_KNOWN) <= 0)
    .sort(compareVersions);
  return known.at(-1) ?? FALLBACK;
}

/** The versions listed for urn:vim25; none where the text is not that document. */
function offeredVersions(body: string): string[] {
  // SOAP and its side documents have no DOCTYPE; one with entities is not parsed at all.
  if (/<!DOCTYPE/i.test(body)) return [];
  const versions: string[] = [];
  let namespace = '';
  let text = '';
  const parser = new SaxesParser();
  parser.on('opentag', () => {
    text = '';
  });
  parser.on('text', (piece) => {
    text += piece;
  });
  parser.on('closetag', (tag) => {
    if (tag.name === 'name') namespace = text.trim();
    if (tag.name === 'version' && namespace === 'urn:vim25' && /^\d+(\.\d+)*$/.test(text.trim()))
      versions.push(text.trim());
    text = '';
  });
  try {
    parser.write(body).close();
  } catch {
    return [];
  }
  return versions;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i += 1) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
