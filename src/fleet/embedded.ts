import {join} from 'node:path';
import {PGlite} from '@electric-sql/pglite';
import {systemCode, VchError} from '../errors.js';
import type {FleetDatabase} from './database.js';
import type {StateDirectory} from './state-directory.js';

/** PostgreSQL in this process. */
export interface EmbeddedDatabase extends FleetDatabase {
  readonly pglite: PGlite;
}

/** Opens the database in a state directory that this process holds; makes it if it is not there. The caller closes it. */
export async function openEmbedded({path}: StateDirectory): Promise<EmbeddedDatabase> {
  const folder = join(path, 'database');
  try {
    // A moment of the first start that is killed leaves nothing to lose; later ones are made durable by every commit.
    const pglite = await PGlite.create(folder, {relaxedDurability: false});
    return embedded(pglite, folder);
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
