// The sources that run each part, shown on the page.

import { $, $$, el } from './dom.js';

const places = {
  'lab mounts': '/code/server/mounts.cpp',
  'chat server': '/code/server/chat.cpp',
  'server report': '/code/server/report.cpp',
  'node server': '/code/node/node.cpp',
  'demo server': '/code/server/front.cpp',
};

export function startCode() {
  const dialog = $('#code');
  const text = $('#code pre');
  for (const button of $$('button[data-code]')) {
    button.addEventListener('click', async () => {
      const url = places[button.dataset.code] ?? button.dataset.code;
      $('#code h2').textContent = url.replace('/code/server/', 'demo/site/').replace('/code/', 'demo/').replace(/^\/js/, 'demo/www/js');
      text.textContent = 'loading';
      dialog.showModal();
      const answer = await fetch(url);
      const source = answer.ok ? await answer.text() : `not found: ${url}`;
      text.replaceChildren(...source.trimEnd().split('\n').map((line) => el('span', {}, `${line}\n`)));
      text.scrollTop = 0;
    });
  }
  $('#code .close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
}
