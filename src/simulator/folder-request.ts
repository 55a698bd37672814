import type {IncomingMessage, ServerResponse} from 'node:http';
import {delayed, type Reply, replyInstead} from './dispatch.js';
import type {FaultAction, FaultRules} from './fault-rules.js';
import {putFile} from './folder-put.js';
import {datastoreOf, readFolderUrl, roleOf} from './folder-target.js';
import {send} from './http-message.js';
import {type DatastoreTarget, userOf} from './methods/datastore-target.js';
import {hasPrivilege} from './model/permissions.js';
import type {VCenter} from './model/vcenter.js';
import type {RequestLog} from './request-log.js';

/** What answers requests for files. */
export interface FolderServer {
  readonly vcenter: VCenter;
  readonly faults: FaultRules;
  readonly requests: RequestLog;
}

/** What a file request comes to. */
export type FolderReply =
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
  if (typeof action === 'object' && 'delay' in action) await delayed(action.delay, closing(response));
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
