// The page's own channel to the demo: what the server sees comes down, wishes go up. It is a SockJS
// mount of the library, so it falls back like everything else here.

import { $ } from './dom.js';

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
const random = crypto.getRandomValues(new Uint8Array(8));

/** Tells this visitor's traffic from others': /lab/TAG/MOUNT is counted as TAG/MOUNT. */
export const tag = [...random].map((byte) => letters[byte % letters.length]).join('');

class Live extends EventTarget {
  lanes = [];
  traffic = {};
  server = null;
  faults = {};
  nodes = [];

  constructor() {
    super();
    this.ready = new Promise((resolve) => { this.resolveReady = resolve; });
  }

  connect() {
    const socket = new SockJS('/live');
    this.socket = socket;
    socket.onopen = () => {
      socket.send(JSON.stringify({ tag }));
      this.show('open', `live · ${socket.transport}`);
    };
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = () => {
      this.show('closed', 'no contact');
      this.dispatchEvent(new Event('lost'));
      setTimeout(() => this.connect(), 1000);
    };
  }

  take(message) {
    if (message.hello) {
      this.hello = message.hello;
      this.lanes = message.hello.lanes;
      this.resolveReady(message.hello);
    }
    if (message.faults) {
      this.faults = message.faults;
      this.dispatchEvent(new Event('faults'));
    }
    if (message.server) {
      this.server = message.server;
      this.traffic = message.traffic;
      this.dispatchEvent(new Event('report'));
    }
    if (message.nodes) {
      this.nodes = message.nodes;
      this.dispatchEvent(new Event('nodes'));
    }
    if (message.event) this.dispatchEvent(new CustomEvent('happened', { detail: message }));
  }

  ask(wish) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(wish));
  }

  show(state, text) {
    const pill = $('#live');
    pill.dataset.state = state;
    pill.textContent = text;
  }
}

export const live = new Live();

// -- lanes ---------------------------------------------------------------------------------------

// A browser opens six HTTP/1.1 connections to one host and port. A long-poll holds one of them, so
// that a page with many of them starves itself. The demo listens on further ports for that; where
// they cannot be reached (a tunnel, a firewall) everything shares the page's own.

let lanes = [];

export async function probeLanes() {
  const origins = live.lanes.map((port) => `${location.protocol}//${location.hostname}:${port}`);
  const isOpen = (origin) => fetch(`${origin}/lab/${tag}/break-sockjs/info`,
    { signal: AbortSignal.timeout(2000) }).then((answer) => answer.ok, () => false);
  const found = await Promise.all(origins.map(isOpen));
  lanes = origins.filter((_, i) => found[i]);
  return lanes.length;
}

/** The origin of lane `n`, counted from 1; 0 is the page's own. */
export const lane = (n) => (n === 0 || lanes.length === 0 ? location.origin
  : lanes[(n - 1) % lanes.length]);

/** Where a mount of the lab is: origin and path. */
export function lab(mount, n = 0) {
  return { origin: lane(n), path: `/lab/${tag}/${mount}` };
}
