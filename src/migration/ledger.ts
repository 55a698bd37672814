import {hash} from 'node:crypto';
import {VchError} from '../errors.js';
import {isSecret} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {
  count,
  fields,
  list,
  members,
  nullable,
  parseJson,
  record,
  type Shape,
  ShapeMismatch,
  type ShapeOf,
  text,
} from '../json-shape.js';
import {canonicalJson} from './canonical-json.js';
import type {VmInput} from './vm.js';

// Why: docs/decisions/008-ledgers-and-verify.md

/** Characters, and so bytes, that a ledger may have. */
export const LEDGER_LIMIT = 4096;

/** Stands for a previous value that is not kept, because it may hold a secret; undo cannot restore it. */
export type Withheld = ShapeOf<typeof WITHHELD>;
const WITHHELD = fields({sha256: text});

const VALUE_BEFORE: Shape<string | null | Withheld> = (value, path) =>
  typeof value === 'object' && value !== null ? WITHHELD(value, path) : nullable(text)(value, path);

/** One plugin applied to the VM. */
export type LedgerEntry = ShapeOf<typeof ENTRY>;
const ENTRY = fields({
  id: text,
  version: count,
  revision: count,
  run: text,
  time: text,
  /** The data version that decided it. */
  dataVersion: count,
  /** Previous raw values of the keys it changed; `null` is absent. */
  before: record(VALUE_BEFORE),
  /** Digests of the raw values it wrote; `null` is removed. */
  after: record(nullable(text)),
  /** Digests of its other exact keys: what the decision relied on. */
  seen: record(nullable(text)),
});

const ENTRIES: Shape<readonly LedgerEntry[]> = (value, path) => {
  const entries = list(ENTRY)(value, path);
  if (entries.length > 0 && new Set(entries.map(({id}) => id)).size === entries.length) return entries;
  throw new ShapeMismatch(path, 'a list that names each plugin once');
};

/** What was applied to a VM. */
export type Ledger = ShapeOf<typeof BODY>;
const BODY = fields({
  /** Container id, or `VirtualMachine:vm-N`. */
  id: text,
  instanceUuid: text,
  /** The runs of the tool that changed the VM. */
  runs: record(fields({time: text, user: text, tool: text}, {changeId: text})),
  /** In this order. */
  applied: ENTRIES,
});

const LEDGER: Shape<Ledger> = (value, path) => {
  if (members(value, path)['v'] === 1) return BODY(value, path);
  throw new ShapeMismatch('v', '1: another release of the tool wrote it');
};

export type LedgerState =
  | {readonly status: 'none'}
  | {readonly status: 'valid'; readonly ledger: Ledger}
  | {readonly status: 'foreign'; readonly ledger: Ledger}
  | {readonly status: 'invalid'; readonly reason: string};

/** A digest that identifies a raw value; `null` for an absent key. */
export function digest(raw: string): string;
export function digest(raw: string | null): string | null;
export function digest(raw: string | null): string | null {
  return raw === null ? null : hash('sha256', raw).slice(0, 16);
}

/** The canonical text of a ledger, ASCII, with a digest of itself. */
export function encodeLedger(ledger: Ledger): string {
  const body = canonicalJson({...ledger, v: 1});
  // In the order of the keys, the digest comes before the last one.
  return `${body.slice(0, -LAST.length)}"sum":"${digest(body)}",${LAST}`;
}

const LAST = '"v":1}';

/** Reads a VM's ledger. Without an owner, it is not checked which VM it belongs to. */
export function parseLedger(
  raw: string | null | undefined,
  owner: Pick<VmInput, 'id' | 'instanceUuid' | 'isOnly'> | null,
): LedgerState {
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
