import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {Worker} from 'node:worker_threads';
import {PGlite} from '@electric-sql/pglite';
import {systemCode, VchError} from '../errors.js';
import type {FleetDatabase} from './database.js';
import type {StateDirectory} from './state-directory.js';

/** PostgreSQL in this process. */
export interface EmbeddedDatabase extends FleetDatabase {
  readonly pglite: PGlite;
}

/** A fleet needs little of it: with PostgreSQL's own settings it would take a third more memory. */
const PARAMETERS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'wal_buffers=1MB'];

/** Makes the files of a database, in a thread: what that takes of memory, twice what the database itself does, is free afterwards. */
async function make(folder: string): Promise<void> {
  const options = {dataDir: folder, initDbStartParams: ['-c', 'shared_buffers=4MB'], startParams: PARAMETERS};
  const thread = new Worker(
    `const {workerData: {module, options}} = require('node:worker_threads');
     import(module).then(async ({PGlite}) => (await PGlite.create(options)).close());`,
    {eval: true, workerData: {module: import.meta.resolve('@electric-sql/pglite'), options}},
  );
  // Rejects with what went wrong there.
  await once(thread, 'exit');
}

/** Opens the database in a state directory that this process holds; makes it if it is not there. The caller closes it. */
export async function openEmbedded({path}: StateDirectory): Promise<EmbeddedDatabase> {
  const folder = join(path, 'database');
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) await make(folder);
    return embedded(await PGlite.create({dataDir: folder, startParams: [...PARAMETERS]}), folder);
  } catch (error) {
    throw new VchError(
      'VCH_ERR_INTERNAL',
      `the embedded database in ${folder} cannot be opened (${systemCode(error)}). Restore the directory from its backup, or name another with --state-dir`,
      {cause: error},
    );
  }
}

function embedded(pglite: PGlite, name: string): EmbeddedDatabase {
  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof VchError) throw error;
      throw new VchError(
        'VCH_ERR_INTERNAL',
        `the embedded database in ${name} refuses a statement (${systemCode(error)})`,
        {cause: error},
      );
    }
  };
  return {
    name,
    pglite,
    query: (sql, values) =>
      translated(async () => (await pglite.query<Record<string, unknown>>(sql, [...(values ?? [])])).rows),
    script: (sql) => translated(async () => void (await pglite.exec(sql))),
    transaction: (work) =>
      translated(() =>
        pglite.transaction((transaction) =>
          work({
            query: async (sql, values) =>
              (await transaction.query<Record<string, unknown>>(sql, [...(values ?? [])])).rows,
            script: async (sql) => void (await transaction.exec(sql)),
          }),
        ),
      ),
    close: () => pglite.close(),
  };
}
