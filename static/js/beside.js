// The queue on a wide screen: a ticket opens beside the list, under its own address. Narrower, or without script, the
// link leads to the ticket's page. Uses $, $$, on, typing, token, timers, keepDraft and failed of app.js.
'use strict';
const beside = $('#ticket_beside');
const split = $('.queue-split');
const wide = matchMedia('(min-width: 1400px)');
const listTitle = document.title;
let listAddress = location.href;
let openNumber = '';
let waiting = 0;
let leaving = false;

const rowOf = (number) => document.getElementById(`ticket-${number}`);
const numberOf = (address) => (/^\/tickets\/(\d+)$/.exec(address.pathname) || [])[1] || '';
const mark = (row) => {
  $$('[data-row].is-current').forEach((other) => other !== row && other.classList.remove('is-current'));
  if (row) { row.classList.add('is-current'); row.scrollIntoView({ block: 'nearest' }); }
};
// What is being written is kept before another ticket takes its place.
const keepDrafts = () => Promise.all($$('form[data-draft-url]', beside).filter((form) => timers.has(form)).map((form) => {
  clearTimeout(timers.get(form));
  return keepDraft(form);
}));

async function bring(number) {
  await keepDrafts();
  await htmx.ajax('GET', `/tickets/${number}`, { source: beside, target: '#ticket_beside' });
}
function show(number, address) {
  leaving = false;
  if (!openNumber) listAddress = location.href;
  // One step back leads to the list, however many tickets were looked at.
  if (address) history[openNumber ? 'replaceState' : 'pushState'](null, '', address);
  openNumber = number;
  split.classList.add('has-beside');
  beside.hidden = false;
  mark(rowOf(number));
  return bring(number);
}
function close() {
  if (leaving) return;
  leaving = true;
  history.back();
}
async function hide() {
  if (!openNumber) return;
  await keepDrafts();
  const row = rowOf(openNumber);
  openNumber = '';
  leaving = false;
  clearTimeout(waiting);
  split.classList.remove('has-beside');
  beside.hidden = true;
  beside.replaceChildren();
  document.title = listTitle;
  // Going back gives the focus to the page; it belongs to the row.
  await (window.navigation && navigation.transition && navigation.transition.finished.catch(() => {}));
  if (row) { mark(row); $('[data-open]', row).focus({ preventScroll: true }); }
}

on('click', '[data-row] [data-open]', (event, link) => {
  if (!wide.matches || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(numberOf(link), link.href);
});
document.addEventListener('row:current', (event) => {
  if (!openNumber) return;
  const link = $('[data-open]', event.target);
  clearTimeout(waiting);
  waiting = setTimeout(() => openNumber && show(numberOf(link), link.href), 150);
});
on('click', '#ticket_beside #ticket_panel a', (event, link) => {
  if (numberOf(link) !== openNumber || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  $('#ticket_panel').replaceChildren();
});
on('click', '[data-beside-close]', close);
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !openNumber || $('dialog[open], [data-menu][open]')) return;
  const row = rowOf(openNumber);
  if (typing(event.target) && beside.contains(event.target) && row) $('[data-open]', row).focus({ preventScroll: true });
  else if (!typing(event.target)) close();
}, true);
// Back and forward between the list and a ticket beside it: nothing is loaded again that is still there.
addEventListener('popstate', () => {
  const number = numberOf(location);
  if (number && wide.matches) show(number); else hide();
});
document.addEventListener('htmx:before:history:restore', (event) => {
  if (openNumber || numberOf(location) || location.href === listAddress) event.preventDefault();
});
// Another wish for the list while a ticket is open: the ticket stays, and one step back leads to that list.
document.addEventListener('htmx:after:history:push', () => {
  listAddress = location.href;
  if (openNumber) history.pushState(null, '', `/tickets/${openNumber}`);
});

// Two tickets have the same fields: nothing of one may be carried over to the other.
document.addEventListener('htmx:before:swap', (event) => event.detail.ctx.target === beside && beside.replaceChildren());
document.addEventListener('htmx:after:swap', () => {
  const page = $('.beside-page', beside);
  if (!page || page.dataset.number !== openNumber || document.title === page.dataset.title) return;
  document.title = page.dataset.title;
  beside.scrollTop = 0;
});
// A form of the ticket beside: what it changed is shown there and in the list. Where it was refused, nothing was
// changed and it goes the ordinary way, which says why and keeps what was typed.
document.addEventListener('submit', async (event) => {
  const { target: form, submitter } = event;
  if (!beside.contains(form) || form.method !== 'post') return;
  if (form.dataset.asIs) { delete form.dataset.asIs; return; }
  event.preventDefault();
  event.stopPropagation();
  if (form.dataset.busy) return;
  form.dataset.busy = 'yes';
  clearTimeout(timers.get(form));
  timers.delete(form);
  dirty.delete(form);
  const answer = await fetch(form.action, { method: 'POST', body: new FormData(form, submitter), headers: token(), redirect: 'manual' }).catch(() => null);
  delete form.dataset.busy;
  if (!answer || answer.status >= 500) { failed(); return; }
  if (answer.type !== 'opaqueredirect') { form.dataset.asIs = 'yes'; form.requestSubmit(submitter); return; }
  await bring(openNumber);
  beside.focus({ preventScroll: true });
  $$('#queue_rows, #queue_views').forEach((part) => htmx.trigger(part, 'renew'));
}, true);
