import {type LayoutOptions, layoutOf} from './layout.js';
import {printable} from './printable.js';
import type {ReportTool} from './report.js';
import {table} from './table.js';
import {wrap} from './width.js';

/** One registered plugin. */
export interface ListedPlugin {
  readonly id: string;
  readonly version: number;
  readonly target: string;
  readonly name: string;
  readonly summary: string;
  readonly revision: number;
  /** Whether its result is written to VMs; if not, it is in memory only. */
  readonly persist: boolean;
  readonly keys: readonly string[];
  readonly reads: readonly string[];
  /** `null` for VIC's own, which come with the tool. */
  readonly file: string | null;
}

/** Which plugins there are. */
export interface PluginList {
  readonly schema: 'vch-migrate/plugins/v1';
  readonly tool: ReportTool;
  readonly plugins: readonly ListedPlugin[];
  readonly next: string;
}

/** A plugin that was made, with its test. */
export interface PluginMade {
  readonly schema: 'vch-migrate/plugins-new/v1';
  readonly tool: ReportTool;
  readonly plugin: {readonly id: string; readonly target: string};
  readonly files: readonly string[];
  readonly next: string;
}

/** The checks of one file; `id` is `null` where it is no plugin, and for the files side by side. */
export interface CheckedPlugin {
  readonly file: string;
  readonly id: string | null;
  readonly checks: readonly {
    readonly name: string;
    readonly status: 'passed' | 'failed' | 'not-run';
    readonly message: string | null;
  }[];
}

/** What the checks of plugins came to. */
export interface PluginCheckReport {
  readonly schema: 'vch-migrate/plugins-check/v1';
  readonly tool: ReportTool;
  readonly summary: {readonly passed: number; readonly failed: number; readonly 'not-run': number};
  readonly plugins: readonly CheckedPlugin[];
  readonly next: string;
}

/** The registered plugins for people, one a line. */
export function pluginListText(list: PluginList, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const {plugins} = list;
  const columns = [
    {heading: 'PLUGIN', cells: plugins.map(({id}) => printable(id))},
    {heading: 'TARGET', cells: plugins.map(({target}) => target)},
    {heading: 'WRITTEN', cells: plugins.map(({persist}) => (persist ? 'to the VM' : 'in memory only'))},
    {heading: 'FROM', cells: plugins.map(({file}) => printable(file ?? 'VIC')), limit: 40},
  ];
  const does = {heading: 'DOES', cells: plugins.map(({summary}) => printable(summary))};
  const head = layout.paint('bold', `Plugins: ${plugins.length}, in the order of application`);
  return `${[head, '', ...table(columns, does, layout), '', `Next: ${list.next}`].join('\n')}\n`;
}

/** The files of a new plugin for people. */
export function pluginMadeText(made: PluginMade, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const head = layout.paint(
    'bold',
    `Made plugin ${made.plugin.id} for the ${made.plugin.target}, with its test:`,
  );
  return `${[head, ...made.files.map((file) => `  ${printable(file)}`), '', `Next: ${made.next}`].join('\n')}\n`;
}

const STYLE = {passed: 'green', failed: 'red', 'not-run': 'dim'} as const;

/** The checks of plugins for people, one a line, with what is wrong below those that failed. */
export function pluginCheckText(report: PluginCheckReport, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const lines = report.plugins.flatMap((plugin) => [
    layout.paint('bold', titleOf(plugin)),
    ...plugin.checks.flatMap(({name, status, message}) => [
      `  ${layout.paint(STYLE[status], status.padEnd('not-run'.length))}  ${printable(name)}`,
      ...(message === null ? [] : wrap(printable(message), layout.columns, ' '.repeat(11))),
    ]),
    '',
  ]);
  const {passed, failed, 'not-run': notRun} = report.summary;
  const counts = `${passed} passed, ${failed} failed${notRun === 0 ? '' : `, ${notRun} not run`}`;
  return `${[...lines, counts, `Next: ${report.next}`].join('\n')}\n`;
}

function titleOf({file, id}: CheckedPlugin): string {
  return id === null ? printable(file) : `${printable(id)} (${printable(file)})`;
}
