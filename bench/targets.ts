import {medianOf, type Results, ratio, rowOf} from './figures.js';
import {fleetTargets} from './parts/fleet.js';
import {REHEARSED} from './parts/rehearsal.js';
import {LARGE, REFERENCE, SCALE_COMMANDS} from './parts/scale.js';

/** What must hold, and what was measured of it. */
export interface Target {
  readonly what: string;
  /** At most this much. */
  readonly limit: number;
  /** What it should come to in the end. */
  readonly aim?: number;
  readonly unit?: string;
  /** `undefined`: not measured. */
  readonly measured: number | undefined;
}

/** Every target, with what the results say about it. */
export function targetsOf(results: Results): readonly Target[] {
  const of = (part: string, name: string) => rowOf(results, part, name);
  const ours = of('apply', 'vch-migrate');
  const vms = ours?.vms ?? 0;
  return [
    {
      what: 'time of `apply`, tasks that take no time: × least work',
      limit: 2.5,
      aim: 1.5,
      measured: ratio(ours, of('apply', 'least-work'), 'wall'),
    },
    {
      what: 'time of `apply`, tasks of 100 ms: × least work',
      limit: 1.1,
      measured: ratio(of('tasks', 'vch-migrate'), of('tasks', 'least-work'), 'wall'),
    },
    {what: "time of `apply`: × VIC's way", limit: 0.35, measured: ratio(ours, of('apply', 'vic'), 'wall')},
    {what: 'time of `apply`: × govc loop', limit: 0.02, measured: ratio(ours, of('apply', 'govc'), 'wall')},
    {
      what: 'CPU of `apply`: × least work',
      limit: 4.5,
      aim: 3.5,
      measured: ratio(ours, of('apply', 'least-work'), 'cpu'),
    },
    {what: 'CPU of `apply`: × before', limit: 0.5, measured: ratio(ours, of('apply', 'before'), 'cpu')},
    {
      what: `memory of \`apply\` of ${count(vms)} containerVMs`,
      limit: 150,
      unit: 'MB',
      measured: medianOf(ours, 'memory'),
    },
    ...SCALE_COMMANDS.map(({name}) => ({
      what: `memory of \`${name}\` of ${count(LARGE)} containerVMs`,
      limit: 320,
      unit: 'MB',
      measured: medianOf(of('scale', `${name} ${LARGE}`), 'memory'),
    })),
    ...SCALE_COMMANDS.map(({name}) => ({
      what: `time of \`${name}\` for each of ${count(LARGE)} containerVMs: × for each of ${count(REFERENCE)}`,
      limit: 1.15,
      measured: divided(
        ratio(of('scale', `${name} ${LARGE}`), of('scale', `${name} ${REFERENCE}`), 'wall'),
        LARGE / REFERENCE,
      ),
    })),
    {
      what: `requests of \`apply\` of ${count(vms)} containerVMs`,
      limit: 1.05 * vms + 30,
      measured: medianOf(ours, 'requests'),
    },
    {
      what: 'bytes received by `apply`: × before',
      limit: 0.6,
      measured: ratio(ours, of('apply', 'before'), 'bytes'),
    },
    {
      what: 'time of `--help`: × `node -e 0`',
      limit: 2.5,
      measured: ratio(of('start', '--help'), of('start', 'node'), 'wall'),
    },
    {
      what: 'time of `ls`: × `node -e 0`',
      limit: 6,
      measured: ratio(of('start', 'ls'), of('start', 'node'), 'wall'),
    },
    {
      what: `time of \`rehearse\` of a VCH with ${count(REHEARSED)} containerVMs`,
      limit: 60,
      unit: 's',
      measured: medianOf(of('rehearsal', 'rehearse'), 'wall'),
    },
    {
      what: '`migrateConfig` of one map of 80 keys',
      limit: 0.2,
      unit: 'ms',
      measured: times(medianOf(of('library', 'migrateConfig'), 'wall'), 1000),
    },
    ...fleetTargets(results),
  ];
}

/** Whether a target is met; `undefined` if it was not measured. */
export function isMet({measured, limit}: Target): boolean | undefined {
  return measured === undefined ? undefined : measured <= limit;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function divided(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value / by;
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}
