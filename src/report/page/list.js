// The list of containerVMs: search, filters, sort, pages. Its rows are those that a browser without script shows; every
// string from vSphere in them was escaped when the page was written.
const PAGE = 100;
const source = byId('all').textContent;
const [head, ...rows] = source.slice(0, source.lastIndexOf('</table>')).split(/(?=<tbody class="r")/);
const UNITS = {'&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'"};
const plain = (markup) =>
  markup.replace(/<[^>]*>/g, ' ').replace(/&(?:amp|lt|gt|quot|#39);/g, (name) => UNITS[name]);
const statusOf = (row) => /data-s="([^"]*)"/.exec(row)[1];
const statuses = rows.map(statusOf);
const list = byId('rows');
const search = byId('q');
const chips = [...document.querySelectorAll('.chip')];
const state = {words: '', chosen: new Set(), sort: null, down: false, page: 0, open: new Set()};
let found = [];
let haystacks;
const cells = new Map();

list.innerHTML = `${head}</table>`;
const table = list.firstElementChild;
const headings = [...table.querySelectorAll('thead th')];
for (const [at, th] of headings.entries()) {
  th.innerHTML = `<button type="button" class="sort">${th.textContent}</button>`;
  th.firstChild.addEventListener('click', () =>
    change(() => {
      state.down = state.sort === at && !state.down;
      state.sort = at;
    }),
  );
}

function change(edit) {
  edit();
  state.page = 0;
  update();
}

/** What a column shows, by row. */
function column(at) {
  if (!cells.has(at))
    cells.set(
      at,
      rows.map((row) =>
        plain(row.slice(0, row.indexOf('</tr>')).match(/<t[hd][ >].*?<\/t[hd]>/gs)[at]).trim(),
      ),
    );
  return cells.get(at);
}

function update() {
  haystacks ??= state.words === '' ? undefined : rows.map((row) => plain(row).toLowerCase());
  found = [...rows.keys()].filter(
    (at) =>
      (state.chosen.size === 0 || state.chosen.has(statuses[at])) &&
      (state.words === '' || haystacks[at].includes(state.words)),
  );
  // Worst first is the order of the rows themselves: so is that of their status.
  if (state.sort === 1) found.sort((a, b) => a - b);
  else if (state.sort !== null) {
    const {compare} = new Intl.Collator('en', {numeric: true});
    const values = column(state.sort);
    found.sort((a, b) => compare(values[a], values[b]));
  }
  if (state.down) found.reverse();
  for (const [at, th] of headings.entries()) {
    if (at === (state.sort ?? 1)) th.setAttribute('aria-sort', state.down ? 'descending' : 'ascending');
    else th.removeAttribute('aria-sort');
  }
  for (const chip of chips) chip.setAttribute('aria-pressed', String(state.chosen.has(chip.dataset.s)));
  render(onPage());
}

function onPage() {
  return found.slice(state.page * PAGE, (state.page + 1) * PAGE);
}

function render(shown) {
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const all = `${rows.length} containerVM${rows.length === 1 ? '' : 's'}`;
  byId('tally').textContent =
    (found.length === rows.length ? all : `${found.length} of ${all}`) +
    (pages === 1 ? '' : `, page ${state.page + 1} of ${pages}`);
  byId('previous').disabled = state.page === 0;
  byId('next').disabled = state.page >= pages - 1;
  byId('previous').hidden = byId('next').hidden = pages === 1;
  const template = document.createElement('template');
  template.innerHTML = `<table>${shown.map((at) => rows[at]).join('')}</table>`;
  table.replaceChildren(table.caption, table.tHead, ...template.content.querySelectorAll('tbody.r'));
  for (const at of shown) if (state.open.has(at)) show(at, true);
  nameExpand(shown);
}

function show(at, open) {
  open ? state.open.add(at) : state.open.delete(at);
  const row = byId(`c-${at}`);
  row.querySelector('.x').classList.toggle('on', open);
  row.querySelector('.open').setAttribute('aria-expanded', String(open));
}

function nameExpand(shown) {
  const all = shown.length > 0 && shown.every((at) => state.open.has(at));
  byId('expand').textContent = `${all ? 'Hide' : 'Show'} all details on this page`;
  byId('expand').hidden = shown.length === 0;
}

function clear() {
  search.value = '';
  change(() => {
    state.words = '';
    state.chosen.clear();
  });
}

/** Leads to the row of a VM that another part of the page names. */
function jump() {
  const at = Number(/^#c-(\d+)$/.exec(location.hash)?.[1] ?? Number.NaN);
  if (!(at < rows.length)) return;
  clear();
  state.page = Math.floor(found.indexOf(at) / PAGE);
  state.open.add(at);
  render(onPage());
  byId(`c-${at}`).scrollIntoView({block: 'center'});
  byId(`c-${at}`).querySelector('.open').focus();
}

search.addEventListener('input', () => change(() => (state.words = search.value.trim().toLowerCase())));
for (const chip of chips) {
  const {s} = chip.dataset;
  chip.addEventListener('click', () => change(() => state.chosen.delete(s) || state.chosen.add(s)));
}
byId('clear').addEventListener('click', () => {
  clear();
  search.focus();
});
list.addEventListener('click', ({target}) => {
  const row = target.closest('.open')?.closest('tbody');
  if (!row) return;
  const at = Number(row.id.slice(2));
  show(at, !state.open.has(at));
  nameExpand(onPage());
});
for (const [id, by] of Object.entries({previous: -1, next: 1}))
  byId(id).addEventListener('click', () => {
    state.page += by;
    render(onPage());
    byId('list').scrollIntoView();
  });
byId('expand').addEventListener('click', () => {
  const shown = onPage();
  const open = !shown.every((at) => state.open.has(at));
  for (const at of shown) show(at, open);
  nameExpand(shown);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && event.target === search) clear();
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target.matches('input')) return;
  event.preventDefault();
  search.focus();
  search.scrollIntoView({block: 'center'});
});
addEventListener('hashchange', jump);
// On paper there is no next page.
addEventListener('beforeprint', () => render(found));
addEventListener('afterprint', () => render(onPage()));
update();
jump();
