import {changesByItself, OWN_PREFIX, UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import {shownValue} from '../extraconfig/mask.js';
import type {Appliance} from '../inventory/appliance.js';
import type {SnapshotConfig} from '../vim25/snapshot.js';
import {VM_SETTINGS} from '../vim25/virtual-machine.js';
import type {UpgradeRecord} from './record.js';
import {pluginsOf} from './upgrade.js';
import {allChanges, planOnRecord} from './upgrade-appliance.js';
import type {VchTarget} from './vch-target.js';

// Why: docs/decisions/013-rollback-compares-first.md

/**
 * What a revert of the appliance to its snapshot discards: every value that is neither in the snapshot nor written by the
 * upgrade on record. vic-machine configure or a person has changed it since. One line each.
 */
export async function discardedBy(
  target: VchTarget,
  record: UpgradeRecord,
  before: SnapshotConfig,
  appliance: Appliance,
): Promise<readonly string[]> {
  const left = await leftByUpgrade(target, record, before, appliance);
  const lines: string[] = [];
  for (const key of [
    ...new Set([...Object.keys(before.extraConfig), ...Object.keys(appliance.config)]),
  ].sort()) {
    if (changesByItself(key) || key.startsWith(OWN_PREFIX) || key === UPDATE_IN_PROGRESS_KEY) continue;
    const [was, now] = [before.extraConfig[key] ?? null, appliance.config[key] ?? null];
    const upgraded = left.config(key);
    if (upgraded === 'unknown' || [was, upgraded].some((value) => isSame(value, now))) continue;
    lines.push(`${key} is ${shownValue(key, now)} now, and was ${shownValue(key, upgraded)}`);
  }
  for (const {key, fileName} of appliance.cdroms) {
    const was = before.cdroms.find((drive) => drive.key === key)?.fileName ?? null;
    const upgraded = left.cdrom(key) ?? was;
    if (fileName !== was && fileName !== upgraded)
      lines.push(
        `the CD-ROM drive ${key} has ${fileName ?? 'no ISO file'} now, and had ${upgraded ?? 'none'}`,
      );
  }
  for (const [path, label] of Object.entries(VM_SETTINGS)) {
    const [was, now] = [before.settings[path] ?? '', appliance.settings[path] ?? ''];
    if (was !== now) lines.push(`${label} is ${shownValue(path, now)} now, and was ${shownValue(path, was)}`);
  }
  return lines;
}

/** What the upgrade made of the appliance, planned again on its snapshot: the record holds no values. */
async function leftByUpgrade(
  target: VchTarget,
  record: UpgradeRecord,
  {extraConfig, cdroms}: SnapshotConfig,
  appliance: Appliance,
) {
  const was = (key: string) => extraConfig[key] ?? null;
  // The plugins of the upgrade are not all here, so what they wrote is unknown.
  if (record.plugins.join() !== pluginsOf(target.options.registry).join())
    return {config: (key: string) => (record.keys.includes(key) ? 'unknown' : was(key)), cdrom: () => null};
  const plan = await planOnRecord(target, {...appliance, config: extraConfig, cdroms}, record);
  const {cdrom} = plan;
  const after = new Map(allChanges(plan).map((change) => [change.key, change.after]));
  return {
    config: (key: string) => after.get(key) ?? (after.has(key) ? null : was(key)),
    cdrom: (key: number) => (cdrom?.key === key ? cdrom.fileName : null),
  };
}

/** vic-machine configure encodes every value again: an absent key equals one of VIC's zero values. */
function isSame(a: string | null, b: string | null): boolean {
  return a === b || (isZero(a) && isZero(b));
}

function isZero(value: string | null): boolean {
  return value === null || ['', '<nil>', '0', 'false'].includes(value);
}
