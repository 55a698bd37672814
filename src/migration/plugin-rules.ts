import {thrownMessage} from '../errors.js';
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

/** Keys that belong to vSphere, to VIC's own upgrade or to this tool, and never to a plugin. */
const RESERVED_KEYS = [...Object.values(DATA_VERSION_KEY), OVF_ENVIRONMENT_KEY, UPDATE_IN_PROGRESS_KEY];

/** The faults of a plugin's definition, each with its remedy; the definition may be of any type. */
export function pluginFaults(definition: unknown): string[] {
  if (typeof definition !== 'object' || definition === null) {
    return ['it is not an object; export what definePlugin({…}) returns'];
  }
  try {
    return faultsOf(definition);
  } catch (error) {
    return [`it cannot be read: ${thrownMessage(error)}; export plain values`];
  }
}

function faultsOf(definition: object): string[] {
  const {
    version,
    target,
    name,
    summary,
    keys,
    reads,
    revision,
    persist,
    down,
  }: Readonly<Record<string, unknown>> = {
    ...definition,
  };
  // Spread alone would lose what a class instance inherits: `up` is often a method.
  const up: unknown = Reflect.get(definition, 'up');
  const reserved = [...list(keys), ...list(reads)].filter(isReserved).join(', ');
  const visible = target === 'container' && persist === true ? list(keys).filter(isVisible).join(', ') : '';
  const rules = [
    isVersion(version) ||
      `version must be 1 to ${HIGHEST_DATA_VERSION} (VIC's own) or from ${FIRST_FOREIGN_VERSION}`,
    target === 'appliance' || target === 'container' || 'target must be appliance or container',
    isPluginName(name) || 'name must be words of a-z and 0-9 joined by -, at most 64 characters',
    (typeof summary === 'string' && /^[^\r\n]*\S[^\r\n]*$/.test(summary)) ||
      'summary must be one line of text',
    list(keys).length > 0 || 'keys must name the keys that the plugin writes',
    reads === undefined || isKeyList(reads) || 'reads must be a list of keys',
    isPositiveInteger(revision) || 'revision must be 1 or more',
    typeof persist === 'boolean' || 'persist must be true or false',
    typeof up === 'function' || 'up must be a function',
    down === undefined || 'down is not allowed: undo restores the previous values by itself',
    reserved === '' || `${reserved} cannot be declared: no plugin may touch such a key`,
    visible === '' ||
      `${visible} cannot be written to a containerVM, because the guest sees it: ` +
        'declare it in reads, or set persist to false',
  ];
  return rules.filter((rule) => rule !== true);
}

/** Whether a word can name a plugin: `container-team`. */
export function isPluginName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 64;
}

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
