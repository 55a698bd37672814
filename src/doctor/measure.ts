import {toVchError} from '../errors.js';
import {DOCTOR_PROBES} from '../extraconfig/keys.js';
import type {Clock} from '../vim25/clock.js';
import type {DoctorResult} from './result.js';
import type {ScratchVm} from './scratch-vm.js';

type Measured = Omit<DoctorResult['measured'], 'clockDifference'>;

/** Writes on each VM, one after the other: at least, and at most. */
const ROUNDS = {least: 6, most: 24};
/** Milliseconds after which a number at once is not tried any longer than `least`, and after which not even that. */
const TIME = {enough: 4_000, most: 20_000};
/** How sure is sure enough. */
const EXACT = 0.1;
/** More at once must be worth it. */
const WORTH = 1.15;

/** What so many writes at once gave. */
interface Level {
  readonly atOnce: number;
  /** Writes a second. */
  readonly speed: number;
  readonly writes: number;
  readonly failed: number;
  /** The share by which the speed may be another one: two standard errors. */
  readonly spread: number;
}

/** Measures how long a reconfiguration takes, and how many go well at once. Writes that fail are counted. */
export async function measure(vms: readonly ScratchVm[], clock: Clock): Promise<Measured> {
  if (vms.length === 0) return {reconfigure: null, parallel: [], recommendedParallelism: null};
  const failures: Record<string, number> = {};
  const fail = (reason: string) => {
    failures[reason] = (failures[reason] ?? 0) + 1;
  };
  const levels: Level[] = [];
  for (let atOnce = 1; atOnce <= vms.length; atOnce *= 2) {
    const seen = await level(vms.slice(0, atOnce), clock, fail);
    levels.push(seen);
    if (seen.speed === 0) break;
  }
  const [first] = levels;
  const best = worthwhile(levels, 0);
  const isSure = worthwhile(levels, 1) === best && worthwhile(levels, -1) === best;
  return {
    reconfigure: first === undefined || first.speed === 0 ? null : Math.round(1000 / first.speed),
    parallel: levels.map(({atOnce, speed, writes, failed, spread}) => ({
      atOnce,
      perSecond: Math.round(speed),
      writes,
      failed,
      plusMinus: Math.round(spread * 100),
    })),
    recommendedParallelism: vms.length === 1 ? null : best,
    failures,
    isSure: vms.length > 1 && best !== null && isSure,
  };
}

/** The fewest at once that no more of them outdo; with `end`, if the larger numbers were as fast, or slow, as may be. */
function worthwhile(levels: readonly Level[], end: -1 | 0 | 1): number | null {
  let best: Level | null = null;
  const speedOf = ({speed, spread}: Level) => speed * (1 + end * spread);
  for (const level of levels) {
    if (level.failed > 0 || level.speed === 0) continue;
    if (best === null || speedOf(level) > best.speed * WORTH) best = level;
  }
  return best?.atOnce ?? null;
}

async function level(
  vms: readonly ScratchVm[],
  clock: Clock,
  fail: (reason: string) => void,
): Promise<Level> {
  const times: number[] = [];
  let failed = 0;
  const start = clock.now();
  const isEnough = (round: number) => {
    const took = clock.now() - start;
    if (round >= ROUNDS.most || took > TIME.most) return true;
    return round >= ROUNDS.least && (took > TIME.enough || spreadOf(times) < EXACT);
  };
  const writes = async (vm: ScratchVm) => {
    for (let round = 0; !isEnough(round); round += 1) {
      const before = clock.now();
      try {
        await vm.write({[DOCTOR_PROBES.hidden]: `round ${round}`});
        times.push(clock.now() - before);
      } catch (error) {
        const {fault, code} = toVchError(error);
        failed += 1;
        fail(fault ?? code);
      }
    }
  };
  await Promise.all(vms.map(writes));
  const took = Math.max(clock.now() - start, 1);
  return {
    atOnce: vms.length,
    speed: (times.length * 1000) / took,
    writes: times.length + failed,
    failed,
    spread: spreadOf(times),
  };
}

/** Two standard errors of the mean, as a share of it. */
function spreadOf(times: readonly number[]): number {
  if (times.length < 2) return 1;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  if (mean === 0) return 0;
  const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (times.length - 1);
  return (2 * Math.sqrt(variance / times.length)) / mean;
}
