import {chmodSync, rmSync} from 'node:fs';
import {createConnection, createServer, type Socket} from 'node:net';
import {createInterface} from 'node:readline';
import {systemCode, toVchError, VchError} from '../errors.js';
import {fields, list, members, nullable, oneOf, parseJson, type Shape, text} from '../json-shape.js';
import {type FleetDatabase, type Statements, unanswered} from './database.js';
import type {StateDirectory} from './state-directory.js';

// The process that has the embedded database open serves the other fleet commands: one statement a line, as JSON. Who may
// connect may read the files, too: the socket is its owner's alone.

/** A transaction that its client does not end by then is rolled back: it would stop the workers. */
const LONGEST_TRANSACTION = 10_000;

const anything: Shape<unknown> = (value) => value;
const row: Shape<Readonly<Record<string, unknown>>> = (value, path) => members(value, path);
const request = fields({
  op: oneOf(['query', 'script', 'begin', 'commit', 'rollback']),
  sql: text,
  values: list(anything),
});
const answer = fields({rows: list(row), error: nullable(text)});

/** Serves an embedded database to the other commands of its owner. */
export async function serveSocket(
  database: FleetDatabase,
  {socket: path}: StateDirectory,
): Promise<{close(): Promise<void>}> {
  rmSync(path, {force: true});
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => client.destroy());
    void serve(client, database);
  });
  // Nobody may connect in the moment before its mode is set.
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  return {
    async close() {
      for (const client of clients) client.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The requests of one client, one after the other. */
async function serve(client: Socket, database: FleetDatabase): Promise<void> {
  const lines = createInterface({input: client})[Symbol.asyncIterator]();
  const reply = (rows: readonly unknown[], error: string | null) =>
    client.write(`${JSON.stringify({rows, error})}\n`);
  const next = async () => {
    const {value, done} = await lines.next();
    if (done === true) return null;
    return parseJson(String(value), request).value;
  };
  /** Errors that the client was told of. */
  const told = new WeakSet<Error>();
  const statement = async (statements: Statements, {op, sql, values}: ReturnType<typeof request>) => {
    try {
      if (op !== 'query') await statements.script(sql);
      reply(op === 'query' ? await statements.query(sql, values) : [], null);
    } catch (error) {
      const failure = toVchError(error);
      reply([], failure.message);
      told.add(failure);
      throw failure;
    }
  };
  for (let asked = await next(); asked !== null; asked = await next()) {
    if (asked.op !== 'begin') {
      await statement(database, asked).catch(() => undefined);
      continue;
    }
    const timer = setTimeout(() => client.destroy(), LONGEST_TRANSACTION);
    let isRolledBack = false;
    try {
      await database.transaction(async (statements) => {
        reply([], null);
        for (let inside = await next(); inside?.op !== 'commit'; inside = await next()) {
          isRolledBack = inside === null || inside.op === 'rollback';
          if (inside === null || isRolledBack) throw new RolledBack();
          await statement(statements, inside);
        }
      });
      reply([], null);
    } catch (error) {
      // What failed may be its begin, or its commit, whose answer the client waits for.
      if (isRolledBack) reply([], null);
      else if (!(error instanceof Error && told.has(error))) reply([], toVchError(error).message);
    } finally {
      clearTimeout(timer);
    }
  }
  client.destroy();
}

/** Ends a transaction without a commit. */
class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

/** The embedded database of another process, through its socket. */
export async function connectSocket({socket: path}: StateDirectory): Promise<FleetDatabase> {
  const connection = createConnection(path);
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', resolve);
    connection.once('error', (error) => reject(unanswered(path, systemCode(error))));
  });
  // Its end shows in the next answer that does not come.
  connection.on('error', () => connection.destroy());
  const lines = createInterface({input: connection})[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: answers come in the order of the requests. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  const ask = async (op: string, sql = '', values: readonly unknown[] = []) => {
    connection.write(`${JSON.stringify({op, sql, values})}\n`);
    const {value, done} = await lines.next();
    const parsed = done === true ? null : parseJson(String(value), answer).value;
    if (parsed === null) throw unanswered(path, 'the process that has it open has ended');
    if (parsed.error !== null) throw new VchError('VCH_ERR_INTERNAL', parsed.error);
    return parsed.rows;
  };
  const statements: Statements = {
    query: (sql, values) => ask('query', sql, values),
    script: async (sql) => void (await ask('script', sql)),
  };
  return {
    name: path,
    query: (sql, values) => inTurn(() => statements.query(sql, values)),
    script: (sql) => inTurn(() => statements.script(sql)),
    transaction: (work) =>
      inTurn(async () => {
        await ask('begin');
        let result: Awaited<ReturnType<typeof work>>;
        try {
          result = await work(statements);
        } catch (error) {
          // A failed statement has ended it already.
          if (!(error instanceof VchError && error.code === 'VCH_ERR_INTERNAL')) await ask('rollback');
          throw error;
        }
        await ask('commit');
        return result;
      }),
    async close() {
      connection.end();
    },
  };
}
