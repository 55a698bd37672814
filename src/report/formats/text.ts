import {attention, type Reason, remarks} from '../attention.js';
import {fleetText} from '../fleet/text.js';
import type {Format} from '../format.js';
import {asciiMarks, type Layout, type LayoutOptions, layoutOf, TONE_MARK, TONE_STYLE} from '../layout.js';
import {rollbackRunbook, uncapitalized} from '../phrases.js';
import {printable} from '../printable.js';
import type {Report, ReportAction} from '../report.js';
import {table} from '../table.js';
import {reasonLines} from '../text/reasons.js';
import {row, section} from '../text/rows.js';
import {comparedLines, factRows, isDone, reasonOf, runReasons, verdictLine} from '../text/summary.js';
import {applianceLines, containerLines} from '../text/vms.js';
import {verdict} from '../verdict.js';
import {ownCommand} from '../way-back.js';

/** For people at a terminal. */
export const text: Format = {
  name: 'text',
  ending: '.txt',
  report: toText,
  failure: ({error}) => `vch-migrate: ${error.code}: ${printable(error.message)}\n`,
  listing: ({document, text, next = document.next}, options) =>
    page([...text(layoutOf(options)), nextLines({...document, next})], options),
  fleet: fleetText,
};

/** A report for people: what happened, what needs a person, what else there is to know, and the next command last. */
export function toText(report: Report, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const told = verdict(report);
  const {details} = layout;
  return page(
    [
      verdictLine(told, layout),
      reasonOf(report, told, layout),
      factRows(report, told, layout),
      attentionLines(report, layout),
      checkLines(report, layout),
      details || !isDone(report.upgrade) ? applianceLines(report, layout) : [],
      section('What was compared', comparedLines(report, layout), layout),
      containerLines(report, layout),
      section('Worth knowing', reasonLines(remarks(report).filter(isNews), layout), layout),
      wayBackLines(report, layout),
      idRows(report, layout),
      nextLines({...report, actions: told.actions}),
    ],
    options,
  );
}

/** The verdict of `unlock` says it already. */
function isNews({code}: Reason): boolean {
  return code !== 'no-lock';
}

/** Blocks of lines; empty ones are left out. */
function page(blocks: readonly (readonly string[])[], {unicode = true}: LayoutOptions): string {
  const lines = blocks.filter((block) => block.length > 0);
  const text = `${lines.map((block) => block.join('\n')).join('\n\n')}\n`;
  return unicode ? text : asciiMarks(text);
}

/** What needs a person, worst first; the error of the run stands above. */
function attentionLines(report: Report, layout: Layout): readonly string[] {
  const reasons: readonly Reason[] = attention(report).slice(runReasons(report).length);
  const things = reasons.reduce((sum, {vms}) => sum + Math.max(1, vms.length), 0);
  return section(`Needs attention (${things})`, reasonLines(reasons, layout), layout);
}

const CHECK_TONE = {ok: 'ok', warning: 'warn', failed: 'bad'} as const;
const WORST_FIRST = ['failed', 'warning', 'ok'] as const;

/** The checks before an upgrade, one a row, worst first; once it has begun to write, only with all details. */
function checkLines({checks = [], upgrade}: Report, layout: Layout): readonly string[] {
  if (isDone(upgrade) && !layout.details) return [];
  const sorted = WORST_FIRST.flatMap((wanted) => checks.filter(({status}) => status === wanted));
  const columns = [
    {heading: 'CHECK', cells: sorted.map(({title}) => printable(title))},
    {
      heading: 'STATUS',
      cells: sorted.map(({status}) => `${TONE_MARK[CHECK_TONE[status]]} ${status}`),
      styles: sorted.map(({status}) => TONE_STYLE[CHECK_TONE[status]]),
    },
  ];
  const notes = {heading: 'SEEN', cells: sorted.map(({message}) => printable(message))};
  return section('Checks', table(columns, notes, layout), layout);
}

/** How to undo an upgrade that went well; of others the next commands say it. */
function wayBackLines(report: Report, layout: Layout): readonly string[] {
  const {upgrade} = report;
  if (layout.details) return section('Way back', rollbackRunbook(report).map(printable), layout);
  const command = ownCommand(upgrade?.card ?? []);
  if (upgrade?.result !== 'upgraded' || command === null) return [];
  return section('Way back, until the next upgrade', [`  ${printable(command)}`], layout);
}

/** Digest, files and ids, for whoever has to find this run again. */
function idRows(report: Report, layout: Layout): readonly string[] {
  const {planDigest, runId, changeId, target, vch, tool, upgrade} = report;
  const own = vch.ownName === null || vch.ownName === vch.name ? '' : `, own name ${vch.ownName}`;
  const change = changeId === null ? '' : `, change ${changeId}`;
  const of = upgrade === undefined || upgrade.run === runId ? '' : `, of the upgrade ${upgrade.run}`;
  const place = vch.computeResource === null ? '' : `, in ${vch.computeResource}`;
  const dim = (lines: readonly string[]) => lines.map((line) => layout.paint('dim', line));
  return [
    ...(planDigest === undefined ? [] : row('Digest', [printable(planDigest)], layout)),
    ...dim([
      ...(layout.log === undefined ? [] : row('Log', [printable(layout.log)], layout)),
      ...(layout.saved.length === 0 ? [] : row('Reports', [layout.saved.map(printable).join(', ')], layout)),
      ...row(
        'VCH',
        [printable(`${vch.name} (${vch.id}${own}) on ${target.url}${layout.details ? place : ''}`)],
        layout,
      ),
      ...row('Run', [printable(`${runId}${change}${of}`)], layout),
      ...(layout.details
        ? [
            ...row('Product', [printable(`${target.product}, API ${target.apiVersion}`)], layout),
            ...row('Tool', [`${tool.name} ${printable(tool.version)}`], layout),
          ]
        : []),
    ]),
  ];
}

/** What to do next. A command stands alone on its line, so that nothing else is copied with it. */
function nextLines({next, actions = []}: Pick<Report, 'next' | 'actions'>): readonly string[] {
  const [only, ...more] = actions;
  // A listing has only the sentence.
  if (only === undefined) return nextOfSentence(printable(next));
  if (more.length === 0) {
    const text = uncapitalized(printable(only.text));
    return [text === '' ? 'Next' : `Next: ${text}`, ...commandLines(only, '  ')];
  }
  return [
    'Next',
    ...actions.flatMap((action, at) => [
      `  ${at + 1} ${printable(action.text)}`,
      ...commandLines(action, '      '),
    ]),
  ];
}

/** A sentence whose only command is at its end, in two lines. */
function nextOfSentence(next: string): readonly string[] {
  const [, text, command] = /^(?:([^:]*): )?(vch-migrate (?!.*vch-migrate )[^;]*)$/.exec(next) ?? [];
  if (command === undefined) return [`Next: ${next}`];
  return [text === undefined ? 'Next' : `Next: ${text}`, `  ${command}`];
}

function commandLines({command}: ReportAction, indent: string): readonly string[] {
  return (command?.split('\n') ?? []).map((line) => indent + printable(line));
}
