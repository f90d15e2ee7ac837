// The page's own channel to the demo: what the server sees comes down, wishes go up. It is a SockJS
// mount of the library, so it falls back like everything else here.

import { $, randomName } from './dom.js';

/** Tells this visitor's traffic from others': /lab/TAG/MOUNT is counted as TAG/MOUNT. */
export const tag = randomName(8);

const patience = 10000;  // milliseconds

class Live extends EventTarget {
  lanes = [];
  traffic = {};
  server = null;
  faults = {};
  isDown = false;  // the server of the lab, which is being started anew
  nodes = [];

  constructor() {
    super();
    this.ready = new Promise((resolve) => { this.resolveReady = resolve; });
  }

  connect() {
    const socket = new SockJS('/live');
    this.socket = socket;
    // A report comes twice a second: when none does, the network is gone and has told nobody.
    const feed = () => {
      clearTimeout(this.watchdog);
      this.watchdog = setTimeout(() => socket.close(), patience);
    };
    socket.onopen = () => {
      socket.send(JSON.stringify({ tag }));
      this.show('open', `live · ${socket.transport}`);
      feed();
    };
    socket.onmessage = (event) => {
      feed();
      this.take(JSON.parse(event.data));
    };
    socket.onclose = () => {
      clearTimeout(this.watchdog);
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
      const before = this.faults;
      this.faults = message.faults;
      this.dispatchEvent(new CustomEvent('faults', { detail: { before } }));
    }
    if (message.server) {
      this.server = message.server;
      this.traffic = message.traffic;
      this.dispatchEvent(new Event('report'));
      if (this.isDown && message.server.up && performance.now() > this.downUntil) {
        this.isDown = false;
        this.dispatchEvent(new Event('up'));
      }
    }
    if (message.event === 'restart') {
      this.isDown = true;
      this.downUntil = performance.now() + message.down;
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

/** How many there are beside the page's own port. */
export const laneCount = () => lanes.length;

/** The origin of lane `n`, counted from 1; 0 is the page's own. */
export const lane = (n) => (n === 0 || lanes.length === 0 ? location.origin
  : lanes[(n - 1) % lanes.length]);

/** Where a mount of the lab is: origin and path. */
export function lab(mount, n = 0) {
  return { origin: lane(n), path: `/lab/${tag}/${mount}` };
}
