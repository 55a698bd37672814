import {VchError} from '../errors.js';
import {type ExtraConfig, type KeyValue, rawOf} from '../extraconfig/extra-config.js';
import {type Appliance, readAppliance} from '../inventory/appliance.js';
import {type Vch, vchLabel} from '../inventory/vch.js';
import {refString} from '../vim25/managed-object.js';
import {APPLIANCE, type Ended, retry} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {TaskWaiter, waitUntilIdle} from '../vim25/tasks.js';
import type {CdromChange} from '../vim25/virtual-machine.js';
import {reconfigure} from '../vim25/virtual-machine.js';
import type {Journal} from './journal.js';

// Why: docs/decisions/012-one-writer-owns-the-appliance.md

/** What must still be written. */
export interface Missing {
  readonly extraConfig: readonly KeyValue[];
  readonly deviceChange?: readonly CdromChange[];
}

/**
 * Decides on a reading what is missing from it: `null` if nothing is. `value` is what else the decision found out;
 * `before` is the value of the decision before, or `null` for the first one.
 */
export type Want<T> = (now: Appliance, before: T | null) => Wanted<T> | Promise<Wanted<T>>;

interface Wanted<T> {
  readonly missing: Missing | null;
  readonly value: T;
}

/** A reading from which nothing is missing, with the value of its decision. */
export interface Written<T> {
  readonly appliance: Appliance;
  readonly value: T;
}

/** A reading from which something was missing. */
interface Unwritten<T> extends Written<T> {
  readonly missing: Missing;
}

/** What one piece of work does with the appliance while the others of this process wait. */
export type Turn = Pick<ApplianceWriter, 'read' | 'write' | 'tryWrite'>;

/**
 * The one writer of a process to its appliance. Writes go one after the other, each guarded by the changeVersion of
 * the reading it was decided on: so we never conflict with ourselves, and notice every other writer.
 */
export class ApplianceWriter {
  readonly session: Session;
  readonly vch: Vch;
  readonly label: string;
  readonly waiter: TaskWaiter;
  readonly #note: Journal;
  #last: Promise<unknown> = Promise.resolve();
  #turns = 0;

  constructor(session: Session, vch: Vch, note: Journal = () => undefined) {
    this.session = session;
    this.vch = vch;
    this.label = vchLabel(vch);
    this.waiter = new TaskWaiter(session);
    this.#note = note;
  }

  /** Whether anything is being done with the appliance. */
  get busy(): boolean {
    return this.#turns > 0;
  }

  read(): Promise<Appliance> {
    return readAppliance(this.session, this.vch);
  }

  /**
   * Writes what is missing until nothing is, and gives the reading that shows that. A write whose answer was lost costs
   * only another reading.
   */
  write<T>(what: string, want: Want<T>): Promise<Written<T>> {
    return this.inTurn((turn) => turn.write(what, want));
  }

  /** The same for a caller that tidies up after a failure. */
  tryWrite<T>(what: string, want: Want<T>): Promise<Ended<Unwritten<T>, Written<T>>> {
    return this.inTurn((turn) => turn.tryWrite(what, want));
  }

  /** Waits for what is being done with the appliance, and makes others wait meanwhile. Inside, only `turn` writes. */
  inTurn<T>(act: (turn: Turn) => Promise<T>): Promise<T> {
    this.#turns += 1;
    const begin = () => act(this.#turn);
    const turn = this.#last.then(begin, begin);
    const end = () => {
      this.#turns -= 1;
    };
    this.#last = turn.then(end, end);
    return turn;
  }

  readonly #turn: Turn = {
    read: () => this.read(),
    tryWrite: (what, want) => this.#tryWrite(what, want),
    write: async (what, want) => {
      const ended = await this.#tryWrite(what, want);
      if (ended.status === 'done') return ended.value;
      throw ended.error;
    },
  };

  #tryWrite<T>(what: string, want: Want<T>): Promise<Ended<Unwritten<T>, Written<T>>> {
    const {session, vch, label} = this;
    return retry<Unwritten<T>, Written<T>>(session, APPLIANCE, {
      async look(last, unsettled) {
        if (unsettled) await waitUntilIdle(session, vch.ref);
        const appliance = await readAppliance(session, vch);
        const {missing, value} = await want(appliance, last === null ? null : last.value);
        return missing === null ? {done: {appliance, value}} : {act: {appliance, value, missing}};
      },
      act: async ({appliance: {changeVersion}, missing}) => {
        this.#note({
          effect: 'ReconfigVM_Task',
          object: vch.ref.value,
          detail: `${what}: ${named(missing)}`,
        });
        const task = await reconfigure(session, vch.ref, {changeVersion, ...missing});
        await this.waiter.wait(task, `${what} on ${label}`);
        return undefined;
      },
      dropped: ({missing}) =>
        new VchError(
          'VCH_ERR_VERIFY',
          `${what} on ${label}: the tasks succeeded, but ${named(missing)} did not become what was written; compare with govc vm.info -e ${refString(vch.ref)}`,
        ),
    });
  }
}

/** Keys without their values, which may hold secrets. */
function named({extraConfig, deviceChange = []}: Missing): string {
  return [...extraConfig.map(({key}) => key), ...deviceChange.map(({fileName}) => `CD-ROM ${fileName}`)].join(
    ', ',
  );
}

/** What an ExtraConfig lacks to have these raw values; `null` for a key that must be absent. */
export function missingKeys(
  config: ExtraConfig,
  wanted: Readonly<Record<string, string | null>>,
): KeyValue[] {
  return Object.entries(wanted).flatMap(([key, value]) =>
    rawOf(config, key) === value ? [] : [{key, value: value ?? ''}],
  );
}

/** The same as a write; `null` if nothing is missing. */
export function missing(
  config: ExtraConfig,
  wanted: Readonly<Record<string, string | null>>,
): Missing | null {
  const extraConfig = missingKeys(config, wanted);
  return extraConfig.length === 0 ? null : {extraConfig};
}
