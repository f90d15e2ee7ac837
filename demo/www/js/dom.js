// Small helpers that every part of the page uses.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** el('li', { class: 'x', onclick }, 'text', child...) */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Fills the elements marked data-f="name" below `root`, once each and only when they change. */
export function fill(root, values) {
  root.fields ??= new Map($$('[data-f]', root).map((e) => [e.dataset.f, e]));
  for (const [name, value] of Object.entries(values)) {
    const field = root.fields.get(name);
    const text = String(value);
    if (field && field.textContent !== text) field.textContent = text;
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const randomName = (length) => [...crypto.getRandomValues(new Uint8Array(length))]
  .map((byte) => letters[byte % letters.length]).join('');

export const none = '–';

export function ms(t) {
  if (t == null || Number.isNaN(t)) return none;
  if (t >= 1000) return `${(t / 1000).toFixed(t < 10000 ? 2 : 1)} s`;
  return `${t < 10 ? t.toFixed(1) : Math.round(t)} ms`;
}

export function bytes(n) {
  if (n == null) return none;
  if (n < 1024) return `${Math.round(n)} B`;
  if (n < 1024 * 1024) return `${(n / 1024).toFixed(n < 10240 ? 1 : 0)} KB`;
  return `${(n / 1024 / 1024).toFixed(1)} MB`;
}

export const count = (n) => (n == null ? none : n.toLocaleString('en'));

export const clock = (date = new Date()) => date.toLocaleTimeString('en-GB');

/** True while the element is on the screen, or near it; calls back at each change. */
export function watchVisible(element, then) {
  new IntersectionObserver((entries) => then(entries.at(-1).isIntersecting),
    { rootMargin: '100px' }).observe(element);
}
