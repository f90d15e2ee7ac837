// One way to connect, measured: sends numbered messages and looks at what comes back.

import { isAvailable } from './clients.js';
import { Lasting } from './lasting.js';
import { lab, live } from './live.js';
import { Numbers } from './stats.js';

const nothing = { up: 0, down: 0, requests: 0, connections: 0 };

export class Meter extends EventTarget {
  state = 'idle';  // idle, connecting, open, stopping, absent
  numbers = new Numbers();
  reconnects = 0;
  transport = '';
  wire = nothing;
  payload = 0;

  constructor(way, pace) {
    super();
    this.way = way;
    this.pace = pace;  // { size, rate }, shared by all
    if (!isAvailable(way)) this.state = 'absent';
    this.client = new Lasting({
      open: (transport) => this.onOpen(transport),
      transport: (name) => {
        this.transport = name;
        this.changed();
      },
      message: (text) => this.numbers.take(text),
      failed: (why) => this.fail(why),
      absent: () => this.enter('absent'),
      close: (reason) => this.onClose(reason),
    });
  }

  get isRunning() { return this.state === 'connecting' || this.state === 'open'; }

  start() {
    if (this.isRunning || this.state === 'absent') return;
    this.numbers = new Numbers();
    this.reconnects = 0;
    this.setup = undefined;
    this.trouble = undefined;
    this.wire = nothing;
    this.payload = 0;
    this.base = live.traffic[this.way.mount] ?? nothing;
    this.enter('connecting');
    this.began = performance.now();
    // The echo of a message a second at least: silence is a connection that is dead.
    this.client.open({ ...this.way, patience: 10000, silence: 15000 }, lab(this.way.mount, this.way.lane));
  }

  onOpen(transport) {
    if (this.setup === undefined) this.setup = performance.now() - this.began;
    else this.reconnects++;
    this.trouble = undefined;
    this.transport = transport;
    this.enter('open');
    this.schedule();
  }

  onClose(reason) {
    clearInterval(this.timer);
    this.numbers.lose();
    this.transport = '';
    if (!this.isRunning) {
      this.client.close();
      return this.enter('idle');
    }
    if (this.state === 'connecting') this.trouble = reason;
    this.enter('connecting');
  }

  /** A try of Socket.IO's own has failed. */
  fail(why) {
    this.trouble = why;
    this.changed();
  }

  /** Sends no more, waits for what is under way, and closes. */
  stop() {
    if (!this.isRunning) return;
    clearInterval(this.timer);
    const wasOpen = this.state === 'open';
    this.enter('stopping');
    const until = performance.now() + (wasOpen ? 3000 : 0);
    const look = () => {
      if (this.state !== 'stopping') return;
      if (this.numbers.waiting.size && performance.now() < until) return void setTimeout(look, 50);
      this.client.close();
      this.numbers.lose();
      this.transport = '';
      this.enter('idle');
    };
    look();
  }

  schedule() {
    clearInterval(this.timer);
    if (this.state !== 'open') return;
    this.timer = setInterval(() => this.send(), 1000 / this.pace.rate);
    this.send();
  }

  send() {
    this.client.send(this.numbers.next(this.pace.size));
  }

  enter(state) {
    this.state = state;
    this.changed();
  }

  changed() { this.dispatchEvent(new Event('change')); }

  /** What the proxy has counted since the start, with the payload of the same moment. */
  onReport() {
    const now = live.traffic[this.way.mount];
    if (!now || !this.base) return;
    this.wire = Object.fromEntries(
      Object.keys(nothing).map((key) => [key, now[key] - this.base[key]]));
    this.payload = this.numbers.sentBytes + this.numbers.receivedBytes;
  }

  /** A row of the table; see export.js. */
  row() {
    const n = this.numbers;
    const [p50, p95, p99] = n.percentiles();
    const round = (value, digits = 2) => (value == null ? null : Number(value.toFixed(digits)));
    return {
      family: this.way.family.replace(', last resorts', ''),
      transport: this.way.name,
      carriedBy: this.transport,
      setupMs: round(this.setup, 1),
      p50Ms: round(p50),
      p95Ms: round(p95),
      p99Ms: round(p99),
      perSecond: round(n.rate(), 1),
      sent: n.sent,
      received: n.received,
      lost: n.lost,
      duplicated: n.duplicated,
      outOfOrder: n.outOfOrder,
      reconnects: this.reconnects,
      requests: this.wire.requests,
      connections: this.wire.connections,
      bytesUp: this.wire.up,
      bytesDown: this.wire.down,
      payloadBytes: this.payload,
      wirePerPayload: this.payload ? round((this.wire.up + this.wire.down) / this.payload) : null,
    };
  }
}
