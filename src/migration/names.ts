import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {NAME_KEYS} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {type Finding, finding} from './finding.js';
import type {Target} from './plugin.js';

/** The name that `docker ps` shows for a containerVM: the hidden one if it has a value, else the legacy one. */
export function containerNameOf(config: ExtraConfig): string | null {
  for (const key of [NAME_KEYS.container.hidden, NAME_KEYS.container.legacy]) {
    const raw = config[key];
    if (raw !== undefined && decodeValue(raw) !== '') return decodeValue(raw);
  }
  return null;
}

/** From this data version on VIC reads only the hidden name. */
const HIDDEN_NAME_VERSION: Readonly<Record<Target, number>> = {appliance: 1, container: 2};

/** What you should know about a VM's names before they are migrated. */
export function nameFindings(target: Target, config: ExtraConfig, dataVersion: number): Finding[] {
  const keys = NAME_KEYS[target];
  const legacy = decodeValue(config[keys.legacy] ?? '');
  const hidden = decodeValue(config[keys.hidden] ?? '');
  const findings: Finding[] = [];
  if (legacy !== '' && hidden !== '' && legacy !== hidden) {
    findings.push(
      finding(
        'names-differ',
        `${keys.hidden} is ${JSON.stringify(hidden)} and ${keys.legacy} is ${JSON.stringify(legacy)}: the hidden name is kept`,
      ),
    );
  }
  if (legacy !== '' && hidden === '' && dataVersion >= HIDDEN_NAME_VERSION[target]) {
    findings.push(
      finding(
        'legacy-name-only',
        `data version ${dataVersion} should have ${keys.hidden}, but only ${keys.legacy} exists: VIC shows no name`,
      ),
    );
  }
  const name = hidden === '' ? legacy : hidden;
  if (target === 'container' && name !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    findings.push(
      finding(
        'name-not-docker',
        `the name ${JSON.stringify(name)} has characters that docker does not allow in names`,
      ),
    );
  }
  return findings;
}
