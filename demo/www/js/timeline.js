// The time line of "Break it": what carried each client, when it was off, what it missed.

import { watchVisible } from './dom.js';
import { color, theme } from './theme.js';

const longest = 60;  // seconds kept
const top = 30;

/** `text`, or its beginning if the whole is wider than `room`; empty where not even that fits. */
function fitted(g, text, room) {
  if (g.measureText(text).width <= room) return text;
  for (let n = text.length - 1; n >= 4; n--) {
    const short = `${text.slice(0, n).trimEnd()}…`;
    if (g.measureText(short).width <= room) return short;
  }
  return '';
}

/** rows: [{ name, segments: [{ from, to, kind, label }], marks: [{ at, symbol }], missed: [at] }] */
export class Timeline {
  constructor(canvas, rows, faults) {
    this.canvas = canvas;
    this.rows = rows;
    this.faults = faults;
    watchVisible(canvas, (is) => {
      this.visible = is;
      if (is) this.loop();
    });
    theme.addEventListener('change', () => this.draw());
  }

  loop() {
    if (!this.visible || this.timer) return;
    const step = () => {
      this.timer = undefined;
      if (!this.visible) return;
      this.draw();
      this.timer = setTimeout(() => requestAnimationFrame(step), 80);
    };
    step();
  }

  /** Forgets what has left on the left. */
  trim(now) {
    const old = now - longest - 1;
    this.faults.events = this.faults.events.filter((e) => e.to > old);
    for (const row of [...this.rows, this.faults]) {
      while (row.segments.length > 1 && (row.segments[0].to ?? now) < old) row.segments.shift();
      if (!row.marks) continue;
      row.marks = row.marks.filter((m) => m.at > old);
      row.missed = row.missed.filter((m) => m > old);
    }
  }

  draw() {
    const { canvas } = this;
    const width = canvas.clientWidth;
    const narrow = width < 520;
    const rowHeight = narrow ? 58 : 44;
    const height = top + this.rows.length * rowHeight + 22;
    const ratio = devicePixelRatio || 1;
    if (!width) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
    }
    const now = performance.now() / 1000;
    this.trim(now);
    const g = canvas.getContext('2d');
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    const span = narrow ? 30 : longest;
    this.span = span;
    this.left = narrow ? 8 : 132;
    this.x = (t) => this.left + (width - this.left - 8) * (1 - (now - t) / span);
    this.drawGrid(g, width, height, now);
    this.drawFaults(g, height, now);
    this.rows.forEach((row, i) => this.drawRow(g, row, top + i * rowHeight, now));
  }

  drawGrid(g, width, height, now) {
    g.font = '12px system-ui, sans-serif';
    g.textAlign = 'center';
    for (let s = 0; s <= this.span; s += 10) {
      const x = this.x(now - s);
      g.fillStyle = color('grid');
      g.fillRect(Math.round(x), top - 6, 1, height - top - 14);
      g.fillStyle = color('soft');
      const edge = s === 0 ? -10 : s === this.span ? 12 : 0;
      g.fillText(s ? `−${s} s` : 'now', x + edge, height - 4);
    }
  }

  /**
   * Shades the time in which something was switched on, and names it. What is on now is always
   * named, shortened where the line is; what was, where there is room for a word or two.
   */
  drawFaults(g, height, now) {
    g.font = '600 12px system-ui, sans-serif';
    g.textAlign = 'left';
    let right = this.x(now);
    for (const s of [...this.faults.events, ...this.faults.segments].sort((a, b) => b.from - a.from)) {
      if (!s.label) continue;
      const from = Math.max(this.left, this.x(s.from));
      const to = Math.min(this.x(s.to ?? now), this.x(now));
      if (to <= this.left) continue;
      g.fillStyle = color('fault');
      g.fillRect(from, 4, Math.max(2, to - from), height - 26);
      const text = fitted(g, s.label, right - 4);
      if (!text) continue;
      const width = g.measureText(text).width;
      const start = Math.max(4, Math.min(from + 6, right - width));
      g.fillStyle = color('bad');
      g.fillText(text, start, 19);
      right = Math.min(start, from) - 6;
    }
  }

  drawRow(g, row, y, now) {
    const narrow = this.left < 100;
    g.textAlign = 'left';
    g.fillStyle = color('ink');
    g.font = `600 ${narrow ? 11 : 13}px system-ui, sans-serif`;
    g.fillText(row.name, narrow ? this.left : 8, narrow ? y + 11 : y + 29);
    const bar = y + (narrow ? 29 : 15);
    for (const s of row.segments) this.drawSegment(g, s, bar, now);
    g.fillStyle = color('bad');
    for (const at of row.missed) {
      const x = this.x(at);
      if (x > this.left) g.fillRect(x - 1, bar + 22, 2, 6);
    }
    g.textAlign = 'center';
    g.font = '700 13px system-ui, sans-serif';
    for (const m of row.marks) {
      const x = this.x(m.at);
      if (x <= this.left + 4) continue;
      g.fillStyle = color(m.bad ? 'bad' : 'ink');
      g.fillText(m.symbol, x, bar - 3);
    }
  }

  drawSegment(g, s, y, now) {
    const from = Math.max(this.left, this.x(s.from));
    const to = this.x(s.to ?? now);
    const width = to - from;
    if (to <= this.left || width <= 0) return;
    const isOpen = s.kind !== 'none' && s.kind !== 'trying';
    g.fillStyle = color(`kind-${s.kind}`);
    g.globalAlpha = s.kind === 'trying' ? 0.45 : 1;
    g.beginPath();
    g.roundRect(from, isOpen ? y : y + 7, width, isOpen ? 20 : 6, 4);
    g.fill();
    g.globalAlpha = 1;
    if (!isOpen || width < 24) return;
    g.save();
    g.beginPath();
    g.rect(from, y, width, 20);
    g.clip();
    g.fillStyle = color('kind-ink');
    g.textAlign = 'left';
    g.font = '600 12px system-ui, sans-serif';
    g.fillText(s.label, from + 8, y + 14.5);
    g.restore();
  }
}
