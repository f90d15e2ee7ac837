// The official clients, unmodified, behind one small face:
//
//   const c = connect(spec, where, on)    spec: { dialect, transports }, where: see lab()
//   c.send(text)  c.close()  c.restart()  c.transport
//   on.open(transport, { recovered })  on.message(text)  on.transport(name)  on.close(reason)
//
// on.close comes once for every loss; restart() is a loss made by the page. Only Socket.IO opens
// again by itself; `c.reconnects` says so, and c.tryNow() makes it do so at once. on.trying(name)
// tells what SockJS is about to try, and on.absent() that it has nothing that this browser can do.

import { randomName } from './dom.js';

const needs = { 'websocket': 'WebSocket', 'eventsource': 'EventSource', 'iframe-eventsource': 'EventSource' };

/** Whether this browser has what one of the transports of `spec` needs. */
export const isAvailable = (spec) => (spec.dialect === 'ws' ? ['websocket'] : spec.transports ?? ['any'])
  .some((name) => !needs[name] || needs[name] in window);

const factories = {
  ws: connectWebSocket,
  sockjs: connectSockJS,
  eio: connectEngineIO,
  sio: connectSocketIO,
};

export function connect(spec, where, on) {
  if (!isAvailable(spec)) return absent(on);
  const made = factories[spec.dialect](spec, where, on);
  made.restart ??= made.close;
  return made;
}

/** What stands for a client that this browser cannot run. */
function absent(on) {
  queueMicrotask(() => (on.absent ? on.absent() : on.close('not in this browser')));
  const nothing = () => {};
  return { transport: '', send: nothing, emit: nothing, restart: nothing, close: nothing };
}

function connectWebSocket(spec, { origin, path }, on) {
  const socket = new WebSocket(origin.replace(/^http/, 'ws') + path);
  let over = false;
  const end = (reason) => {
    if (over) return;
    over = true;
    on.close(reason);
  };
  socket.onopen = () => on.open('websocket', {});
  socket.onmessage = (event) => { if (!over) on.message(event.data); };
  socket.onclose = (event) => end(`code ${event.code}${event.reason ? `, ${event.reason}` : ''}`);
  return {
    get transport() { return 'websocket'; },
    send: (text) => socket.send(text),
    // A WebSocket whose peer is silent takes a minute to close; nobody waits for it here.
    close: () => { socket.close(); end('closed here'); },
  };
}

function connectSockJS(spec, { origin, path }, on) {
  let tries = 0;
  const options = {
    timeout: spec.patience ?? 0,
    // sockjs-client asks for a name each time it turns to another transport.
    sessionId: () => {
      tries++;
      queueMicrotask(() => { if (!over) on.trying?.(socket._transport?.transportName); });
      return randomName(16);
    },
  };
  if (spec.transports) options.transports = spec.transports;
  const socket = new SockJS(origin + path, null, options);
  let over = false;
  const end = (reason) => {
    if (over) return;
    over = true;
    on.close(reason);
  };
  socket.onopen = () => on.open(socket.transport, {});
  socket.onmessage = (event) => { if (!over) on.message(event.data); };
  socket.onclose = (event) => {
    if (event.code === 2000 && tries === 0 && !over) on.absent?.();
    end(`code ${event.code}${event.reason ? `, ${event.reason}` : ''}`);
  };
  return {
    get transport() { return socket.transport ?? ''; },
    send: (text) => socket.send(text),
    close: () => {
      // Before it is open sockjs-client waits for what it is trying.
      if (socket.readyState === 0) socket.onopen = () => socket.close();
      socket.close();
      end('closed here');
    },
  };
}

function connectEngineIO(spec, { origin, path }, on) {
  const socket = eio(origin, { path, transports: spec.transports });
  let over = false;
  const end = (reason) => {
    if (over) return;
    over = true;
    on.close(reason);
  };
  socket.on('open', () => on.open(socket.transport.name, {}));
  socket.on('message', (text) => { if (!over) on.message(text); });
  socket.on('upgrade', (transport) => on.transport?.(transport.name));
  socket.on('upgradeError', (error) => on.upgradeError?.(error));
  socket.on('close', (reason) => end(reason));
  return {
    get transport() { return socket.transport?.name ?? ''; },
    send: (text) => socket.send(text),
    close: () => { socket.close(); end('closed here'); },
  };
}

function connectSocketIO(spec, { origin, path }, on) {
  const socket = io(origin, {
    path,
    transports: spec.transports,
    forceNew: true,
    timeout: 10000,  // Chromium holds WebSockets back for up to 5 s where many have failed
    reconnectionDelayMax: spec.longestWait ?? 2000,
  });
  let closed = false;
  socket.on('connect', () => {
    on.open(socket.io.engine.transport.name, { recovered: socket.recovered });
    socket.io.engine.on('upgrade', (transport) => on.transport?.(transport.name));
    socket.io.engine.on('upgradeError', (error) => on.upgradeError?.(error));
  });
  for (const name of ['echo', 'tick', 'line'])
    socket.on(name, (text) => { if (!closed) on.message(text); });
  socket.on('said', (from, text, dialect, transport) => on.said?.({ from, text, dialect, transport }));
  socket.on('disconnect', (reason) => { if (!closed) on.close(reason); });
  socket.on('connect_error', (error) => { if (!closed) on.failed?.(error.message); });
  return {
    reconnects: true,
    get transport() { return socket.io.engine?.transport?.name ?? ''; },
    restart: () => socket.io.engine.close(),
    tryNow: () => { if (!closed && !socket.connected) socket.disconnect().connect(); },
    send: (text) => socket.emit('echo', text),
    emit: (...all) => socket.emit(...all),
    close: () => {
      if (closed) return;
      closed = true;
      socket.close();
      on.close('closed here');
    },
  };
}
