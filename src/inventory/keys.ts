// ExtraConfig keys by which VIC's VMs are told apart and described; spelled as VIC's encoder spells them.
export const APPLIANCE_ID_KEY = 'guestinfo.vice./init/common/id';
export const APPLIANCE_NAME_KEY = 'init/common/name';
export const APPLIANCE_LEGACY_NAME_KEY = 'guestinfo.vice./init/common/name';
export const APPLIANCE_BUILD_KEY = 'guestinfo.vice./init/version/BuildNumber';
export const APPLIANCE_VERSION_KEY = 'guestinfo.vice./init/version/Version';
export const APPLIANCE_DATA_VERSION_KEY = 'guestinfo.vice./init/version/PluginVersion';
export const CONTAINER_ID_KEY = 'guestinfo.vice./common/id';
/** VIC's own flag, which `vic-machine` reads and sets. */
export const UPDATE_IN_PROGRESS_KEY = 'UpdateInProgress';
export const LOCK_KEY = 'vch-migrate/lock';
/** The claim that makes two renames take turns. */
export const RENAME_CLAIM_KEY = 'vch-migrate/rename';

/** What a containerVM's id looks like: 64 or 12 lowercase hex digits. */
export function isContainerId(value: string | undefined): value is string {
  return value !== undefined && /^(?:[0-9a-f]{64}|[0-9a-f]{12})$/.test(value);
}

/** Whether the value under {@link APPLIANCE_ID_KEY} makes that VM an appliance. */
export function isApplianceId(value: string | undefined, moref: string): boolean {
  return value === `VirtualMachine:${moref}` || value === 'CreatingVCH';
}
/** What a rollback or resume of an upgrade needs. */
export const UPGRADE_RECORD_KEY = 'vch-migrate/upgrade';
