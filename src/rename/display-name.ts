import {NAME_CONVENTION_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Finding} from '../migration/finding.js';

const DEFAULT = '{name}-{id}';
/** vSphere's limit for a display name. VIC counts bytes, which are never fewer than characters. */
const LONGEST = 80;
const SHORT_ID = 12;
const TOKENS = /(\{name\}|\{id\})/;
/** VIC up to 0.9 had no convention: this much of the name, then the whole id. */
const OLDEST_NAME = 15;

/** How a VCH names its containers' VMs. */
export interface NamingConvention {
  readonly template: string;
  /** Why the configured one cannot be used, so that the default applies; `null` if it can. */
  readonly problem: string | null;
}

/** What a display name is made of. */
interface ContainerIdentity {
  readonly containerId: string;
  readonly name: string;
}

/** Reads the convention from the appliance's raw value; absent and empty mean the default. */
export function readConvention(raw: string | undefined): NamingConvention {
  const template = decodeValue(raw ?? '');
  if (template === '') return {template: DEFAULT, problem: null};
  const problem = problemOf(template);
  return problem === null ? {template, problem} : {template: DEFAULT, problem};
}

/** Reports a convention that cannot be used. */
export function conventionFindings({problem}: NamingConvention): readonly Finding[] {
  if (problem === null) return [];
  const message = `${NAME_CONVENTION_KEY} of the appliance cannot be used: ${problem}; the default, ${DEFAULT}, is used instead`;
  return [{code: 'naming-convention-invalid', message}];
}

/** The display name of a container's VM: the short id is inserted first, and the name gets the room that is left. */
export function displayNameOf({template}: NamingConvention, {containerId, name}: ContainerIdentity): string {
  const parts = template.split(TOKENS);
  const room = Math.floor(roomForNames(parts) / Math.max(1, count(parts, '{name}')));
  const inserted = parts.map((part) => {
    if (part === '{id}') return containerId.slice(0, SHORT_ID);
    return part === '{name}' ? beginning(name, room) : part;
  });
  return inserted.join('');
}

/** The display name given by VIC up to 0.9. */
export function oldestDisplayNameOf({containerId, name}: ContainerIdentity): string {
  return `${beginning(name, OLDEST_NAME)}-${containerId}`;
}

function problemOf(template: string): string | null {
  const parts = template.split(TOKENS);
  const [ids, names] = [count(parts, '{id}'), count(parts, '{name}')];
  if (ids + names === 0) return 'it has neither {name} nor {id}, so all VMs would have the same name';
  const least = ids > 0 ? 0 : names;
  if (roomForNames(parts) < least) return `it leaves no room within ${LONGEST} characters`;
  return /\p{Cc}/u.test(template) ? 'it has a control character' : null;
}

function roomForNames(parts: readonly string[]): number {
  const literal = parts.filter((part) => part !== '{id}' && part !== '{name}').join('');
  return LONGEST - Buffer.byteLength(literal) - SHORT_ID * count(parts, '{id}');
}

function count(parts: readonly string[], token: string): number {
  return parts.filter((part) => part === token).length;
}

/** The beginning of a text: at most this many bytes, and no half characters. */
function beginning(text: string, bytes: number): string {
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    kept += character;
  }
  return kept;
}
