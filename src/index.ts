import {randomUUID} from 'node:crypto';
import {builtinPlugins} from '../plugins/index.js';
import {applyMigration as apply} from './containers/apply.js';
import type {RunOutcome} from './containers/outcome.js';
import {planMigration as plan} from './containers/plan.js';
import type {RunOptions, UndoOptions} from './containers/run-options.js';
import {undoMigration as undo} from './containers/undo.js';
import {verifyMigration as verify} from './containers/verify.js';
import type {ExtraConfig} from './extraconfig/extra-config.js';
import {silent} from './log.js';
import {type MigratedConfig, migrateConfigWith} from './migration/migrate-config.js';
import type {Target} from './migration/plugin.js';
import {createRegistry} from './migration/registry.js';
import {auditVch as audit} from './rename/audit.js';
import {type RenameOptions, renameContainer as rename} from './rename/rename.js';
import {TOOL_VERSION} from './tool-version.js';
import {type CheckOutcome, checkVch as check} from './vch-upgrade/check.js';
import type {CheckOptions, UnlockOptions, UpgradeOptions, VchOptions} from './vch-upgrade/context.js';
import type {UpgradeOutcome} from './vch-upgrade/outcome.js';
import {resumeVch as resume} from './vch-upgrade/resume.js';
import {rollbackVch as rollback} from './vch-upgrade/rollback.js';
import {unlockVch as unlock} from './vch-upgrade/unlock.js';
import {upgradeVch as upgrade} from './vch-upgrade/upgrade.js';
import type {ConnectOptions} from './vim25/connect-options.js';
import {connect as connectSession, type Session} from './vim25/session.js';

export {fileJournal, type Journal, type SideEffect} from './appliance/journal.js';
export type {
  LockState,
  ProgressEvent,
  RunOutcome,
  VchSummary,
  VmOutcome,
  VmStatus,
} from './containers/outcome.js';
export type {RunOptions, UndoOptions, VchSelector} from './containers/run-options.js';
export {ERROR_CODES, type ErrorCode, VchError} from './errors.js';
export type {Change, ExtraConfig} from './extraconfig/extra-config.js';
export {type IsoInfo, readIsoInfo} from './iso/iso-info.js';
export type {Logger} from './log.js';
export type {Finding} from './migration/finding.js';
export {type MigratedConfig, migrateConfigWith} from './migration/migrate-config.js';
export {createRegistry, type PluginRegistry} from './migration/registry.js';
export {type RenameSupport, renameSupport} from './migration/rename-class.js';
export type {RenameOptions} from './rename/rename.js';
export type {CheckOutcome} from './vch-upgrade/check.js';
export type {Check} from './vch-upgrade/checks/verdict.js';
export type {CheckOptions, UnlockOptions, UpgradeOptions, VchOptions} from './vch-upgrade/context.js';
export type {UpgradeOutcome, UpgradeResult} from './vch-upgrade/outcome.js';
export type {ConnectOptions, TlsOptions} from './vim25/connect-options.js';
export type {Session} from './vim25/session.js';
export {builtinPlugins};

/** VIC's plugins, checked once: checking them takes as long as migrating a config. */
const BUILTIN = createRegistry(builtinPlugins);

/** Until the appliance must be ready, in milliseconds; that of the command line. */
const TIMEOUT = 10 * 60_000;

/** What a library user may leave out: the rest of {@link RunOptions} has a default. */
export type LibraryOptions<T extends RunOptions = RunOptions> = Partial<T>;

/** Logs in to a vCenter or ESXi; close the session when done. */
export function connect(
  options: Omit<ConnectOptions, 'url' | 'runId' | 'log' | 'tls'> &
    Partial<Pick<ConnectOptions, 'runId' | 'log' | 'tls'>> & {readonly url: URL | string},
): Promise<Session> {
  return connectSession({tls: {}, log: silent, runId: randomUUID(), ...options, url: new URL(options.url)});
}

/**
 * VIC's `MigrateApplianceConfig` and `MigrateContainerConfig` made right: every plugin of the target applied to a
 * copy of the config, in memory. Rejects with VCH_ERR_DATA_VERSION_INVALID or VCH_ERR_DATA_TOO_NEW.
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

/** Puts the containerVMs of one VCH back from their ledgers. */
export function undoMigration(
  session: Session,
  options: LibraryOptions<UndoOptions> = {},
): Promise<RunOutcome> {
  return undo(session, withDefaults(session, options));
}

/** Checks the containerVMs of one VCH against their goal. */
export function verifyMigration(session: Session, options: LibraryOptions = {}): Promise<RunOutcome> {
  return verify(session, withDefaults(session, options));
}

/**
 * `docker rename` on one containerVM; the first VM of the outcome is the renamed one, the others link to it. Rejects
 * with docker's message where docker would refuse, and with VCH_ERR_RENAME_DISABLED on a legacy containerVM.
 */
export function renameContainer(
  session: Session,
  options: LibraryOptions<RenameOptions> & Pick<RenameOptions, 'container' | 'newName'>,
): Promise<RunOutcome> {
  return rename(session, {...withDefaults(session, options), ...options});
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
 * Upgrades a VCH as a whole: its containerVMs while it is up, then its appliance behind a snapshot, to which it goes
 * back by itself when something fails. Rejects with what was found before the first write; what came later is in
 * `upgrade` of the outcome.
 */
export function upgradeVch(
  session: Session,
  options: LibraryOptions<UpgradeOptions> = {},
): Promise<UpgradeOutcome> {
  return upgrade(session, {timeout: TIMEOUT, ...withDefaults(session, options)});
}

/** Takes the last upgrade of a VCH back, finished or not; from any machine. */
export function rollbackVch(
  session: Session,
  options: LibraryOptions<VchOptions> = {},
): Promise<UpgradeOutcome> {
  return rollback(session, {timeout: TIMEOUT, ...withDefaults(session, options)});
}

/** Goes on with an upgrade that was interrupted; from any machine. */
export function resumeVch(
  session: Session,
  options: LibraryOptions<VchOptions> = {},
): Promise<UpgradeOutcome> {
  return resume(session, {timeout: TIMEOUT, ...withDefaults(session, options)});
}

/** Removes a dead owner's upgrade lock; rejects with VCH_ERR_LOCKED where the owner lives. */
export function unlockVch(
  session: Session,
  options: LibraryOptions<UnlockOptions> = {},
): Promise<UpgradeOutcome> {
  return unlock(session, withDefaults(session, options));
}

function withDefaults<T extends RunOptions>(session: Session, options: Partial<T>): Partial<T> & RunOptions {
  return {
    vch: {},
    registry: BUILTIN,
    runId: randomUUID(),
    user: session.user,
    toolVersion: TOOL_VERSION,
    parallelism: 8,
    log: silent,
    ...options,
  };
}
