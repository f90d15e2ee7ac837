// "Compare": a card for each way to connect, a chart and a table of them all.

import { LiveChart, hueColor } from './charts.js';
import { $, bytes, count, el, fill, ms, none, watchVisible } from './dom.js';
import { columns, download, toCsv, toJson } from './export.js';
import { live } from './live.js';
import { Meter } from './meter.js';
import { theme } from './theme.js';
import { clientOf, families, kindOf, labelOf, ways } from './transports.js';

const dashes = { 'WebSocket': undefined, 'SockJS': undefined, 'Engine.IO': [8, 4], 'Socket.IO': [2, 4] };
const words = { idle: 'not running', connecting: 'connecting', open: 'running', stopping: 'stopping',
  absent: 'not in this browser', failing: 'no way through, tries again' };

class Card {
  constructor(way, pace, changed) {
    this.way = way;
    this.meter = new Meter(way, pace);
    this.root = $('#card').content.firstElementChild.cloneNode(true);
    this.root.id = `card-${way.mount}`;
    this.root.dataset.family = way.family;
    $('h4', this.root).textContent = way.name;
    $('.about', this.root).textContent = way.about;
    this.button = $('button', this.root);
    this.button.addEventListener('click', () => this.toggle());
    this.meter.addEventListener('change', () => {
      this.render();
      changed();
    });
    this.paint();
    this.render();
  }

  paint() { this.root.style.setProperty('--hue', hueColor(this.way.hue)); }

  toggle() {
    if (this.meter.isRunning) this.meter.stop();
    else this.meter.start();
  }

  render() {
    const { meter } = this;
    const row = meter.row();
    this.root.dataset.state = meter.state;
    this.root.dataset.transport = meter.transport;
    this.button.textContent = meter.isRunning ? 'Stop' : 'Start';
    this.button.setAttribute('aria-label',
      `${meter.isRunning ? 'Stop' : 'Start'} ${this.way.family} ${this.way.name}`);
    const badge = $('.badge', this.root);
    badge.dataset.kind = kindOf(meter.transport);
    badge.hidden = !meter.transport;
    this.button.disabled = meter.state === 'absent';
    $('.state', this.root).title = meter.trouble ?? '';
    fill(this.root, {
      state: words[meter.state === 'connecting' && meter.trouble ? 'failing' : meter.state],
      transport: meter.transport,
      setup: ms(meter.setup),
      p50: ms(row.p50Ms),
      p95: ms(row.p95Ms),
      p99: ms(row.p99Ms),
      rate: meter.numbers.sent ? row.perSecond.toFixed(1) : none,
      wire: row.wirePerPayload == null ? none : `${row.wirePerPayload.toFixed(2)} ×`,
      requests: meter.setup === undefined ? none : count(row.requests),
      reconnects: meter.setup === undefined ? none : count(row.reconnects),
      received: count(row.received),
      sent: count(row.sent),
      bytes: meter.payload ? bytes(row.bytesUp + row.bytesDown) : none,
      lost: row.lost,
      duplicated: row.duplicated,
      outOfOrder: row.outOfOrder,
    });
    for (const name of ['lost', 'duplicated', 'outOfOrder'])
      this.root.fields.get(name).parentElement.classList.toggle('bad', row[name] > 0);
  }
}

export class Compare {
  pace = { size: 128, rate: 5 };

  constructor(root) {
    this.root = root;
    this.cards = ways.map((way) => new Card(way, this.pace, () => this.onChange()));
    for (const family of families) this.addGroup(family);
    this.addTable();
    this.chart = new LiveChart($('#latency'), {
      seconds: 60,
      series: ways.map((w) => ({
        label: labelOf(w), hue: w.hue, dash: dashes[w.family], scale: 'ms', show: false })),
      scales: { ms: { distr: 3, log: 10 } },
      axes: [{ scale: 'ms', size: 64, values: (u, all) => all.map((v) => (v == null ? '' : v >= 1000 ? `${v / 1000} s` : `${v} ms`)) }],
      height: 240,
    });
    this.listen();
    watchVisible(root, (is) => { this.visible = is; });
    setInterval(() => this.tick(), 500);
  }

  addGroup(family) {
    const cards = this.cards.filter((card) => card.way.family === family);
    const group = el('section', { class: 'group', 'aria-label': family });
    group.style.setProperty('--n', cards.length);
    const all = el('button', { type: 'button', class: 'quiet', 'data-group': family });
    all.addEventListener('click', () => {
      const running = cards.some((card) => card.meter.isRunning);
      for (const card of cards) running ? card.meter.stop() : card.meter.start();
    });
    all.hidden = cards.length < 2;
    group.append(el('header', {}, el('h3', {}, family),
      el('span', { class: 'by' }, clientOf[family]), all));
    const grid = el('div', { class: 'cards' });
    grid.append(...cards.map((card) => card.root));
    group.append(grid);
    $('#groups').append(group);
    (this.groupButtons ??= []).push([all, cards]);
  }

  addTable() {
    const head = el('tr', {}, ...columns.map(([, title]) => el('th', { scope: 'col' }, title)));
    $('#results thead').append(head);
    for (const card of this.cards) {
      const row = el('tr', { 'data-mount': card.way.mount });
      columns.forEach(([key], i) => row.append(
        el(i < 2 ? 'th' : 'td', i < 2 ? { scope: 'row', 'data-f': key } : { 'data-f': key })));
      card.row = row;
      $('#results tbody').append(row);
    }
  }

  listen() {
    const form = $('#pace');
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('input', () => {
      if (!form.checkValidity()) return;
      this.pace.size = form.elements.size.valueAsNumber;
      this.pace.rate = form.elements.rate.valueAsNumber;
      for (const card of this.cards) card.meter.schedule();
    });
    $('#start-all').addEventListener('click', () => this.startAll());
    $('#stop-all').addEventListener('click', () => this.stopAll());
    const name = () => `anywire-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}`;
    $('#csv').addEventListener('click',
      () => download(`${name()}.csv`, 'text/csv', toCsv(this.rows())));
    $('#json').addEventListener('click',
      () => download(`${name()}.json`, 'application/json', toJson(this.rows(), {
        at: new Date().toISOString(), browser: navigator.userAgent,
        messageBytes: this.pace.size, messagesPerSecond: this.pace.rate })));
    live.addEventListener('report', () => {
      for (const card of this.cards) card.meter.onReport();
    });
    theme.addEventListener('change', () => { for (const card of this.cards) card.paint(); });
  }

  /** A few at a time, so that they do not measure each other's start. */
  async startAll() {
    for (const card of this.cards) {
      card.meter.start();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }

  stopAll() { for (const card of this.cards) card.meter.stop(); }

  rows() { return this.cards.filter((c) => c.meter.numbers.sent).map((c) => c.meter.row()); }

  onChange() {
    for (const [button, cards] of this.groupButtons) {
      const running = cards.some((card) => card.meter.isRunning);
      const text = running ? 'Stop these' : cards.length > 1 ? 'Start these' : 'Start it';
      if (button.textContent !== text) button.textContent = text;
    }
    const started = this.cards.filter((card) => card.meter.isRunning);
    $('#running').textContent = started.length ? this.counts() : '';
    $('#stop-all').disabled = started.length === 0;
  }

  /** How many run, of those that this browser has, and what the others do. */
  counts() {
    const of = (state) => this.cards.filter((card) => card.meter.state === state).length;
    const [connecting, absent] = [of('connecting'), of('absent')];
    return [`${of('open')} of ${this.cards.length - absent} running`,
      connecting && `${connecting} connecting`, absent && `${absent} not in this browser`]
      .filter(Boolean).join(', ');
  }

  tick() {
    const running = this.cards.some((card) => !['idle', 'absent'].includes(card.meter.state));
    if (running) {
      this.odd = !this.odd;
      if (this.odd) {
        this.chart.push(performance.now() / 1000,
          this.cards.map((card) => card.meter.numbers.takeRecent() ?? null));
      }
      this.cards.forEach((card, i) => this.chart.show(i, card.meter.numbers.sent > 0));
      this.renderLegend();
    }
    if (!this.visible) return;
    for (const card of this.cards) {
      if (!card.meter.numbers.sent && ['idle', 'absent'].includes(card.meter.state)) continue;
      card.render();
      fill(card.row, this.cells(card));
    }
    for (const card of this.cards) card.row.hidden = !card.meter.numbers.sent;
    $('#results-empty').hidden = this.cards.some((card) => card.meter.numbers.sent);
  }

  cells(card) {
    return Object.fromEntries(
      Object.entries(card.meter.row()).map(([key, value]) => [key,
        value == null || value === '' ? none : typeof value === 'number' ? count(value) : value]));
  }

  renderLegend() {
    const shown = this.cards.filter((card) => card.meter.numbers.sent);
    const key = shown.map((card) => card.way.mount).join();
    if (key === this.legendKey) return;
    this.legendKey = key;
    $('#legend').replaceChildren(...shown.map((card) => {
      const index = this.cards.indexOf(card);
      const focus = () => this.chart.focus(index);
      const blur = () => this.chart.focus(null);
      const item = el('button', { 'type': 'button', 'data-family': card.way.family,
        'onmouseenter': focus, 'onfocus': focus, 'onmouseleave': blur, 'onblur': blur,
        'onclick': () => $('h4', card.root).scrollIntoView({ block: 'center' }) },
      labelOf(card.way));
      item.style.setProperty('--hue', hueColor(card.way.hue));
      return el('li', {}, item);
    }));
    $('#latency-empty').hidden = shown.length > 0;
  }
}
