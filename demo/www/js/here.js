// "What works from here": every transport, tried through the visitor's own network, for a ticket.

import { $, el, ms, none, randomName } from './dom.js';
import { nameFaults } from './faults.js';
import { laneCount, live } from './live.js';
import { labelOf, ways } from './transports.js';
import { tryOne } from './try_one.js';
import { streamOf, tryStream } from './try_stream.js';

const words = { works: 'yes', partly: 'partly', no: 'no', absent: 'not in this browser' };
const streamWords = { live: 'at once', held: 'held back', none: 'nothing came' };
const columns = ['Transport', 'Works', 'Opens in', 'Round trip', 'Stream', 'Seen'];

// Fields by which caches and proxies show themselves.
const traces = ['via', 'x-cache', 'x-forwarded-by', 'proxy-connection', 'x-bluecoat-via', 'x-proxy-id'];

/** A row of the table, as text. */
const cellsOf = ({ way, result }) => [
  labelOf(way),
  words[result.verdict],
  ms(result.openMs),
  ms(result.roundTrip),
  streamWords[result.stream] ?? none,
  result.seen.join('; '),
];

/** Lines of one width for each column, as a ticket shows them. */
export function alignedText(rows) {
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i])))
    .join('  ').trimEnd()).join('\n');
}

/** What all of it means, in a sentence or two. */
export function conclusionOf(results) {
  const works = (mount) => ['works', 'partly'].includes(results.find((r) => r.way.mount === mount)?.result.verdict);
  const streams = ['sockjs-xhr-streaming', 'sockjs-eventsource'].filter(works);
  const said = [works('ws') ? 'WebSocket works.' : 'No WebSocket gets through.'];
  if (streams.length) said.push('Streams arrive as they are sent.');
  else if (results.some((r) => r.result.stream === 'held')) said.push('Something on the way holds streams until their end.');
  else said.push('No stream gets through.');
  said.push(works('sockjs-xhr-polling') || works('eio-polling') ? 'Long-polling works.' : 'Long-polling does not work.');
  const best = ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'].find((name) => works(`sockjs-${name}`));
  said.push(`SockJS will take ${best ?? 'nothing that it has'};`,
    works('sio-websocket') ? 'Socket.IO goes on to a WebSocket.' : works('sio-polling') ? 'Socket.IO stays on polling.'
      : 'Socket.IO does not connect.');
  return said.join(' ');
}

export class Here {
  constructor(root) {
    this.root = root;
    $('thead tr', root).append(...columns.map((title) => el('th', { scope: 'col' }, title)));
    this.button = $('#try-all');
    this.copyButton = $('#copy-text');
    this.button.addEventListener('click', () => this.run());
    this.copyButton.addEventListener('click', () => this.copy());
  }

  say(text) { $('#here-state').textContent = text; }

  async run() {
    if (this.button.disabled) return;
    this.button.disabled = this.copyButton.disabled = true;
    $('#here-result').hidden = true;
    $('#here-conclusion').textContent = '';
    this.at = new Date();
    this.faults = new Set();
    this.path = `/lab/${randomName(8)}`;
    this.results = ways.map((way) => ({ way }));
    this.render();
    await this.lookAround();
    const isWebSocket = ({ way }) => way.transports.length === 1 && (way.dialect === 'ws' || way.name === 'websocket');
    const others = this.results.filter((one) => !isWebSocket(one));
    // WebSockets are not counted by browsers, other connections are: six to a port. A transport
    // takes two of them, and where the page has one port only, its own clients take three.
    await Promise.all(this.results.filter(isWebSocket).map((one) => this.tryOne(one)));
    const next = async () => {
      for (let one = others.shift(); one; one = others.shift()) await this.tryOne(one);
    };
    await Promise.all(Array.from({ length: laneCount() ? 2 : 1 }, next));
    this.finish();
  }

  /** How an ordinary request fares, and who shows itself in its answer. */
  async lookAround() {
    const began = performance.now();
    const answer = await fetch(`${this.path}/probe/info?t=${began}`, { signal: AbortSignal.timeout(10000) })
      .catch((error) => ({ problem: error.message }));
    this.request = answer.problem ? `failed: ${answer.problem}`
      : `answered ${answer.status} in ${ms(performance.now() - began)}`;
    this.proxies = answer.headers ? traces.filter((name) => answer.headers.has(name))
      .map((name) => `${name}: ${answer.headers.get(name)}`) : [];
  }

  async tryOne(one) {
    const where = (mount) => ({ origin: location.origin, path: `${this.path}/${mount}` });
    one.isRunning = true;
    this.render();
    this.noteFaults();
    const result = await tryOne(one.way, where(one.way.mount));
    const stream = one.way.dialect === 'sockjs' && streamOf(one.way.name);
    if (stream && result.verdict !== 'absent') {
      // A stream that has begun has shown that nothing holds it.
      const found = result.openMs !== undefined ? { kind: 'live' } : await tryStream(stream, where('probe'));
      result.stream = found.kind;
      if (found.text) result.seen.push(`asked for by hand, ${found.text}`);
    }
    one.result = result;
    one.isRunning = false;
    this.noteFaults();
    this.render();
  }

  noteFaults() {
    const name = nameFaults(live.faults);
    if (name) this.faults.add(name);
  }

  finish() {
    $('#here-text').value = this.text();
    $('#here-result').hidden = false;
    $('#here-conclusion').textContent = conclusionOf(this.results);
    this.say('');
    this.copyButton.disabled = false;
    this.button.disabled = false;
    this.button.textContent = 'Try again';
    this.root.dataset.state = 'done';
  }

  render() {
    const done = this.results.filter((one) => one.result).length;
    this.root.dataset.state = 'running';
    this.say(`Trying: ${done} of ${this.results.length} done`);
    $('tbody', this.root).replaceChildren(...this.results.map((one) => {
      const cells = one.result ? cellsOf(one)
        : [labelOf(one.way), one.isRunning ? 'trying …' : 'waiting', none, none, none, ''];
      const verdict = one.result?.verdict ?? 'waiting';
      return el('tr', { 'data-mount': one.way.mount, 'data-verdict': verdict },
        ...cells.map((cell, i) => el(i ? 'td' : 'th', { scope: i ? null : 'row', 'data-title': columns[i] }, cell)));
    }));
  }

  text() {
    const facts = [
      ['Date', this.at.toISOString().replace(/\.\d+Z$/, 'Z')],
      ['Page', location.origin],
      ['Browser', navigator.userAgent],
      ['A request', this.request],
      ['Proxies seen', this.proxies.join(', ') || 'none that shows itself'],
      ['Broken on purpose', [...this.faults].join(' / ') || 'nothing'],
    ];
    const wide = Math.max(...facts.map(([name]) => name.length)) + 2;
    return ['What works from here', '',
      ...facts.map(([name, value]) => `${`${name}:`.padEnd(wide)}${value}`), '',
      alignedText([columns, ...this.results.map(cellsOf)]), '',
      conclusionOf(this.results), ''].join('\n');
  }

  async copy() {
    const area = $('#here-text');
    const byHand = () => {
      area.focus();
      area.select();
      return document.execCommand('copy');
    };
    $('#here-result').open = true;  // what is not shown cannot be selected
    // The newer way is there on secure pages only.
    const done = await (navigator.clipboard ? navigator.clipboard.writeText(area.value).then(() => true, byHand) : byHand());
    this.say(done ? 'Copied.' : 'This browser does not let a page copy: the text below is selected, press Ctrl-C.');
  }
}
