// What the pages cannot do as plain HTML. Every part is optional: without this file forms and links still work.
// No HTML is built from text here (textContent only), nothing is evaluated; see docs/frontend.md for the attributes.
'use strict';
const root = document.documentElement;
root.classList.remove('no-script');
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const on = (type, selector, act) => document.addEventListener(type, (event) => {
  const found = event.target instanceof Element && event.target.closest(selector);
  if (found) act(event, found);
});
const typing = (element) => element.matches('input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]');
const token = () => JSON.parse(document.body.getAttribute('hx-headers:inherited') || '{}');

// -- trusted types: what the server sends is htmx's business; text that anything else turns into HTML must be harmless
if (window.trustedTypes) {
  const plain = /^(?:[^<]|<\/?(?:div|span|input|option|strong)(?:\s+(?:class|role|value|type|size|tabindex|autocomplete)="[^"<>]*")*\s*\/?>)*$/;
  trustedTypes.createPolicy('default', { createHTML: (text) => (plain.test(text) ? text : null) });
  const ours = trustedTypes.createPolicy('htmx', { createHTML: (text) => text, createScript: () => '' });
  const refuse = function refuse() { throw new Error('nothing is evaluated here'); };
  htmx.registerExtension('trust', { init: (api) => api.initSecurity(ours, refuse, refuse) });
}

// -- what a refresh may not take away: the row one stands on, an open menu; and a tick never moves to another row
if (window.htmx) {
  htmx.registerExtension('keep', {
    htmx_before_morph_attr: (element, { attrName, newValue }) => {
      if (attrName === 'value' && element.type === 'checkbox') element.checked = false;
      if (attrName === 'open' && element.matches('details, dialog')) return false;
      if (attrName !== 'class' || !element.classList.contains('is-current')) return true;
      element.className = `${newValue || ''} is-current`;
      return false;
    },
  });
}

// -- theme
on('submit', '[data-theme-form]', (event, form) => {
  event.preventDefault();
  const theme = event.submitter.value;
  root.dataset.theme = theme;
  $$('button', form).forEach((b) => b.setAttribute('aria-pressed', String(b.value === theme)));
  const body = new FormData(form);
  body.set('theme', theme);
  fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => failed());
});

// -- toasts
const leave = (toast) => toast.hasAttribute('data-stay') || setTimeout(() => toast.remove(), 6000);
const failed = () => $('#toasts').append($('#toast-failed').content.cloneNode(true));
new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => n.nodeType === 1 && leave(n))))
  .observe($('#toasts'), { childList: true });
$$('#toasts > [data-toast]').forEach(leave);
on('click', '[data-toast-close]', (_event, button) => button.closest('[data-toast]').remove());
document.addEventListener('htmx:error', failed);
document.addEventListener('htmx:response:error', (event) => {
  if (event.detail.ctx.response.status >= 500) failed();
});

// -- dialogs and menus
const open = (dialog) => {
  dialog.showModal();
  const first = $('[autofocus], .dialog-body :is(input:not([type=hidden]), select, textarea, button)', dialog);
  if (first) first.focus();
};
on('click', '[data-dialog]', (event, opener) => {
  const dialog = document.getElementById(opener.dataset.dialog);
  if (!dialog || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  open(dialog);
});
on('click', '[data-dialog-close]', (_event, button) => button.closest('dialog').close());
on('click', 'dialog', (event, dialog) => event.target === dialog && dialog.close());
document.addEventListener('click', (event) => $$('[data-menu][open]').forEach((menu) => {
  if (!menu.contains(event.target)) menu.open = false;
}));
on('click', '.side-item[href], .side-close, .side-shade', () => location.hash === '#side' && history.replaceState(null, '', location.pathname + location.search));

// -- copy, show password
on('click', '[data-copy]', async (_event, button) => {
  await navigator.clipboard.writeText(button.dataset.copy);
  const said = $('.visually-hidden', button);
  const before = said.textContent;
  said.textContent = button.dataset.copied;
  button.classList.add('is-done');
  setTimeout(() => { said.textContent = before; button.classList.remove('is-done'); }, 1600);
});
on('click', '[data-reveal]', (_event, button) => {
  const field = document.getElementById(button.dataset.reveal);
  field.type = field.type === 'password' ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(field.type === 'text'));
});

// -- files: drop, paste, list, remove
const filesOf = (drop) => $('input[type=file]', drop);
function give(input, added) {
  const all = new DataTransfer();
  [...(input.multiple ? input.files : []), ...added].forEach((file) => all.items.add(file));
  input.files = all.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}
on('dragover', '[data-drop]', (event, drop) => { event.preventDefault(); drop.classList.add('is-over'); });
on('dragleave', '[data-drop]', (_event, drop) => drop.classList.remove('is-over'));
on('drop', '[data-drop]', (event, drop) => {
  event.preventDefault();
  drop.classList.remove('is-over');
  give(filesOf(drop), event.dataTransfer.files);
});
on('paste', 'form', (event, form) => {
  const drop = $('[data-drop]', form);
  if (!drop || !event.clipboardData.files.length) return;
  event.preventDefault();
  const stamp = new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');
  give(filesOf(drop), [...event.clipboardData.files].map((file) => (file.name === 'image.png'
    ? new File([file], `screenshot-${stamp}.png`, { type: file.type }) : file)));
});
on('change', '[data-drop] input[type=file]', (_event, input) => {
  const list = $('[data-drop-list]', input.closest('.field'));
  list.hidden = !input.files.length;
  list.replaceChildren(...[...input.files].map((file, index) => {
    const row = make('li');
    const remove = make('button', '', '×');
    remove.type = 'button';
    remove.setAttribute('aria-label', `${list.dataset.remove} ${file.name}`);
    remove.addEventListener('click', () => {
      const rest = new DataTransfer();
      [...input.files].forEach((kept, i) => i !== index && rest.items.add(kept));
      input.files = rest.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    row.append(make('span', '', file.name), make('small', 'text-quiet', `${Math.ceil(file.size / 1000)} kB`), remove);
    return row;
  }));
});

// -- drafts, and leaving with something unsaved
const timers = new WeakMap();
const dirty = new Set();
document.addEventListener('input', (event) => {
  const form = event.target.form;
  if (!form || event.target.closest('dialog.palette')) return;
  if (form.dataset.guard) dirty.add(form);
  if (!form.dataset.draftUrl) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => keepDraft(form), 1500));
});
async function keepDraft(form) {
  const body = new FormData();
  new FormData(form).forEach((value, name) => typeof value === 'string' && body.append(name, value));
  body.set('draft_kind', form.dataset.draftKind || '');
  const answer = await fetch(form.dataset.draftUrl, { method: 'POST', body, headers: token() }).catch(() => null);
  const state = $('[data-draft-state]', form);
  if (state) state.textContent = answer && answer.ok ? state.dataset.kept : state.dataset.lost;
}
document.addEventListener('submit', (event) => { clearTimeout(timers.get(event.target)); dirty.delete(event.target); }, true);
const unsent = (event) => { const form = event.detail.ctx.sourceElement; if (form.dataset.guard) dirty.add(form); };
document.addEventListener('htmx:error', unsent);
document.addEventListener('htmx:response:error', unsent);
addEventListener('beforeunload', (event) => [...dirty].some((form) => form.isConnected) && event.preventDefault());

// -- selection of rows
function countSelection() {
  const all = $$('[data-select]');
  const chosen = all.filter((box) => box.checked).length;
  $$('[data-bulk-bar]').forEach((bar) => { bar.hidden = !chosen; $('[data-bulk-count]', bar).textContent = chosen; });
  $$('[data-select-all]').forEach((box) => { box.checked = chosen > 0 && chosen === all.length; box.indeterminate = chosen > 0 && chosen < all.length; });
}
on('change', '[data-select]', countSelection);
on('change', '[data-select-all]', (_event, box) => { $$('[data-select]').forEach((one) => { one.checked = box.checked; }); countSelection(); });
on('click', '[data-select-none]', () => { $$('[data-select]').forEach((one) => { one.checked = false; }); countSelection(); });

// -- palette
const palette = $('#palette');
const palettePages = () => $$('#palette .palette-item').filter((item) => !item.hidden);
function choose(step) {
  const items = palettePages();
  const now = items.findIndex((item) => item.getAttribute('aria-selected') === 'true');
  items.forEach((item) => item.setAttribute('aria-selected', 'false'));
  const next = items[(Math.max(now, step < 0 ? 0 : -1) + step + items.length) % items.length];
  if (!next) return;
  next.setAttribute('aria-selected', 'true');
  next.scrollIntoView({ block: 'nearest' });
  $('input', palette).setAttribute('aria-activedescendant', next.id);
}
function openPalette() {
  if (!palette || palette.open) return;
  palette.showModal();
  const input = $('input', palette);
  input.value = '';
  $('#palette-found').replaceChildren();
  filterPalette(input);
  input.focus();
}
function filterPalette(input) {
  const wanted = input.value.trim().toLowerCase();
  $$('#palette-pages .palette-item').forEach((item) => { item.hidden = !item.textContent.toLowerCase().includes(wanted); });
  $$('.palette-item', palette).forEach((item) => item.setAttribute('aria-selected', 'false'));
  choose(1);
}
on('click', '[data-palette]', openPalette);
on('input', '#palette input', (_event, input) => filterPalette(input));
on('keydown', '#palette input', (event) => {
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); choose(event.key === 'ArrowDown' ? 1 : -1); }
  const chosen = event.key === 'Enter' && $('.palette-item[aria-selected=true]:not([hidden])', palette);
  if (chosen) { event.preventDefault(); chosen.click(); }
});
on('click', '[data-help]', () => open($('#keyboard-help')));

// -- keyboard
let first = '';
function move(step) {
  const rows = $$($('[data-row]') ? '[data-row]' : '[data-entry]');
  const now = rows.findIndex((row) => row.classList.contains('is-current'));
  const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
  if (!next) return;
  rows.forEach((row) => row.classList.toggle('is-current', row === next));
  ($('[data-open]', next) || next).focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  next.dispatchEvent(new CustomEvent('row:current', { bubbles: true }));
}
const press = (target) => {
  if (target.matches('details')) { target.open = true; const field = $('textarea, .menu-item', target); (field || target).focus(); } else if (typing(target)) target.focus(); else target.click();
};
const keys = {
  '/': () => { const field = $('[data-search]'); if (field) { field.focus(); field.select(); } },
  '?': () => { const help = $('#keyboard-help'); if (help) open(help); },
  j: () => move(1), k: () => move(-1),
  x: () => { const box = $('[data-row].is-current [data-select]'); if (box) box.click(); },
};
document.addEventListener('keydown', (event) => {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === 'k') { event.preventDefault(); openPalette(); return; }
  if (control && event.key === 'Enter' && event.target.form) { event.preventDefault(); event.target.form.requestSubmit(); return; }
  if (event.key === 'Escape') { $$('[data-menu][open]').forEach((menu) => { menu.open = false; $('summary', menu).focus(); }); if (event.target.matches('[data-search]')) event.target.blur(); return; }
  if (control || event.altKey || typing(event.target) || $('dialog[open]')) return;
  const pair = first && $(`[data-keys="${CSS.escape(first)} ${CSS.escape(event.key)}"]`);
  const single = $(`[data-key="${CSS.escape(event.key)}"]`);
  first = '';
  if (pair) press(pair);
  else if (keys[event.key]) keys[event.key]();
  else if (single) press(single);
  else { first = $(`[data-keys^="${CSS.escape(event.key)} "]`) ? event.key : ''; setTimeout(() => { first = ''; }, 1200); return; }
  event.preventDefault();
});

// -- times, comboboxes, focus: also in what htmx brings
const steps = [['year', 31536000], ['month', 2592000], ['week', 604800], ['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
function tellTimes() {
  const words = new Intl.RelativeTimeFormat(root.lang || 'en', { numeric: 'auto' });
  $$('time[data-ago]').forEach((time) => {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
    const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) || ['second', 1];
    const text = words.format(Math.round(seconds / size), unit);
    if (time.textContent !== text) time.textContent = text;
  });
}
setInterval(tellTimes, 30000);
function combobox(select) {
  const { source, create, placeholder } = select.dataset;
  const part = (tag) => (data) => { const row = make(tag, '', data.label || data.text); if (data.hint) row.append(make('span', 'option-hint', data.hint)); return row; };
  select.tomselect || new TomSelect(select, {
    valueField: 'value', labelField: 'label', searchField: ['label', 'hint'], create: create !== undefined, placeholder, maxOptions: 100, allowEmptyOption: false,
    render: { option: part('div'), item: part('div') },
    onInitialize() { select.setAttribute('aria-hidden', 'true'); select.tabIndex = -1; Object.values(this.options).forEach((o) => { o.label ??= o.text; }); },
    ...(source && { preload: 'focus', load: (q, done) => { const url = new URL(source, location.href); url.searchParams.set('q', q); fetch(url, { headers: { Accept: 'application/json' } }).then((r) => r.json()).then(done).catch(() => done()); } }),
  });
}
function prepare(within) {
  if (window.TomSelect) $$('select[data-combobox]', within).forEach(combobox);
  const wanted = $('[data-focus]', within);
  if (wanted) wanted.focus();
  countSelection();
  tellTimes();
}
document.addEventListener('htmx:after:swap', () => prepare(document));
prepare(document);
