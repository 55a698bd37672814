import {type Format, failureTitle} from '../format.js';
import {htmlPage} from '../html-page.js';
import {lockText} from '../lock-text.js';
import {markup} from '../markup.js';
import {
  CHECK_MARK,
  countsText,
  displayName,
  findingsOf,
  notes,
  rollbackRunbook,
  stepTime,
  TITLE,
} from '../phrases.js';
import {printable} from '../printable.js';
import {type Report, VM_STATUSES} from '../report.js';

/** One page for a browser that needs no other file. */
export const html: Format = {
  name: 'html',
  ending: '.html',
  report: toHtml,
  failure: (failure) => {
    const {code, message} = failure.error;
    const title = failureTitle(failure);
    return htmlPage({
      title,
      main: `<h1>${markup(title)}</h1>\n<p><strong>${markup(code)}</strong>: ${markup(message)}</p>`,
    });
  },
};

// Why: docs/decisions/006-reports-cannot-run-anything.md

const BAR = 1000;
/** A part that is not zero must be visible. */
const LEAST_PART = 6;

/** A report as one HTML page for people: it needs no network, and shows thousands of VMs. */
export function toHtml(report: Report): string {
  const title = `${TITLE[report.command]} VCH ${report.vch.name}`;
  const main = [
    `<header><h1>${markup(title)}</h1><button type="button" id="theme" hidden>Dark</button></header>`,
    facts(report),
    totals(report),
    `<p class="next"><strong>Next:</strong> <code>${markup(report.next)}</code></p>`,
    checks(report),
    timeline(report),
    findings(report),
    runbook(report),
    section(
      'vms',
      'ContainerVMs',
      '<div id="vms"><noscript><p>The list of VMs needs JavaScript; the text and CSV reports have it, too.</p></noscript></div>',
    ),
  ].join('\n');
  return htmlPage({
    title,
    main,
    data: {statuses: VM_STATUSES, vms: report.vms.map(pageVm)},
    scripts: ['element.js', 'theme.js', 'details.js', 'list.js'],
  });
}

/** A VM as the page's script gets it, every string printable. */
function pageVm(vm: Report['vms'][number]): object {
  const clean: unknown = JSON.parse(JSON.stringify(vm), (_key, value) =>
    typeof value === 'string' ? printable(value) : value,
  );
  return {...Object(clean), label: displayName(vm)};
}

function facts({vch, target, tool, runId, changeId, planDigest, startedAt, finishedAt}: Report): string {
  const rows: readonly (readonly [string, string])[] = [
    ['VCH', `${vch.name} (${vch.id})`],
    ...(vch.ownName !== null && vch.ownName !== vch.name ? [['Own name', vch.ownName] as const] : []),
    ['Build', vch.build ?? 'unknown'],
    ['Data version', String(vch.dataVersion ?? 'unknown')],
    ...(vch.computeResource === null ? [] : [['Lies in', vch.computeResource] as const]),
    ['Target', target.url],
    ['Server', `${target.product}, API ${target.apiVersion}`],
    ['Run', runId],
    ...(changeId === null ? [] : [['Change', changeId] as const]),
    ...(planDigest === undefined ? [] : [['Saved plan', planDigest] as const]),
    ['Time', `${startedAt} to ${finishedAt}`],
    ['Tool', `${tool.name} ${tool.version}`],
    ['Upgrade', lockText(vch.lock)],
  ];
  const items = rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${markup(value)}</dd></div>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}

/** A section of the page; nothing if it is empty. */
function section(id: string, title: string, content: string): string {
  if (content === '') return '';
  return `<section aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`;
}

function totals(report: Report): string {
  const {summary} = report;
  const shown = VM_STATUSES.filter((status) => summary[status] > 0);
  const widths = shown.map((status) => Math.max(LEAST_PART, (summary[status] / summary.total) * BAR));
  const scale = BAR / Math.max(1, sum(widths));
  const bars = shown.map((status, at) => {
    const [x, width] = [sum(widths.slice(0, at)), widths[at] ?? 0].map((part) => (part * scale).toFixed(1));
    return `<rect class="s-${status}" x="${x}" y="0" width="${width}" height="24"/>`;
  });
  const legend = shown.map(
    (status) =>
      '<li><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">' +
      `<rect class="s-${status}" width="12" height="12" rx="2"/></svg><strong>${summary[status]}</strong> ${status}</li>`,
  );
  const counts = markup(countsText(report));
  return section(
    'totals',
    'Totals',
    [
      `<p>${counts}</p>`,
      `<svg class="bar" viewBox="0 0 ${BAR} 24" preserveAspectRatio="none" role="img" aria-label="${counts}">${bars.join('')}</svg>`,
      `<ul class="legend">${legend.join('')}</ul>`,
      ...notes(report).map((note) => `<p>${markup(note)}</p>`),
    ].join('\n'),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Checks have the colours of the VMs' statuses. */
const CHECK_CLASS = {ok: 'changed', warning: 'refused', failed: 'failed'} as const;

function checks({checks: made = []}: Report): string {
  if (made.length === 0) return '';
  const rows = made.map(
    ({title, status, message}) =>
      `<tr><th scope="row">${markup(title)}</th><td class="status status-${CHECK_CLASS[status]}">${CHECK_MARK[status]}</td><td>${markup(message)}</td></tr>`,
  );
  return section(
    'checks',
    'Checks',
    '<div class="scroll" role="region" tabindex="0" aria-label="Checks, table"><table>' +
      `<thead><tr><th scope="col">Check</th><th scope="col">Status</th><th scope="col">Seen</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`,
  );
}

/** The steps as bars over the time of the run. */
function timeline({steps = [], startedAt, finishedAt}: Report): string {
  if (steps.length === 0) return '';
  const start = Date.parse(startedAt);
  const scale = BAR / Math.max(1, Date.parse(finishedAt) - start);
  const items = steps.map((step) => {
    const x = (Date.parse(step.startedAt) - start) * scale;
    const width = (Date.parse(step.finishedAt) - Date.parse(step.startedAt)) * scale;
    const status = step.status === 'done' ? '' : `, ${step.status}`;
    return (
      `<li><span class="step">${markup(step.name)}</span> <span class="time">${stepTime(step)}${status}</span>` +
      `<svg class="bar" viewBox="0 0 ${BAR} 8" preserveAspectRatio="none" aria-hidden="true">` +
      `<rect class="t-${step.status}" x="${x.toFixed(1)}" width="${Math.max(3, width).toFixed(1)}" height="8"/></svg></li>`
    );
  });
  return section('steps', 'Steps', `<ol class="steps">${items.join('')}</ol>`);
}

function runbook(report: Report): string {
  const lines = rollbackRunbook(report);
  return section(
    'card',
    'Way back',
    lines.length === 0 ? '' : `<pre tabindex="0">${lines.map(markup).join('\n')}</pre>`,
  );
}

const FINDINGS_SHOWN = 50;

function findings(report: Report): string {
  const all = findingsOf(report).map(
    ({about, code, message}) =>
      `<li><strong>${markup(about)}</strong>: <code>${markup(code)}</code>: ${markup(message)}</li>`,
  );
  if (all.length === 0) return '';
  const left = all.length - FINDINGS_SHOWN;
  const more = left > 0 ? `<p>and ${left} more, each with its VM below.</p>` : '';
  return section('findings', 'Findings', `<ul>${all.slice(0, FINDINGS_SHOWN).join('')}</ul>${more}`);
}
