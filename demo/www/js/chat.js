// The chat: three members on one page, each by another dialect.

import { $, clock, el } from './dom.js';
import { Lasting } from './lasting.js';
import { lab } from './live.js';
import { kindOf, withoutWebSocket } from './transports.js';

const members = [
  { mount: 'chat-ws', dialect: 'ws', title: 'plain WebSocket', name: 'Ann', lane: 0,
    choices: { websocket: ['websocket'] } },
  { mount: 'chat-sockjs', dialect: 'sockjs', title: 'SockJS', name: 'Bob', lane: 8,
    choices: { 'automatic': undefined, 'no WebSocket': withoutWebSocket, 'websocket': ['websocket'],
      'xhr-streaming': ['xhr-streaming'], 'eventsource': ['eventsource'], 'xhr-polling': ['xhr-polling'] },
    chosen: 'no WebSocket' },
  { mount: 'chat-sio', dialect: 'sio', title: 'Socket.IO', name: 'Cleo', lane: 8,
    choices: { 'automatic': ['polling', 'websocket'], 'websocket': ['websocket'], 'polling': ['polling'] },
    chosen: 'polling' },
];

const silence = 8000;  // milliseconds; the server says `{"beat":true}` every two seconds

const words = { connecting: 'connecting', failing: 'no way through, tries again', absent: 'not in this browser' };

class Member {
  constructor(spec) {
    this.spec = spec;
    this.root = $('#member').content.firstElementChild.cloneNode(true);
    this.root.id = spec.mount;
    this.root.setAttribute('aria-label', `${spec.title} member`);
    $('h3', this.root).textContent = spec.title;
    this.form = $('form', this.root);
    this.form.elements.name.value = spec.name;
    this.select = $('select', this.root);
    this.select.append(...Object.keys(spec.choices).map((name) => el('option', {}, name)));
    this.select.value = spec.chosen ?? Object.keys(spec.choices)[0];
    this.select.parentElement.hidden = Object.keys(spec.choices).length < 2;
    this.select.addEventListener('change', () => this.open());
    this.list = $('ol', this.root);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.say();
    });
    this.client = new Lasting({
      open: (transport) => this.show('open', transport),
      transport: (name) => this.show('open', name),
      message: (text) => this.hear(JSON.parse(text)),
      said: (line) => this.hear(line),
      failed: () => this.show('failing'),
      absent: () => this.show('absent'),
      close: () => this.show(this.state === 'open' ? 'connecting' : 'failing'),
    });
  }

  open() {
    this.show('connecting');
    const spec = { ...this.spec, silence, transports: this.spec.choices[this.select.value] };
    this.client.open(spec, lab(spec.mount, spec.lane));
  }

  say() {
    const { name, text } = this.form.elements;
    if (this.state !== 'open' || !text.value.trim()) return;
    if (this.spec.dialect === 'sio') this.client.emit('say', name.value, text.value);
    else this.client.send(JSON.stringify({ name: name.value, text: text.value }));
    text.value = '';
    text.focus();
  }

  hear(line) {
    if (line.beat) return;
    const follow = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60;
    const mine = line.from === this.form.elements.name.value;
    this.list.append(el('li', { class: mine ? 'mine' : '' },
      el('header', {}, el('b', {}, line.from), el('time', {}, clock())),
      el('p', {}, line.text),
      el('span', { class: 'badge', 'data-kind': kindOf(line.transport) }, `${line.dialect} · ${line.transport}`)));
    while (this.list.children.length > 200) this.list.firstChild.remove();
    if (follow) this.list.scrollTop = this.list.scrollHeight;
  }

  show(state, transport = '') {
    this.state = state;
    this.root.dataset.state = state;
    this.root.dataset.transport = transport;
    const badge = $('.badge', this.root);
    badge.dataset.kind = state === 'open' ? kindOf(transport) : 'none';
    badge.textContent = transport || words[state];
    $('button', this.form).disabled = state !== 'open';
  }
}

export function startChat(root) {
  for (const spec of members) {
    const member = new Member(spec);
    root.append(member.root);
    member.open();
  }
}
