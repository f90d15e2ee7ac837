// "Break it": switches for the fault proxy, and how five clients take it.

import { $, $$, clock, el, fill, ms, none } from './dom.js';
import { nameFaults } from './faults.js';
import { Lasting } from './lasting.js';
import { lab, live } from './live.js';
import { Timeline } from './timeline.js';
import { kindOf, withoutWebSocket } from './transports.js';

const crew = [
  { mount: 'break-ws', name: 'plain WebSocket', dialect: 'ws', lane: 0 },
  { mount: 'break-sockjs', name: 'SockJS', dialect: 'sockjs', lane: 6 },
  { mount: 'break-http', name: 'SockJS, no ws', dialect: 'sockjs', lane: 6, transports: withoutWebSocket },
  { mount: 'break-eio', name: 'Engine.IO', dialect: 'eio', lane: 7, transports: ['polling', 'websocket'] },
  { mount: 'break-sio', name: 'Socket.IO', dialect: 'sio', lane: 7, transports: ['polling', 'websocket'] },
];

const now = () => performance.now() / 1000;
const silence = 6000;  // milliseconds without a number: the page takes the connection for dead

/** One client that shall stay connected, and what happened to it. */
class Survivor {
  segments = [{ from: now(), kind: 'none', label: '' }];
  marks = [];
  missed = [];
  reconnects = 0;
  missedCount = 0;
  ticks = 0;
  state = 'connecting';
  transport = '';
  fate = '';

  constructor(spec, log) {
    this.spec = spec;
    this.name = spec.name;
    this.log = log;
    this.client = new Lasting({
      open: (transport, more) => this.onOpen(transport, more),
      message: (text) => this.onTick(Number(text)),
      transport: (name) => this.onUpgrade(name),
      upgradeError: () => this.say('tried to upgrade to a WebSocket, was refused, stays on polling'),
      trying: (name) => this.onTrying(name),
      failed: (why) => this.say(`cannot connect: ${why}`),
      silent: (ms, wasOpen) => this.say(wasOpen ? `silent for ${ms / 1000} s: the page gives up this connection`
        : `no answer for ${ms / 1000} s: the page tries anew`, 'bad'),
      absent: () => this.enter('absent'),
      close: (reason) => this.onClose(reason),
    });
  }

  open() {
    this.enter('connecting');
    this.client.open({ ...this.spec, silence }, lab(this.spec.mount, this.spec.lane));
  }

  onOpen(transport, { recovered }) {
    const before = this.best;
    this.transport = transport;
    if (this.downSince !== undefined) this.reconnects++;  // what is shown next holds it
    this.enter('open');
    if (this.downSince !== undefined) {
      const took = performance.now() - this.downSince;
      this.downSince = undefined;
      this.fate = recovered ? `recovered in ${ms(took)}` : `back in ${ms(took)}`;
      this.mark(recovered ? '★' : '↺');
      this.say(`${recovered ? 'recovered its session' : 'connected again'} over ${transport} after ${ms(took)}`, 'good');
    } else {
      this.say(`connected over ${transport}`);
    }
    if (before && kindOf(before) === 'ws' && kindOf(transport) !== 'ws' && this.spec.dialect === 'sockjs')
      this.say(`fell back from ${before} to ${transport}`, 'good');
    this.best = transport;
  }

  onUpgrade(name) {
    this.transport = name;
    this.best = name;
    this.enter('open');
    this.mark('▲');
    this.say(`upgraded to ${name}`, 'good');
  }

  onTrying(name) {
    if (!name || name === this.tried) return;
    if (this.tried) this.say(`${this.tried} did not work, tries ${name}`);
    this.tried = name;
  }

  onTick(n) {
    this.ticks++;
    if (this.lastTick !== undefined && n > this.lastTick + 1) this.miss(n - this.lastTick - 1);
    if (this.lastTick === undefined || n > this.lastTick) this.lastTick = n;
  }

  miss(count) {
    this.missedCount += count;
    this.missed.push(now());
    this.say(`missed ${count} message${count > 1 ? 's' : ''}`, 'bad');
  }

  onClose(reason) {
    const wasOpen = this.state === 'open';
    if (wasOpen) {
      this.downSince = performance.now();
      this.fate = 'down';
      this.mark('✕', true);
    }
    if (wasOpen || this.lastReason !== reason) this.say(`lost its connection: ${reason}`, 'bad');
    this.lastReason = wasOpen ? undefined : reason;
    this.transport = '';
    this.tried = undefined;
    this.enter('connecting');
  }

  /** A client that has fallen back stays there for as long as it lives; so the page ends that. */
  improve() {
    const wanted = this.spec.transports === withoutWebSocket ? 'stream' : 'ws';
    const since = now() - this.segments.at(-1).from;
    if (this.state !== 'open' || kindOf(this.transport) === wanted || since < 3) return;
    this.say('the network is well: the page opens it anew, to try something better');
    this.client.restart();
  }

  enter(state) {
    this.state = state;
    const kind = { open: kindOf(this.transport), absent: 'none' }[state] ?? 'trying';
    const last = this.segments.at(-1);
    if (last.kind !== kind || last.label !== this.transport) {
      last.to = now();
      this.segments.push({ from: now(), kind, label: this.transport });
    }
    this.render();
  }

  mark(symbol, bad = false) { this.marks.push({ at: now(), symbol, bad }); }

  say(text, mood) { this.log(this.name, text, mood); }

  render() {
    if (!this.row) return;
    this.row.dataset.state = this.state;
    this.row.dataset.transport = this.transport;
    this.row.dataset.missed = this.missedCount;
    this.row.dataset.reconnects = this.reconnects;
    this.row.dataset.ticks = this.ticks;
    const badge = $('.badge', this.row);
    badge.dataset.kind = this.state === 'open' ? kindOf(this.transport) : 'none';
    fill(this.row, {
      transport: { open: this.transport, absent: 'not in this browser' }[this.state] ?? 'connecting',
      reconnects: this.reconnects,
      missed: this.missedCount,
      fate: this.fate || none,
    });
  }
}

export class Break {
  faults = { segments: [{ from: now(), label: '' }], events: [] };

  constructor(root) {
    this.root = root;
    this.crew = crew.map((spec) => new Survivor(spec, (...all) => this.log(...all)));
    for (const one of this.crew) {
      one.row = $('#survivor').content.firstElementChild.cloneNode(true);
      one.row.id = one.spec.mount;
      fill(one.row, { name: one.name });
      $('#crew tbody').append(one.row);
      one.render();
    }
    this.timeline = new Timeline($('#timeline'), this.crew, this.faults);
    this.listen();
    setInterval(() => this.tick(), 500);
  }

  tick() {
    const { label, from } = this.faults.segments.at(-1);
    const isWell = !label && now() - from > 1.5;
    for (const one of this.crew) {
      if (isWell) one.improve();
      one.render();
    }
  }

  start() {
    for (const one of this.crew) one.open();
  }

  listen() {
    const form = $('#faults');
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('change', () => this.ask());
    $('#cut-now').addEventListener('click', () => live.ask({ cut: true }));
    $('#restart').addEventListener('click', () => live.ask({ restart: 2500 }));
    for (const button of $$('button[data-preset]', form)) {
      button.addEventListener('click', () => {
        this.show(JSON.parse(button.dataset.preset));
        this.ask();
      });
    }
    live.addEventListener('faults', () => this.onFaults());
    live.addEventListener('happened', (event) => this.onHappened(event.detail));
  }

  ask() {
    const f = $('#faults').elements;
    const faults = {
      refuseUpgrades: f.refuse.checked ? 502 : 0,
      bufferResponses: f.buffer.checked,
      delay: Number(f.delay.value),
      jitter: Number(f.jitter.value),
      cutEvery: Number(f.cut.value),
      drop: f.drop.checked,
    };
    live.ask({ faults });
  }

  show(faults) {
    const f = $('#faults').elements;
    f.refuse.checked = Boolean(faults.refuseUpgrades);
    f.buffer.checked = Boolean(faults.bufferResponses);
    f.drop.checked = Boolean(faults.drop);
    for (const [field, name] of [['delay', 'delay'], ['jitter', 'jitter'], ['cut', 'cutEvery']]) {
      const value = String(faults[name] ?? 0);
      if ([...f[field].options].some((o) => o.value === value)) f[field].value = value;
    }
  }

  /** What is in force has changed, by us or by another visitor. */
  onFaults() {
    const { faults } = live;
    this.show(faults);
    const label = nameFaults(faults);
    const last = this.faults.segments.at(-1);
    if (label !== last.label) {
      last.to = now();
      this.faults.segments.push({ from: now(), label });
      this.log('network', label ? `now: ${label}` : 'healthy again', label ? 'bad' : 'good');
    }
    const state = $('#network');
    state.dataset.state = label ? 'bad' : 'good';
    state.textContent = label || 'healthy';
  }

  onHappened({ event, down }) {
    // A switch that cuts says more itself.
    const alone = now() - this.faults.segments.at(-1).from > 0.5;
    this.faults.events.push(event === 'cut' ? { from: now(), to: now() + 0.2, label: alone ? 'cut' : '' }
      : { from: now(), to: now() + down / 1000, label: 'restart' });
    this.log('network', event === 'cut' ? 'all connections cut' : `the server restarts, ${ms(down)} down`, 'bad');
  }

  log(who, text, mood = '') {
    const list = $('#break-log');
    const follow = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(el('li', { 'data-who': who, 'data-mood': mood },
      el('time', {}, clock()), el('b', {}, who), el('span', {}, text)));
    while (list.children.length > 300) list.firstChild.remove();
    if (follow) list.scrollTop = list.scrollHeight;
  }
}
