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

/** A local file to be sent. */
export interface UploadOptions {
  readonly source: string;
  /** Bytes of the local file. */
  readonly size: number;
  /** Told with every piece how many bytes of this attempt are on their way. */
  readonly progress?: ((sent: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How many bytes the file has; `null` where there is none. */
export function datastoreFileSize(
  session: Session,
  file: DatastoreFile,
  signal?: AbortSignal,
): Promise<number | null> {
  return repeat(waiting(session, {signal}), FILE, () => sizeOf(session, file, signal));
}

async function sizeOf(session: Session, file: DatastoreFile, signal?: AbortSignal): Promise<number | null> {
  const answer = await session.exchange((http, timeout) => http.head(urlPath(file), timeout, signal));
  if (answer.status === 404) return null;
  assertTaken(session, answer, file, 'looking at');
  if (answer.contentLength !== null) return answer.contentLength;
  throw new VchError(
    'VCH_ERR_TRANSPORT',
    `${session.url.host} does not tell the size of ${datastorePath(file)}; look at it with govc datastore.ls -l ${govcFile(datastorePath(file))}`,
    {failure: 'maybe-done'},
  );
}

/**
 * Sends a local file to a datastore and looks at its size there. A file of another size, as a broken attempt leaves it,
 * is replaced; one that has the size already is left as it is (`present`): the name must tell the content.
 */
export async function uploadDatastoreFile(
  session: Session,
  file: DatastoreFile,
  options: UploadOptions,
): Promise<'uploaded' | 'present'> {
  const {signal} = options;
  if (signal?.aborted) throw stopped(file);
  let sent = false;
  const ended = await retry<true, 'uploaded' | 'present'>(waiting(session, {signal}), FILE, {
    async look() {
      return (await hasSize(session, file, options)) ? {done: sent ? 'uploaded' : 'present'} : {act: true};
    },
    async act() {
      sent = true;
      await send(session, file, options);
      return {done: 'uploaded'};
    },
  });
  if (ended.status === 'done') return ended.value;
  throw signal?.aborted ? stopped(file) : ended.error;
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
  const answer = await session.exchange((http, timeout) =>
    http.put(urlPath(file), {content: pieces(options), length, signal}, timeout),
  );
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
  try {
    for await (const piece of createReadStream(source, {highWaterMark: PIECE})) {
      sent += piece.length;
      if (sent > size) break;
      yield piece;
      progress?.(sent);
    }
  } catch (error) {
    throw new VchError('VCH_ERR_USAGE', `${source} can no longer be read; check the file`, {cause: error});
  }
  if (sent === size) return;
  throw new VchError(
    'VCH_ERR_USAGE',
    `${source} has changed while it was uploaded; run the same command again`,
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

function stopped(file: DatastoreFile): VchError {
  return new VchError('VCH_ERR_INTERRUPTED', `stopped while uploading ${datastorePath(file)}`);
}
