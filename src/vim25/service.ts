import {VchError} from '../errors.js';
import type {HttpAnswer} from './http-client.js';
import type {ManagedObjectReference} from './managed-object.js';
import {refValue} from './property-value.js';
import {child, childText, type XmlElement} from './xml.js';

/** What the server says it is. */
export type AboutInfo = ReturnType<typeof readAbout>;

function readAbout(about: XmlElement | undefined) {
  return {
    fullName: childText(about, 'fullName') ?? '',
    version: childText(about, 'version') ?? '',
    build: childText(about, 'build') ?? '',
    /** A standalone ESXi says `HostAgent`, and has no call that only a vCenter offers. */
    isVCenter: childText(about, 'apiType') === 'VirtualCenter',
    apiVersion: childText(about, 'apiVersion') ?? '',
    instanceUuid: childText(about, 'instanceUuid') ?? null,
  };
}

/** The managed objects every call starts from; `null` for those that the server does not have. */
export type ServiceContent = ReturnType<typeof serviceContent>['content'];

/** Reads the answer to `RetrieveServiceContent`. */
export function serviceContent(response: XmlElement, url: URL) {
  const value = child(response, 'returnval');
  const optional = (name: string) => refValue(child(value, name));
  const ref = (name: string): ManagedObjectReference => {
    const found = optional(name);
    if (found !== null) return found;
    throw new VchError('VCH_ERR_TRANSPORT', `${url.host} offers no ${name}; is it a vCenter or ESXi?`);
  };
  return {
    about: readAbout(child(value, 'about')),
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
/** For a server that does not list its versions; every server since 2016 knows it. */
const FALLBACK = '6.5';

/**
 * Picks the API version to use from `/sdk/vimServiceVersions.xml`: the newest in the namespace urn:vim25 that is not
 * newer than this client.
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

/** The versions listed for urn:vim25; none if the text is not that document. */
function offeredVersions(body: string): string[] {
  const vim25 = body.split('<name>urn:vim25</name>')[1]?.split('</namespace>')[0] ?? '';
  return [...vim25.matchAll(/<version>\s*(\d+(?:\.\d+)*)\s*<\/version>/g)].map(([, version = '']) => version);
}

/** Compares versions part by part, as numbers. */
const {compare: compareVersions} = new Intl.Collator('en', {numeric: true});
