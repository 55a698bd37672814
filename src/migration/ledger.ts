import {createHash} from 'node:crypto';
import {VchError} from '../errors.js';
import {decodeValue} from '../extraconfig/value.js';
import {canonicalJson, type Json} from './canonical-json.js';
import {parseLedgerBody} from './ledger-body.js';

/** Characters, and so bytes, that a ledger may have. */
export const LEDGER_LIMIT = 4096;

/** A value from before that is not kept, since it holds a secret; undo cannot restore it. */
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
  /** Raw values of the keys that it changed; `null` is absent. */
  readonly before: Readonly<Record<string, string | null | Withheld>>;
  /** Digests of the raw values that it wrote; `null` is removed. */
  readonly after: Readonly<Record<string, string | null>>;
  /** Digests of its other exact keys: what it was decided on. */
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
}

/** A digest by which a raw value is known again; `null` for an absent key. */
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

/** A ledger as it stands in a VM; without an owner, whose it is stays open. */
export function parseLedger(raw: string | null | undefined, owner: LedgerOwner | null): LedgerState {
  const text = decodeValue(raw ?? '');
  if (text === '') return {status: 'none'};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {status: 'invalid', reason: 'it is no JSON'};
  }
  const ledger = parseLedgerBody(value);
  if (typeof ledger === 'string') return {status: 'invalid', reason: ledger};
  // One text for one ledger: this also catches a changed digest, another order and anything added.
  if (encodeLedger(ledger) !== text) return {status: 'invalid', reason: 'it was changed by hand'};
  if (owner === null) return {status: 'valid', ledger};
  const own = ledger.id === owner.id && ledger.instanceUuid === owner.instanceUuid;
  return {status: own ? 'valid' : 'foreign', ledger};
}

/** Why a ledger cannot be written, for want of room; `label` is how messages call the VM. */
export function ledgerSizeError(text: string, label: string): VchError | null {
  if (text.length <= LEDGER_LIMIT) return null;
  return new VchError(
    'VCH_ERR_LEDGER_INVALID',
    `${label}: its ledger would have ${text.length} bytes, and ${LEDGER_LIMIT} is the limit; nothing is written. ` +
      'Let fewer plugins run at once, then `vch-migrate plan` again',
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

/** Tells whether a value from before was not kept. */
export function isWithheld(value: string | null | Withheld): value is Withheld {
  return typeof value === 'object' && value !== null;
}
