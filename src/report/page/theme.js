/** Lets the reader choose between dark and light; until then the system chooses. */
export function themeSwitch() {
  const button = document.getElementById('theme');
  const root = document.documentElement;
  const dark = () =>
    (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) ===
    'dark';
  const show = () => (button.textContent = dark() ? 'Light colours' : 'Dark colours');
  button.addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    show();
  });
  button.hidden = false;
  show();
}
