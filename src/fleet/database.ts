import {setTimeout as sleep} from 'node:timers/promises';
import {hasCode, toVchError, VchError} from '../errors.js';
import {fields, type Shape} from '../json-shape.js';

/** Runs SQL statements. */
export interface Statements {
  /** Runs one statement, with `$1` for the first value. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Runs several statements without values. */
  script(sql: string): Promise<void>;
}

/** The database of the fleets: PostgreSQL, or PGlite in this process. */
export interface FleetDatabase extends Statements {
  /** What messages call it; without a password. */
  readonly name: string;
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The rows of a query, read by a shape. Times come as texts, and counts as numbers, from every driver. */
export async function rowsOf<T>(
  statements: Statements,
  shape: Shape<T>,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly T[]> {
  const rows = await statements.query(`WITH t AS (${sql}) SELECT to_jsonb(t) AS row FROM t`, values);
  const read = fields({row: shape});
  return rows.map((row, at) => read(row, `row ${at}`).row);
}

/** A text as PostgreSQL keeps it: without NUL, and without halves of characters. A report must not be lost for one. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** A value as JSON that PostgreSQL keeps. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'string' ? storable(part) : part));
}

/** A query that did not reach the database, or whose answer was lost. */
export function unanswered(name: string, reason: string, cause?: unknown): VchError {
  return new VchError(
    'VCH_ERR_TRANSPORT',
    `the fleet's database ${name} does not answer (${reason}). Nothing is lost: what runs goes on. See that it runs, then repeat the command`,
    {failure: 'maybe-done', cause},
  );
}

const SHORTEST_PAUSE = 200;
const LONGEST_PAUSE = 5_000;

/**
 * Does work that may be done twice, until the database answers: a worker must not lose what it has done because the
 * database was restarted. `refused`: also while it refuses, as nothing else may decide what becomes of the work.
 */
export async function untilAnswered<T>(
  work: () => Promise<T>,
  {waiting, refused = false}: {readonly waiting: (error: VchError) => void; readonly refused?: boolean},
): Promise<T> {
  for (let pause = SHORTEST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await work();
    } catch (error) {
      if (!refused && !hasCode(error, 'VCH_ERR_TRANSPORT')) throw error;
      waiting(toVchError(error));
      await sleep(pause);
    }
  }
}
