import {hostname} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {processUser} from '../../appliance/machine.js';
import {hasCode, VchError} from '../../errors.js';
import type {FleetDatabase} from '../../fleet/database.js';
import type {QueueDatabase} from '../../fleet/queue.js';
import type {FleetSource} from '../../fleet/source.js';
import {shellQuoted} from '../../shell-word.js';
import type {databaseOptions} from '../commands/fleet/options.js';
import type {RunContext} from '../context.js';
import type {Values} from '../option.js';

type Own = Values<typeof databaseOptions>;

/** The database that the options name, and how a suggested command names it again. */
export interface OpenFleet {
  readonly database: FleetDatabase;
  /** `vch-migrate fleet WORDS`, with the same database. */
  line(words: string): string;
}

/** How long a command waits while another one that looks has the embedded database, or a process opens it. */
const A_MOMENT = 3_000;

/** `user@host`: who decides. */
export function whoami(): string {
  return `${processUser()}@${hostname()}`;
}

/** Opens the database for commands that look and decide: also while another process works on it. */
export async function withFleet<T>(
  own: Own,
  context: RunContext,
  use: (fleet: OpenFleet) => Promise<T>,
): Promise<T> {
  return located(own, () => {
    const url = databaseUrl(own, context);
    return url === undefined ? withShared(own, context, use) : withPostgres(url, own, use);
  });
}

/** The embedded database: through the process that has it open, else here. */
async function withShared<T>(
  own: Own,
  context: RunContext,
  use: (fleet: OpenFleet) => Promise<T>,
): Promise<T> {
  const [{holderOf, stateDirectory}, {connectSocket}] = await Promise.all([
    import('../../fleet/state-directory.js'),
    import('../../fleet/socket.js'),
  ]);
  const directory = stateDirectory(stateFolder(own, context));
  let isOpen = false;
  const opened = (fleet: OpenFleet) => {
    isOpen = true;
    return use(fleet);
  };
  for (const until = Date.now() + A_MOMENT; ; await sleep(50)) {
    try {
      if (holderOf(directory).state !== 'alive') return await withEmbedded(own, context, opened);
      const database = await connectSocket(directory);
      try {
        return await opened({database, line: lineOf(own)});
      } finally {
        await database.close();
      }
    } catch (error) {
      const isPassing = hasCode(error, 'VCH_ERR_LOCKED') || hasCode(error, 'VCH_ERR_TRANSPORT');
      if (isOpen || !isPassing || Date.now() > until) throw error;
    }
  }
}

/** A text whose commands name the same database; `fleet validate` has none. */
export function locate(own: Own, text: string): string {
  const words = wordsOf(own);
  if (words === '' || text.includes(words)) return text;
  return text.replaceAll(/\bvch-migrate fleet (?!validate)[a-z]+/g, (command) => `${command} ${words}`);
}

async function located<T>(own: Own, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof VchError)) throw error;
    const {code, message, fault, failure} = error;
    const told = locate(own, message);
    throw told === message ? error : new VchError(code, told, {fault, failure, cause: error});
  }
}

/** The database for a command that stays and looks: it never keeps the embedded one from a process that would work. */
export async function withSource<T>(
  own: Own,
  context: RunContext,
  use: (source: FleetSource, line: OpenFleet['line']) => Promise<T>,
): Promise<T> {
  const url = databaseUrl(own, context);
  const {embeddedSource, sharedSource} = await import('../../fleet/source.js');
  if (url !== undefined)
    return withPostgres(url, own, ({database, line}) => use(sharedSource(database), line));
  const {stateDirectory} = await import('../../fleet/state-directory.js');
  const source = embeddedSource(stateDirectory(stateFolder(own, context)));
  try {
    return await use(source, lineOf(own));
  } finally {
    await source.close();
  }
}

/** Opens the database for a process that works on VCHs. Only one process may do so without PostgreSQL: it serves the others. */
export async function withWorkingFleet<T>(
  own: Own,
  context: RunContext,
  use: (fleet: OpenFleet & {readonly db: QueueDatabase}) => Promise<T>,
): Promise<T> {
  return located(own, () => {
    const url = databaseUrl(own, context);
    return url === undefined ? withEmbedded(own, context, use) : withPostgres(url, own, use);
  });
}

/** Without --database, the run ends with the process. */
export function isEmbedded(own: Own, context: RunContext): boolean {
  return databaseUrl(own, context) === undefined;
}

type Working = OpenFleet & {readonly db: QueueDatabase};

async function withPostgres<T>(url: string, own: Own, use: (fleet: Working) => Promise<T>): Promise<T> {
  const [{openPostgres, postgresOptions}, {migrateSchema}] = await Promise.all([
    import('../../fleet/postgres.js'),
    import('../../fleet/schema.js'),
  ]);
  const options = postgresOptions(url);
  const database = await openPostgres(options);
  try {
    await migrateSchema(database);
    return await use({database, db: {kind: 'postgres', database, options}, line: lineOf(own)});
  } finally {
    await database.close();
  }
}

async function withEmbedded<T>(
  own: Own,
  context: RunContext,
  use: (fleet: Working) => Promise<T>,
): Promise<T> {
  const [{stateDirectory}, {openIdle}, {serveSocket}] = await Promise.all([
    import('../../fleet/state-directory.js'),
    import('../../fleet/idle-database.js'),
    import('../../fleet/socket.js'),
  ]);
  const directory = stateDirectory(stateFolder(own, context));
  return openIdle(directory, async (database) => {
    const server = await serveSocket(database, directory);
    try {
      return await use({database, db: {kind: 'embedded', database}, line: lineOf(own)});
    } finally {
      await server.close();
    }
  });
}

function databaseUrl(own: Own, {terminal: {variables}, redactor, log}: RunContext): string | undefined {
  // An option is nearer than a variable.
  const variable = own['state-dir'] === undefined ? variables.VCH_MIGRATE_DATABASE_URL : undefined;
  const url = own.database ?? (variable || undefined);
  const parsed = url === undefined || !URL.canParse(url) ? undefined : new URL(url);
  // It would be told with the next command.
  if (parsed?.searchParams.has('password') || parsed?.searchParams.has('sslpassword'))
    throw new VchError(
      'VCH_ERR_USAGE',
      'the URL of the database has a password among its parameters, where it would be shown; use PGPASSWORD or ~/.pgpass',
    );
  const password = parsed?.password ?? '';
  if (password !== '') {
    redactor.add(decoded(password));
    if (own.database !== undefined)
      log.warn(
        'others on this machine can see the password in --database; use VCH_MIGRATE_DATABASE_URL, PGPASSWORD or ~/.pgpass',
      );
  }
  if (own.database !== undefined && own['state-dir'] !== undefined)
    throw new VchError('VCH_ERR_USAGE', '--database and --state-dir exclude each other');
  return url;
}

/** A part of a URL; as it is where it is not encoded. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function stateFolder(own: Own, {terminal: {variables}}: RunContext): string {
  const given = own['state-dir'];
  if (given !== undefined) return given;
  const {XDG_STATE_HOME: state, HOME: home} = variables;
  if (state) return join(state, 'vch-migrate');
  if (home) return join(home, '.local', 'state', 'vch-migrate');
  throw new VchError(
    'VCH_ERR_USAGE',
    'there is no home directory for the state of the fleet; name one with --state-dir',
  );
}

/** The options that name the database, without a password. */
function wordsOf({database, 'state-dir': folder}: Own): string {
  const url = database === undefined || !URL.canParse(database) ? undefined : new URL(database);
  if (url !== undefined) url.password = '';
  const words = [
    ...(url === undefined ? [] : ['--database', shellQuoted(url.href)]),
    ...(folder === undefined ? [] : ['--state-dir', shellQuoted(folder)]),
  ];
  return words.join(' ');
}

function lineOf(own: Own): OpenFleet['line'] {
  return (line) => ['vch-migrate fleet', line, wordsOf(own)].join(' ').trimEnd();
}
