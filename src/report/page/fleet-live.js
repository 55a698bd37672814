// A page that follows its run: the server says that something has changed, and gives the new content.
const main = byId('main');
let token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
// It must not stay in the history or in a screenshot.
if (token !== '') history.replaceState(null, '', location.pathname);

// The server has the reports; every string from vSphere in them is escaped.
vchs.reportOf = async (key) => {
  const answer = await fetch(`vch?${new URLSearchParams({key})}`, {cache: 'no-store'});
  return answer.ok ? answer.text() : null;
};

async function renew() {
  const answer = await fetch('main', {cache: 'no-store'});
  if (!answer.ok) return;
  const open = new Set([...main.querySelectorAll('details[data-k][open]')].map(({dataset}) => dataset.k));
  const closed = new Set([...main.querySelectorAll('.wave:not([open])')].map(({id}) => id));
  const [words, vcenter, focused] = [
    byId('fleet-q').value,
    byId('fleet-vc').value,
    document.activeElement?.id,
  ];
  const made = new DOMParser().parseFromString(await answer.text(), 'text/html');
  main.replaceChildren(...made.body.childNodes);
  for (const details of main.querySelectorAll('details[data-k]')) details.open = open.has(details.dataset.k);
  for (const wave of main.querySelectorAll('.wave')) wave.open = !closed.has(wave.id);
  for (const chip of main.querySelectorAll('.chip[data-s]'))
    chip.setAttribute('aria-pressed', String(chosen.has(chip.dataset.s)));
  byId('fleet-q').value = words;
  byId('fleet-vc').value = vcenter;
  if (focused) byId(focused)?.focus();
  narrow();
  main.dataset.at = String(Date.now());
}

let waiting = false;
const events = new EventSource('events');
events.addEventListener('changed', () => {
  if (waiting) return;
  waiting = true;
  setTimeout(async () => {
    waiting = false;
    await renew();
  }, 300);
});
events.addEventListener('error', () => say('The connection is lost; the page may be out of date'));

const dialog = byId('ask');
document.addEventListener('click', ({target}) => {
  const button = target.closest('#approve');
  if (button === null) return;
  dialog.dataset.wave = button.dataset.wave;
  byId('ask-token').value = token;
  byId('ask-said').textContent = '';
  dialog.showModal();
});
byId('ask-no').addEventListener('click', () => dialog.close());
byId('ask-yes').addEventListener('click', async () => {
  token = byId('ask-token').value;
  const body = JSON.stringify({
    wave: dialog.dataset.wave,
    who: byId('ask-who').value,
    reason: byId('ask-why').value,
  });
  const answer = await fetch('approve', {
    method: 'POST',
    headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'},
    body,
  });
  const text = await answer.text();
  if (!answer.ok) {
    byId('ask-said').textContent = text;
    return;
  }
  dialog.close();
  say(text);
  await renew();
});
