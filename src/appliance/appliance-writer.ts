import {toVchError, VchError} from '../errors.js';
import type {ExtraConfig, KeyValue} from '../extraconfig/extra-config.js';
import {type Appliance, readAppliance} from '../inventory/appliance.js';
import type {Vch} from '../inventory/vch.js';
import type {CdromChange} from '../vim25/devices.js';
import {pause} from '../vim25/pause.js';
import type {Session} from '../vim25/session.js';
import {TaskWaiter} from '../vim25/task-waiter.js';
import {reconfigure} from '../vim25/virtual-machine.js';
import type {Journal} from './journal.js';
import {mayHaveLost} from './retry.js';

// Why: docs/decisions/012-one-writer-owns-the-appliance.md

const ATTEMPTS = 12;
/** Writes that succeed and do not last before that is taken for what the server does. */
const INEFFECTIVE = 3;

/** What is still to be written; `null` where all of it stands. */
export type Missing = {
  readonly extraConfig: readonly KeyValue[];
  readonly deviceChange?: readonly CdromChange[];
} | null;

/**
 * The one writer of a process to its appliance. Writes go one after the other, each guarded by the changeVersion of
 * the reading it was decided on, so that we never conflict with ourselves and notice everybody else.
 */
export class ApplianceWriter {
  readonly session: Session;
  readonly vch: Vch;
  readonly waiter: TaskWaiter;
  #last: Promise<unknown> = Promise.resolve();
  #busy = 0;

  readonly #note: Journal;

  constructor(session: Session, vch: Vch, note: Journal = () => undefined) {
    this.session = session;
    this.vch = vch;
    this.waiter = new TaskWaiter(session);
    this.#note = note;
  }

  get label(): string {
    return `${this.vch.summary.name} (${this.vch.ref.value})`;
  }

  /** Something is being done with the appliance. */
  get busy(): boolean {
    return this.#busy > 0;
  }

  /** Waits for what is being done with the appliance, and keeps others waiting meanwhile. */
  inTurn<T>(act: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    const turn = this.#last.then(act, act);
    this.#last = turn.then(
      () => this.#ended(),
      () => this.#ended(),
    );
    return turn;
  }

  read(): Promise<Appliance> {
    return readAppliance(this.session, this.vch);
  }

  /**
   * Writes what `missing` says is missing from a reading, until nothing is: so what was written is read back, and an
   * answer that was lost costs nothing but a look. Gives the reading in which it stands.
   */
  write(what: string, missing: (appliance: Appliance) => Missing | Promise<Missing>): Promise<Appliance> {
    return this.inTurn(() => this.writeNow(what, missing));
  }

  /** The same for who has the turn already. */
  async writeNow(
    what: string,
    missing: (appliance: Appliance) => Missing | Promise<Missing>,
  ): Promise<Appliance> {
    let ineffective = 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const appliance = await this.read();
        const spec = await missing(appliance);
        if (spec === null) return appliance;
        if (ineffective === INEFFECTIVE) throw this.#dropped(what, spec);
        this.#note({
          effect: 'ReconfigVM_Task',
          object: this.vch.ref.value,
          detail: `${what}: ${named(spec)}`,
        });
        const {changeVersion} = appliance;
        const task = await reconfigure(this.session, this.vch.ref, {changeVersion, ...spec});
        await this.waiter.wait(task, `${what} on ${this.label}`);
        ineffective += 1;
      } catch (error) {
        const failure = toVchError(error);
        if (!mayHaveLost(failure) || attempt === ATTEMPTS) throw failure;
        await pause(attempt);
      }
    }
  }

  #ended(): void {
    this.#busy -= 1;
  }

  #dropped(what: string, spec: NonNullable<Missing>): VchError {
    return new VchError(
      'VCH_ERR_VERIFY',
      `${what} on ${this.label}: the tasks succeeded, but ${named(spec)} did not become what was written; compare with govc vm.info -e`,
    );
  }
}

/** Keys without their values: those may hold secrets. */
function named({extraConfig, deviceChange = []}: NonNullable<Missing>): string {
  return [...extraConfig.map(({key}) => key), ...deviceChange.map(({fileName}) => `CD-ROM ${fileName}`)].join(
    ', ',
  );
}

/** What an ExtraConfig lacks to have these raw values; `null` is a key that is not to be there. */
export function missingKeys(
  config: ExtraConfig,
  wanted: Readonly<Record<string, string | null>>,
): KeyValue[] {
  return Object.entries(wanted).flatMap(([key, value]) =>
    (config[key] ?? null) === value ? [] : [{key, value: value ?? ''}],
  );
}
