import {exceptions} from '../attention.js';
import {fleetHtml} from '../fleet/html.js';
import {type Failure, type Format, failureTitle, type Listing} from '../format.js';
import {verdictCard} from '../html/card.js';
import {iconShapes, plainTable, section} from '../html/elements.js';
import {reportParts} from '../html/report-parts.js';
import {vmList} from '../html/vm-rows.js';
import {htmlPage} from '../html-page.js';
import {layoutOf} from '../layout.js';
import {markup} from '../markup.js';
import type {Report, ReportCommand} from '../report.js';
import {dayText, minutesText} from '../times.js';
import {actionsOf} from '../verdict.js';

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
  const {sentence: title, card, sections, troubles, vms} = reportParts(report, vmList);
  // Put together without a copy, as `join` would make one: the list may have 50 MB.
  const all = sections.reduce((before, part) => `${before}\n${part}`, '');
  return htmlPage({
    title,
    top: [
      KIND[report.command],
      report.vch.name,
      `${dayText(report.startedAt)}, ${minutesText(report.startedAt)} UTC`,
    ],
    main: `${iconShapes()}${card}${contents(sections, {attention: troubles + exceptions(report).length, list: vms})}${all}`,
    scripts: ['page.js', ...(vms === 0 ? [] : ['list.js'])],
  });
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
