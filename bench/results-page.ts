import {type Figure, medianOf, type PartResult, type Row, ratio, valuesOf} from './figures.js';
import {PARTS} from './parts.js';
import {type Bar, barChart} from './plot.js';
import type {Stored} from './stored.js';
import {isMet, type Target, targetsOf} from './targets.js';

/** What the results are written as: the page, and its plots by their names. */
export function resultFiles(stored: Stored): Readonly<Record<string, string>> {
  const plots = plotsOf(stored);
  return {
    'results.json': `${JSON.stringify(stored, rounded, 1)}\n`,
    'RESULTS.md': pageOf(stored, Object.keys(plots)),
    ...plots,
  };
}

function pageOf({machine: {cores, memoryGiB, node}, parts}: Stored, plots: readonly string[]): string {
  const sections = PARTS.flatMap(({name, title}) => {
    const result = parts[name];
    if (result === undefined || result.rows.length === 0) return [];
    const pictures = plots
      .filter((plot) => plot.startsWith(`plots/${name}-`))
      .map((plot) => `![${title}](${plot})\n`);
    return [`## ${title}\n\n${tableOf(result)}\n${pictures.map((line) => `\n${line}`).join('')}`];
  });
  return [
    '# Results of the benchmark\n',
    `Written by \`npm run bench\`; [README.md](README.md) says what is measured. Machine: ${cores} cores, ${memoryGiB} GiB of`,
    `memory, Node.js ${node}. Whole processes, medians; in parentheses the least and the most.\n`,
    `## Targets\n\n${targetTable(targetsOf(parts))}\n`,
    ...sections,
  ].join('\n');
}

/** The targets as a table. */
export function targetTable(targets: readonly Target[]): string {
  const rows = targets.map((target) => {
    const {what, limit, aim, unit, measured} = target;
    const met = isMet(target);
    return [
      what,
      `${shown(limit)}${unit === undefined ? '' : ` ${unit}`}${aim === undefined ? '' : ` (aim ${shown(aim)})`}`,
      measured === undefined ? '–' : shown(measured),
      met === undefined ? 'not measured' : met ? 'met' : '**missed**',
    ];
  });
  return table(['', 'at most', 'measured', ''], rows);
}

const FIGURES: readonly {
  readonly figure: Figure;
  readonly head: string;
  readonly show: (value: number) => string;
}[] = [
  {figure: 'wall', head: 'time', show: seconds},
  {figure: 'cpu', head: 'CPU', show: seconds},
  {figure: 'memory', head: 'memory', show: (value) => `${Math.round(value)} MB`},
  {figure: 'requests', head: 'requests', show: (value) => `${Math.round(value)}`},
  {figure: 'bytes', head: 'received', show: (value) => `${(value / 1e6).toFixed(1)} MB`},
];

function tableOf({rows}: PartResult): string {
  const shownFigures = FIGURES.filter(({figure}) => rows.some((row) => valuesOf(row, figure).length > 0));
  const [first] = rows;
  // Rows about different numbers of containerVMs are compared by what each of these takes.
  const several = new Set(rows.map(({vms}) => vms)).size > 1;
  const heads = [
    '',
    ...shownFigures.map(({head}) => head),
    ...(several ? ['time each'] : ['time ×', 'CPU ×']),
    'runs',
  ];
  const lines = rows.map((row) => [
    row.sample === undefined ? row.title : `${row.title} (from ${row.sample})`,
    ...shownFigures.map(({figure, show}) => cell(valuesOf(row, figure), medianOf(row, figure), show)),
    ...(several ? [each(row)] : [factor(ratio(row, first, 'wall')), factor(ratio(row, first, 'cpu'))]),
    `${row.runs.length}`,
  ]);
  return table(heads, lines);
}

function cell(
  values: readonly number[],
  median: number | undefined,
  show: (value: number) => string,
): string {
  if (median === undefined) return '–';
  const [least, most] = [show(Math.min(...values)), show(Math.max(...values))];
  return least === most ? show(median) : `${show(median)} (${least}–${most})`;
}

function each(row: Row): string {
  const wall = medianOf(row, 'wall');
  return wall === undefined || row.vms === undefined ? '–' : `${((wall / row.vms) * 1000).toFixed(2)} ms`;
}

function factor(value: number | undefined): string {
  return value === undefined ? '–' : shown(value);
}

function plotsOf({parts}: Stored): Readonly<Record<string, string>> {
  const charts = PARTS.flatMap(({name, title, plots}) => {
    // Beside those that take hundreds of times as long, nothing else would be seen.
    const rows = (parts[name]?.rows ?? []).filter(({sample}) => sample === undefined).toSorted(byCommand);
    return FIGURES.filter(({figure}) => plots.includes(figure)).flatMap(({figure, head, show}) => {
      const bars: Bar[] = rows.flatMap((row) => {
        const value = medianOf(row, figure);
        return value === undefined ? [] : [barOf(row, name, figure, value, show)];
      });
      return bars.length === 0
        ? []
        : [[`plots/${name}-${figure}.svg`, barChart(headOf(name, head), title, bars)]];
    });
  });
  return Object.fromEntries(charts);
}

/** One command after the other, each with its sizes, so that growth shows; where there are no sizes, as they are. */
function byCommand(a: Row, b: Row): number {
  const [[first = '', size], [second = '']] = [a.name.split(' '), b.name.split(' ')];
  return size === undefined || first === second ? 0 : first.localeCompare(second);
}

/** Times of large VCHs are drawn for each containerVM: as much for all of them is a level chart. */
function barOf(row: Row, part: string, figure: Figure, value: number, show: (value: number) => string): Bar {
  const own = !['node', 'least-work', 'vic', 'pyvmomi', 'govc', 'copy'].includes(row.name);
  if (part === 'scale' && figure === 'wall' && row.vms !== undefined)
    return {label: row.title, value: value / row.vms, text: each(row), own};
  return {label: row.title, value, text: show(value), own};
}

function headOf(part: string, head: string): string {
  return part === 'scale' && head === 'time' ? 'time for each containerVM' : head;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function seconds(value: number): string {
  if (value < 0.001) return `${(value * 1000).toFixed(3)} ms`;
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

function shown(value: number): string {
  return value >= 100 ? `${Math.round(value)}` : `${Number(value.toPrecision(3))}`;
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
