import type {IncomingMessage} from 'node:http';
import {sessionCookie} from './http-message.js';
import {cleanPath, datastoreNamed} from './model/datastore-path.js';
import {childrenOf, type Datastore, type Entity} from './model/entity.js';
import type {Role} from './model/permissions.js';
import type {VCenter} from './model/vcenter.js';

/** What a URL below `/folder` names. */
export interface FolderUrl {
  /** Below the datastore; undefined where the URL is none. */
  readonly path: string | undefined;
  readonly datacenter: string;
  readonly datastore: string;
}

/** Takes `/folder/<path>?dcPath=<datacenter>&dsName=<datastore>` apart. */
export function readFolderUrl(text: string): FolderUrl {
  const url = new URL(text, 'https://localhost');
  return {
    path: cleanPath(decoded(url.pathname.slice('/folder'.length))),
    datacenter: url.searchParams.get('dcPath') ?? '',
    datastore: url.searchParams.get('dsName') ?? '',
  };
}

/** The datastore that the URL names; without a dcPath the only datacenter is meant. */
export function datastoreOf(vcenter: VCenter, {datacenter, datastore}: FolderUrl): Datastore | undefined {
  let entity: Entity | undefined = vcenter.inventory.rootFolder;
  const names = datacenter.split('/').filter((name) => name !== '');
  const children = childrenOf(entity);
  if (names.length === 0 && children.length === 1) entity = children[0];
  for (const name of names) entity = entity && childrenOf(entity).find((child) => child.name === name);
  return entity?.type === 'Datacenter' ? datastoreNamed(entity, datastore) : undefined;
}

/** The role of whoever asks: by session cookie, or by user and password. */
export function roleOf({headers}: IncomingMessage, vcenter: VCenter): Role | undefined {
  const session = vcenter.sessions.find(sessionCookie(headers.cookie));
  if (session !== undefined) return session.user.role;
  const [scheme, token] = headers.authorization?.split(' ', 2) ?? [];
  if (scheme?.toLowerCase() !== 'basic' || token === undefined) return undefined;
  const text = Buffer.from(token, 'base64').toString('utf8');
  return vcenter.users.find(({name, password}) => `${name}:${password}` === text)?.role;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not a URL of ours to repair: what cannot be decoded names no file.
    return '..';
  }
}
