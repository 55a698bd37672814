import type {IncomingMessage, ServerResponse} from 'node:http';
import {type Reply, replyInstead} from './dispatch.js';
import type {FaultAction, FaultRules} from './fault-rules.js';
import {send, sessionCookie} from './http-message.js';
import {type DatastoreTarget, userOf} from './methods/datastore-target.js';
import type {FileWriter} from './model/datastore-files.js';
import {cleanPath, folderOf} from './model/datastore-path.js';
import {childrenOf, type Datastore, datastoreNamed, type Entity} from './model/entity.js';
import {hasPrivilege, type Role} from './model/permissions.js';
import type {VCenter} from './model/vcenter.js';
import type {RequestLog} from './request-log.js';

/** What answers requests for files. */
export interface FolderServer {
  readonly vcenter: VCenter;
  readonly faults: FaultRules;
  readonly requests: RequestLog;
}

/** What a file request comes to. */
type FolderReply =
  | {readonly status: 'answer'; readonly code: number; readonly text: string}
  | {readonly status: 'drop'};

const PRIVILEGES: ReadonlyMap<string, string> = new Map([
  ['GET', 'Datastore.Browse'],
  ['HEAD', 'Datastore.Browse'],
  ['PUT', 'Datastore.FileManagement'],
  ['DELETE', 'Datastore.FileManagement'],
]);

/** Answers a request for `/folder/<path>?dcPath=<datacenter>&dsName=<datastore>`, scripted faults included. */
export async function answerFolder(
  request: IncomingMessage,
  response: ServerResponse,
  {vcenter, faults, requests}: FolderServer,
): Promise<void> {
  const url = readFolderUrl(request.url ?? '');
  const verb = request.method ?? 'GET';
  const call = {method: `${verb} /folder`, object: `[${url.datastore}] ${url.path ?? ''}`};
  requests.add({...call, at: vcenter.inventory.clock.now()});
  const action = faults.apply(call);
  const early = action === undefined || isCut(action, verb) ? undefined : replyInstead(action);
  if (early !== undefined) {
    replyEarly(request, response, early);
    return;
  }
  const role = roleOf(request, vcenter);
  const privilege = PRIVILEGES.get(verb);
  const datastore = datastoreOf(vcenter, url);
  if (role === undefined) response.setHeader('WWW-Authenticate', 'Basic realm="VMware HTTP server"');
  const reply =
    role === undefined
      ? answer(401, 'Unauthorized')
      : privilege === undefined
        ? answer(405, 'Method Not Allowed')
        : datastore === undefined || url.path === undefined
          ? answer(404, 'Not Found')
          : hasPrivilege(role, privilege, datastore.id)
            ? await carryOut(verb, {datastore, path: url.path}, request, response, vcenter, action)
            : answer(403, 'Forbidden');
  if (reply === undefined) return;
  if (reply.status === 'drop' || action === 'drop-after') {
    request.socket.destroy();
    return;
  }
  if (typeof action === 'object' && 'delay' in action) {
    const {clock} = vcenter.inventory;
    await clock.sleep(action.delay, {signal: closing(response), answering: true});
  }
  request.resume();
  send(response, reply.code, verb === 'HEAD' ? '' : reply.text, 'text/plain');
}

/** Carries a request out; undefined where it has answered by itself. */
async function carryOut(
  verb: string,
  target: DatastoreTarget,
  request: IncomingMessage,
  response: ServerResponse,
  vcenter: VCenter,
  action: FaultAction | undefined,
): Promise<FolderReply | undefined> {
  const {files, id} = target.datastore;
  const changed = (): void => vcenter.inventory.changes.changed(id);
  if (verb === 'PUT') {
    const reply = await putFile(target, request, vcenter, action);
    changed();
    return reply;
  }
  const file = files.get(target.path);
  if (file === undefined) return answer(404, 'Not Found');
  if (verb === 'DELETE') {
    const user = userOf(vcenter, target);
    if (user !== undefined) return answer(500, `the file is locked: it is in use by ${user}`);
    if (action !== 'ignore') files.delete(target.path);
    changed();
    return answer(204, '');
  }
  if (verb === 'GET' && file.bytes === undefined)
    return answer(500, `this simulator keeps no file of ${file.size} bytes, only its digest`);
  if (action === 'drop-after') return {status: 'drop'};
  response.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': file.size,
    'Last-Modified': new Date(file.modified).toUTCString(),
  });
  response.end(verb === 'GET' ? file.bytes : undefined);
  return undefined;
}

function replyEarly(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  // Whoever is not answered can still send everything, as to a server that hangs while it stores.
  request.resume();
  if (reply.status === 'drop') request.socket.destroy();
  else if (reply.status === 'answer') send(response, reply.code, reply.body, reply.type ?? 'text/plain');
}

function isCut(action: FaultAction, verb: string): boolean {
  return verb === 'PUT' && typeof action === 'object' && 'cutAfter' in action;
}

function answer(code: number, text: string): FolderReply {
  return {status: 'answer', code, text};
}

function closing(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

/** Stores the body of a request as a file; of a request that breaks off, what came in stays. */
async function putFile(
  target: DatastoreTarget,
  request: IncomingMessage,
  vcenter: VCenter,
  action: FaultAction | undefined,
): Promise<FolderReply> {
  const {
    path,
    datastore: {files},
  } = target;
  if (path === '' || files.hasFolder(path)) return answer(409, 'there is a folder of that name');
  if (!files.hasFolder(folderOf(path))) return answer(404, 'the folder does not exist');
  const user = userOf(vcenter, target);
  if (user !== undefined) return answer(500, `the file is locked: it is in use by ${user}`);
  if (action === 'ignore') {
    await drain(request);
    return answer(201, 'Created');
  }
  const announced = Number(request.headers['content-length'] ?? 0);
  const before = files.get(path);
  if (announced > files.freeSpace + (before?.size ?? 0)) return full();
  const file = files.open(path);
  try {
    const limit = typeof action === 'object' && 'cutAfter' in action ? action.cutAfter : undefined;
    const stored = await store(request, file, limit);
    if (stored === 'cut') return {status: 'drop'};
    if (stored === 'full') return full();
    return before === undefined ? answer(201, 'Created') : answer(200, 'OK');
  } finally {
    files.close(path);
  }
}

async function store(
  request: IncomingMessage,
  file: FileWriter,
  limit: number | undefined,
): Promise<'whole' | 'cut' | 'full'> {
  if (limit === 0) return 'cut';
  try {
    for await (const chunk of request.iterator({destroyOnReturn: false})) {
      const bytes = Buffer.from(chunk);
      const rest = limit === undefined ? bytes.length : limit - file.size;
      if (!file.write(bytes.subarray(0, rest))) return 'full';
      if (limit !== undefined && file.size >= limit) return 'cut';
    }
  } catch {
    // The client has gone; what it sent is a file like any other.
    return 'cut';
  }
  return limit === undefined ? 'whole' : 'cut';
}

async function drain(request: IncomingMessage): Promise<void> {
  for await (const _ of request);
}

function full(): FolderReply {
  return answer(507, 'there is no space left on the datastore');
}

/** What a URL below `/folder` names. */
interface FolderUrl {
  /** Below the datastore; undefined where the URL is none. */
  readonly path: string | undefined;
  readonly datacenter: string;
  readonly datastore: string;
}

/** Takes `/folder/<path>?dcPath=<datacenter>&dsName=<datastore>` apart. */
function readFolderUrl(text: string): FolderUrl {
  const url = new URL(text, 'https://localhost');
  return {
    path: cleanPath(decoded(url.pathname.slice('/folder'.length))),
    datacenter: url.searchParams.get('dcPath') ?? '',
    datastore: url.searchParams.get('dsName') ?? '',
  };
}

/** The datastore that the URL names; without a dcPath the only datacenter is meant. */
function datastoreOf(vcenter: VCenter, {datacenter, datastore}: FolderUrl): Datastore | undefined {
  let entity: Entity | undefined = vcenter.inventory.rootFolder;
  const names = datacenter.split('/').filter((name) => name !== '');
  const children = childrenOf(entity);
  if (names.length === 0 && children.length === 1) entity = children[0];
  for (const name of names) entity = entity && childrenOf(entity).find((child) => child.name === name);
  return entity?.type === 'Datacenter' ? datastoreNamed(entity, datastore) : undefined;
}

/** The role of whoever asks: by session cookie, or by user and password. */
function roleOf({headers}: IncomingMessage, vcenter: VCenter): Role | undefined {
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
