import type {DumpedVm} from '../peers/vcsim.js';

/** What the rules of the migration say about one containerVM. */
export type Expectation =
  | {readonly status: 'changed'; readonly keys: Readonly<Record<string, string>>}
  | {readonly status: 'unchanged'}
  | {readonly status: 'refused'; readonly code: string};

const LEDGER = 'vch-migrate/ledger';

/**
 * The rules written down a second time, from their text alone and without a line of the product: what the
 * product does is compared with this.
 */
export function expectationOf({extraConfig: config, instanceUuid}: DumpedVm): Expectation {
  const version = filled(config['guestinfo.vice./version/PluginVersion']) ?? '0';
  // What Go's Atoi reads, but for negative numbers: leading zeros and a plus sign are fine.
  if (!/^([+]?[0-9]+|-0+)$/.test(version)) return {status: 'refused', code: 'VCH_ERR_DATA_VERSION_INVALID'};
  if (Number(version) > 10) return {status: 'refused', code: 'VCH_ERR_DATA_TOO_NEW'};
  const ledger = config[LEDGER];
  if (ledger !== undefined && !ledger.includes(instanceUuid)) {
    return {status: 'refused', code: 'VCH_ERR_LEDGER_INVALID'};
  }
  const keys: Record<string, string> = {};
  if (Number(version) < 2 && filled(config['common/name']) === undefined) {
    const name = filled(config['guestinfo.vice./common/name']);
    if (name === undefined) return {status: 'refused', code: 'VCH_ERR_NAME_MISSING'};
    keys['common/name'] = name;
  }
  if (Number(version) < 4 && config['common/rename-disabled'] !== 'true') {
    keys['common/rename-disabled'] = 'true';
  }
  return Object.keys(keys).length === 0 ? {status: 'unchanged'} : {status: 'changed', keys};
}

/** A value that is there: not absent, not empty, and not VIC's way to write an empty one. */
function filled(raw: string | undefined): string | undefined {
  return raw === undefined || raw === '' || raw === '<nil>' ? undefined : raw;
}

/** What VIC itself makes of a containerVM's ExtraConfig when it reads it: its plugins 2 and 9, in memory. */
export function asVicReadsIt(config: DumpedVm['extraConfig']): Record<string, string> {
  const version = Number(filled(config['guestinfo.vice./version/PluginVersion']) ?? '0');
  const read: Record<string, string> = {...config};
  if (version < 2) read['common/name'] = config['guestinfo.vice./common/name'] ?? '';
  const created = config['guestinfo.vice..createtime'];
  if (version < 9 && created !== undefined) {
    read['guestinfo.vice..createtime'] = String(BigInt(created) * 1_000_000_000n);
  }
  return read;
}

/** The keys that are this tool's alone: VIC does not know them. */
export const OWN_KEYS: readonly string[] = ['common/rename-disabled', LEDGER];
