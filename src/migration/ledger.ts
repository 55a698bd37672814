import {createHash} from 'node:crypto';
import {VchError} from '../errors.js';
import {isSecret} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {
  count,
  list,
  nullable,
  object,
  optional,
  parseJson,
  record,
  type Shape,
  ShapeMismatch,
  text,
} from '../json-shape.js';
import {canonicalJson, type Json} from './canonical-json.js';

// Why: docs/decisions/008-ledgers-and-verify.md

/** Characters, and so bytes, that a ledger may have. */
export const LEDGER_LIMIT = 4096;

/** Stands for a previous value that is not kept, because it may hold a secret; undo cannot restore it. */
export interface Withheld {
  readonly sha256: string;
}

/** One plugin applied to the VM. */
export interface LedgerEntry {
  readonly id: string;
  readonly version: number;
  readonly revision: number;
  readonly run: string;
  readonly time: string;
  /** The data version that decided it. */
  readonly dataVersion: number;
  /** Previous raw values of the keys it changed; `null` is absent. */
  readonly before: Readonly<Record<string, string | null | Withheld>>;
  /** Digests of the raw values it wrote; `null` is removed. */
  readonly after: Readonly<Record<string, string | null>>;
  /** Digests of its other exact keys: what the decision relied on. */
  readonly seen: Readonly<Record<string, string | null>>;
}

/** One run of the tool that changed the VM. */
export interface LedgerRun {
  readonly time: string;
  readonly user: string;
  readonly changeId?: string;
  readonly tool: string;
}

/** What was applied to a VM, in order. */
export interface Ledger {
  /** Container id, or `VirtualMachine:vm-N`. */
  readonly id: string;
  readonly instanceUuid: string;
  readonly runs: Readonly<Record<string, LedgerRun>>;
  readonly applied: readonly LedgerEntry[];
}

export type LedgerState =
  | {readonly status: 'none'}
  | {readonly status: 'valid'; readonly ledger: Ledger}
  | {readonly status: 'foreign'; readonly ledger: Ledger}
  | {readonly status: 'invalid'; readonly reason: string};

/** The VM that a ledger must belong to. */
export interface LedgerOwner {
  readonly id: string;
  readonly instanceUuid: string;
  /** The instance UUID may have changed: no other VM has that id. */
  readonly isOnly?: boolean | undefined;
}

/** A digest that identifies a raw value; `null` for an absent key. */
export function digest(raw: string): string;
export function digest(raw: string | null): string | null;
export function digest(raw: string | null): string | null {
  return raw === null ? null : createHash('sha256').update(raw, 'utf8').digest('hex').slice(0, 16);
}

/** The canonical text of a ledger, ASCII, with a digest of itself. */
export function encodeLedger(ledger: Ledger): string {
  const body = ledgerJson(ledger);
  return canonicalJson({...body, sum: digest(canonicalJson(body))});
}

/** Reads a VM's ledger. Without an owner, it is not checked which VM it belongs to. */
export function parseLedger(raw: string | null | undefined, owner: LedgerOwner | null): LedgerState {
  const stored = decodeValue(raw ?? '');
  if (stored === '') return {status: 'none'};
  const {value: ledger, fault} = parseJson(stored, LEDGER);
  if (fault !== null) return {status: 'invalid', reason: fault};
  // A ledger has exactly one text, so this also catches a changed digest, another order and added members.
  if (encodeLedger(ledger) !== stored) return {status: 'invalid', reason: 'it was changed by hand'};
  if (owner === null) return {status: 'valid', ledger};
  const own = ledger.id === owner.id && (ledger.instanceUuid === owner.instanceUuid || owner.isOnly === true);
  return {status: own ? 'valid' : 'foreign', ledger};
}

/** Why a ledger is too long to be written; messages call the VM `label`. */
export function ledgerSizeError(text: string, label: string): VchError | null {
  if (text.length <= LEDGER_LIMIT) return null;
  return new VchError(
    'VCH_ERR_LEDGER_INVALID',
    `${label}: its ledger would have ${text.length} bytes, and the limit is ${LEDGER_LIMIT}. Nothing was written. ` +
      'Use fewer plugins at once, then run `vch-migrate plan` again',
  );
}

function ledgerJson(ledger: Ledger): {readonly [key: string]: Json} {
  return {
    v: 1,
    id: ledger.id,
    instanceUuid: ledger.instanceUuid,
    runs: Object.fromEntries(Object.entries(ledger.runs).map(([id, run]) => [id, {...run}])),
    applied: ledger.applied.map((entry) => ({
      ...entry,
      before: Object.fromEntries(
        Object.entries(entry.before).map(([key, value]) => [key, isWithheld(value) ? {...value} : value]),
      ),
    })),
  };
}

/**
 * Whether a ledger must not keep a value, because it may hold a secret. This is not the mask's rule: a mask may hide more
 * one day, and ledgers stay as they are.
 */
export function mustWithhold(key: string, raw: string): boolean {
  if (isSecret(key)) return true;
  return key.endsWith('Env~') ? raw !== '' : /\/\/[^\s|]*@/.test(raw);
}

/** Tells whether a previous value was not kept. */
export function isWithheld(value: string | null | Withheld): value is Withheld {
  return typeof value === 'object' && value !== null;
}

const DIGESTS = record(nullable(text));

const RUN: Shape<LedgerRun> = object((read) => {
  const changeId = read('changeId', optional(text));
  const run = {time: read('time', text), user: read('user', text), tool: read('tool', text)};
  return changeId === undefined ? run : {...run, changeId};
});

const ENTRY: Shape<LedgerEntry> = object((read) => ({
  id: read('id', text),
  version: read('version', count),
  revision: read('revision', count),
  run: read('run', text),
  time: read('time', text),
  dataVersion: read('dataVersion', count),
  before: read(
    'before',
    record((value, path) =>
      typeof value === 'object' && value !== null ? WITHHELD(value, path) : nullable(text)(value, path),
    ),
  ),
  after: read('after', DIGESTS),
  seen: read('seen', DIGESTS),
}));

const WITHHELD: Shape<Withheld> = object((read) => ({sha256: read('sha256', text)}));

const LEDGER: Shape<Ledger> = object((read) => {
  read('v', (value, path) => {
    if (value !== 1) throw new ShapeMismatch(path, '1: another release of the tool wrote it');
  });
  const applied = read('applied', list(ENTRY));
  if (applied.length === 0 || new Set(applied.map(({id}) => id)).size < applied.length)
    throw new ShapeMismatch('applied', 'a list that names each plugin once');
  return {
    id: read('id', text),
    instanceUuid: read('instanceUuid', text),
    runs: read('runs', record(RUN)),
    applied,
  };
});
