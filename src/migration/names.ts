import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {NAME_KEYS} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {dataVersionOf} from './data-version.js';
import {type Finding, finding} from './finding.js';
import type {Target} from './plugin.js';

/** The data version since which VIC reads the hidden name only. */
const HIDDEN_NAME_VERSION: Readonly<Record<Target, number>> = {appliance: 1, container: 2};

/**
 * The name that `docker ps` shows of a containerVM. Below data version 2, VIC copies the legacy name over the hidden one
 * whenever it reads the VM, so there the legacy one counts; above, it is shown only if there is no hidden one.
 */
export function containerNameOf(config: ExtraConfig): string | null {
  const {legacy, hidden} = NAME_KEYS.container;
  // VIC takes a version that it cannot read for 0.
  const version = dataVersionOf(config, 'container') ?? 0;
  const keys = version < HIDDEN_NAME_VERSION.container ? [legacy, hidden] : [hidden, legacy];
  return keys.map((key) => decodeValue(config[key] ?? '')).find((name) => name !== '') ?? null;
}

/** What you should know about a VM's names before they are migrated. */
export function nameFindings(target: Target, config: ExtraConfig, dataVersion: number): Finding[] {
  const keys = NAME_KEYS[target];
  const legacy = decodeValue(config[keys.legacy] ?? '');
  const hidden = decodeValue(config[keys.hidden] ?? '');
  const name = hidden === '' ? legacy : hidden;
  const findings: Finding[] = [];
  const add = (...found: Parameters<typeof finding>) => void findings.push(finding(...found));
  if (legacy !== '' && hidden !== '' && legacy !== hidden) {
    const values = `${keys.hidden} is ${JSON.stringify(hidden)} and ${keys.legacy} is ${JSON.stringify(legacy)}`;
    const shown = JSON.stringify(dataVersion < HIDDEN_NAME_VERSION[target] ? legacy : hidden);
    add('names-differ', `${values}: both are kept, and VIC shows ${shown}`);
  }
  if (legacy !== '' && hidden === '' && dataVersion >= HIDDEN_NAME_VERSION[target]) {
    const only = `but only ${keys.legacy} exists: VIC shows no name`;
    add('legacy-name-only', `data version ${dataVersion} should have ${keys.hidden}, ${only}`);
  }
  if (target === 'container' && name !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name))
    add(
      'name-not-docker',
      `the name ${JSON.stringify(name)} has characters that docker does not allow in names`,
    );
  return findings;
}
