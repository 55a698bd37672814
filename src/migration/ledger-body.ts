import type {Ledger, LedgerEntry, LedgerRun, Withheld} from './ledger.js';

type Members = Readonly<Record<string, unknown>>;

/** The ledger in a parsed JSON value, or why there is none. */
export function parseLedgerBody(value: unknown): Ledger | string {
  const body = members(value);
  if (body === null) return 'it is no JSON object';
  if (typeof body.v !== 'number') return INCOMPLETE;
  if (body.v !== 1) return `another release of the tool wrote it (version ${body.v})`;
  const runs = recordOf(body.runs, parseRun);
  const applied = Array.isArray(body.applied) ? body.applied.map(parseEntry) : [null];
  const entries = applied.filter((entry) => entry !== null);
  if (typeof body.id !== 'string' || typeof body.instanceUuid !== 'string' || runs === null)
    return INCOMPLETE;
  if (entries.length === 0 || entries.length < applied.length) return INCOMPLETE;
  if (new Set(entries.map((entry) => entry.id)).size < entries.length) return 'it names a plugin twice';
  return {id: body.id, instanceUuid: body.instanceUuid, runs, applied: entries};
}

const INCOMPLETE = 'it lacks what a ledger must have';

function parseRun(value: unknown): LedgerRun | undefined {
  const run = members(value);
  if (run === null) return undefined;
  const {time, user, tool, changeId} = run;
  if (typeof time !== 'string' || typeof user !== 'string' || typeof tool !== 'string') return undefined;
  if (changeId === undefined) return {time, user, tool};
  return typeof changeId === 'string' ? {time, user, tool, changeId} : undefined;
}

function parseEntry(value: unknown): LedgerEntry | null {
  const entry = members(value);
  if (entry === null) return null;
  const {id, version, revision, run, time, dataVersion} = entry;
  const before = recordOf(entry.before, parseBefore);
  const after = recordOf(entry.after, parseDigest);
  const seen = recordOf(entry.seen, parseDigest);
  if (typeof id !== 'string' || typeof run !== 'string' || typeof time !== 'string') return null;
  if (typeof version !== 'number' || typeof revision !== 'number' || typeof dataVersion !== 'number')
    return null;
  if (before === null || after === null || seen === null) return null;
  return {id, version, revision, run, time, dataVersion, before, after, seen};
}

function parseBefore(value: unknown): string | null | Withheld | undefined {
  const sha256 = members(value)?.sha256;
  return typeof sha256 === 'string' ? {sha256} : parseDigest(value);
}

function parseDigest(value: unknown): string | null | undefined {
  return value === null || typeof value === 'string' ? value : undefined;
}

/** An object whose members all parse (to anything but `undefined`), else `null`. */
function recordOf<T>(value: unknown, parse: (member: unknown) => T | undefined): Record<string, T> | null {
  const object = members(value);
  if (object === null) return null;
  const parsed: [string, T][] = [];
  for (const [key, member] of Object.entries(object)) {
    const result = parse(member);
    if (result === undefined) return null;
    parsed.push([key, result]);
  }
  return Object.fromEntries(parsed);
}

function members(value: unknown): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : null;
}
