import type {Layout} from './layout.js';
import {printable} from './printable.js';
import {table} from './table.js';
import {wrap} from './width.js';

interface Measured {
  readonly reconfigure: number | null;
  readonly parallel: readonly {
    readonly atOnce: number;
    readonly perSecond: number;
    readonly writes?: number;
    readonly failed?: number;
    readonly plusMinus?: number;
  }[];
  readonly recommendedParallelism: number | null;
  readonly failures?: Readonly<Record<string, number>>;
  readonly isSure?: boolean;
}

/** What the table of a doctor shows. */
export interface DoctorDocument {
  readonly product: string;
  readonly apiVersion: string;
  readonly assumptions: readonly {
    readonly id: string;
    readonly title: string;
    readonly status: 'confirmed' | 'refuted' | 'not-tried';
    readonly seen: string;
    readonly meaning: string;
    readonly stops: readonly string[];
  }[];
  readonly measured: Measured;
  readonly leftovers: number;
  readonly next: string;
}

/** What is said once, and not of each row. */
const NEEDS_SCRATCH = 'it takes a write: --scratch';

const STYLE = {confirmed: 'green', refuted: 'red', 'not-tried': 'yellow'} as const;
const MARK = {confirmed: '✓ confirmed', refuted: '✗ refuted', 'not-tried': '- not tried'} as const;

/** The table of assumptions, for people. */
export function doctorText({product, apiVersion, assumptions, measured}: DoctorDocument) {
  return (layout: Layout): readonly (readonly string[])[] => {
    const wrapped = (line: string) => wrap(line, layout.columns);
    const columns = [
      {heading: 'Assumption', cells: assumptions.map(({id}) => id)},
      {
        heading: 'Status',
        cells: assumptions.map(({status}) => MARK[status]),
        styles: assumptions.map(({status}) => STYLE[status]),
      },
    ];
    const what = {
      heading: 'What',
      cells: assumptions.map(({title, status, seen}) =>
        status === 'confirmed' || seen === NEEDS_SCRATCH ? title : `${title}. Seen: ${printable(seen)}`,
      ),
    };
    const refuted = assumptions.filter(({status}) => status === 'refuted');
    return [
      [layout.paint('bold', printable(product)), `  API ${printable(apiVersion)}`],
      verdictLines(assumptions).flatMap(wrapped),
      table(columns, what, layout),
      ...refuted.map(({id, meaning, stops}) => [
        layout.paint('bold', `${id} does not hold here`),
        ...[meaning, stopsText(stops)].flatMap((line) => wrap(line, layout.columns, '  ')),
      ]),
      speedLines(measured).flatMap(wrapped),
    ];
  };
}

/** What it comes to, and what is still open. */
function verdictLines(assumptions: DoctorDocument['assumptions']): readonly string[] {
  const refuted = assumptions.filter(({status}) => status === 'refuted');
  const writes = assumptions.filter(({seen}) => seen === NEEDS_SCRATCH).length;
  const failed = assumptions.filter(({status}) => status === 'not-tried').length - writes;
  const counts = Object.entries(MARK).flatMap(([status, mark]) => {
    const count = assumptions.filter((row) => row.status === status).length;
    return count === 0 ? [] : [`${count} ${mark.slice(2)}`];
  });
  const stopped = [...new Set(refuted.flatMap(({stops}) => stops))];
  return [
    refuted.length === 0
      ? `Everything that was tried holds here: ${counts.join(', ')}.`
      : `Not everything that vch-migrate stands on holds here: ${counts.join(', ')}. ${stopsText(stopped)}`,
    ...(writes === 0 ? [] : [`${writes} take a write, which doctor makes with --scratch only.`]),
    ...(failed === 0 ? [] : [`${failed} could not be tried, for the reasons in the table.`]),
  ];
}

function stopsText(stops: readonly string[]): string {
  return stops.length === 0
    ? 'There is a safe way, and no command refuses because of it.'
    : `These commands refuse: ${stops.join(', ')}.`;
}

function speedLines({reconfigure, parallel, recommendedParallelism, failures = {}, isSure}: Measured) {
  const writes = parallel.reduce((sum, step) => sum + (step.writes ?? 0), 0);
  const failed = parallel.reduce((sum, step) => sum + (step.failed ?? 0), 0);
  const reasons = Object.entries(failures).map(([reason, count]) => `${printable(reason)} ${count} times`);
  const speeds = parallel.map(({atOnce, perSecond, failed: lost = 0, plusMinus}) => {
    const spread = plusMinus === undefined ? '' : ` (±${plusMinus} %)`;
    return `${atOnce} at once: ${perSecond}/s${spread}${lost > 0 ? `, ${lost} failed` : ''}`;
  });
  return [
    ...(reconfigure === null ? [] : [`One reconfiguration takes ${reconfigure} ms.`]),
    ...(failed === 0
      ? []
      : [`${failed} of ${writes} writes failed while this was measured: ${reasons.join(', ')}.`]),
    ...(recommendedParallelism === null
      ? []
      : [
          `${speeds.join('; ')}. --parallelism ${recommendedParallelism} is enough${isSure === false ? ', as far as such a spread can tell: measure again at a quiet time' : ''}.`,
        ]),
  ];
}
