import {createReadStream} from 'node:fs';
import {setTimeout} from 'node:timers/promises';
import {toVchError, VchError} from '../errors.js';
import {type DatastorePath, datastorePath} from './datastore-path.js';
import type {ManagedObjectReference} from './managed-object.js';
import type {Session} from './session.js';
import {startTask} from './task-call.js';
import {reference} from './transport.js';
import {xmlText} from './xml-text.js';

const ATTEMPTS = 5;
/** Milliseconds before the second attempt; twice as long before each further one. */
const FIRST_PAUSE = 2_000;
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
  /** Milliseconds before the second attempt; 2,000. */
  readonly firstPause?: number | undefined;
}

/** How many bytes the file has; `null` where there is none. */
export async function datastoreFileSize(
  session: Session,
  file: DatastoreFile,
  signal?: AbortSignal,
): Promise<number | null> {
  const answer = await session.exchange((http, timeout) => http.head(urlPath(file), timeout, signal));
  if (answer.status === 404) return null;
  assertTaken(session, answer.status, file, 'looking at');
  if (answer.contentLength !== null) return answer.contentLength;
  throw new VchError(
    'VCH_ERR_TRANSPORT',
    `${session.url.host} does not tell the size of ${datastorePath(file)}; look at it with govc datastore.ls -l`,
  );
}

/**
 * Sends a local file to a datastore and looks at its size there. What lies there in another size is replaced, as a
 * broken attempt leaves it; what has the size already is left as it is (`present`): the name must tell the content.
 */
export async function uploadDatastoreFile(
  session: Session,
  file: DatastoreFile,
  options: UploadOptions,
): Promise<'uploaded' | 'present'> {
  if ((await attempt(session, file, options, () => hasSize(session, file, options))) === true)
    return 'present';
  await attempt(session, file, options, () => send(session, file, options));
  return 'uploaded';
}

/** Starts `DeleteDatastoreFile_Task`; `datacenter` may be `null` on ESXi only. */
export async function deleteDatastoreFile(
  session: Session,
  datacenter: ManagedObjectReference | null,
  file: Pick<DatastoreFile, 'dsName' | 'path'>,
): Promise<ManagedObjectReference> {
  const {fileManager} = session.content;
  const name = datastorePath(file);
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

/** Repeats what may go better the next time. */
async function attempt<T>(
  session: Session,
  file: DatastoreFile,
  {signal, firstPause = FIRST_PAUSE}: UploadOptions,
  act: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    if (signal?.aborted) throw stopped(file);
    try {
      return await act();
    } catch (error) {
      if (signal?.aborted) throw stopped(file);
      const failure = toVchError(error);
      const again = failure.code === 'VCH_ERR_TRANSPORT' || failure.code === 'VCH_ERR_TIMEOUT';
      if (!again || tried === ATTEMPTS) throw failure;
      session.log.warn(`${datastorePath(file)}: ${failure.message}; attempt ${tried + 1} of ${ATTEMPTS}`);
      const pause = firstPause * 2 ** (tried - 1);
      await setTimeout(pause, undefined, {...(signal === undefined ? {} : {signal})}).catch(() => undefined);
    }
  }
}

async function send(session: Session, file: DatastoreFile, options: UploadOptions): Promise<void> {
  const {size: length, signal} = options;
  try {
    const {status} = await session.exchange((http, timeout) =>
      http.put(urlPath(file), {content: pieces(options), length, signal}, timeout),
    );
    assertTaken(session, status, file, 'uploading');
  } catch (error) {
    // Only the answer may have been lost.
    if (toVchError(error).code !== 'VCH_ERR_TRANSPORT' || !(await hasSize(session, file, options)))
      throw error;
  }
  if (await hasSize(session, file, options)) return;
  throw new VchError(
    'VCH_ERR_TRANSPORT',
    `${datastorePath(file)} did not arrive whole on ${session.url.host}; see whether the datastore is full`,
  );
}

async function hasSize(session: Session, file: DatastoreFile, options: UploadOptions): Promise<boolean> {
  return (await datastoreFileSize(session, file, options.signal)) === options.size;
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

function assertTaken(session: Session, status: number, file: DatastoreFile, what: string): void {
  if (status >= 200 && status < 300) return;
  const where = `${what} ${datastorePath(file)}: ${session.url.host} answered HTTP ${status}`;
  if (status === 401 || status === 403) {
    throw new VchError(
      'VCH_ERR_PRIVILEGE',
      `${where}; Datastore.Browse and Datastore.FileManagement are needed on ${file.dsName}, have them granted (govc permissions.set)`,
    );
  }
  if (status === 404) {
    throw new VchError(
      'VCH_ERR_VIM_FAULT',
      `${where}; there is no datastore ${file.dsName} in ${file.dcPath}, or no such folder on it`,
    );
  }
  throw new VchError('VCH_ERR_TRANSPORT', `${where}; see whether the datastore is full or read-only`);
}

function stopped(file: DatastoreFile): VchError {
  return new VchError('VCH_ERR_INTERRUPTED', `stopped while uploading ${datastorePath(file)}`);
}
