import type {Listing} from './format.js';
import {printable} from './printable.js';
import {table} from './table.js';
import {wrap} from './width.js';

/** A registered plugin. */
interface ListedPlugin {
  readonly id: string;
  readonly target: string;
  readonly summary: string;
  /** False if its result stays in memory. */
  readonly persist: boolean;
  /** `null` for VIC's own, which are part of this tool. */
  readonly file: string | null;
}

/** The registered plugins for people, one a line. */
export function pluginListText(plugins: readonly ListedPlugin[]): Listing['text'] {
  const columns = [
    {heading: 'PLUGIN', cells: plugins.map(({id}) => printable(id))},
    {heading: 'TARGET', cells: plugins.map(({target}) => target)},
    {heading: 'WRITTEN', cells: plugins.map(({persist}) => (persist ? 'to the VM' : 'in memory only'))},
    {heading: 'FROM', cells: plugins.map(({file}) => printable(file ?? 'VIC')), limit: 40},
  ];
  const does = {heading: 'DOES', cells: plugins.map(({summary}) => printable(summary))};
  return (layout) => [
    [layout.paint('bold', `Plugins: ${plugins.length}, in the order of application`)],
    table(columns, does, layout),
  ];
}

/** The files of a new plugin for people. */
export function pluginMadeText(
  {id, target}: {id: string; target: string},
  files: readonly string[],
): Listing['text'] {
  return ({paint}) => [
    [
      paint('bold', `Made plugin ${id} for the ${target}, with its test:`),
      ...files.map((file) => `  ${printable(file)}`),
    ],
  ];
}

/** The checks of one file. `id` is `null` if it is not a plugin, and for checks of several files together. */
export interface CheckedPlugin {
  readonly file: string;
  readonly id: string | null;
  readonly checks: readonly {
    readonly name: string;
    readonly status: 'passed' | 'failed' | 'not-run';
    readonly message: string | null;
  }[];
}

const STYLE = {passed: 'green', failed: 'red', 'not-run': 'dim'} as const;

/** The checks of plugins for people, one a line, each failure with its reason. */
export function pluginCheckText(
  plugins: readonly CheckedPlugin[],
  {passed, failed, 'not-run': notRun}: Readonly<Record<'passed' | 'failed' | 'not-run', number>>,
): Listing['text'] {
  return ({paint, columns}) => [
    ...plugins.map(({file, id, checks}) => [
      paint('bold', id === null ? printable(file) : `${printable(id)} (${printable(file)})`),
      ...checks.flatMap(({name, status, message}) => [
        `  ${paint(STYLE[status], status.padEnd('not-run'.length))}  ${printable(name)}`,
        ...wrap(printable(message ?? ''), columns, ' '.repeat(11)),
      ]),
    ]),
    [`${passed} passed, ${failed} failed${notRun === 0 ? '' : `, ${notRun} not run`}`],
  ];
}
