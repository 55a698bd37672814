import {toVchError, VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {BUILD_KEY, CONTAINER_VERSION_KEY, DATA_VERSION_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {readContainerVms} from '../inventory/container-vms.js';
import {compareReleases, type Release} from '../iso/version-stamp.js';
import {dataVersionOf} from '../migration/data-version.js';
import type {VchContext, VchTarget} from './context.js';
import type {UpgradeRecord} from './record.js';

const SHOWN = 20;

/** A containerVM, by which people and records know it. */
export interface SeenContainer {
  readonly id: string;
  readonly label: string;
}

/** containerVMs that look as if a newer VCH than that had made them, and those of which that cannot be seen. */
export async function newerContainers(
  {session, found}: VchTarget,
  from: UpgradeRecord['from'],
): Promise<{readonly newer: readonly SeenContainer[]; readonly unseen: readonly SeenContainer[]}> {
  const vms = await readContainerVms(session, found, [
    DATA_VERSION_KEY.container,
    BUILD_KEY.container,
    CONTAINER_VERSION_KEY,
  ]);
  const newer: SeenContainer[] = [];
  const unseen: SeenContainer[] = [];
  for (const vm of vms) {
    if (vm.owner.status === 'other') continue;
    const seen = {id: vm.ref.value, label: `${vm.displayName} (${vm.ref.value})`};
    const version = dataVersionOf(vm.config, 'container');
    if (version.status === 'valid' && version.version > from.dataVersion) newer.push(seen);
    else if ((compareReleases(releaseOf(vm.config), from) ?? 0) > 0) newer.push(seen);
    // What a host that is away still shows is enough; nothing at all says nothing.
    else if (vm.status !== 'readable' && vm.containerId === null) unseen.push(seen);
  }
  return {newer, unseen};
}

/** Refuses to go back where the newer version has made containers: the older one cannot work with them. */
export async function assertNoNewer(
  target: VchTarget,
  record: UpgradeRecord,
  written: string,
): Promise<void> {
  const {label} = target;
  const {newer, unseen} = await madeSince(target, record);
  if (newer.length > 0) {
    throw new VchError(
      'VCH_ERR_CONFLICT',
      `${label} has ${newer.length} containerVMs that the newer version made, and that version ${record.from.version ?? record.from.dataVersion} cannot work with: ` +
        `${listed(newer)}. ${written}; remove them with docker rm, then run vch-migrate rollback again`,
    );
  }
  if (unseen.length > 0) tellUnseen(target, unseen);
}

/**
 * Where there is no choice but to go back: containers of the newer version are told, and keep the ISO file that they
 * boot from. That it cannot be known stops no way back. Gives what changes on record.
 */
export async function tellNewer(context: VchContext): Promise<Partial<UpgradeRecord>> {
  const {record} = context;
  if (!record.touched) return {};
  try {
    const {newer, unseen} = await madeSince(context, record);
    if (unseen.length > 0) tellUnseen(context, unseen);
    if (newer.length === 0) return unseen.length > 0 ? keepBootstrapIso(record) : {};
    context.find(
      'containers-of-newer-version',
      `the newer version made ${listed(newer)} while it was up, and the older one cannot work with them; remove them with docker rm after the next upgrade`,
    );
    return keepBootstrapIso(record);
  } catch (error) {
    context.find(
      'containers-unseen',
      `whether the newer version has made containers cannot be seen: ${toVchError(error).message}; look with vch-migrate status`,
    );
    return keepBootstrapIso(record);
  }
}

function keepBootstrapIso({isos}: UpgradeRecord): Partial<UpgradeRecord> {
  return {isos: {...isos, bootstrap: isos.bootstrap && {...isos.bootstrap, uploaded: false}}};
}

function tellUnseen(target: VchTarget, unseen: readonly SeenContainer[]): void {
  target.find(
    'containers-unseen',
    `whether the newer version made ${listed(unseen)} cannot be seen: vCenter shows no configuration of them; look at them with vch-migrate status when their host is back`,
  );
}

/** Those that came since the upgrade on record began. */
async function madeSince(
  target: VchTarget,
  {from, newerBefore}: UpgradeRecord,
): ReturnType<typeof newerContainers> {
  const known = new Set(newerBefore);
  const {newer, unseen} = await newerContainers(target, from);
  return {newer: newer.filter(({id}) => !known.has(id)), unseen};
}

function listed(vms: readonly SeenContainer[]): string {
  const more = vms.length > SHOWN ? ` and ${vms.length - SHOWN} more` : '';
  return `${vms
    .slice(0, SHOWN)
    .map(({label}) => label)
    .join(', ')}${more}`;
}

/** The release of VIC that made a containerVM. */
function releaseOf(config: ExtraConfig): Release {
  const text = (key: string) => decodeValue(config[key] ?? '') || null;
  return {version: text(CONTAINER_VERSION_KEY), build: text(BUILD_KEY.container)};
}
