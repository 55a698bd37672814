import {createReadStream} from 'node:fs';
import {VchError} from '../errors.js';
import {type DatastorePath, datastorePath, govcFile} from './datastore-path.js';
import {failureOfStatus, type HttpAnswer} from './http-client.js';
import type {ManagedObjectReference} from './managed-object.js';
import {FILE, repeat, retry, waiting} from './retry.js';
import type {Session} from './session.js';
import {startTask} from './tasks.js';
import {reference} from './transport.js';
import {xmlText} from './xml.js';

const PIECE = 1024 * 1024;

/** Where a file is, or will be. */
export interface DatastoreFile extends DatastorePath {
  /** Inventory path of the datacenter, its folders included: `/folder1/dc1`. */
  readonly dcPath: string;
}

/** A local file to upload, or what would be in one. */
export interface UploadOptions {
  readonly source: string | Uint8Array;
  /** Bytes of it. */
  readonly size: number;
  /** Called with the number of bytes that this attempt has sent. */
  readonly progress?: ((sent: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The size of the file in bytes; `null` if there is none. */
export function datastoreFileSize(
  session: Session,
  file: DatastoreFile,
  signal?: AbortSignal,
): Promise<number | null> {
  return repeat(waiting(session, {signal}), FILE, () => sizeOf(session, file, signal));
}

async function sizeOf(session: Session, file: DatastoreFile, signal?: AbortSignal): Promise<number | null> {
  const answer = await session.exchange({method: 'HEAD', path: urlPath(file), signal});
  if (answer.status === 404) return null;
  assertTaken(session, answer, file, 'looking at');
  if (answer.contentLength !== null) return answer.contentLength;
  throw new VchError(
    'VCH_ERR_TRANSPORT',
    `${session.url.host} does not report the size of ${datastorePath(file)}; look at it with govc datastore.ls -l ${govcFile(datastorePath(file))}`,
    {failure: 'maybe-done'},
  );
}

/**
 * Uploads a local file, unless a file of its size is already there: the name must identify the content. A file of another
 * size, as a broken upload leaves it, is replaced.
 */
export async function uploadDatastoreFile(
  session: Session,
  file: DatastoreFile,
  options: UploadOptions,
): Promise<void> {
  const {signal} = options;
  const stopped = () => new VchError('VCH_ERR_INTERRUPTED', `stopped while uploading ${datastorePath(file)}`);
  if (signal?.aborted) throw stopped();
  const ended = await retry<true, true>(waiting(session, {signal}), FILE, {
    look: async () => ((await hasSize(session, file, options)) ? {done: true} : {act: true}),
    async act() {
      await send(session, file, options);
      return {done: true};
    },
  });
  if (ended.status !== 'done') throw signal?.aborted ? stopped() : ended.error;
}

/** Starts `DeleteDatastoreFile_Task`; `datacenter` may be `null` on a standalone ESXi only. */
export async function deleteDatastoreFile(
  session: Session,
  datacenter: ManagedObjectReference | null,
  file: Pick<DatastoreFile, 'dsName' | 'path'>,
): Promise<ManagedObjectReference> {
  const {fileManager} = session.content;
  const name = datastorePath(file);
  if (datacenter === null && session.about.isVCenter) {
    throw new VchError(
      'VCH_ERR_VIM_FAULT',
      `the datacenter of ${name} cannot be seen, and without it ${session.url.host} deletes no file; remove it with govc datastore.rm ${govcFile(name)}`,
    );
  }
  if (fileManager === null) {
    throw new VchError(
      'VCH_ERR_VIM_FAULT',
      `${session.url.host} deletes no files; remove ${name} in its datastore browser`,
      {fault: 'NotSupported'},
    );
  }
  return startTask(session, 'DeleteDatastoreFile_Task', fileManager, {
    name: xmlText(name),
    ...(datacenter === null ? {} : {datacenter: reference(datacenter)}),
  });
}

async function send(session: Session, file: DatastoreFile, options: UploadOptions): Promise<void> {
  const {size: length, signal} = options;
  const body = {content: () => pieces(options), length};
  const answer = await session.exchange({method: 'PUT', path: urlPath(file), body, signal});
  assertTaken(session, answer, file, 'uploading');
  if (await hasSize(session, file, options)) return;
  throw new VchError(
    'VCH_ERR_TRANSPORT',
    `${datastorePath(file)} did not arrive whole on ${session.url.host}; see whether the datastore is full`,
    {failure: 'maybe-done'},
  );
}

async function hasSize(session: Session, file: DatastoreFile, options: UploadOptions): Promise<boolean> {
  return (await sizeOf(session, file, options.signal)) === options.size;
}

async function* pieces({source, size, progress}: UploadOptions): AsyncGenerator<Uint8Array> {
  let sent = 0;
  const what = typeof source === 'string' ? source : 'what is uploaded';
  try {
    const read = typeof source === 'string' ? createReadStream(source, {highWaterMark: PIECE}) : [source];
    for await (const piece of read) {
      sent += piece.length;
      if (sent > size) break;
      yield piece;
      progress?.(sent);
    }
  } catch (error) {
    throw new VchError('VCH_ERR_USAGE', `${what} can no longer be read; check the file`, {cause: error});
  }
  if (sent === size) return;
  throw new VchError(
    'VCH_ERR_USAGE',
    `${what} has changed while it was uploaded; run the same command again`,
  );
}

function urlPath({dcPath, dsName, path}: DatastoreFile): string {
  const segments = path.split('/').map(encodeURIComponent).join('/');
  return `/folder/${segments}?dcPath=${encodeURIComponent(dcPath)}&dsName=${encodeURIComponent(dsName)}`;
}

function assertTaken(session: Session, answer: HttpAnswer, file: DatastoreFile, what: string): void {
  const {status} = answer;
  if (status >= 200 && status < 300) return;
  const where = `${what} ${datastorePath(file)}: ${session.url.host} answered HTTP ${status}`;
  if (status === 401 || status === 403) {
    throw new VchError(
      'VCH_ERR_PRIVILEGE',
      `${where}; Datastore.Browse and Datastore.FileManagement are needed on ${file.dsName}, have them granted; vch-migrate check prints the role`,
    );
  }
  if (status === 404) {
    throw new VchError(
      'VCH_ERR_VIM_FAULT',
      `${where}; there is no datastore ${file.dsName} in ${file.dcPath}, or no such folder on it`,
    );
  }
  throw new VchError('VCH_ERR_TRANSPORT', `${where}; see whether the datastore is full or read-only`, {
    failure: failureOfStatus(answer),
  });
}
