import {ApplianceWriter, type SideEffect} from '../appliance/appliance-writer.js';
import {UpgradeLock} from '../appliance/upgrade-lock.js';
import type {UpgradeStep} from '../containers/outcome.js';
import type {FoundVch} from '../inventory/find-vch.js';
import type {Finding} from '../migration/finding.js';
import type {Session} from '../vim25/session.js';
import type {VchOptions} from './options.js';
import type {UpgradePhase} from './phase.js';
import type {UpgradeRecord} from './record.js';

/** What the steps of one upgrade or rollback share: who owns the appliance, and what is on record. */
export class VchContext {
  readonly session: Session;
  readonly found: FoundVch;
  readonly options: VchOptions;
  readonly writer: ApplianceWriter;
  readonly lock: UpgradeLock;
  readonly findings: Finding[] = [];
  #record: UpgradeRecord | undefined;

  constructor(session: Session, found: FoundVch, options: VchOptions) {
    this.session = session;
    this.found = found;
    this.options = options;
    this.writer = new ApplianceWriter(session, found.vch, (effect) => this.note(effect));
    this.lock = new UpgradeLock(this.writer, {
      runId: options.runId,
      user: options.user,
      toolVersion: options.toolVersion,
      changeId: options.changeId,
      lease: options.lease,
      log: options.log,
    });
  }

  /** The options of a run over the containerVMs: what it writes is told to the journal. */
  get runOptions(): VchOptions {
    return {
      ...this.options,
      onWrite: (id, keys) => this.note({effect: 'ReconfigVM_Task', object: id, detail: keys.join(', ')}),
    };
  }

  get vch() {
    return this.found.vch;
  }

  /** `vch1 (vm-12)` */
  get label(): string {
    return this.writer.label;
  }

  /** What is on record; there is none before the lock is taken. */
  get record(): UpgradeRecord {
    if (this.#record === undefined) throw new Error('the lock is not taken');
    return this.#record;
  }

  get locked(): boolean {
    return this.#record !== undefined;
  }

  /** The lock is taken, with that on record. */
  took(record: UpgradeRecord): void {
    this.#record = record;
  }

  /** Changes what is on record from the next write on. */
  amend(change: Partial<UpgradeRecord>): void {
    this.#record = {...this.record, ...change};
  }

  /** Enters a phase: lock, flag and record say so, and were still ours. */
  async enter(phase: UpgradePhase, change: Partial<UpgradeRecord> = {}): Promise<void> {
    this.amend({...change, phase});
    await this.lock.enter(phase, this.record);
  }

  /** Makes sure that lock and flag are still ours: right before everything that cannot be taken back. */
  async assertOurs(): Promise<void> {
    this.lock.assertOurs(await this.writer.read());
  }

  /** Tells what is being done, for the progress display, the log and the report. */
  step(phase: UpgradeStep, total: number | null = null): void {
    this.options.onProgress?.({type: 'phase', phase, total});
  }

  note(effect: SideEffect): void {
    this.options.journal?.(effect);
  }

  find(code: string, message: string): void {
    this.findings.push({code, message});
    this.options.log.warn(message);
  }
}
