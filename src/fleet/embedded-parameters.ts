import {PGlite} from '@electric-sql/pglite';

/** How the embedded database is started. A fleet needs little of it: with PostgreSQL's own settings it would take a third more memory. */
export const PARAMETERS: readonly string[] = [
  ...PGlite.defaultStartParams,
  ...['-c', 'shared_buffers=16MB', '-c', 'wal_buffers=1MB'],
];
