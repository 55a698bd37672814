import type {VchSummary} from '../appliance/lease.js';
import type {RunHistory} from '../containers/history.js';
import type {RunOutcome} from '../containers/outcome.js';
import type {RunOptions, UndoOptions, VchSelector} from '../containers/run-options.js';
import type {PlanBody, PlannedOutcome} from '../containers/saved-plan.js';
import type {PluginRegistry} from '../migration/registry.js';
import type {RenameOptions} from '../rename/rename.js';
import type {Simulator} from '../simulator/simulator.js';
import type {CheckOutcome} from '../vch-upgrade/check.js';
import type {CheckOptions, UnlockOptions, UpgradeOptions, VchOptions} from '../vch-upgrade/context.js';
import type {UpgradeOutcome} from '../vch-upgrade/outcome.js';
import type {ConnectOptions} from '../vim25/connect-options.js';
import type {ContactState} from './connection-watch.js';

/** A target that is logged in to, and what can be done there. */
export interface Connection {
  readonly url: string;
  readonly product: string;
  readonly apiVersion: string;
  /** Whether the server answers. */
  contact(): ContactState;
  listVchs(selector: VchSelector): Promise<readonly VchSummary[]>;
  plan(options: RunOptions): Promise<RunOutcome>;
  planToSave(options: RunOptions): Promise<PlannedOutcome>;
  apply(options: RunOptions): Promise<RunOutcome>;
  applyPlan(options: RunOptions, plan: PlanBody): Promise<RunOutcome>;
  undo(options: UndoOptions): Promise<RunOutcome>;
  status(options: RunOptions): Promise<RunOutcome>;
  history(options: RunOptions): Promise<RunHistory>;
  verify(options: RunOptions): Promise<RunOutcome>;
  rename(options: RenameOptions): Promise<RunOutcome>;
  audit(options: RunOptions): Promise<RunOutcome>;
  check(options: CheckOptions): Promise<CheckOutcome>;
  upgrade(options: UpgradeOptions): Promise<UpgradeOutcome>;
  rollback(options: VchOptions): Promise<UpgradeOutcome>;
  resume(options: VchOptions): Promise<UpgradeOutcome>;
  unlock(options: UnlockOptions): Promise<UpgradeOutcome>;
}

/** The running simulator, as far as the commands need it. */
export type RunningSimulator = Pick<Simulator, 'url' | 'user' | 'password' | 'thumbprint' | 'close'>;

/** Everything the commands set in motion. */
export interface Operations {
  /** Logs in, hands out the connection, and logs out whatever happens. */
  withConnection<T>(options: ConnectOptions, use: (connection: Connection) => Promise<T>): Promise<T>;
  startSimulator(options: {
    readonly fixture: string;
    readonly host?: string;
    readonly port?: number;
  }): Promise<RunningSimulator>;
  /** VIC's plugins, and those of the directories. */
  registry(directories: readonly string[]): Promise<PluginRegistry>;
}

/** The real ones. Each loads its layer when it is first needed: `--help` waits for none of them. */
export const operations: Operations = {
  async withConnection(options, use) {
    const [{withSession}, {listVchs}, {vchSummary}] = await Promise.all([
      import('../vim25/session.js'),
      import('../inventory/find-vch.js'),
      import('../appliance/lease.js'),
    ]);
    return withSession(options, (session) =>
      use({
        url: session.url.href,
        product: session.about.fullName,
        apiVersion: session.about.apiVersion,
        contact: () => session.contact,
        listVchs: async (selector) => (await listVchs(session, selector)).map(vchSummary),
        plan: async (run) => (await import('../containers/plan.js')).planMigration(session, run),
        planToSave: async (run) => (await import('../containers/saved-plan.js')).planToSave(session, run),
        apply: async (run) => (await import('../containers/apply.js')).applyMigration(session, run),
        applyPlan: async (run, plan) =>
          (await import('../containers/saved-plan.js')).applyPlan(session, run, plan),
        undo: async (run) => (await import('../containers/undo.js')).undoMigration(session, run),
        status: async (run) => {
          const [{statusOf}, {claimFindings}] = await Promise.all([
            import('../containers/status.js'),
            import('../rename/rename-unfinished.js'),
          ]);
          const {outcome, vch} = await statusOf(session, run);
          return {...outcome, findings: [...outcome.findings, ...claimFindings(vch)]};
        },
        history: async (run) => (await import('../containers/history.js')).runHistory(session, run),
        verify: async (run) => (await import('../containers/verify.js')).verifyMigration(session, run),
        rename: async (run) => (await import('../rename/rename.js')).renameContainer(session, run),
        audit: async (run) => (await import('../rename/audit.js')).auditVch(session, run),
        check: async (run) => (await import('../vch-upgrade/check.js')).checkVch(session, run),
        upgrade: async (run) => (await import('../vch-upgrade/upgrade.js')).upgradeVch(session, run),
        rollback: async (run) => (await import('../vch-upgrade/rollback.js')).rollbackVch(session, run),
        resume: async (run) => (await import('../vch-upgrade/resume.js')).resumeVch(session, run),
        unlock: async (run) => (await import('../vch-upgrade/unlock.js')).unlockVch(session, run),
      }),
    );
  },
  async startSimulator(options) {
    const {startSimulator} = await import('../simulator/simulator.js');
    return startSimulator(options);
  },
  async registry(directories) {
    const {loadRegistry} = await import('../plugin-files/load-plugins.js');
    return loadRegistry(directories);
  },
};
