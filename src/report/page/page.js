// Runs in the reader's browser, alone. Without it the page shows the same, as one long list.
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
root.classList.add('js');

/** For readers who hear the page. */
function say(text) {
  byId('live').textContent = text;
}

// Copies exactly the commands that stand beside the button.
document.addEventListener('click', async ({target}) => {
  const button = target.closest('[data-copy]');
  if (button === null) return;
  const code = button.parentElement.querySelector('code');
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // A browser that keeps its clipboard closed may still let the reader copy a selection.
    getSelection().selectAllChildren(code);
    if (!document.execCommand('copy')) return say('Press Ctrl-C to copy');
  }
  button.textContent = 'Copied';
  say('Copied');
  setTimeout(() => (button.textContent = 'Copy'), 1600);
});

// The system chooses between dark and light, until the reader does.
const theme = byId('theme');
const isDark = () =>
  (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
const nameTheme = () => (theme.textContent = isDark() ? 'Light colours' : 'Dark colours');
theme.addEventListener('click', () => {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  nameTheme();
});
nameTheme();
