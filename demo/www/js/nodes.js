// "Several nodes": processes that are one application, with a chat across them. Each client goes
// wherever the balancer leads it; when its node is killed, it connects again, elsewhere.

import { connect } from './clients.js';
import { $, clock, el, ms } from './dom.js';
import { live, lane } from './live.js';
import { kindOf } from './transports.js';

const specs = [
  { name: 'Ann', dialect: 'ws', title: 'WebSocket', path: '/nodes/ws' },
  { name: 'Bob', dialect: 'sockjs', title: 'SockJS', path: '/nodes/sockjs', transports: ['websocket'] },
  { name: 'Cleo', dialect: 'sockjs', title: 'SockJS', path: '/nodes/sockjs', transports: ['xhr-polling'], lane: 6 },
  { name: 'Dan', dialect: 'sio', title: 'Socket.IO', path: '/nodes/sio', transports: ['websocket'] },
  { name: 'Eve', dialect: 'sio', title: 'Socket.IO', path: '/nodes/sio', transports: ['polling', 'websocket'], lane: 6 },
  { name: 'Finn', dialect: 'sio', title: 'Socket.IO', path: '/nodes/sio', transports: ['polling'], lane: 7 },
];

const again = 200;        // ms until a client that does not reconnect by itself is opened anew
const talkEvery = 700;    // ms
const mostLines = 200;

const way = (dialect, transport) =>
  (dialect.toLowerCase() === transport ? dialect : `${dialect} · ${transport}`);

class Client {
  constructor(spec, view) {
    this.spec = spec;
    this.view = view;
    this.name = spec.name;
    this.reconnects = 0;
    this.badge = el('span', { class: 'badge' });
    this.chip = el('li', { class: 'client', id: `node-client-${spec.name}`, 'data-name': spec.name },
      el('b', {}, spec.name), this.badge);
    this.show();
  }

  open() {
    let mine;
    const current = (fn) => (...all) => { if (!mine || this.client === mine) fn(...all); };
    mine = connect(this.spec, { origin: lane(this.spec.lane ?? 0), path: this.spec.path }, {
      open: () => {},  // the node says hello
      transport: current(() => this.show()),
      message: current((text) => this.take(JSON.parse(text))),
      close: current((reason) => this.onClose(reason)),
    });
    this.client = mine;
  }

  take(message) {
    if (message.welcome) return this.onWelcome(message.welcome);
    this.view.hear(this, message);
  }

  onWelcome(node) {
    const before = this.node;
    this.node = node;
    if (this.lostAt) {
      const away = performance.now() - this.lostAt;
      this.lostAt = undefined;
      this.reconnects++;
      this.view.note(`is at ${node} now, after ${ms(away)}`, 'good', this.name);
    }
    this.show();
    if (before !== node) this.view.place(this);
  }

  onClose() {
    if (this.node) {
      this.view.note(`has lost ${this.node}`, 'bad', this.name);
      this.lostAt = performance.now();
      this.node = undefined;
      this.show();
      this.view.place(this);
    }
    if (!this.client?.reconnects) setTimeout(() => this.open(), again);
  }

  say(text) {
    if (!this.node) return false;
    const line = { id: crypto.randomUUID?.() ?? String(Math.random()), from: this.name, text,
      dialect: this.spec.title };
    if (this.spec.dialect === 'sio') this.client.emit('say', line);
    else this.client.send(JSON.stringify(line));
    return true;
  }

  show() {
    const transport = this.node ? this.client.transport : '';
    this.chip.dataset.state = this.node ? 'open' : 'connecting';
    this.chip.dataset.node = this.node ?? '';
    this.badge.dataset.kind = kindOf(transport);
    this.badge.textContent = way(this.spec.title, transport || 'connecting');
    this.chip.title = `${this.reconnects} reconnects`;
  }
}

class NodeView {
  constructor(index) {
    this.state = el('span', { class: 'badge' });
    this.sessions = el('b', {}, '0');
    this.carried = el('b', {}, '0');
    this.id = el('code', {}, '…');
    this.clients = el('ul', { class: 'clients' });
    this.button = el('button', { type: 'button', class: 'small', onclick: () => this.press(index) });
    this.title = el('h3', {});
    this.root = el('article', { class: 'card node', id: `node-${index + 1}` },
      el('header', {}, this.title, this.state, this.button),
      el('p', { class: 'hint' }, 'process ', this.id, ' · sessions: ', this.sessions, ' · ',
        el('span', { title: 'Requests for sessions of other nodes' }, 'carried: ', this.carried)),
      this.clients);
  }

  show(n) {
    this.now = n;
    this.root.dataset.state = n.state;
    this.title.textContent = n.name;
    this.clients.setAttribute('aria-label', `Clients at ${n.name}`);
    this.state.textContent = n.state;
    this.id.textContent = n.id.split('-')[0] || '–';
    this.id.title = n.id && `called ${n.id} on the bus`;
    this.sessions.textContent = n.sessions;
    this.carried.textContent = n.carried;
    this.button.textContent = n.state === 'down' ? 'Start again' : 'Kill';
    this.button.classList.toggle('danger', n.state !== 'down');
    this.button.setAttribute('aria-label', `${this.button.textContent} ${n.name}`);
    this.button.disabled = n.state === 'starting';
  }

  press(index) {
    live.ask(this.now.state === 'down' ? { startNode: index } : { killNode: index });
  }
}

class Nodes {
  constructor(root) {
    this.log = $('#nodes-log', root);
    this.lines = new Map();
    this.away = $('#nodes-away', root);
    this.views = [];
    this.list = $('#nodes-list', root);
    this.clients = specs.map((spec) => new Client(spec, this));
    this.form = $('form', root);
    this.form.elements.as.append(...specs.map(({ name }) => el('option', {}, name)));
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.say();
    });
    this.form.elements.talk.addEventListener('change', () => this.onTalk());
    for (const client of this.clients) this.place(client);
    live.addEventListener('nodes', () => this.onNodes());
    this.onNodes();
    for (const client of this.clients) client.open();
  }

  onNodes() {
    for (const [i, n] of live.nodes.entries()) {
      const view = this.views[i] ??= this.add(i);
      const before = view.now?.state;
      view.show(n);
      if (before && before !== n.state && n.state !== 'starting')
        this.note(n.state === 'up' ? 'serves' : 'was killed',
          n.state === 'up' ? 'good' : 'bad', n.name);
    }
    for (const client of this.clients) this.place(client);
  }

  add(index) {
    const made = new NodeView(index);
    this.list.append(made.root);
    return made;
  }

  // Its chip is at its node.
  place(client) {
    const at = this.views.find((view) => view.now.name === client.node);
    const list = at?.clients ?? this.away;
    if (client.chip.parentElement !== list) list.append(client.chip);
  }

  say() {
    const { as, text } = this.form.elements;
    const who = this.clients.find(({ name }) => name === as.value);
    if (!text.value.trim() || !who.say(text.value)) return;
    text.value = '';
    text.focus();
  }

  onTalk() {
    clearInterval(this.talking);
    if (!this.form.elements.talk.checked) return;
    let turn = 0;
    let n = 1;
    this.talking = setInterval(() => {
      for (let tries = 0; tries < this.clients.length; ++tries)
        if (this.clients[turn++ % this.clients.length].say(`number ${n}`)) return ++n;
    }, talkEvery);
  }

  hear(client, { id, from, text, dialect, transport, node }) {
    const known = this.lines.get(id);
    const line = known ?? { heard: new Set(), nodes: new Set(), count: el('small', {}) };
    line.row ??= el('li', { 'data-id': id, class: 'said' }, el('time', {}, clock()), el('b', {}, from),
      el('span', {}, text, ' ', el('span', { class: 'badge', 'data-kind': kindOf(transport) },
        `${node} · ${way(dialect, transport)}`), ' ', line.count));
    line.heard.add(client.name);
    line.nodes.add(client.node);
    line.row.dataset.heard = line.heard.size;
    const nodes = line.row.dataset.nodes = line.nodes.size;
    line.count.textContent =
      `heard by ${line.heard.size} of ${this.clients.length}, at ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
    if (known) return;
    this.lines.set(id, line);
    this.append(line.row);
  }

  note(text, mood, who) {
    this.append(el('li', { 'data-mood': mood, 'data-who': who }, el('time', {}, clock()),
      el('b', {}, who), el('span', {}, text)));
  }

  append(row) {
    const { log } = this;
    const follow = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    log.append(row);
    while (log.children.length > mostLines) {
      this.lines.delete(log.firstChild.dataset.id);
      log.firstChild.remove();
    }
    if (follow) log.scrollTop = log.scrollHeight;
  }
}

export function startNodes(root) {
  root.hidden = false;
  $('nav a[href="#nodes"]').hidden = false;
  return new Nodes(root);
}
