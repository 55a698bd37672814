import {DOCTOR_PROBES} from '../extraconfig/keys.js';
import type {Clock} from '../vim25/clock.js';
import type {DoctorResult} from './result.js';
import type {ScratchVm} from './scratch-vm.js';

type Measured = Omit<DoctorResult['measured'], 'clockDifference'>;

/** Writes on each VM, one after the other. */
const ROUNDS = 4;
/** More at once must be worth it. */
const WORTH = 1.15;

/** Measures how long a reconfiguration takes, and how many go well at once. */
export async function measure(vms: readonly ScratchVm[], clock: Clock): Promise<Measured> {
  const [first] = vms;
  if (first === undefined) return {reconfigure: null, parallel: [], recommendedParallelism: null};
  const parallel: {atOnce: number; perSecond: number; exact: number}[] = [];
  for (let atOnce = 1; atOnce <= vms.length; atOnce *= 2) {
    const start = clock.now();
    await Promise.all(vms.slice(0, atOnce).map(writes));
    const exact = (atOnce * ROUNDS * 1000) / Math.max(clock.now() - start, 1);
    parallel.push({atOnce, perSecond: Math.round(exact), exact});
  }
  let best = parallel[0];
  for (const step of parallel) if (best !== undefined && step.exact > best.exact * WORTH) best = step;
  return {
    reconfigure: Math.round(1000 / (parallel[0]?.exact ?? 1)),
    parallel: parallel.map(({atOnce, perSecond}) => ({atOnce, perSecond})),
    recommendedParallelism: vms.length === 1 ? null : (best?.atOnce ?? null),
  };
}

async function writes(vm: ScratchVm): Promise<void> {
  for (let n = 0; n < ROUNDS; n += 1) await vm.write({[DOCTOR_PROBES.hidden]: `round ${n}`});
}
