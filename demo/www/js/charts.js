// uPlot, dressed in the page's colours.

import { el, watchVisible } from './dom.js';
import { color, isDark, theme } from './theme.js';

const axis = (more = {}) => ({
  stroke: () => color('soft'),
  grid: { stroke: () => color('grid'), width: 1 },
  ticks: { stroke: () => color('grid'), width: 1, size: 4 },
  font: '12px system-ui, sans-serif',
  ...more,
});

const ago = (u, values) => {
  const now = u.scales.x.max;
  return values.map((t) => (now - t < 0.5 ? 'now' : `−${Math.round(now - t)} s`));
};

/** Marks at even distances from the right edge, whatever the time there is. */
const even = (seconds) => (u, index, min, max) => {
  const step = seconds / (u.width < 560 ? 4 : 6);
  return Array.from({ length: Math.round(seconds / step) + 1 }, (_, i) => max - seconds + i * step);
};

const offScreen = 3;  // seconds between two drawings of what is not on the screen

export const hueColor = (hue, spread = 0) =>
  `hsl(${hue} ${isDark() ? '75% 66%' : '70% 40%'}${spread ? ` / ${spread}` : ''})`;

/** Without it the page does without charts: it throws where it does not know the browser's language. */
const uPlot = import('/vendor/uplot/uPlot.esm.js').then((loaded) => loaded.default);

/**
 * A chart of the last `seconds`. `series`: [{ label, hue, scale, dash }]; `scales` and `axes` as
 * uPlot has them. push(time, values) adds a row; null leaves a gap.
 */
export class LiveChart {
  constructor(root, options) {
    this.root = root;
    this.seconds = options.seconds;
    this.height = options.height ?? 240;
    this.data = [[], ...options.series.map(() => [])];
    this.shown = options.series.map((s) => s.show ?? true);
    uPlot.then((made) => this.begin(made, options)).catch((error) => {
      root.replaceChildren(el('p', { class: 'empty' },
        `The chart cannot be drawn in this browser (${error.message}); the numbers are beside it.`));
    });
  }

  begin(Plot, { seconds, series, scales, axes }) {
    const { root, height } = this;
    this.plot = new Plot({
      width: Math.max(200, root.clientWidth),
      height,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      focus: { alpha: 0.15 },
      scales: { x: { time: false, range: (u, min, max) => [max - seconds, max] }, ...scales },
      axes: [axis({ values: ago, splits: even(seconds), size: 30 }), ...axes.map(axis)],
      series: [{}, ...series.map((s, i) => ({
        label: s.label,
        scale: s.scale,
        stroke: () => hueColor(s.hue),
        width: s.width ?? 2,
        dash: s.dash,
        spanGaps: false,
        points: { show: false },
        show: this.shown[i],
      }))],
    }, this.data, root);
    new ResizeObserver(() => {
      const width = root.clientWidth;
      if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height });
    }).observe(root);
    theme.addEventListener('change', () => this.plot.redraw(false));
    watchVisible(root, (is) => {
      this.visible = is;
      if (is) this.draw();
    });
  }

  push(time, values) {
    this.data[0].push(time);
    values.forEach((value, i) => this.data[i + 1].push(value));
    while (this.data[0].length && this.data[0][0] < time - this.seconds - 2)
      for (const row of this.data) row.shift();
    // Off the screen it is drawn now and then: a whole page printed or photographed has it as well.
    if (this.visible || !(time - this.drawn < offScreen)) this.draw();
  }

  draw() {
    this.drawn = this.data[0].at(-1);
    this.plot?.setData(this.data);
  }

  show(index, on) {
    if (this.shown[index] === on) return;
    this.shown[index] = on;
    this.plot?.setSeries(index + 1, { show: on });
  }

  /** Fades all but one; null shows all again. */
  focus(index) { this.plot?.setSeries(index === null ? null : index + 1, { focus: true }); }
}
