/**
 * The console's small script: keys, and pages that follow the ring. All works without it.
 *
 * Single keys can be switched off (WCAG 2.2, 2.1.4), and never act while somebody types.
 *
 * @module
 */
export const consoleScript: string = `
const off = 'veilig-keys-off';
const help = document.getElementById('help');
const box = document.getElementById('keys-on');
if (box) {
  box.checked = localStorage.getItem(off) === null;
  box.addEventListener('change', () =>
    box.checked ? localStorage.removeItem(off) : localStorage.setItem(off, '1'));
}
const rows = () => [...document.querySelectorAll('[data-row]')];
const move = (step) => {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  const next = Math.min(all.length - 1, Math.max(0, at + step));
  all.at(at === -1 && step < 0 ? -1 : next)?.focus();
};
const search = () => {
  const field = document.querySelector('[data-search]');
  if (field) field.focus();
  else document.querySelector('nav a[href="/audit"]')?.click();
};
const keys = { j: () => move(1), k: () => move(-1), '/': search, '?': () => help?.showModal() };
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (typing || event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
  const act = keys[event.key];
  if (!act || (localStorage.getItem(off) !== null && event.key !== '?')) return;
  event.preventDefault();
  act();
});
document.getElementById('help-open')?.addEventListener('click', () => help?.showModal());
for (const button of document.querySelectorAll('#help-open')) button.hidden = false;

const here = document.querySelector('nav [aria-current]');
here?.scrollIntoView({ block: 'nearest', inline: 'center' });
const said = document.getElementById('live-said');
const busy = (place) =>
  place.querySelector('input:focus, textarea:focus, select:focus') ||
  [...place.querySelectorAll('textarea, input:not([type=hidden])')]
    .some((field) => field.value !== field.defaultValue);
const renew = async () => {
  const place = document.querySelector('[data-live]');
  if (!place) return;
  if (busy(place)) {
    said.textContent = 'Something changed. The page waits while you write.';
    return;
  }
  const answer = await fetch(location.href, { headers: { 'x-live': '1' } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = fresh.querySelector('[data-live]');
  if (!next || busy(place)) return;
  const at = rows().indexOf(document.activeElement);
  const open = [...place.querySelectorAll('details')].map((d) => d.open);
  place.replaceWith(next);
  [...next.querySelectorAll('details')].forEach((d, i) => { d.open = open[i] ?? d.open; });
  if (at >= 0) rows()[at]?.focus({ preventScroll: true });
  said.textContent = 'The page was brought up to date.';
};
if (said && window.EventSource) {
  const source = new EventSource('/live');
  let last;
  source.addEventListener('pulse', ({ data }) => {
    const { waiting, mark } = JSON.parse(data);
    const badge = document.getElementById('waiting');
    if (badge) badge.textContent = waiting > 0 ? String(waiting) : '';
    if (badge) badge.hidden = waiting === 0;
    document.title = document.title.replace(/^\\(\\d+\\) /, '');
    if (waiting > 0) document.title = '(' + waiting + ') ' + document.title;
    if (last !== undefined && last !== mark) renew();
    last = mark;
  });
}
`
