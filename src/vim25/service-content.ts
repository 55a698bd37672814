import {VchError} from '../errors.js';
import type {ManagedObjectReference} from './managed-object.js';
import {refValue} from './property-value.js';
import {child, childText, type XmlElement} from './xml-tree.js';

/** What the server says it is. */
export interface AboutInfo {
  readonly fullName: string;
  readonly version: string;
  readonly build: string;
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
