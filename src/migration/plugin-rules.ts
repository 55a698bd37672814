import {thrownText} from '../errors.js';
import {
  DATA_VERSION_KEY,
  isHidden,
  isPattern,
  isSecret,
  keyMatcher,
  OVF_ENVIRONMENT_KEY,
  OWN_PREFIX,
  UPDATE_IN_PROGRESS_KEY,
} from '../extraconfig/keys.js';
import {FIRST_FOREIGN_VERSION, HIGHEST_DATA_VERSION} from './data-version.js';

type Definition = Readonly<Record<string, unknown>>;
type Rule = (definition: Definition) => string | null;

/** Keys that belong to vSphere, to VIC's own upgrade or to this tool, and never to a plugin. */
const RESERVED_KEYS = [...Object.values(DATA_VERSION_KEY), OVF_ENVIRONMENT_KEY, UPDATE_IN_PROGRESS_KEY];

/** The faults of a plugin's definition, each with its remedy; the definition may be of any type. */
export function pluginFaults(definition: unknown): string[] {
  if (typeof definition !== 'object' || definition === null) {
    return ['it is not an object; export what definePlugin({…}) returns'];
  }
  try {
    // Spread alone would lose what a class instance inherits: `up` is often a method.
    const record: Definition = {up: Reflect.get(definition, 'up'), ...definition};
    return RULES.map((rule) => rule(record)).filter((fault) => fault !== null);
  } catch (error) {
    return [`it cannot be read: ${thrownText(error)}; export plain values`];
  }
}

const RULES: readonly Rule[] = [
  ({version}) =>
    isVersion(version)
      ? null
      : `version must be 1 to ${HIGHEST_DATA_VERSION} (VIC's own) or from ${FIRST_FOREIGN_VERSION}`,
  ({target}) =>
    target === 'appliance' || target === 'container' ? null : 'target must be appliance or container',
  ({name}) =>
    typeof name === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 64
      ? null
      : 'name must be words of a-z and 0-9 joined by -, at most 64 characters',
  ({summary}) =>
    typeof summary === 'string' && /^[^\r\n]*\S[^\r\n]*$/.test(summary)
      ? null
      : 'summary must be one line of text',
  ({keys}) => (isKeyList(keys) && keys.length > 0 ? null : 'keys must name the keys that the plugin writes'),
  ({reads}) => (reads === undefined || isKeyList(reads) ? null : 'reads must be a list of keys'),
  ({revision}) => (isPositiveInteger(revision) ? null : 'revision must be 1 or more'),
  ({persist}) => (typeof persist === 'boolean' ? null : 'persist must be true or false'),
  ({up}) => (typeof up === 'function' ? null : 'up must be a function'),
  ({down}) =>
    down === undefined ? null : 'down is not allowed: undo restores the previous values by itself',
  ({keys, reads}) => {
    const reserved = [...list(keys), ...list(reads)].filter(isReserved);
    return reserved.length === 0
      ? null
      : `${reserved.join(', ')} cannot be declared: no plugin may touch such a key`;
  },
  ({target, persist, keys}) => {
    if (target !== 'container' || persist !== true) return null;
    const visible = list(keys).filter(isVisible);
    return visible.length === 0
      ? null
      : `${visible.join(', ')} cannot be written to a containerVM, because the guest sees it: ` +
          'declare it in reads, or set persist to false';
  },
];

function isVersion(value: unknown): boolean {
  return isPositiveInteger(value) && (value <= HIGHEST_DATA_VERSION || value >= FIRST_FOREIGN_VERSION);
}

function isPositiveInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isKeyList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((key) => typeof key === 'string' && key !== '');
}

function list(value: unknown): readonly string[] {
  return isKeyList(value) ? value : [];
}

function isReserved(declared: string): boolean {
  const matches = keyMatcher([declared]);
  return declared.startsWith(OWN_PREFIX) || isSecret(declared) || RESERVED_KEYS.some(matches);
}

function isVisible(declared: string): boolean {
  if (!isPattern(declared)) return !isHidden(declared);
  const fixed = declared.slice(0, declared.indexOf('*'));
  return !isHidden(fixed) || 'guestinfo.'.startsWith(fixed.toLowerCase());
}
