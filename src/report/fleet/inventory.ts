import type {Listing} from '../format.js';
import {printable} from '../printable.js';
import {table} from '../table.js';

interface ListedInventory {
  readonly file: string;
  readonly vcenters: readonly {
    readonly name: string;
    readonly url: string;
    readonly credentials: string;
    readonly concurrency: number;
  }[];
  readonly waves: readonly {readonly name: string; readonly gate: 'approve' | 'auto'}[];
  readonly problems: readonly {readonly line: number; readonly column: number; readonly message: string}[];
}

/** An inventory file for people: what is wrong with it, one problem a line as editors read them, or what it names. */
export function inventoryText({file, vcenters, waves, problems}: ListedInventory): Listing['text'] {
  if (problems.length > 0)
    return ({paint}) => [
      problems.map(
        ({line, column, message}) => `${printable(file)}:${line}:${column}: ${printable(message)}`,
      ),
      [
        paint(
          'bold',
          `${printable(file)} cannot be used: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
        ),
      ],
    ];
  const columns = [
    {heading: 'VCENTER', cells: vcenters.map(({name}) => name)},
    {heading: 'CREDENTIALS', cells: vcenters.map(({credentials}) => credentials)},
    {heading: 'AT A TIME', cells: vcenters.map(({concurrency}) => String(concurrency))},
  ];
  const gates = waves.map(({name, gate}, at) =>
    at === waves.length - 1 ? name : `${name}, then ${gate === 'auto' ? 'the next if verified' : 'approval'}`,
  );
  return (layout) => [
    [
      layout.paint(
        'bold',
        `${printable(file)} can be used: ${vcenters.length} vCenters, ${waves.length} waves`,
      ),
    ],
    table(columns, {heading: 'URL', cells: vcenters.map(({url}) => printable(url))}, layout),
    [`Waves: ${gates.join('; ')}`],
  ];
}
