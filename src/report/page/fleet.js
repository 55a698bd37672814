// The VCHs of a fleet: search, vCenter and states narrow them down. Without this all are shown.
const chosen = new Set();

function narrow() {
  const words = byId('fleet-q').value.trim().toLowerCase();
  const vcenter = byId('fleet-vc').value;
  for (const wave of document.querySelectorAll('.wave')) {
    let shown = 0;
    for (const tile of wave.querySelectorAll('.t')) {
      const {s, v} = tile.dataset;
      const fits =
        (chosen.size === 0 || chosen.has(s)) &&
        (vcenter === '' || v === vcenter) &&
        (words === '' || tile.textContent.toLowerCase().includes(words));
      tile.hidden = !fits;
      if (fits) shown += 1;
    }
    wave.querySelector('.empty').hidden = shown > 0;
  }
}

document.addEventListener('input', ({target}) => {
  if (target.id === 'fleet-q' || target.id === 'fleet-vc') narrow();
});
// A VCH opens into its own report, where there is one: it is made of its text then, and gone when it is closed.
const vchs = {
  reportOf: (key) =>
    document.querySelector(`#waves details[data-k="${CSS.escape(key)}"] > noscript`)?.textContent ?? null,
};
document.addEventListener('click', async (event) => {
  const summary = event.target.closest('.t summary');
  const details = summary?.parentElement;
  if (!details || details.open) return;
  event.preventDefault();
  const report = await vchs.reportOf(details.dataset.k);
  if (report === null) {
    details.open = true;
    return;
  }
  byId('vch-name').textContent = summary.querySelector('.nm').textContent;
  byId('vch-report').innerHTML = report;
  byId('vch').showModal();
  byId('vch').scrollTop = 0;
});
byId('vch-close').addEventListener('click', () => byId('vch').close());
byId('vch').addEventListener('close', () => byId('vch-report').replaceChildren());

document.addEventListener('click', ({target}) => {
  const chip = target.closest('.chip[data-s]');
  if (chip === null) return;
  const {s} = chip.dataset;
  if (!chosen.delete(s)) chosen.add(s);
  chip.setAttribute('aria-pressed', String(chosen.has(s)));
  narrow();
});
document.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    byId('fleet-q').focus();
  }
});
