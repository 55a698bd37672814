import {execFile} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {setFlagsFromString} from 'node:v8';
import {PGlite} from '@electric-sql/pglite';
import {systemCode, VchError} from '../errors.js';
import type {FleetDatabase} from './database.js';
import {PARAMETERS} from './embedded-parameters.js';
import type {StateDirectory} from './state-directory.js';

/**
 * PostgreSQL is compiled quickly rather than well: most of its code runs once. It takes half the CPU to open it, and two
 * thirds of the memory; a run of 300 VCHs takes less, too.
 */
const QUICKLY = '--liftoff-only';
/** How the names of folders begin in which a database is being made. */
const UNFINISHED = 'database.unfinished-';

/** PostgreSQL in this process. */
export interface EmbeddedDatabase extends FleetDatabase {
  readonly pglite: PGlite;
}

/**
 * Makes the files of a database, in another process: it takes twice the memory of the database itself, which no process gives
 * back. The folder has a database whole, or is not there.
 */
async function make(path: string, folder: string): Promise<void> {
  for (const name of readdirSync(path))
    if (name.startsWith(UNFINISHED)) rmSync(join(path, name), {recursive: true, force: true, maxRetries: 5});
  const unfinished = mkdtempSync(join(path, UNFINISHED));
  const program = fileURLToPath(new URL('./make-database.js', import.meta.url));
  await promisify(execFile)(process.execPath, [QUICKLY, program, unfinished]);
  renameSync(unfinished, folder);
}

/** Opens the database in a state directory that this process holds; makes it if it is not there. The caller closes it. */
export async function openEmbedded({path}: StateDirectory): Promise<EmbeddedDatabase> {
  const folder = join(path, 'database');
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) await make(path, folder);
    setFlagsFromString(QUICKLY);
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
