import {randomUUID} from 'node:crypto';
import {builtinPlugins} from '../plugins/index.js';
import {applyMigration as apply} from './containers/apply.js';
import type {AnyOutcome, VmOutcome as ContainerOutcome} from './containers/outcome.js';
import {planMigration as plan} from './containers/plan.js';
import type {RunOptions as AllRunOptions, UndoOptions as AllUndoOptions} from './containers/run-options.js';
import {undoMigration as undo} from './containers/undo.js';
import {verifyMigration as verify} from './containers/verify.js';
import type {ExtraConfig} from './extraconfig/extra-config.js';
import {silent} from './log.js';
import {type MigratedConfig, migrateConfigWith} from './migration/migrate-config.js';
import type {Target} from './migration/plugin.js';
import {createRegistry} from './migration/registry.js';
import {auditVch as audit} from './rename/audit.js';
import {type RenameOptions as AllRenameOptions, renameContainer as rename} from './rename/rename.js';
import {TOOL_VERSION} from './tool-version.js';
import {type CheckOutcome, checkVch as check} from './vch-upgrade/check.js';
import type {UpgradeOutcome as VchOutcome} from './vch-upgrade/outcome.js';
import {resumeVch as resume} from './vch-upgrade/resume.js';
import {rollbackVch as rollback} from './vch-upgrade/rollback.js';
import {unlockVch as unlock} from './vch-upgrade/unlock.js';
import {upgradeVch as upgrade} from './vch-upgrade/upgrade.js';
import type {
  CheckOptions as AllCheckOptions,
  RollbackOptions as AllRollbackOptions,
  UnlockOptions as AllUnlockOptions,
  UpgradeOptions as AllUpgradeOptions,
  VchOptions as AllVchOptions,
} from './vch-upgrade/vch-target.js';
import type {ConnectOptions} from './vim25/http-client.js';
import {connect as connectSession, type Session} from './vim25/session.js';

export {fileJournal, type Journal, type SideEffect} from './appliance/journal.js';
export type {
  Compared,
  LockState,
  ProgressEvent,
  StepGroup,
  VchSummary,
  VmStatus,
} from './containers/outcome.js';
export type {VchSelector} from './containers/run-options.js';
export {ERROR_CODES, type ErrorCode, VchError} from './errors.js';
export type {Change, ExtraConfig} from './extraconfig/extra-config.js';
export {type IsoInfo, readIsoInfo} from './iso/iso-info.js';
export type {Logger} from './log.js';
export type {Finding} from './migration/finding.js';
export {type MigratedConfig, migrateConfigWith} from './migration/migrate-config.js';
export {createRegistry, type PluginRegistry} from './migration/registry.js';
export {type RenameSupport, renameSupport} from './migration/rename-class.js';
export type {CheckOutcome} from './vch-upgrade/check.js';
export type {Check} from './vch-upgrade/checks/verdict.js';
export type {SeenOutage} from './vch-upgrade/outage.js';
export type {UpgradeResult, VicRelease} from './vch-upgrade/outcome.js';
export type {ConnectOptions} from './vim25/http-client.js';
export type {Session} from './vim25/session.js';
export type {TlsOptions} from './vim25/tls.js';
export {builtinPlugins};

/** VIC's own plugins, checked once, because checking them takes as long as migrating a config. */
const BUILTIN = createRegistry(builtinPlugins);

/** Milliseconds until the appliance must be ready, as on the command line. */
const TIMEOUT = 10 * 60_000;

/** One VM after a command. An appliance has the fields of a containerVM, too, but no container id and no name. */
export type VmOutcome = Omit<ContainerOutcome, 'kind'> & {readonly kind: 'container' | 'appliance'};

type Completed<T extends AnyOutcome> = Omit<T, 'vms'> & {readonly vms: readonly VmOutcome[]};

/** What `plan`, `apply`, `undo`, `verify`, `rename` and `audit` return. */
export type RunOutcome = Completed<AnyOutcome>;

/** What a command over the VCH as a whole returns: the first VM is the appliance. */
export type UpgradeOutcome = Completed<VchOutcome>;

type Asking<T extends AllRunOptions> = Omit<T, 'confirm'> & {
  /** Asked once, between the plan and the first write; `false` stops with nothing written. */
  readonly confirm?: ((planned: RunOutcome) => Promise<boolean>) | undefined;
};

export type RunOptions = Asking<AllRunOptions>;
export type UndoOptions = Asking<AllUndoOptions>;
export type RenameOptions = Asking<AllRenameOptions>;
export type CheckOptions = Asking<AllCheckOptions>;
export type VchOptions = Asking<AllVchOptions>;
export type RollbackOptions = Asking<AllRollbackOptions>;
export type UpgradeOptions = Asking<AllUpgradeOptions>;
export type UnlockOptions = Asking<AllUnlockOptions>;

/** Every option of {@link RunOptions} has a default. */
export type LibraryOptions<T extends RunOptions = RunOptions> = Partial<T>;

/** Logs in to a vCenter or ESXi; close the session when done. */
export function connect(
  options: Omit<ConnectOptions, 'url' | 'runId' | 'log' | 'tls'> &
    Partial<Pick<ConnectOptions, 'runId' | 'log' | 'tls'>> & {readonly url: URL | string},
): Promise<Session> {
  return connectSession({tls: {}, log: silent, runId: randomUUID(), ...options, url: new URL(options.url)});
}

/**
 * A corrected version of VIC's `MigrateApplianceConfig` and `MigrateContainerConfig`: applies every plugin of the target to
 * a copy of the config, in memory. Rejects with VCH_ERR_DATA_VERSION_INVALID or VCH_ERR_DATA_TOO_NEW.
 */
export function migrateConfig(target: Target, config: ExtraConfig): Promise<MigratedConfig> {
  return migrateConfigWith(BUILTIN, target, config);
}

/** What {@link applyMigration} would change; writes nothing. */
export function planMigration(session: Session, options: LibraryOptions = {}): Promise<RunOutcome> {
  return plan(session, withDefaults(session, options));
}

/** Runs the persisted container plugins on the containerVMs of one VCH. */
export function applyMigration(session: Session, options: LibraryOptions = {}): Promise<RunOutcome> {
  return apply(session, withDefaults(session, options));
}

/** Restores the containerVMs of one VCH from their ledgers. */
export function undoMigration(
  session: Session,
  options: LibraryOptions<UndoOptions> = {},
): Promise<RunOutcome> {
  return undo(session, withDefaults(session, options));
}

/** Checks whether the containerVMs of one VCH have the values they should have. */
export function verifyMigration(session: Session, options: LibraryOptions = {}): Promise<RunOutcome> {
  return verify(session, withDefaults(session, options));
}

/**
 * `docker rename` on one containerVM; the first VM of the outcome is the renamed one, the others link to it. Rejects
 * with docker's message if docker would refuse, and with VCH_ERR_RENAME_DISABLED on a legacy containerVM.
 */
export function renameContainer(
  session: Session,
  options: LibraryOptions<RenameOptions> & Pick<RenameOptions, 'container' | 'newName'>,
): Promise<RunOutcome> {
  const {container, newName} = options;
  return rename(session, {...withDefaults(session, options), container, newName});
}

/** Compares names, folders and identities of a VCH's containerVMs with VIC's conventions. */
export function auditVch(session: Session, options: LibraryOptions = {}): Promise<RunOutcome> {
  return audit(session, withDefaults(session, options));
}

/** Everything that can be known before an upgrade of a VCH; writes nothing. */
export function checkVch(
  session: Session,
  options: LibraryOptions<CheckOptions> = {},
): Promise<CheckOutcome> {
  return check(session, {timeout: TIMEOUT, ...withDefaults(session, options)});
}

/**
 * Upgrades a VCH as a whole: its containerVMs while it is up, then its appliance behind a snapshot, to which it reverts if
 * a step fails. Rejects with failures before the first write; later ones are in `upgrade` of the outcome.
 */
export async function upgradeVch(
  session: Session,
  options: LibraryOptions<UpgradeOptions> = {},
): Promise<UpgradeOutcome> {
  return completed(await upgrade(session, {timeout: TIMEOUT, ...withDefaults(session, options)}));
}

/**
 * Reverts the last upgrade of a VCH, finished or not, from any machine. Rejects where something was changed on the appliance
 * since, unless `confirm` is there to agree or `discardChanges` says so.
 */
export async function rollbackVch(
  session: Session,
  options: LibraryOptions<RollbackOptions> = {},
): Promise<UpgradeOutcome> {
  return completed(await rollback(session, {timeout: TIMEOUT, ...withDefaults(session, options)}));
}

/** Continues an interrupted upgrade, from any machine. */
export async function resumeVch(
  session: Session,
  options: LibraryOptions<VchOptions> = {},
): Promise<UpgradeOutcome> {
  return completed(await resume(session, {timeout: TIMEOUT, ...withDefaults(session, options)}));
}

/** Removes a dead owner's upgrade lock; rejects with VCH_ERR_LOCKED if the owner is alive. */
export async function unlockVch(
  session: Session,
  options: LibraryOptions<UnlockOptions> = {},
): Promise<UpgradeOutcome> {
  return completed(await unlock(session, withDefaults(session, options)));
}

function withDefaults<T extends RunOptions>(session: Session, options: Partial<T>) {
  const {confirm} = options;
  return {
    vch: {},
    registry: BUILTIN,
    runId: randomUUID(),
    user: session.user,
    toolVersion: TOOL_VERSION,
    parallelism: 8,
    log: silent,
    ...options,
    confirm: confirm && ((planned: AnyOutcome) => confirm(completed(planned))),
  };
}

/** Fills in what the contract gives every VM; no rename is forbidden on an appliance. */
function completed<T extends AnyOutcome>(outcome: T): Completed<T> {
  const none = {containerId: null, containerName: null, rename: 'supported' as const};
  return {...outcome, vms: outcome.vms.map((vm) => (vm.kind === 'appliance' ? {...none, ...vm} : vm))};
}
