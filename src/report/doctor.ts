import type {Layout} from './layout.js';
import {printable} from './printable.js';
import {table} from './table.js';
import {wrap} from './width.js';

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
  readonly measured: {
    readonly reconfigure: number | null;
    readonly parallel: readonly {readonly atOnce: number; readonly perSecond: number}[];
    readonly recommendedParallelism: number | null;
  };
  readonly leftovers: number;
  readonly next: string;
}

const STYLE = {confirmed: 'green', refuted: 'red', 'not-tried': 'yellow'} as const;
const MARK = {confirmed: '✓ confirmed', refuted: '✗ refuted', 'not-tried': '- not tried'} as const;

/** The table of assumptions, for people. */
export function doctorText({product, apiVersion, assumptions, measured}: DoctorDocument) {
  return (layout: Layout): readonly (readonly string[])[] => {
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
        status === 'confirmed' ? title : `${title}. Seen: ${printable(seen)}`,
      ),
    };
    const refuted = assumptions.filter(({status}) => status === 'refuted');
    const {reconfigure, parallel, recommendedParallelism} = measured;
    const speed =
      reconfigure === null
        ? []
        : [
            `One reconfiguration takes ${reconfigure} ms.`,
            ...(recommendedParallelism === null
              ? []
              : [
                  `${parallel.map(({atOnce, perSecond}) => `${atOnce} at once: ${perSecond}/s`).join(', ')}. --parallelism ${recommendedParallelism} is enough.`,
                ]),
          ];
    const counts = Object.entries(MARK).flatMap(([status, mark]) => {
      const count = assumptions.filter((row) => row.status === status).length;
      return count === 0 ? [] : [`${count} ${mark.slice(2)}`];
    });
    const verdict =
      refuted.length > 0
        ? `Not everything that vch-migrate stands on holds here: ${counts.join(', ')}.`
        : `Everything that was tried holds here: ${counts.join(', ')}.`;
    return [
      [layout.paint('bold', printable(product)), `  API ${printable(apiVersion)}`],
      wrap(verdict, layout.columns),
      table(columns, what, layout),
      refuted.flatMap(({id, meaning, stops}) => [
        layout.paint('bold', `${id} does not hold here`),
        ...wrap(meaning, layout.columns, '  '),
        ...wrap(
          stops.length === 0
            ? 'No command refuses because of it.'
            : `These commands refuse: ${stops.join(', ')}.`,
          layout.columns,
          '  ',
        ),
      ]),
      speed,
    ];
  };
}
