// A connection that shall last: one of clients.js, opened anew when it has ended or fallen silent.

import { connect, isAvailable } from './clients.js';
import { nameFaults } from './faults.js';
import { live } from './live.js';
import { kindOf } from './transports.js';

// Between two tries, in milliseconds. Each is a red line in the console, and what is broken on
// purpose tells when it has changed: nobody has to look every second.
const longestWait = { well: 8000, broken: 20000 };

/**
 *   const c = new Lasting(on);  c.open(spec, where);  c.send(text);  c.restart();  c.close();
 *
 * `spec` and `on` are those of connect(). `spec.silence`, in milliseconds, is what the page puts up
 * with: neither a WebSocket nor SockJS notices a peer that has fallen silent; an application has
 * to, and it needs a server that says something now and then.
 *
 * on.close(reason) comes at each loss and is followed by another try; on.silent(ms, wasOpen) comes
 * before a loss that silence has made; on.absent() comes when this browser lacks what `spec` needs,
 * and nothing follows. No connection that has been replaced calls anything.
 */
export class Lasting {
  constructor(on) {
    this.on = on;
    live.addEventListener('faults', (event) => this.onFaults(event.detail.before));
    live.addEventListener('up', () => this.tryNow());
  }

  get transport() { return this.client?.transport ?? ''; }

  open(spec, where) {
    this.close();
    this.spec = spec;
    this.where = where;
    this.failures = 0;
    if (isAvailable(spec)) this.begin();
    else this.on.absent?.();
  }

  close() {
    const old = this.client;
    this.forget();
    this.client = undefined;
    clearTimeout(this.retry);
    this.retry = undefined;
    old?.close();
  }

  send(text) { this.client.send(text); }
  emit(...all) { this.client.emit(...all); }
  restart() { this.client?.restart(); }

  begin() {
    clearTimeout(this.retry);
    this.retry = undefined;
    const mine = this.mine = {};
    const current = (fn) => (...all) => { if (this.mine === mine) fn?.(...all); };
    const alive = (fn) => current((...all) => {
      this.feed();
      fn?.(...all);
    });
    const { on } = this;
    this.isOpen = false;
    const made = connect({ longestWait: 10000, ...this.spec }, this.where, {
      open: current((...all) => {
        this.isOpen = true;
        this.failures = 0;
        this.feed();
        on.open(...all);
      }),
      message: alive(on.message),
      said: alive(on.said),
      transport: alive(on.transport),
      trying: alive(on.trying),
      upgradeError: alive(on.upgradeError),
      failed: current(on.failed),
      absent: current(() => {
        this.forget();
        on.absent?.();
      }),
      close: current((reason) => this.onClose(reason)),
    });
    if (this.mine !== mine) return;
    this.client = made;
    this.feed();
  }

  onClose(reason) {
    clearTimeout(this.watchdog);
    const mine = this.mine;
    this.isOpen = false;
    this.on.close(reason);
    if (this.mine !== mine || this.client?.reconnects) return;
    // Neither WebSocket nor SockJS nor Engine.IO come back by themselves.
    this.forget();
    this.retry = setTimeout(() => this.begin(), this.nextWait());
  }

  feed() {
    clearTimeout(this.watchdog);
    // Some watch by themselves: Socket.IO always, Engine.IO once it is open, SockJS until it is.
    const { dialect } = this.spec;
    if (this.client?.reconnects || dialect === (this.isOpen ? 'eio' : 'sockjs')) return;
    this.watchdog = setTimeout(() => {
      this.on.silent?.(this.spec.silence, this.isOpen);
      this.client?.close();
    }, this.spec.silence);
  }

  forget() {
    this.mine = undefined;
    clearTimeout(this.watchdog);
  }

  nextWait() {
    const failures = this.failures++;
    if (live.isDown) return longestWait.broken;
    if (failures === 0) return 1000;
    return nameFaults(live.faults) ? longestWait.broken
      : Math.min(longestWait.well, 1000 * 2 ** failures);
  }

  tryNow() {
    if (this.retry) this.begin();
    else if (!this.isOpen) this.client?.tryNow?.();
  }

  /** A network that has changed is worth a try at once; what it would not let in starts anew. */
  onFaults(before) {
    this.tryNow();
    const now = live.faults;
    const isHit = { ws: now.refuseUpgrades && !before.refuseUpgrades,
      stream: now.bufferResponses && !before.bufferResponses }[kindOf(this.transport)];
    if (this.isOpen && isHit) this.restart();
  }
}
