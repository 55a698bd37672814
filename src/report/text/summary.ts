import {counted} from '../../counted.js';
import {attention, type Reason} from '../attention.js';
import {containersFigure, isDown, versionFigure} from '../figures.js';
import {type Layout, TONE_MARK, TONE_STYLE} from '../layout.js';
import {uncapitalized} from '../phrases.js';
import {printable} from '../printable.js';
import type {Report} from '../report.js';
import {between, dayText, secondsText, spanText} from '../times.js';
import type {Verdict} from '../verdict.js';
import type {Remark} from '../vm-words.js';
import {wrap} from '../width.js';
import {reasonLines} from './reasons.js';
import {row, styledRow} from './rows.js';

const VALUE = 18;

/** The one line that says it all. */
export function verdictLine({tone, urgent, sentence}: Verdict, {columns, paint}: Layout): readonly string[] {
  const line = `${TONE_MARK[tone]} ${sentence}${urgent ? '; a person is needed now' : ''}`;
  return wrap(line, columns - 2).map((part, at) => {
    const text = at === 0 ? part : `  ${part}`;
    return paint('bold', urgent ? paint('bgRed', paint('white', text)) : paint(TONE_STYLE[tone], text));
  });
}

/** What the run as a whole failed of. */
export function runReasons(report: Report): readonly Reason[] {
  const {upgrade} = report;
  return upgrade?.error ? attention({...report, checks: [], findings: [], vms: []}) : [];
}

/** Why it is so: the error of the run, or else the verdict's own sentences. */
export function reasonOf(report: Report, {reason}: Verdict, layout: Layout): readonly string[] {
  const errors = runReasons(report);
  const known = (report.actions ?? []).flatMap(({command}) => (command === null ? [] : [command]));
  if (errors.length > 0) return reasonLines(errors, layout, known);
  if (report.upgrade?.result === 'upgraded') return [];
  return wrap(printable(reason), layout.columns, '  ');
}

/** Where an upgrade that did not go well has left the VCH is told before its numbers. */
const TELLS_STATE = new Set([
  'as-before',
  'rolled-back',
  'resumable',
  'needs-person',
  'unlocked',
  'not-started',
]);

/** State, version, outage, duration and counts, one a row. */
export function factRows(report: Report, {pills, numbers}: Verdict, layout: Layout): readonly string[] {
  const {upgrade, command} = report;
  const tellsState = TELLS_STATE.has(upgrade?.result ?? '');
  const isWorse = ({tone, text}: Remark) => tone !== 'ok' && tone !== 'info' && text.startsWith('VCH ');
  const own = numbers.filter(({label}) => !COMMON.has(label) && !label.startsWith('VCH '));
  return [
    ...stateRow(tellsState ? pills : pills.filter(isWorse), layout),
    ...versionRow(report, layout),
    ...own.flatMap(({label, value, notes}) =>
      row(label, [[value, ...notes.map(uncapitalized)].map(printable).join(', ')], layout),
    ),
    ...outageRow(report, layout),
    ...(INSTANT.has(command) ? [] : runRow(report, layout)),
    ...containerRow(report, layout),
    ...checksRow(report, layout),
  ];
}

/** How long these took says nothing of the VCH; a rehearsal has a time of its own. */
const INSTANT: ReadonlySet<string> = new Set(['status', 'plan', 'rehearse']);

/** The rows that have forms of their own. */
const COMMON = new Set(['Version', 'Whole run', 'ContainerVMs', 'Checks']);

/** What is true now, each with its mark; as many on one line as fit. */
function stateRow(remarks: readonly Remark[], layout: Layout): readonly string[] {
  const [one, two, ...rest] = remarks;
  const both = one !== undefined && two !== undefined && fitsBeside(one, two, layout) ? [[one, two]] : null;
  const lines = both === null ? remarks.map((remark) => [remark]) : [...both, ...rest.map((last) => [last])];
  return lines.flatMap((line, at) =>
    styledRow(
      at === 0 ? 'Now' : '',
      line.flatMap(({tone, text}, n) => [
        [n === 0 ? '' : '   ', null] as const,
        [TONE_MARK[tone], TONE_STYLE[tone]] as const,
        [` ${printable(text)}`, null] as const,
      ]),
      layout,
    ),
  );
}

function fitsBeside(one: Remark, two: Remark, layout: Layout): boolean {
  return row('Now', [`✓ ${printable(one.text)}   ✓ ${printable(two.text)}`], layout).length === 1;
}

function versionRow(report: Report, layout: Layout): readonly string[] {
  const {from, value, notes} = versionFigure(report, report.upgrade);
  const parts = [
    [from === undefined ? '' : `${printable(from)} → `, null],
    [printable(value), 'bold'],
  ] as const;
  const words = notes.map((note) => printable(uncapitalized(note)));
  const whole = styledRow('Version', [...parts, [words.map((word) => `   ${word}`).join(''), null]], layout);
  if (whole.length === 1) return whole;
  const [first = '', ...rest] = words;
  return [...styledRow('Version', [...parts, [`   ${first}`, null]], layout), ...row('', rest, layout)];
}

function outageRow(report: Report, layout: Layout): readonly string[] {
  const {upgrade, finishedAt} = report;
  if (upgrade?.outage === undefined) return [];
  const {from, to} = upgrade.outage;
  const span = spanText(between(from, to ?? finishedAt));
  if (to !== undefined) return timeRow('VCH down', span, `${clock(from, to)}; docker API only`, layout);
  const what = isDown(report, upgrade) ? 'since' : 'not seen ready since';
  return styledRow('VCH down', [[`${what} ${secondsText(from)} UTC, ${span} so far`, 'magenta']], layout);
}

function runRow({startedAt, finishedAt}: Report, layout: Layout): readonly string[] {
  const text = `${clock(startedAt, finishedAt)}, ${dayText(startedAt)}`;
  return timeRow('Whole run', spanText(between(startedAt, finishedAt)), text, layout);
}

function timeRow(label: string, span: string, text: string, layout: Layout): readonly string[] {
  const style = label === 'VCH down' ? 'magenta' : null;
  return styledRow(
    label,
    [
      [span, style],
      [' '.repeat(Math.max(2, VALUE - span.length)), null],
      [text, null],
    ],
    layout,
  );
}

function clock(from: string, to: string): string {
  const [begun, ended] = [secondsText(from), secondsText(to)];
  return begun === ended ? `${begun} UTC` : `${begun} to ${ended} UTC`;
}

/** `64: 53 changed, 8 no change needed, 3 need attention` */
function containerRow(report: Report, layout: Layout): readonly string[] {
  const [figure] = containersFigure(report);
  if (figure === undefined) return [];
  const parts = (figure.parts ?? []).flatMap(({tone, text, count: n}, at) => [
    [at === 0 ? '' : ', ', null] as const,
    [`${n} ${text}`, TONE_STYLE[tone]] as const,
  ]);
  const {command, upgrade, vch} = report;
  const note =
    command === 'apply' || command === 'undo'
      ? [`${vch.powerState === 'poweredOn' ? 'the VCH stayed up, and ' : ''}no containerVM was stopped`]
      : upgrade?.result === 'upgraded'
        ? ['none was stopped']
        : [];
  return [
    ...styledRow(figure.label, [[`${figure.value}: `, null], ...parts], layout),
    ...row('', note, layout),
  ];
}

/** What `verify` compared, and how often it was right. */
export function comparedLines({compared = []}: Report, {paint}: Layout): readonly string[] {
  const width = Math.max(0, ...compared.map(({ok, of}) => `${ok} of ${of}`.length));
  return compared.map(({check, ok, of}) => {
    const tone = ok === of ? 'ok' : 'bad';
    return `  ${paint(TONE_STYLE[tone], TONE_MARK[tone])} ${`${ok} of ${of}`.padStart(width)}  ${printable(check)}`;
  });
}

/** The checks once they are not news any more. */
function checksRow({checks = [], upgrade}: Report, layout: Layout): readonly string[] {
  if (checks.length === 0 || !isDone(upgrade)) return [];
  const of = (wanted: string) => checks.filter(({status}) => status === wanted).length;
  const [warned, failed] = [of('warning'), of('failed')];
  const words = [
    `${of('ok')} passed`,
    ...(warned > 0 ? [counted(warned, 'warning')] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return row('Checks', [words.join(', ')], layout);
}

/** Whether an upgrade has begun to write: what was checked and planned before is history then. */
export function isDone(upgrade: Report['upgrade']): boolean {
  return upgrade !== undefined && upgrade.result !== 'planned' && upgrade.result !== 'not-started';
}
