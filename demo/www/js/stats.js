// Numbered messages: what came back, when, and what did not.

const kept = 2000;  // round trips that the percentiles look back on

/** The value below which `share` of the sorted numbers lie. */
export const quantile = (sorted, share) =>
  (sorted.length ? sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] : undefined);

export class Numbers {
  sent = 0;
  received = 0;
  lost = 0;
  duplicated = 0;
  outOfOrder = 0;
  sentBytes = 0;
  receivedBytes = 0;
  waiting = new Map();  // number -> when it left
  times = [];
  recent = [];  // round trips since `takeRecent`
  arrivals = [];  // when, for the rate
  last = 0;

  /** The next message, `size` long; the caller sends it. */
  next(size) {
    const text = `${++this.sent}|`.padEnd(size, 'abcdefghijklmnopqrstuvwxyz');
    this.waiting.set(this.sent, performance.now());
    this.sentBytes += text.length;
    return text;
  }

  take(text) {
    const now = performance.now();
    const number = Number.parseInt(text, 10);
    this.receivedBytes += text.length;
    const left = this.waiting.get(number);
    if (left === undefined) {
      this.duplicated++;
      return;
    }
    this.waiting.delete(number);
    this.received++;
    if (number < this.last) this.outOfOrder++;
    this.last = Math.max(this.last, number);
    const time = now - left;
    this.times.push(time);
    if (this.times.length > kept) this.times.shift();
    this.recent.push(time);
    this.arrivals.push(now);
  }

  /** The connection has gone, and with it what was under way. */
  lose() {
    this.lost += this.waiting.size;
    this.waiting.clear();
  }

  /** Messages that came back in the last seconds, for each of them. */
  rate(seconds = 5) {
    const since = performance.now() - seconds * 1000;
    while (this.arrivals.length && this.arrivals[0] < since) this.arrivals.shift();
    return this.arrivals.length / seconds;
  }

  /** The median of what has come since the last call; undefined when nothing has. */
  takeRecent() {
    const sorted = this.recent.sort((a, b) => a - b);
    this.recent = [];
    return quantile(sorted, 0.5);
  }

  percentiles() {
    const sorted = [...this.times].sort((a, b) => a - b);
    return [0.5, 0.95, 0.99].map((share) => quantile(sorted, share));
  }
}
