import {counted} from '../../counted.js';
import {shortName} from '../attention.js';
import {markup} from '../markup.js';
import {displayName} from '../phrases.js';
import type {Report, ReportVm} from '../report.js';
import {statusWord, WORST_FIRST} from '../vm-words.js';
import {commandBox, facts, icon, prose, section, state} from './elements.js';
import {changeRows, changeTable} from './keys.js';
import type {Anchors} from './reasons.js';

/** The containerVMs, worst first, and where the page has them. */
export function orderedVms({vms}: Pick<Report, 'vms'>): readonly ReportVm[] {
  const containers = vms.filter(({kind}) => kind === 'container');
  const rank = new Map(WORST_FIRST.map((status, at) => [status, at]));
  return containers.toSorted((a, b) => (rank.get(a.status) ?? 0) - (rank.get(b.status) ?? 0));
}

export function anchorsOf(vms: readonly ReportVm[]): Anchors {
  return new Map(vms.map((vm, at) => [vm, `c-${at}`]));
}

/** Rows. */
const PIECE = 200;

const RENAME = {disabled: 'off', 'not-persisted-by-vic': 'not kept', supported: 'on'} as const;
const POWER = new Map([
  ['poweredOn', 'on'],
  ['poweredOff', 'off'],
  ['suspended', 'suspended'],
]);

/**
 * The list of containerVMs. A browser without script shows all of it; the script takes the rows from there, a page at a
 * time, so each is written once.
 */
export function vmList(report: Report, vms: readonly ReportVm[]): string {
  if (vms.length === 0) return '';
  const statuses = WORST_FIRST.flatMap((status) => {
    const n = vms.filter((vm) => vm.status === status).length;
    if (n === 0) return [];
    const {tone, text} = statusWord(report, status);
    return [
      `<button type="button" class="chip ${tone}" aria-pressed="false" data-s="${status}"><span class="dot"></span>${text} ${n}</button>`,
    ];
  });
  const disabled = vms.filter(({rename}) => rename === 'disabled').length;
  const rename =
    disabled === 0
      ? ''
      : `<p class="dim">docker rename is disabled on ${counted(disabled, 'containerVM')}.</p>`;
  let rows = '';
  // In pieces: `join` makes one flat text of the hundred small ones that each row is put together from.
  for (let start = 0; start < vms.length; start += PIECE)
    rows += vms
      .slice(start, start + PIECE)
      .map((vm, at) => row(report, vm, start + at))
      .join('');
  const headings = ['ContainerVM', 'Status', 'Changes', 'Data version', 'docker rename', 'Power'];
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join('');
  const content =
    rename +
    '<div class="tools js-only" role="search" aria-label="ContainerVMs"><label class="search">' +
    '<span class="vh">Search containerVMs, ids, keys, values and messages</span>' +
    '<input id="q" type="search" placeholder="Search name, id, key or value" autocomplete="off"><kbd aria-hidden="true">/</kbd></label>' +
    '<button type="button" class="btn" id="clear">Clear</button></div>' +
    `<div class="tools chips js-only" role="group" aria-label="Filter by status">${statuses.join('')}</div>` +
    '<div id="rows"></div><noscript id="all"><table class="list">' +
    '<caption class="vh">One row for each containerVM; its name opens the details</caption>' +
    `<thead><tr>${head}</tr></thead>${rows}</table></noscript>` +
    '<div class="tools pager js-only"><button type="button" class="btn" id="previous">Previous page</button>' +
    '<button type="button" class="btn" id="next">Next page</button>' +
    '<button type="button" class="btn" id="expand">Show all details on this page</button></div>';
  return section('list', 'ContainerVMs', content, {
    ...{css: 'p2', note: counted(vms.length, 'containerVM'), live: 'tally'},
  });
}

/** The first of the containerVMs, each to open, where a page has many such lists; `more` says where the others are. */
export function vmDetails(report: Report, vms: readonly ReportVm[], most: number, more: string): string {
  if (vms.length === 0) return '';
  const items = vms
    .slice(0, most)
    .map(
      (vm, at) =>
        `<details class="vm" id="c-${at}"><summary><b>${markup(shortName(vm))}</b> ${state(statusWord(report, vm.status))} ` +
        `<span class="dim small">${vm.changes.length === 0 ? '' : counted(vm.changes.length, 'key')}</span></summary>${details(vm)}</details>`,
    );
  const left = vms.length - items.length;
  const rest = left > 0 ? `<p>and ${left} more:</p>${commandBox(more)}` : '';
  return section('list', 'ContainerVMs', items.join('') + rest, {note: counted(vms.length, 'containerVM')});
}

function row(report: Report, vm: ReportVm, at: number): string {
  const {changes} = vm;
  const cells = [
    `<th scope="row"><button type="button" class="open" aria-expanded="false" aria-controls="x-${at}">${icon('open')}${markup(shortName(vm))}</button> <span class="sub">${markup(vm.id)}</span></th>`,
    `<td>${state(statusWord(report, vm.status))}</td>`,
    changes.length === 0 ? '<td class="nil">&ndash;</td>' : `<td>${counted(changes.length, 'key')}</td>`,
    `<td>${vm.dataVersion ?? 'unknown'}</td>`,
    `<td>${RENAME[vm.rename]}</td>`,
    `<td>${markup(vm.powerState === null ? 'unknown' : (POWER.get(vm.powerState) ?? vm.powerState))}</td>`,
  ];
  return (
    `<tbody class="r" id="c-${at}" data-s="${vm.status}"><tr class="m">${cells.join('')}</tr>` +
    `<tr class="x" id="x-${at}"><td colspan="6">${details(vm)}</td></tr></tbody>`
  );
}

/** Everything known of one VM. */
function details(vm: ReportVm): string {
  const {error, changes, findings} = vm;
  const problem =
    error === null
      ? ''
      : `<p class="why">${prose(error.message)} <code class="dim">${markup([error.code, error.fault].filter(Boolean).join(' '))}</code></p>` +
        (error.commands ?? []).map(commandBox).join('');
  const noted = findings.map(
    ({code, message}) => `<li>${prose(message)} <code class="dim">${markup(code)}</code></li>`,
  );
  const known = facts([
    ['VM', `${displayName(vm)} (${vm.id})`],
    ['Container id', vm.containerId, 'code'],
    ['Plugins', vm.applied.join(', ')],
    ['Applied before', (vm.history ?? []).join(', ')],
    ['Pending', (vm.pending ?? []).join(', ')],
  ]);
  const table = changes.length === 0 ? '' : changeTable(`Changes of ${displayName(vm)}`, changeRows(changes));
  return `${problem}${noted.length === 0 ? '' : `<ul class="noted">${noted.join('')}</ul>`}${known}${table}`;
}
