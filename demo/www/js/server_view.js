// "Server": its own view of all this, fed by the library itself.

import { LiveChart } from './charts.js';
import { $, bytes, count, el, fill, none } from './dom.js';
import { live } from './live.js';

const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

export class ServerView {
  constructor(root) {
    this.root = root;
    this.chart = new LiveChart($('#load'), {
      seconds: 120,
      series: [
        { label: 'server CPU', hue: 172, scale: '%' },
        { label: 'proxy CPU', hue: 36, scale: '%', dash: [6, 4] },
        { label: 'sessions', hue: 266, scale: 'n' },
      ],
      scales: { '%': { range: (u, min, max) => [0, Math.max(5, max * 1.15)] },
        n: { range: (u, min, max) => [0, Math.max(10, max * 1.15)] } },
      axes: [{ scale: '%', size: 52, values: (u, all) => all.map((v) => `${v} %`) },
        { scale: 'n', side: 1, size: 40, grid: { show: false } }],
      height: 200,
    });
    live.addEventListener('report', () => this.onReport(live.server));
    live.addEventListener('lost', () => { this.root.dataset.state = 'lost'; });
  }

  onReport(s) {
    this.root.dataset.state = s.up ? 'up' : 'down';
    const queued = s.transports.reduce((sum, t) => sum + t.queued, 0);
    fill(this.root, {
      up: s.up ? 'up' : 'restarting',
      sessions: count(s.sessions),
      queued: bytes(queued),
      perSession: s.sessions ? bytes(s.perSession) : none,
      cpu: percent(s.cpu),
      proxyCpu: percent(s.proxyCpu),
      resident: bytes(s.resident),
      heap: bytes(s.heap),
      proxyConnections: count(s.proxyConnections),
      shards: live.hello?.shards ?? none,
    });
    this.chart.push(performance.now() / 1000, [s.cpu * 100, s.proxyCpu * 100, s.sessions]);
    this.renderTransports(s.transports);
    this.renderMounts(s.mounts);
  }

  renderTransports(transports) {
    const most = Math.max(1, ...transports.map((t) => t.sessions));
    const body = $('#by-transport tbody');
    const rows = this.rows ??= new Map();
    for (const t of transports) {
      if (!rows.has(t.name)) {
        const row = el('tr', { 'data-name': t.name }, el('th', { scope: 'row', 'data-f': 'name' }),
          el('td', { 'data-f': 'sessions' }), el('td', { class: 'share' }, el('i')),
          el('td', { 'data-f': 'queued' }));
        rows.set(t.name, row);
        const after = [...rows.keys()].filter((name) => name > t.name).sort()[0];
        body.insertBefore(row, rows.get(after) ?? null);
      }
      const row = rows.get(t.name);
      fill(row, { name: t.name, sessions: t.sessions, queued: bytes(t.queued) });
      $('i', row).style.width = `${(t.sessions / most) * 100}%`;
    }
    const there = new Set(transports.map((t) => t.name));
    for (const [name, row] of rows) {
      if (there.has(name)) continue;
      row.remove();
      rows.delete(name);
    }
    $('#by-transport-empty').hidden = transports.length > 0;
  }

  renderMounts(mounts) {
    const body = $('#by-mount tbody');
    const rows = this.mountRows ??= new Map();
    for (const [name, m] of Object.entries(mounts)) {
      if (!m.opened) continue;
      if (!rows.has(name)) {
        const row = el('tr', { 'data-name': name }, el('th', { scope: 'row' }, `/lab/${name}`),
          ...['open', 'opened', 'received', 'sent'].map((f) => el('td', { 'data-f': f })));
        rows.set(name, row);
        body.append(row);
      }
      fill(rows.get(name), Object.fromEntries(
        ['open', 'opened', 'received', 'sent'].map((f) => [f, count(m[f])])));
    }
  }
}
