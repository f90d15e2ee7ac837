// The chat: three members on one page, each by another dialect.

import { connect } from './clients.js';
import { $, clock, el } from './dom.js';
import { lab } from './live.js';
import { kindOf } from './transports.js';

const members = [
  { mount: 'chat-ws', dialect: 'ws', title: 'plain WebSocket', name: 'Ann', lane: 0,
    choices: { websocket: ['websocket'] } },
  { mount: 'chat-sockjs', dialect: 'sockjs', title: 'SockJS', name: 'Bob', lane: 8,
    choices: { 'automatic': undefined, 'websocket': ['websocket'], 'xhr-streaming': ['xhr-streaming'],
      'eventsource': ['eventsource'], 'xhr-polling': ['xhr-polling'] }, chosen: 'xhr-streaming' },
  { mount: 'chat-sio', dialect: 'sio', title: 'Socket.IO', name: 'Cleo', lane: 8,
    choices: { 'automatic': ['polling', 'websocket'], 'websocket': ['websocket'], 'polling': ['polling'] },
    chosen: 'polling' },
];

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
  }

  open() {
    clearTimeout(this.retry);
    const old = this.client;
    this.client = undefined;
    old?.close();
    this.show('connecting', 'connecting');
    let mine;
    const current = (fn) => (...all) => { if (!mine || this.client === mine) fn(...all); };
    const spec = { ...this.spec, transports: this.spec.choices[this.select.value] };
    mine = connect(spec, lab(spec.mount, spec.lane), {
      open: current((transport) => this.show('open', transport)),
      transport: current((name) => this.show('open', name)),
      message: current((text) => this.hear(JSON.parse(text))),
      said: current((line) => this.hear(line)),
      close: current(() => {
        this.show('closed', 'connecting');
        if (!this.client?.reconnects) this.retry = setTimeout(() => this.open(), 1000);
      }),
    });
    this.client = mine;
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
    const follow = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60;
    const mine = line.from === this.form.elements.name.value;
    this.list.append(el('li', { class: mine ? 'mine' : '' },
      el('header', {}, el('b', {}, line.from), el('time', {}, clock())),
      el('p', {}, line.text),
      el('span', { class: 'badge', 'data-kind': kindOf(line.transport) }, `${line.dialect} · ${line.transport}`)));
    while (this.list.children.length > 200) this.list.firstChild.remove();
    if (follow) this.list.scrollTop = this.list.scrollHeight;
  }

  show(state, transport) {
    this.state = state;
    this.root.dataset.state = state;
    this.root.dataset.transport = state === 'open' ? transport : '';
    const badge = $('.badge', this.root);
    badge.dataset.kind = state === 'open' ? kindOf(transport) : 'none';
    badge.textContent = transport;
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
