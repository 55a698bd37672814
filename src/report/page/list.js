// The list of VMs in the HTML report: search, filters, sort, details. Runs in the reader's browser, alone.
// Everything that came from vSphere is put in as text (textContent), never as markup.
import {detailCell, haystack} from './details.js';
import {element} from './element.js';
import {themeSwitch} from './theme.js';

const {vms, statuses} = JSON.parse(document.getElementById('data').textContent);
const PAGE = 100;
const COLUMNS = [
  {name: 'VM', of: (vm) => vm.label},
  {name: 'Container', of: (vm) => vm.containerName ?? ''},
  {name: 'Power', of: (vm) => vm.powerState ?? ''},
  {name: 'Data version', of: (vm) => vm.dataVersion ?? -1},
  {name: 'docker rename', of: (vm) => vm.rename ?? ''},
  {name: 'Status', of: (vm) => statuses.indexOf(vm.status)},
  {name: 'Changes', of: (vm) => vm.changes.length},
];
const RENAMES = ['disabled', 'not-persisted-by-vic', 'supported'];

for (const [at, vm] of vms.entries()) {
  vm.haystack = haystack(vm);
  // An id of the page's own: one from elsewhere may hold a blank.
  vm.detail = `detail-${at}`;
}

const state = {
  search: '',
  statuses: new Set(),
  renames: new Set(),
  sort: 0,
  down: false,
  page: 0,
  open: new Set(),
};
let found = [];

const list = document.getElementById('vms');
const search = element('input', {type: 'search', autocomplete: 'off'});
const tally = element('p', {role: 'status', 'aria-live': 'polite'});
const previous = element('button', {type: 'button'}, 'Previous page');
const next = element('button', {type: 'button'}, 'Next page');
const expand = element('button', {type: 'button'}, 'Show all details on this page');
const body = element('tbody');
const headings = COLUMNS.map(heading);

build();
themeSwitch();
update();

function build() {
  search.addEventListener('input', () => change(() => (state.search = search.value.trim().toLowerCase())));
  previous.addEventListener('click', () => turn(-1));
  next.addEventListener('click', () => turn(1));
  expand.addEventListener('click', () => {
    const shown = onPage();
    const all = shown.every((vm) => state.open.has(vm.id));
    for (const vm of shown) all ? state.open.delete(vm.id) : state.open.add(vm.id);
    render(shown);
  });
  const clear = element('button', {type: 'button'}, 'Clear filters');
  clear.addEventListener('click', () => {
    search.value = '';
    for (const box of list.querySelectorAll('fieldset input')) box.checked = false;
    change(() => {
      state.search = '';
      state.statuses.clear();
      state.renames.clear();
    });
    search.focus();
  });
  const table = element(
    'table',
    {},
    element('caption', {}, 'One row for each VM; its name opens the details'),
  );
  table.append(element('thead', {}, element('tr', {}, ...headings)), body);
  list.append(
    element(
      'div',
      {class: 'filters', role: 'search', 'aria-label': 'ContainerVMs'},
      element('label', {class: 'search'}, 'Search names, ids, keys, values, messages', search),
      boxes('Status', statuses, (vm) => vm.status, state.statuses),
      boxes('docker rename', RENAMES, (vm) => vm.rename, state.renames),
      clear,
    ),
    element('div', {class: 'pager'}, tally, previous, next, expand),
    element(
      'div',
      {class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'ContainerVMs, table'},
      table,
    ),
  );
  // On paper there is no next page.
  window.addEventListener('beforeprint', () => render(found));
  window.addEventListener('afterprint', () => render(onPage()));
}

function boxes(title, values, of, chosen) {
  const fieldset = element('fieldset', {}, element('legend', {}, title));
  for (const value of values) {
    const count = vms.filter((vm) => of(vm) === value).length;
    if (count === 0) continue;
    const box = element('input', {type: 'checkbox', value});
    box.addEventListener('change', () =>
      change(() => (box.checked ? chosen.add(value) : chosen.delete(value))),
    );
    fieldset.append(element('label', {}, box, ` ${value} (${count})`));
  }
  return fieldset;
}

function heading(column, at) {
  const button = element('button', {type: 'button'}, column.name);
  button.addEventListener('click', () =>
    change(() => {
      state.down = state.sort === at && !state.down;
      state.sort = at;
    }),
  );
  return element('th', {scope: 'col'}, button);
}

function change(edit) {
  edit();
  state.page = 0;
  update();
}

function turn(by) {
  state.page += by;
  update();
  list.scrollIntoView();
}

function update() {
  const {of} = COLUMNS[state.sort];
  const chosen = (set, value) => set.size === 0 || set.has(value);
  found = vms
    .filter((vm) => chosen(state.statuses, vm.status) && chosen(state.renames, vm.rename))
    .filter((vm) => vm.haystack.includes(state.search))
    .sort((a, b) => (state.down ? -1 : 1) * compare(of(a), of(b)));
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  state.page = Math.min(state.page, pages - 1);
  tally.textContent = `${found.length} of ${vms.length} VMs, page ${state.page + 1} of ${pages}`;
  previous.disabled = state.page === 0;
  next.disabled = state.page === pages - 1;
  for (const [at, th] of headings.entries()) {
    const sorted = at === state.sort;
    if (sorted) th.setAttribute('aria-sort', state.down ? 'descending' : 'ascending');
    else th.removeAttribute('aria-sort');
    th.firstChild.textContent = `${COLUMNS[at].name}${sorted ? (state.down ? ' ▼' : ' ▲') : ''}`;
  }
  render(onPage());
}

function onPage() {
  return found.slice(state.page * PAGE, (state.page + 1) * PAGE);
}

function compare(a, b) {
  if (typeof a === 'number') return a - b;
  return a === b ? 0 : a < b ? -1 : 1;
}

function render(shown) {
  body.replaceChildren(...shown.flatMap(rows));
  const all = shown.length > 0 && shown.every((vm) => state.open.has(vm.id));
  expand.textContent = all ? 'Hide all details on this page' : 'Show all details on this page';
}

function rows(vm) {
  const open = state.open.has(vm.id);
  const button = element(
    'button',
    {type: 'button', class: 'open', 'aria-expanded': String(open), 'aria-controls': vm.detail},
    vm.label,
  );
  const row = element(
    'tr',
    {},
    element('th', {scope: 'row'}, button),
    element('td', {}, vm.containerName ?? '–'),
    element('td', {}, vm.powerState ?? '–'),
    element('td', {}, String(vm.dataVersion ?? '–')),
    element('td', {}, vm.rename ?? '–'),
    element('td', {class: `status status-${vm.status}`}, vm.status),
    element('td', {}, vm.changes.length === 0 ? '–' : String(vm.changes.length)),
  );
  const details = element(
    'tr',
    {class: 'detail', id: vm.detail},
    detailCell(open ? vm : null, COLUMNS.length),
  );
  details.hidden = !open;
  button.addEventListener('click', () => {
    const opens = !state.open.has(vm.id);
    opens ? state.open.add(vm.id) : state.open.delete(vm.id);
    details.hidden = !opens;
    details.replaceChildren(detailCell(opens ? vm : null, COLUMNS.length));
    button.setAttribute('aria-expanded', String(opens));
  });
  return [row, details];
}
