import {createHash, type Hash} from 'node:crypto';
import {cleanPath, folderOf} from './datastore-path.js';

/** Of a larger file only the size and the digest are kept. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** The beginning of every file is kept: the descriptors of an ISO file are in it. */
const HEAD_BYTES = 64 * 1024;
const CAPACITY = 2 ** 40;

/** A file of a datastore. */
export interface DatastoreFile {
  /** Below the datastore: `vch1/appliance.iso`. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Undefined where the file is too large to be kept. */
  readonly bytes: Buffer | undefined;
}

/** A file while it is being written: readers see what has come in so far. */
export class FileWriter {
  readonly path: string;
  readonly #take: (bytes: number) => boolean;
  readonly #now: () => number;
  readonly #hash: Hash = createHash('sha256');
  #kept: Buffer[] = [];
  #head = Buffer.alloc(0);
  #size = 0;
  #modified: number;

  constructor(path: string, take: (bytes: number) => boolean, now: () => number) {
    this.path = path;
    this.#take = take;
    this.#now = now;
    this.#modified = now();
  }

  get size(): number {
    return this.#size;
  }

  get head(): Buffer {
    return this.#head;
  }

  /** Appends bytes; false where the datastore is full, and then nothing of them is stored. */
  write(bytes: Buffer): boolean {
    if (!this.#take(bytes.length)) return false;
    this.#size += bytes.length;
    this.#hash.update(bytes);
    this.#modified = this.#now();
    const missing = HEAD_BYTES - this.#head.length;
    if (missing > 0) this.#head = Buffer.concat([this.#head, bytes.subarray(0, missing)]);
    if (this.#size <= KEPT_BYTES) this.#kept.push(bytes);
    else this.#kept = [];
    return true;
  }

  /** The file as it is now. */
  snapshot(): DatastoreFile {
    return {
      path: this.path,
      size: this.#size,
      sha256: this.#hash.copy().digest('hex'),
      modified: this.#modified,
      bytes: this.#size <= KEPT_BYTES ? Buffer.concat(this.#kept) : undefined,
    };
  }
}

/** What stands in a folder; a folder where there is no file. */
export interface FolderEntry {
  readonly name: string;
  readonly modified: number;
  readonly file: DatastoreFile | undefined;
}

/** A datastore as those see it who keep files there. */
export interface FileStore {
  readonly type: 'Datastore';
  /** Moref. */
  readonly id: string;
  readonly name: string;
  readonly files: DatastoreFiles;
}

/** The files and folders of one datastore. */
export class DatastoreFiles {
  readonly capacity: number;
  readonly #now: () => number;
  readonly #files = new Map<string, FileWriter>();
  /** By path, each with when it was made. */
  readonly #folders: Map<string, number>;
  readonly #open = new Set<string>();
  #free: number;

  constructor(freeSpace: number | undefined, now: () => number) {
    this.#free = freeSpace ?? CAPACITY / 2;
    this.capacity = Math.max(CAPACITY, this.#free);
    this.#now = now;
    this.#folders = new Map([['', now()]]);
  }

  get freeSpace(): number {
    return this.#free;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  hasFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  /** The file of that path. */
  get(path: string): DatastoreFile | undefined {
    return this.#files.get(path)?.snapshot();
  }

  /** The first bytes of a file, however large it is. */
  head(path: string): Buffer | undefined {
    return this.#files.get(path)?.head;
  }

  /** Every file. */
  *all(): Generator<DatastoreFile> {
    for (const file of this.#files.values()) yield file.snapshot();
  }

  /** Files and folders directly in a folder, by name. */
  *in(folder: string): Generator<FolderEntry> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const nameOf = (path: string): string | undefined =>
      path !== '' && folderOf(path) === folder ? path.slice(prefix.length) : undefined;
    for (const [path, modified] of this.#folders) {
      const name = nameOf(path);
      if (name !== undefined) yield {name, modified, file: undefined};
    }
    for (const [path, file] of this.#files) {
      const name = nameOf(path);
      if (name === undefined) continue;
      const snapshot = file.snapshot();
      yield {name, modified: snapshot.modified, file: snapshot};
    }
  }

  /** Every folder at or below one. */
  foldersBelow(folder: string): string[] {
    return [...this.#folders.keys()].filter(
      (path) => path === folder || folder === '' || path.startsWith(`${folder}/`),
    );
  }

  /** Puts a file there that takes no room, with the folders above it: what was there before the server began. */
  place(path: string, bytes: Buffer): void {
    this.makeFolder(folderOf(path));
    const file = new FileWriter(path, () => true, this.#now);
    file.write(bytes);
    this.#files.set(path, file);
  }

  /** Begins a file anew; what was there under that path is gone. */
  open(path: string): FileWriter {
    this.#remove(path);
    const file = new FileWriter(path, (bytes) => this.#take(bytes), this.#now);
    this.#files.set(path, file);
    this.#open.add(path);
    return file;
  }

  /** Nobody writes the file any more. */
  close(path: string): void {
    this.#open.delete(path);
  }

  /** Tells whether somebody is writing the file at this moment. */
  isOpen(path: string): boolean {
    return this.#open.has(path);
  }

  /** Makes a folder and those above it. */
  makeFolder(path: string): void {
    const clean = cleanPath(path) ?? '';
    if (this.#folders.has(clean)) return;
    this.makeFolder(folderOf(clean));
    this.#folders.set(clean, this.#now());
  }

  /** Every file that deleting this path would take away. */
  filesAt(path: string): string[] {
    return [...this.#files.keys()].filter((file) => file === path || file.startsWith(`${path}/`));
  }

  /** Deletes a file, or a folder with all that is in it. */
  delete(path: string): void {
    for (const file of this.filesAt(path)) this.#remove(file);
    for (const folder of this.foldersBelow(path)) if (folder !== '') this.#folders.delete(folder);
  }

  #remove(path: string): void {
    this.#free += this.#files.get(path)?.size ?? 0;
    this.#files.delete(path);
  }

  #take(bytes: number): boolean {
    if (bytes > this.#free) return false;
    this.#free -= bytes;
    return true;
  }
}
