// The name of every ExtraConfig key that this project reads or writes, spelled as VIC's encoder spells it. No other
// file of src or plugins spells one (test/extraconfig/keys.test.ts); the simulator has its own, on purpose.

/** The kinds of VM that are migrated: the appliance (endpointVM) of a VCH, and its containerVMs. */
export type Target = 'appliance' | 'container';

/** The id by which VIC knows a VM: a container id, or `VirtualMachine:vm-N` of an appliance. */
export const ID_KEY = {
  appliance: 'guestinfo.vice./init/common/id',
  container: 'guestinfo.vice./common/id',
} as const;

/** The name of a VM: visible to the guest before VIC 1.1, hidden since. */
export const NAME_KEYS = {
  appliance: {legacy: 'guestinfo.vice./init/common/name', hidden: 'init/common/name'},
  container: {legacy: 'guestinfo.vice./common/name', hidden: 'common/name'},
} as const;

/** The data version that a VM's keys follow; VIC's `PluginVersion`. */
export const DATA_VERSION_KEY = {
  appliance: 'guestinfo.vice./init/version/PluginVersion',
  container: 'guestinfo.vice./version/PluginVersion',
} as const;

/** The build of VIC that made or last upgraded a VM. */
export const BUILD_KEY = {
  appliance: 'guestinfo.vice./init/version/BuildNumber',
  container: 'guestinfo.vice./version/BuildNumber',
} as const;

/** VIC's keys that the guest sees begin with this. */
export const GUEST_PREFIX = 'guestinfo.vice.';

// VIC's own, on an appliance.
export const APPLIANCE_VERSION_KEY = 'guestinfo.vice./init/version/Version';
export const APPLIANCE_COMMIT_KEY = 'guestinfo.vice./init/version/GitCommit';
export const APPLIANCE_BUILD_DATE_KEY = 'guestinfo.vice./init/version/BuildDate';
/** `dirty` for a build that was not from a clean tree. */
export const APPLIANCE_STATE_KEY = 'guestinfo.vice./init/version/State';
/** `ADD` where vic-machine gave the ops user its permissions. */
export const GRANT_PERMISSIONS_KEY = 'guestinfo.vice./grant_permissions';
export const BOOTSTRAP_KEY = 'guestinfo.vice./container/bootstrap_image_path';
export const NAME_CONVENTION_KEY = 'guestinfo.vice./container/ContainerNameConvention';
/** `vic-machine` sets and clears this flag while it upgrades or configures a VCH. */
export const UPDATE_IN_PROGRESS_KEY = 'UpdateInProgress';
/** The names of the appliance's services, as a list. */
export const SESSIONS_KEY = 'guestinfo.vice./init/sessions';
export const VICADMIN_ENV_KEY = 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~';
export const DOCKER_ARGS_KEY = 'guestinfo.vice./init/sessions|docker-personality/cmd/Args~';
/** The guest writes its address on the client network here. */
export const CLIENT_IP_KEY = 'guestinfo.vice..init.networks|client.assigned.IP';
export const INSECURE_REGISTRIES_KEY = 'guestinfo.vice./registry/insecure_registries';

// VIC's own, on a containerVM.
/** The networks of a container. */
export const NETWORKS_KEY = 'guestinfo.vice./networks';
export const CONTAINER_VERSION_KEY = 'guestinfo.vice./version/Version';
export const CREATETIME_KEY = 'guestinfo.vice..createtime';

// Ours. All are hidden from the guest, so they may be written while the VM runs.
/** Every key of ours begins with this, except {@link RENAME_DISABLED_KEY}. */
export const OWN_PREFIX = 'vch-migrate/';
/** The history of a VM: which plugins were applied to it, by which run, and the values from before. */
export const LEDGER_KEY = 'vch-migrate/ledger';
/** Who upgrades a VCH, on its appliance. */
export const LOCK_KEY = 'vch-migrate/lock';
/** What a rollback or a resume of an upgrade needs, on the appliance. */
export const UPGRADE_RECORD_KEY = 'vch-migrate/upgrade';
/** The claim that makes renames on one VCH take turns, on the appliance. */
export const RENAME_CLAIM_KEY = 'vch-migrate/rename';
/** What marks a VM that `doctor` made for itself, and the keys that it tries there; on no other VM. */
export const DOCTOR_KEY = 'vch-migrate/doctor';
export const DOCTOR_PROBES = {
  hidden: 'vch-migrate/doctor/probe',
  otherCase: 'vch-migrate/doctor/PROBE',
  odd: 'networks|vch-migrate/doctor/network/aliases~',
  absent: 'vch-migrate/doctor/absent',
  guest: 'guestinfo.vch-migrate.doctor',
} as const;
/** The keys on an appliance that say whether its VCH is held: upgrade lock, VIC's flag, rename claim. */
export const LEASE_KEYS = [LOCK_KEY, UPDATE_IN_PROGRESS_KEY, RENAME_CLAIM_KEY];
/** The mark on a legacy containerVM. Removing it enables nothing: the data version alone disables renames, too. */
export const RENAME_DISABLED_KEY = 'common/rename-disabled';

/** vSphere's own; the guest reads its OVF environment here. */
export const OVF_ENVIRONMENT_KEY = 'guestinfo.ovfEnv';

/** What VIC's guests write begins with the first of these; vSphere writes the others as a VM runs, moves or is snapshotted. */
const CHANGE_BY_THEMSELVES = [
  'guestinfo.vice.. guestinfo.ovfEnv guestinfo.vmtools. guestinfo.appInfo guestinfo.detailed.',
  'guestinfo.toolsInstall guestOS.detailed. vmware.tools. toolsInstallManager. tools.remindInstall',
  'softPowerOff cleanShutdown migrate. vmotion. replay. snapshot. checkpoint. uuid.',
  'monitor.phys_bits_used numa.autosize. sched.swap. svga. pciBridge hpet0. vmci0. nvram vm.genid',
  'vmxstats. hostCPUID. guestCPUID. userCPUID. evcCompatibilityMode viv.moid',
].flatMap((prefixes) => prefixes.toLowerCase().split(' '));

/** Tells whether a key may change on a VM that is not reconfigured. */
export function changesByItself(key: string): boolean {
  const name = key.toLowerCase();
  return name.endsWith('.pcislotnumber') || CHANGE_BY_THEMSELVES.some((prefix) => name.startsWith(prefix));
}

/**
 * The list that says what resolves to what on one of a container's networks. VIC turns a dot in the name of a network into
 * a slash.
 */
export function aliasListKey(network: string): string {
  return `networks|${network.replaceAll('.', '/')}/network/aliases~`;
}

/** Tells whether a key is such a list, of whatever network. */
export function isAliasListKey(key: string): boolean {
  return /^networks\|[^|]+\/network\/aliases~$/.test(key);
}

/** Whether one of the appliance's services may start: VIC 1.1 and newer start only active ones. */
export function activeKey(service: string): string {
  return `${SESSIONS_KEY}|${service}/active`;
}

const STARTED = {prefix: 'guestinfo.vice..init.sessions|', suffix: '.started'};

/** Where one of the appliance's services writes that it has started. */
export function startedKey(service: string): string {
  return `${STARTED.prefix}${service}${STARTED.suffix}`;
}

/** Tells whether a key is one in which a service writes that it has started. */
export function isStarted(key: string): boolean {
  return key.startsWith(STARTED.prefix) && key.endsWith(STARTED.suffix);
}

/** Tells whether a value is a container's id: 64 or 12 lowercase hex digits. */
export function isContainerId(value: string | undefined): value is string {
  return value !== undefined && /^(?:[0-9a-f]{64}|[0-9a-f]{12})$/.test(value);
}

/** Tells whether the value under the appliance's id key makes the VM with this moref an appliance. */
export function isApplianceId(value: string | undefined, moref: string): boolean {
  return value === `VirtualMachine:${moref}` || value === 'CreatingVCH';
}

/** Tells whether the guest cannot see a key. vSphere takes `Guestinfo.` for `guestinfo.`. Only hidden keys may be written while a VM runs. */
export function isHidden(key: string): boolean {
  return !key.toLowerCase().startsWith('guestinfo.');
}

/** Tells whether VIC encrypts the value of a key. */
export function isSecret(key: string): boolean {
  return key.includes('@secret');
}

/** Tells whether a declared key stands for many: `*` is exactly one map key or one index. */
export function isPattern(key: string): boolean {
  return key.includes('*');
}

/** A test that passes certain keys. */
export type KeyMatcher = (key: string) => boolean;

/** A test that passes the keys which a list of exact keys and patterns names. */
export function keyMatcher(declared: readonly string[]): KeyMatcher {
  const exact = new Set(declared.filter((key) => !isPattern(key)));
  const patterns = declared.filter(isPattern).map(patternExpression);
  return (key) => exact.has(key) || patterns.some((pattern) => pattern.test(key));
}

function patternExpression(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/|]+')}$`, 'su');
}
