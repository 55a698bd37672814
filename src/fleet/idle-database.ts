import {type EmbeddedDatabase, openEmbedded} from './embedded.js';
import {migrateSchema} from './schema.js';
import {type StateDirectory, withStateDirectory} from './state-directory.js';

/** Opens the embedded database of a directory that no other process has, while `use` runs. */
export function openIdle<T>(
  directory: StateDirectory,
  use: (database: EmbeddedDatabase) => Promise<T>,
): Promise<T> {
  return withStateDirectory(directory, async () => {
    const database = await openEmbedded(directory);
    try {
      await migrateSchema(database);
      // Whoever had it open has ended.
      await database.query('UPDATE vch_fleet.worker SET stopped = true WHERE NOT stopped');
      return await use(database);
    } finally {
      await database.close();
    }
  });
}
