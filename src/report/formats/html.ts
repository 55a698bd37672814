import {attention, causeBefore, exceptions, type Reason, remarks, setAside} from '../attention.js';
import {fleetHtml} from '../fleet/html.js';
import {type Failure, type Format, failureTitle, type Listing} from '../format.js';
import {appliance} from '../html/appliance.js';
import {verdictCard} from '../html/card.js';
import {iconShapes, plainTable, section} from '../html/elements.js';
import {checked, compared, detailsOf, stateNow, wayBack, willChange} from '../html/parts.js';
import {reasons} from '../html/reasons.js';
import {timeline} from '../html/timeline.js';
import {anchorsOf, orderedVms, vmList} from '../html/vm-rows.js';
import {htmlPage} from '../html-page.js';
import {layoutOf} from '../layout.js';
import {markup} from '../markup.js';
import {count} from '../phrases.js';
import type {Report, ReportCommand} from '../report.js';
import {sentence} from '../sentence.js';
import {dayText, minutesText} from '../times.js';
import {actionsOf, type Verdict, verdict} from '../verdict.js';

/** One page for a browser that needs no other file. */
export const html: Format = {
  name: 'html',
  ending: '.html',
  report: toHtml,
  fleet: fleetHtml,
  failure: failurePage,
  listing: listingPage,
};

// Why: docs/decisions/006-reports-cannot-run-anything.md

const KIND: Readonly<Record<ReportCommand, string>> = {
  plan: 'Plan',
  apply: 'Apply report',
  undo: 'Undo report',
  status: 'Status',
  verify: 'Verification',
  rename: 'Rename report',
  audit: 'Audit',
  check: 'Check',
  upgrade: 'Upgrade report',
  rollback: 'Rollback report',
  resume: 'Upgrade report',
  unlock: 'Unlock report',
  rehearse: 'Rehearsal',
};

/** A report as one HTML page for people: it needs no network, and shows thousands of VMs. */
export function toHtml(report: Report): string {
  const told = verdict(report);
  const vms = orderedVms(report);
  const anchors = anchorsOf(vms);
  const needed = unsaid(report, told);
  const error = report.upgrade?.error;
  const codes = error ? [error.code, ...(error.fault === undefined ? [] : [error.fault])] : [];
  const sections = [
    section('attention', 'Needs attention', reasons(needed, anchors), {note: attentionNote(report, needed)}),
    willChange(report, anchors),
    compared(report),
    checked(report),
    timeline(report),
    stateNow(report),
    section('remarks', 'Also noted', reasons(remarks(report), anchors), {css: 'p2'}),
    wayBack(report),
    appliance(report),
    vmList(report, vms),
    detailsOf(report),
  ].filter((part) => part !== '');
  // Put together without a copy, as `join` would make one: the list may have 50 MB.
  const all = sections.reduce((before, part) => `${before}\n${part}`, '');
  const {runId, changeId, tool, target} = report;
  const run = [
    `Run ${runId}`,
    ...(changeId === null ? [] : [`change ${changeId}`]),
    `${tool.name} ${tool.version}`,
    target.url,
  ];
  return htmlPage({
    title: told.sentence,
    top: [
      KIND[report.command],
      report.vch.name,
      `${dayText(report.startedAt)}, ${minutesText(report.startedAt)} UTC`,
    ],
    main: `${iconShapes()}${verdictCard({...told, actions: [...approval(report), ...told.actions]}, run.join(' · '), codes)}${contents(sections, {attention: troubles(needed).length + exceptions(report).length, list: vms.length})}${all}`,
    scripts: ['page.js', ...(vms.length === 0 ? [] : ['list.js'])],
  });
}

/** A saved plan is approved by its digest, which must be copied whole. */
function approval({command, planDigest}: Report): Verdict['actions'] {
  if (command !== 'plan' || planDigest === undefined) return [];
  return [{text: 'Have this digest approved; a plan that was changed since is refused', command: planDigest}];
}

/** What needs a person, without what the card says of the run's own error. */
function unsaid(report: Report, {reason}: Verdict): readonly Reason[] {
  const error = report.upgrade?.error;
  const [own, ...rest] = attention(report);
  if (!error || own === undefined || !reason.includes(sentence(own.title))) return attention(report);
  const text = own.text.replace(causeBefore(error), '').trim();
  const more = {...own, title: 'The error also says', code: null, fault: undefined, text};
  return text === '' && own.commands.length === 0 ? rest : [more, ...rest];
}

/** What needs a person and is not about a containerVM. */
function troubles(needed: readonly Reason[]): readonly Reason[] {
  return needed.filter(({vms}) => vms.length === 0);
}

function attentionNote(report: Report, needed: readonly Reason[]): string {
  const own = troubles(needed).length;
  const left = exceptions(report).length;
  const all = report.vms.filter(({kind}) => kind === 'container').length;
  const known = left > 0 && setAside(report).length === left ? ', which the checks had set aside before' : '';
  const vms = left === 0 ? [] : [`${left} of ${count(all, 'containerVM')}${known}`];
  return [...(own === 0 ? [] : [count(own, 'problem')]), ...vms].join(', then ');
}

/** Where the page has what. */
function contents(sections: readonly string[], counts: Readonly<Record<string, number>>): string {
  const links = sections.flatMap((part) => {
    const [, id, title] = /^<section [^>]*id="(\w+)".*?<h2[^>]*>([^<]*)</s.exec(part) ?? [];
    if (id === undefined) return [];
    const count = counts[id] === undefined ? '' : ` (${counts[id]})`;
    return [`<li><a href="#${id}">${title}${count}</a></li>`];
  });
  return `<nav aria-label="On this page"><ul>${links.join('')}</ul></nav>`;
}

/** A command that failed as a whole. */
function failurePage(failure: Failure): string {
  const {code, message, commands = []} = failure.error;
  const title = failureTitle(failure);
  const card = verdictCard(
    {
      tone: 'bad',
      urgent: false,
      sentence: title,
      reason: message,
      pills: [],
      numbers: [],
      actions: commands.length === 0 ? [] : [{text: '', command: commands.join('\n')}],
    },
    '',
  );
  return htmlPage({
    title,
    top: ['Failure'],
    main: `${iconShapes()}${card}<p class="dim"><code>${markup(code)}</code></p>`,
    scripts: ['page.js'],
  });
}

/** A listing: its table, or its text where it has none. */
function listingPage({document, text, page, next = document.next}: Listing): string {
  const [[title = '', ...first] = [], ...blocks] = text(layoutOf({columns: 100, colour: false}));
  const {
    kind,
    tone,
    text: says,
    columns,
  } = page ?? {kind: 'Result', tone: 'info' as const, text: title, columns: []};
  const [rows = {cells: []}] = columns;
  const table = plainTable(
    kind,
    columns.map(({heading}) => heading),
    rows.cells.map((_, at) => columns.map(({cells}) => markup(cells[at] ?? ''))),
  );
  const lines = [first, ...blocks].map((block) => block.join('\n')).filter((block) => block !== '');
  const content =
    page === undefined && lines.length > 0
      ? `<pre tabindex="0">${lines
          .flatMap((block) => block.split('\n'))
          .map(markup)
          .join('\n')}</pre>`
      : table;
  // Only a page's next step is known to end with a command.
  const card = {
    tone,
    urgent: false,
    sentence: says,
    reason: '',
    pills: [],
    numbers: [],
    // Only a page's next step is known to end with a command.
    actions: page === undefined ? [{text: next, command: null}] : actionsOf(document),
  };
  return htmlPage({
    title: says,
    top: [kind],
    main: `${iconShapes()}${verdictCard(card, '')}${section('list', kind, content)}`,
    scripts: ['page.js'],
  });
}
