import {toVchError, VchError} from '../errors.js';
import {rawOf} from '../extraconfig/extra-config.js';
import {ID_KEY} from '../extraconfig/keys.js';
import {labelOf, readBack, type WrittenVm} from '../inventory/container-vms.js';
import {writtenKeys} from '../migration/decision.js';
import {refString} from '../vim25/managed-object.js';
import type {Session} from '../vim25/session.js';
import type {VmOutcome} from './outcome.js';
import {outcomeOf, type PendingDecision, type Planned} from './plan.js';

/**
 * Where VMs are written slowly, they are read back while others are written: as soon as `least` of them wait, and up to `most`
 * with one request. It waits for no more, because nobody sees which tasks have ended as long as a large answer is read, and
 * their places stay empty. `after` is the least time between two readings, in milliseconds.
 */
const BATCH = {least: 50, most: 250, after: 200};
/** VMs a millisecond. From here on, server and client have enough to do with writing, and all are read in the end. */
const QUICK = 1;

/** What reading a VM back gave: what differs from what was written. */
type Seen = readonly string[] | 'unseen' | 'gone';
/** The same, or why nothing is known; `undefined`: answers leave the VM out. */
type Reading = Seen | undefined | VchError;

/**
 * Reads back what was written, some of it while other VMs are written. A reading then can only confirm a write: whatever
 * it does not confirm is read again when everything is written, and that reading decides.
 */
export class ReadBack {
  readonly #session: Session;
  /** Those that were not read yet. */
  readonly #unread: Planned[] = [];
  /** Those that were read, which did not confirm them. */
  readonly #unconfirmed: Planned[] = [];
  readonly #confirmed = new Set<string>();
  #reading: Promise<void> | null = null;
  /** When a reading began, or writing was last found to be quick. */
  #since: number;
  /** VMs written since then. */
  #written = 0;

  constructor(session: Session) {
    this.#session = session;
    this.#since = session.clock.now();
  }

  /** The task of one more VM has succeeded. */
  add(written: Planned): void {
    this.#unread.push(written);
    this.#written += 1;
    const elapsed = this.#session.clock.now() - this.#since;
    if (elapsed < BATCH.after) return;
    if (this.#written >= QUICK * elapsed) this.#restart();
    else if (this.#reading === null && this.#unread.length >= BATCH.least) this.#reading = this.#readBatch();
  }

  #restart(): void {
    this.#since = this.#session.clock.now();
    this.#written = 0;
  }

  /** Everything is written: reads what is left, and gives the outcome of each VM. */
  async finished(): Promise<(written: Planned) => VmOutcome> {
    await this.#reading;
    const read = await this.#read([...this.#unconfirmed, ...this.#unread]).catch(toVchError);
    const of = ({vm: {ref}}: Planned) => (read instanceof VchError ? read : read.get(ref.value));
    return (written) => verified(written, this.#confirmed.has(written.vm.ref.value) ? [] : of(written));
  }

  async #readBatch(): Promise<void> {
    this.#restart();
    const batch = this.#unread.splice(0, BATCH.most);
    try {
      const read = await this.#read(batch);
      for (const [id, now] of read)
        if (now !== 'unseen' && now !== 'gone' && now.length === 0) this.#confirmed.add(id);
    } catch (error) {
      this.#session.log.debug(`${batch.length} VMs are read back later: ${toVchError(error).message}`);
    }
    this.#unconfirmed.push(...batch.filter(({vm}) => !this.#confirmed.has(vm.ref.value)));
    this.#reading = null;
  }

  /** A successful task does not prove that a key was kept. */
  #read(written: readonly Planned[]): Promise<ReadonlyMap<string, Seen>> {
    const keys = [...new Set(written.flatMap(({decision}) => writtenKeys(decision).map(({key}) => key)))];
    const named = written.some(({decision}) => decision.displayName !== undefined);
    const byId = new Map(written.map((one) => [one.vm.ref.value, one]));
    const refs = written.map(({vm}) => vm.ref);
    // Only the comparison is kept: the ledgers of a large VCH would take as much memory as all else that is known of it.
    return readBack(this.#session, refs, {keys, named}, (id, now) => {
      const one = byId.get(id);
      return one === undefined || !isSame(now, one.vm) ? 'unseen' : differing(now, one.decision);
    });
  }
}

/** A finding of a VM that is no longer there. */
export const GONE = {code: 'gone', message: 'the VM was removed during the run'};

/** The outcome of a VM that was written, by what reading it back gave, or why that failed. */
function verified({vm, decision}: Planned, now: Reading): VmOutcome {
  const outcome = outcomeOf({vm, decision});
  const unread = (why: string): VmOutcome => {
    const message = `${labelOf(vm)} was written, but could not be read back: ${why}; run vch-migrate verify`;
    return {...outcome, status: 'unknown', error: new VchError('VCH_ERR_OUTCOME_UNKNOWN', message)};
  };
  if (now instanceof VchError) return unread(now.message);
  if (now === 'gone') return {...outcome, status: 'skipped', findings: [...outcome.findings, GONE]};
  if (now === undefined) return unread('vCenter leaves it out of its answers');
  if (now === 'unseen') return unread('its configuration cannot be seen now');
  if (now.length === 0) return {...outcome, status: 'changed'};
  const message = `${labelOf(vm)}: the task succeeded, but ${now.join(', ')} does not hold what was written; compare with govc vm.info -e ${refString(vm.ref)}, then run vch-migrate verify`;
  return {...outcome, status: 'failed', error: new VchError('VCH_ERR_VERIFY', message)};
}

/** Whether it is still that container. */
function isSame({config}: WrittenVm, {containerId}: Planned['vm']): boolean {
  return config[ID_KEY.container] === containerId;
}

/** Whether a VM is as it was decided, display name included. */
export function holds(vm: WrittenVm, decision: PendingDecision): boolean {
  return differing(vm, decision).length === 0;
}

/** What differs from the decision: keys, and the display name. */
function differing({config, displayName}: WrittenVm, decision: PendingDecision): readonly string[] {
  const lost = writtenKeys(decision).filter(({key, after}) => rawOf(config, key) !== after);
  const named = decision.displayName === undefined || decision.displayName === displayName;
  return [...lost.map(({key}) => key), ...(named ? [] : ['its display name'])];
}
