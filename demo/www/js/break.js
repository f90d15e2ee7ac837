// "Break it": switches for the fault proxy, and how five clients take it.

import { connect } from './clients.js';
import { $, $$, clock, el, fill, ms, none } from './dom.js';
import { lab, live } from './live.js';
import { Timeline } from './timeline.js';
import { kindOf } from './transports.js';

const withoutWebSocket = ['xhr-streaming', 'eventsource', 'xhr-polling'];

const crew = [
  { mount: 'break-ws', name: 'plain WebSocket', dialect: 'ws', lane: 0 },
  { mount: 'break-sockjs', name: 'SockJS', dialect: 'sockjs', lane: 6 },
  { mount: 'break-http', name: 'SockJS, no ws', dialect: 'sockjs', lane: 6, transports: withoutWebSocket },
  { mount: 'break-eio', name: 'Engine.IO', dialect: 'eio', lane: 7, transports: ['polling', 'websocket'] },
  { mount: 'break-sio', name: 'Socket.IO', dialect: 'sio', lane: 7, transports: ['polling', 'websocket'] },
];

const now = () => performance.now() / 1000;
const patience = 6000;  // without a number: the page takes the connection for dead

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
  }

  open() {
    this.enter('connecting');
    let mine;
    const current = (fn) => (...all) => { if (!mine || this.client === mine) fn(...all); };
    mine = connect(this.spec, lab(this.spec.mount, this.spec.lane), {
      open: current((transport, more) => this.onOpen(transport, more)),
      message: current((text) => this.onTick(Number(text))),
      transport: current((name) => this.onUpgrade(name)),
      upgradeError: current(() => this.say('tried to upgrade to a WebSocket, was refused, stays on polling')),
      trying: current((name) => this.onTrying(name)),
      failed: current((why) => this.say(`cannot connect: ${why}`)),
      close: current((reason) => this.onClose(reason)),
    });
    this.client = mine;
    this.watch();
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
    this.watch();
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
    this.watch();
  }

  miss(count) {
    this.missedCount += count;
    this.missed.push(now());
    this.say(`missed ${count} message${count > 1 ? 's' : ''}`, 'bad');
  }

  onClose(reason) {
    clearTimeout(this.watchdog);
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
    if (this.client?.reconnects) return;
    this.retry = setTimeout(() => this.open(), 1000);
  }

  /** Neither WebSocket nor SockJS notice a peer that has fallen silent; an application has to. */
  watch() {
    clearTimeout(this.watchdog);
    if (this.client?.reconnects) return;
    this.watchdog = setTimeout(() => {
      this.say(this.state === 'open' ? `silent for ${patience / 1000} s: the page gives up this connection`
        : `no answer for ${patience / 1000} s: the page tries anew`, 'bad');
      this.client.close();
    }, patience);
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
    const kind = state === 'open' ? kindOf(this.transport) : 'trying';
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
      transport: this.state === 'open' ? this.transport : 'connecting',
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
    const before = live.faults;
    live.ask({ faults });
    // These two meet a connection at its start only; so everybody starts anew.
    if ((f.refuse.checked && !before.refuseUpgrades)
      || (f.buffer.checked && !before.bufferResponses)) live.ask({ cut: true });
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
    const on = [];
    if (faults.refuseUpgrades) on.push('no WebSocket');
    if (faults.bufferResponses) on.push('buffered');
    if (faults.delay || faults.jitter) on.push(`+${faults.delay}–${faults.delay + faults.jitter} ms`);
    if (faults.cutEvery) on.push(`cut every ${faults.cutEvery / 1000} s`);
    if (faults.drop) on.push('dropped');
    const label = on.join(', ');
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
