import {decodeValue} from '../extraconfig/value.js';
import {canonicalJson} from '../migration/canonical-json.js';

/** A claim as it stands on the appliance. What is for people may be anything; ids and lease are what counts. */
export interface ClaimText {
  readonly id: string;
  readonly owner: string;
  /** `web to web-old`. */
  readonly purpose: string;
  readonly run: string;
  readonly tool: string;
  /** Seconds within which the owner raises the counter, or is dead. */
  readonly lease: number;
  readonly counter: number;
  readonly time: string;
}

/** Somebody else's claim, as far as it can be read. */
export interface FoundClaim {
  readonly id: string;
  readonly owner: string;
  readonly purpose: string;
  /** `null` where it does not say. */
  readonly lease: number | null;
}

/** The claim's raw value: ASCII, whatever the names in it are. */
export function encodeClaim(claim: ClaimText): string {
  return canonicalJson({...claim});
}

/** The claim in a raw value; `null` where there is none. One that cannot be read is a claim, too. */
export function parseClaim(raw: string | undefined): FoundClaim | null {
  const text = decodeValue(raw ?? '');
  if (text === '') return null;
  const members = membersOf(text);
  const word = (name: string): string => {
    const value = members.get(name);
    return typeof value === 'string' ? value : 'unknown';
  };
  const lease = members.get('lease');
  return {
    id: word('id'),
    owner: word('owner'),
    purpose: word('purpose'),
    lease: typeof lease === 'number' && lease > 0 && lease <= LONGEST_LEASE ? lease : null,
  };
}

/** Seconds; a claim that asks for more was not written by us, and must not stop renames for a day. */
const LONGEST_LEASE = 600;

function membersOf(text: string): ReadonlyMap<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  } catch {
    return new Map();
  }
}
