import { Break } from './break.js';
import { startChat } from './chat.js';
import { startCode } from './code.js';
import { Compare } from './compare.js';
import { $, $$ } from './dom.js';
import { Here } from './here.js';
import { live, probeLanes } from './live.js';
import { ServerView } from './server_view.js';
import { startTheme } from './theme.js';

// A script element cannot be aborted: when jsonp-polling is closed, the answer to the poll that was
// waiting still arrives, and calls a function that sockjs-client has removed.
addEventListener('error', (event) => {
  if (/\/jsonp\?c=/.test(event.filename)) event.preventDefault();
});

function markSection() {
  const links = new Map($$('nav a').map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const a of links.values()) a.removeAttribute('aria-current');
      links.get(entry.target.id)?.setAttribute('aria-current', 'true');
    }
  }, { rootMargin: '-40% 0px -55% 0px' });
  for (const id of links.keys()) seen.observe($(`#${id}`));
  seen.observe($('.hero'));
}

async function start() {
  startTheme();
  startCode();
  markSection();
  const compare = new Compare($('#compare'));
  const breaking = new Break($('#break'));
  new ServerView($('#server'));
  compare.onChange();
  for (const button of $$('[data-start-all]'))
    button.addEventListener('click', () => { compare.startAll(); });
  const here = new Here($('#here'));
  for (const button of $$('[data-try-all]')) button.addEventListener('click', () => { here.run(); });
  live.connect();
  const hello = await live.ready;
  const lanes = await probeLanes();
  $('#lanes-note').hidden = lanes > 0 || hello.lanes.length === 0;
  breaking.start();
  startChat($('#members'));
  if (hello.nodes) (await import('./nodes.js')).startNodes($('#nodes'));
  document.documentElement.dataset.ready = 'true';
}

const missing = [['SockJS', 'sockjs-client'], ['eio', 'engine.io-client'], ['io', 'socket.io-client']]
  .filter(([name]) => !(name in window)).map(([, name]) => name);
const page = window.anywirePage;
page.started = true;
if (missing.length) {
  page.fail(`${missing.join(' and ')} did not load: start the demo with ./run demo, which fetches it.`);
} else {
  start().catch((error) => {
    page.fail(`The page’s program has stopped: ${error.message}.`);
    throw error;
  });
}
