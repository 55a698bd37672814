import {isIP} from 'node:net';
import pg, {type PoolClient} from 'pg';
import {systemCode, VchError} from '../errors.js';
import {requiredText} from '../text-file.js';
import {type FleetDatabase, type Statements, unanswered} from './database.js';

/** How to connect, as `pg` takes it. */
export interface PostgresOptions {
  readonly name: string;
  readonly connectionString: string;
  readonly ssl?: {readonly rejectUnauthorized: true; readonly ca?: string};
  /** Milliseconds; {@link SILENCE} if absent. */
  readonly silence?: number;
}

/** How every connection is made, the queue's among them. */
export function connectionOf({connectionString, ssl, silence = SILENCE}: PostgresOptions) {
  return {
    ...{connectionString, ...(ssl !== undefined && {ssl})},
    ...{connectionTimeoutMillis: 10_000, query_timeout: silence, keepAlive: true},
    // The other end of a connection that was given up must not hold its locks.
    idle_in_transaction_session_timeout: 2 * silence,
  };
}

/**
 * Answers of a server that is starting, stopping, full, read-only after a failover, or that has cancelled a statement; of one that
 * cannot read or write its files; and of transactions in each other's way: try again.
 */
const PASSING = /^(08...|25006|25P0[34]|4000[13]|40P01|53...|55006|55P03|57...|58...)$/;

/** Milliseconds after which a connection that says nothing is given up: a cancel must arrive within 30 seconds. */
const SILENCE = 20_000;

/**
 * Reads `postgres://user@host/database`. Off this machine the connection is encrypted, and the server's certificate is
 * checked: against the system's CAs, or those of `sslrootcert`.
 */
export function postgresOptions(text: string): PostgresOptions {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw usage('must be postgres://user@host:port/database');
  const mode = url.searchParams.get('sslmode');
  const ca = url.searchParams.get('sslrootcert');
  // pg reads these differently from version to version; the decision is made here.
  for (const name of ['sslmode', 'sslrootcert']) url.searchParams.delete(name);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const local = host === '' || host.startsWith('/') || isLoopback(host);
  const name = `${url.host}${url.pathname}`;
  if (mode !== null && !['disable', 'require', 'verify-ca', 'verify-full'].includes(mode))
    throw usage(
      `has the sslmode ${mode}; it must be require, verify-ca or verify-full, or disable on this machine`,
    );
  if (mode === 'disable' && !local)
    throw usage(`has sslmode=disable, but ${host} is another machine: connections to it must be encrypted`);
  const connectionString = url.href;
  if (local && (mode === null || mode === 'disable')) return {connectionString, name};
  const authorities =
    ca === null
      ? undefined
      : requiredText(ca, (why) => usage(`names sslrootcert ${ca}, which cannot be read (${why})`));
  return {
    connectionString,
    name,
    ssl: {rejectUnauthorized: true, ...(authorities !== undefined && {ca: authorities})},
  };
}

function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '');
  return plain === 'localhost' || plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

function usage(problem: string): VchError {
  return new VchError('VCH_ERR_USAGE', `--database (or VCH_MIGRATE_DATABASE_URL) ${problem}`);
}

/** Opens PostgreSQL. The caller closes it. */
export async function openPostgres(options: PostgresOptions): Promise<FleetDatabase> {
  const {name} = options;
  const pool = new pg.Pool({...connectionOf(options), max: 6, application_name: 'vch-migrate fleet'});
  // An idle connection that breaks: the next query makes another.
  pool.on('error', () => undefined);
  const answered = <T>(work: () => Promise<T>) => translating(name, work);
  const database: FleetDatabase = {
    name,
    query: (sql, values) => answered(async () => (await pool.query(sql, [...(values ?? [])])).rows),
    script: (sql) => answered(async () => void (await pool.query(sql))),
    transaction: (work) => answered(async () => inTransaction(await pool.connect(), work)),
    close: () => pool.end(),
  };
  try {
    await database.query('SELECT 1');
    return database;
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function inTransaction<T>(
  client: PoolClient,
  work: (statements: Statements) => Promise<T>,
): Promise<T> {
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work({
      query: async (sql, values) => (await client.query(sql, [...(values ?? [])])).rows,
      script: async (sql) => void (await client.query(sql)),
    });
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // The first failure is the one to tell. A connection that says nothing, or cannot even roll back, is closed.
    if (isSilence(error)) broken = error;
    else
      await client.query('ROLLBACK').catch((second: Error) => {
        broken = second;
      });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** What the driver throws of a connection that says nothing has no code. */
function isSilence(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}

/** What the driver throws, as ours: its errors may hold the connection's settings. */
async function translating<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VchError) throw error;
    const code = systemCode(error);
    if (code.startsWith('28') || code === '3D000')
      throw new VchError(
        'VCH_ERR_AUTH',
        `PostgreSQL at ${name} refuses the login (SQLSTATE ${code}): check user, password and database of --database; PGPASSWORD and ~/.pgpass are read, too`,
      );
    const isSqlState = /^[0-9A-Z]{5}$/.test(code);
    if (isSqlState && !PASSING.test(code))
      throw new VchError(
        'VCH_ERR_INTERNAL',
        `PostgreSQL at ${name} refuses a statement of vch-migrate (SQLSTATE ${code})`,
        {cause: error},
      );
    throw unanswered(
      name,
      isSqlState
        ? `SQLSTATE ${code}`
        : isSilence(error)
          ? 'its connection says nothing'
          : code === 'unknown reason'
            ? 'the connection ended'
            : code,
    );
  }
}
