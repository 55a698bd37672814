import {type Format, failureTitle} from '../format.js';
import {htmlPage} from '../html-page.js';
import {lockText} from '../lock-text.js';
import {markup} from '../markup.js';
import {
  checkMark,
  countsText,
  displayName,
  notes,
  rollbackCard,
  stepTime,
  TITLE,
  vmLabel,
} from '../phrases.js';
import {printable} from '../printable.js';
import {type Report, type ReportFinding, type ReportStatus, VM_STATUSES} from '../report.js';

/** One page that stands alone, for a browser. */
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
      scripts: [],
    });
  },
};

// Why: docs/decisions/006-reports-cannot-run-anything.md

const BAR = 1000;
/** A part of the picture that is not zero must be seen. */
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
    card(report),
    '<section aria-labelledby="vms-title"><h2 id="vms-title">ContainerVMs</h2>',
    '<div id="vms"><noscript><p>The list of VMs needs JavaScript; the same is in the text and CSV reports.</p></noscript></div></section>',
  ].join('\n');
  return htmlPage({
    title,
    main,
    scripts: [
      {kind: 'data', id: 'data', data: {statuses: VM_STATUSES, vms: report.vms.map(pageVm)}},
      {kind: 'script', files: ['element.js', 'theme.js', 'details.js', 'list.js']},
    ],
  });
}

/** A VM as the page's script gets it: every string such that it can stand on a screen. */
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

function totals(report: Report): string {
  const {summary} = report;
  const shown = VM_STATUSES.filter((status) => summary[status] > 0);
  const widths = shown.map((status) => Math.max(LEAST_PART, (summary[status] / summary.total) * BAR));
  const scale =
    BAR /
    Math.max(
      1,
      widths.reduce((sum, width) => sum + width, 0),
    );
  let x = 0;
  const parts = shown.map((status, at) => {
    const width = (widths[at] ?? 0) * scale;
    const rect = `<rect class="s-${status}" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="24"/>`;
    x += width;
    return rect;
  });
  const legend = shown.map(
    (status) => `<li>${swatch(status)}<strong>${summary[status]}</strong> ${status}</li>`,
  );
  return [
    '<section aria-labelledby="totals-title"><h2 id="totals-title">Totals</h2>',
    `<p>${markup(countsText(report))}</p>`,
    `<svg class="bar" viewBox="0 0 ${BAR} 24" preserveAspectRatio="none" role="img" aria-label="${markup(countsText(report))}">${parts.join('')}</svg>`,
    `<ul class="legend">${legend.join('')}</ul>`,
    ...notes(report).map((note) => `<p>${markup(note)}</p>`),
    '</section>',
  ].join('\n');
}

function swatch(status: ReportStatus): string {
  return `<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="s-${status}" width="12" height="12" rx="2"/></svg>`;
}

/** The colours of the VMs' statuses serve the checks, too. */
const CHECK_CLASS = {ok: 'changed', warning: 'refused', failed: 'failed'} as const;

function checks({checks: made = []}: Report): string {
  if (made.length === 0) return '';
  const rows = made.map(
    (check) =>
      `<tr><th scope="row">${markup(check.title)}</th><td class="status status-${CHECK_CLASS[check.status]}">${checkMark(check)}</td><td>${markup(check.message)}</td></tr>`,
  );
  return (
    '<section aria-labelledby="checks-title"><h2 id="checks-title">Checks</h2><div class="scroll" role="region" tabindex="0" aria-label="Checks, table"><table>' +
    `<thead><tr><th scope="col">Check</th><th scope="col">Status</th><th scope="col">Seen</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`
  );
}

/** The steps as bars over the time of the run. */
function timeline({steps = [], startedAt, finishedAt}: Report): string {
  if (steps.length === 0) return '';
  const start = Date.parse(startedAt);
  const span = Math.max(1, Date.parse(finishedAt) - start);
  const items = steps.map((step) => {
    const x = ((Date.parse(step.startedAt) - start) / span) * BAR;
    const width = ((Date.parse(step.finishedAt) - Date.parse(step.startedAt)) / span) * BAR;
    const status = step.status === 'done' ? '' : `, ${step.status}`;
    return (
      `<li><span class="step">${markup(step.name)}</span> <span class="time">${stepTime(step)}${status}</span>` +
      `<svg class="bar" viewBox="0 0 ${BAR} 8" preserveAspectRatio="none" aria-hidden="true">` +
      `<rect class="t-${step.status}" x="${x.toFixed(1)}" width="${Math.max(3, width).toFixed(1)}" height="8"/></svg></li>`
    );
  });
  return `<section aria-labelledby="steps-title"><h2 id="steps-title">Steps</h2><ol class="steps">${items.join('')}</ol></section>`;
}

function card(report: Report): string {
  const lines = rollbackCard(report);
  if (lines.length === 0) return '';
  return `<section aria-labelledby="card-title"><h2 id="card-title">Way back</h2><pre tabindex="0">${lines.map(markup).join('\n')}</pre></section>`;
}

const FINDINGS_SHOWN = 50;

function findings(report: Report): string {
  const item = (about: string, {code, message}: ReportFinding) =>
    `<li><strong>${markup(about)}</strong>: <code>${markup(code)}</code>: ${markup(message)}</li>`;
  const all = [
    ...report.findings.map((finding) => item('VCH', finding)),
    ...report.vms.flatMap((vm) => vm.findings.map((finding) => item(vmLabel(vm), finding))),
  ];
  if (all.length === 0) return '';
  const left = all.length - FINDINGS_SHOWN;
  const more = left > 0 ? `<p>and ${left} more, each with its VM below.</p>` : '';
  return `<section aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2><ul>${all.slice(0, FINDINGS_SHOWN).join('')}</ul>${more}</section>`;
}
