import type {IncomingMessage} from 'node:http';
import type {FaultAction} from './fault-rules.js';
import type {FolderReply} from './folder-request.js';
import {type DatastoreTarget, userOf} from './methods/datastore-target.js';
import type {FileWriter} from './model/datastore-files.js';
import {folderOf} from './model/datastore-path.js';
import type {VCenter} from './model/vcenter.js';

/** Stores the body of a request as a file; of a request that breaks off, what came in stays. */
export async function putFile(
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

function answer(code: number, text: string): FolderReply {
  return {status: 'answer', code, text};
}
