// Light, dark, or as the system has it; the choice is remembered.

import { $ } from './dom.js';

const order = ['system', 'light', 'dark'];
const symbols = { system: '◐', light: '☀', dark: '☾' };
const dark = matchMedia('(prefers-color-scheme: dark)');

let chosen = 'system';
try { chosen = localStorage.getItem('theme') ?? 'system'; } catch { /* not allowed to remember */ }

export const isDark = () => (chosen === 'system' ? dark.matches : chosen === 'dark');

/** Tells that the colours have changed. */
export const theme = new EventTarget();

function apply() {
  const button = $('#theme');
  if (chosen === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  button.textContent = symbols[chosen];
  button.setAttribute('aria-label', `Theme: ${chosen}. Press to change.`);
  button.title = `Theme: ${chosen}`;
  theme.dispatchEvent(new Event('change'));
}

export function startTheme() {
  if (!order.includes(chosen)) chosen = 'system';
  $('#theme').addEventListener('click', () => {
    chosen = order[(order.indexOf(chosen) + 1) % order.length];
    try { localStorage.setItem('theme', chosen); } catch { /* not allowed to remember */ }
    apply();
  });
  dark.addEventListener('change', apply);
  apply();
}

/** A colour of the style sheet. */
export const color = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
