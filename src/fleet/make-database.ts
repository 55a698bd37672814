// node --liftoff-only make-database.js FOLDER: makes the files of an embedded database, in a process of its own.
import {MemoryFS, PGlite, type PGliteOptions} from '@electric-sql/pglite';
import {NodeFS} from '@electric-sql/pglite/nodefs';
import {PARAMETERS} from './embedded-parameters.js';

type Init = NodeFS['init'];

/** Files on the disk, written at once: PGlite else keeps all of a new database in memory, three times, until it is there. */
class WrittenAtOnce extends MemoryFS {
  readonly #files: NodeFS;

  constructor(folder: string) {
    super();
    this.#files = new NodeFS(folder);
  }

  override init(...[pg, options]: Parameters<Init>): ReturnType<Init> {
    this.pg = pg;
    return this.#files.init(pg, options);
  }
}

const [folder = ''] = process.argv.slice(2);
const options: PGliteOptions = {
  fs: new WrittenAtOnce(folder),
  initDbStartParams: ['--wal-segsize=1', '-c', 'shared_buffers=4MB'],
  startParams: [...PARAMETERS],
};
await (await PGlite.create(options)).close();
