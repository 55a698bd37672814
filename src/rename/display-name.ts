import {NAME_CONVENTION_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Finding} from '../migration/finding.js';

/** The key of the appliance that holds its VCH's naming convention. */

const DEFAULT = '{name}-{id}';
/** Bytes, as VIC counts, and so characters at most: vSphere's limit of a display name. */
const LONGEST = 80;
const SHORT_ID = 12;
const TOKENS = /(\{name\}|\{id\})/;
/** VIC up to 0.9 had no convention: so much of the name, and the whole id. */
const OLDEST_NAME = 15;

/** How a VCH names its containers' VMs. */
export interface NamingConvention {
  readonly template: string;
  /** Why the one that is configured cannot be used, and the default is. */
  readonly problem: string | null;
}

/** What a display name is made of. */
export interface ContainerIdentity {
  readonly containerId: string;
  readonly name: string;
}

/** The convention out of the appliance's raw value; absent and empty mean the default. */
export function readConvention(raw: string | undefined): NamingConvention {
  const template = decodeValue(raw ?? '');
  if (template === '') return {template: DEFAULT, problem: null};
  const problem = problemOf(template);
  return problem === null ? {template, problem} : {template: DEFAULT, problem};
}

/** What a person should know of a convention: that it cannot be used. */
export function conventionFindings({problem}: NamingConvention): readonly Finding[] {
  if (problem === null) return [];
  const message = `${NAME_CONVENTION_KEY} of the appliance cannot be used: ${problem}; the default, ${DEFAULT}, is`;
  return [{code: 'naming-convention-invalid', message}];
}

/** The display name of a container's VM: the short id goes in first, and the name gets what room is left. */
export function displayNameOf({template}: NamingConvention, {containerId, name}: ContainerIdentity): string {
  const parts = template.split(TOKENS);
  const room = Math.floor(roomForNames(parts) / Math.max(1, count(parts, '{name}')));
  const inserted = parts.map((part) => {
    if (part === '{id}') return containerId.slice(0, SHORT_ID);
    return part === '{name}' ? beginning(name, room) : part;
  });
  return inserted.join('');
}

/** The display name that VIC up to 0.9 gave. */
export function oldestDisplayNameOf({containerId, name}: ContainerIdentity): string {
  return `${beginning(name, OLDEST_NAME)}-${containerId}`;
}

function problemOf(template: string): string | null {
  const parts = template.split(TOKENS);
  const [ids, names] = [count(parts, '{id}'), count(parts, '{name}')];
  if (ids + names === 0) return 'it has neither {name} nor {id}, and all VMs would have one name';
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

/** So many bytes of a text at most, and no half characters. */
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
