// One transport, tried for some seconds: does it open, how fast, and does everything come back.

import { connect, isAvailable } from './clients.js';
import { ms } from './dom.js';
import { Numbers } from './stats.js';

export const limits = {
  open: 6000,  // all in milliseconds: a transport that is not open by then does not work
  last: 3000,  // how long messages go to and fro
  pause: 250,  // between two messages
  echoes: 2000,  // how long the last echoes are waited for
};

/**
 * Tries `way` (see transports.js) at `where` (see lab()) with its own client. Gives
 * { verdict, openMs, roundTrip, transport, seen }: the verdict is 'works', 'partly' when some
 * messages are missing, 'no', or 'absent' when this browser lacks it; `seen` says what happened.
 */
export function tryOne(way, where) {
  return new Promise((resolve) => new Trial(way, where, resolve).begin());
}

class Trial {
  numbers = new Numbers();
  seen = [];
  timers = [];

  constructor(way, where, resolve) {
    this.way = way;
    this.where = where;
    this.resolve = resolve;
  }

  begin() {
    if (!isAvailable(this.way)) return this.end('absent');
    this.began = performance.now();
    this.after(limits.open, () => this.end('no', `not open after ${ms(limits.open)}`));
    const client = connect({ ...this.way, patience: limits.open }, this.where, {
      open: (transport) => this.onOpen(transport),
      message: (text) => this.numbers.take(text),
      transport: (name) => {
        this.transport = name;
        this.say(`upgraded to ${name} after ${ms(performance.now() - this.began)}`);
      },
      upgradeError: () => this.say('the upgrade to a WebSocket was refused'),
      failed: (why) => this.say(why),
      absent: () => this.end('absent'),
      close: (reason) => this.end(this.numbers.received ? 'partly' : 'no', `ended: ${reason}`),
    });
    if (this.isOver) client.close();
    else this.client = client;
  }

  after(time, then) { this.timers.push(setTimeout(then, time)); }

  say(text) { if (!this.seen.includes(text)) this.seen.push(text); }

  onOpen(transport) {
    if (this.openMs !== undefined) return this.say('lost its connection and opened again');
    this.openMs = performance.now() - this.began;
    this.transport = transport;
    for (const timer of this.timers) clearTimeout(timer);
    const send = () => this.client.send(this.numbers.next(64));
    this.pulse = setInterval(send, limits.pause);
    send();
    this.after(limits.last, () => {
      clearInterval(this.pulse);
      this.awaitEchoes(performance.now() + limits.echoes);
    });
  }

  awaitEchoes(until) {
    const { sent, received } = this.numbers;
    if (received < sent && performance.now() < until)
      return this.after(50, () => this.awaitEchoes(until));
    this.end(received === sent ? 'works' : received ? 'partly' : 'no');
  }

  end(verdict, why) {
    if (this.isOver) return;
    this.isOver = true;
    for (const timer of this.timers) clearTimeout(timer);
    clearInterval(this.pulse);
    this.client?.close();
    if (why) this.say(why);
    const { sent, received } = this.numbers;
    if (sent) this.seen.unshift(`${received} of ${sent} messages back`);
    const [roundTrip] = this.numbers.percentiles();
    const { openMs, transport = '', seen } = this;
    this.resolve({ verdict, openMs, roundTrip, transport, seen });
  }
}
