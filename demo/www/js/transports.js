// What the page compares: how each is reached, and what it is.

const http = (n) => ({ lane: n });

/** `mount` is the lab's; `lane` the port it is reached by (see live.js); `hue` its colour. */
export const ways = [
  { mount: 'ws', family: 'WebSocket', name: 'plain WebSocket', dialect: 'ws', hue: 172,
    about: 'The browser’s own. One connection, both ways; no fallback.' },

  { mount: 'sockjs-websocket', family: 'SockJS', name: 'websocket', dialect: 'sockjs', hue: 212,
    about: 'A WebSocket with SockJS framing: what the client takes when it can.' },
  { mount: 'sockjs-xhr-streaming', family: 'SockJS', name: 'xhr-streaming', dialect: 'sockjs', hue: 262,
    ...http(1), about: 'One long response carries messages down, short POSTs carry them up.' },
  { mount: 'sockjs-eventsource', family: 'SockJS', name: 'eventsource', dialect: 'sockjs', hue: 190,
    ...http(1), about: 'Server-sent events down, short POSTs up.' },
  { mount: 'sockjs-xhr-polling', family: 'SockJS', name: 'xhr-polling', dialect: 'sockjs', hue: 300,
    ...http(2), about: 'A request waits for news, is answered, and asks again.' },
  { mount: 'sockjs-htmlfile', family: 'SockJS, last resorts', name: 'htmlfile', dialect: 'sockjs', hue: 95,
    about: 'An endless page in a hidden iframe, one script element a message.' },
  { mount: 'sockjs-jsonp-polling', family: 'SockJS, last resorts', name: 'jsonp-polling', dialect: 'sockjs', hue: 345,
    about: 'Script elements that wait for their answer, form posts up. The last resort.' },
  { mount: 'sockjs-iframe-eventsource', family: 'SockJS, last resorts', name: 'iframe-eventsource', dialect: 'sockjs', hue: 150,
    ...http(2), about: 'Server-sent events inside an iframe of the server’s origin.' },
  { mount: 'sockjs-iframe-htmlfile', family: 'SockJS, last resorts', name: 'iframe-htmlfile', dialect: 'sockjs', hue: 55,
    ...http(3), about: 'The endless page, one iframe deeper.' },
  { mount: 'sockjs-iframe-xhr-polling', family: 'SockJS, last resorts', name: 'iframe-xhr-polling', dialect: 'sockjs', hue: 275,
    ...http(3), about: 'Long-polling inside an iframe of the server’s origin.' },

  { mount: 'eio-websocket', family: 'Engine.IO', name: 'websocket', dialect: 'eio', hue: 28,
    transports: ['websocket'], about: 'Engine.IO straight on a WebSocket.' },
  { mount: 'eio-upgrade', family: 'Engine.IO', name: 'polling → websocket', dialect: 'eio', hue: 205,
    ...http(4), transports: ['polling', 'websocket'],
    about: 'Talks by long-polling at once, and moves to a WebSocket when that works.' },
  { mount: 'eio-polling', family: 'Engine.IO', name: 'polling', dialect: 'eio', hue: 330,
    ...http(4), transports: ['polling'], about: 'Long-polling only.' },

  { mount: 'sio-websocket', family: 'Socket.IO', name: 'websocket', dialect: 'sio', hue: 120,
    transports: ['websocket'], about: 'Events and acknowledgements over Engine.IO’s WebSocket.' },
  { mount: 'sio-upgrade', family: 'Socket.IO', name: 'polling → websocket', dialect: 'sio', hue: 250,
    ...http(5), transports: ['polling', 'websocket'], about: 'What socket.io-client does by default.' },
  { mount: 'sio-polling', family: 'Socket.IO', name: 'polling', dialect: 'sio', hue: 8,
    ...http(5), transports: ['polling'], about: 'Socket.IO where no WebSocket gets through.' },
];

for (const way of ways) {
  way.lane ??= 0;
  way.transports ??= [way.name];
}

export const families = ['WebSocket', 'Engine.IO', 'SockJS', 'Socket.IO', 'SockJS, last resorts'];

/** What SockJS falls back to. */
export const withoutWebSocket = ['xhr-streaming', 'eventsource', 'xhr-polling'];

/** A way's name where those of other families stand beside it. */
export const labelOf = (way) => (way.dialect === 'ws' ? way.name
  : `${way.family.replace(', last resorts', '')} ${way.name}`);

/** What client runs a family. */
export const clientOf = {
  'WebSocket': 'the browser’s own',
  'SockJS': 'sockjs-client 1.6.1',
  'SockJS, last resorts': 'sockjs-client 1.6.1, for old browsers and foreign pages',
  'Engine.IO': 'engine.io-client 6.6',
  'Socket.IO': 'socket.io-client 4.8.4',
};

/** The colour of a transport's kind, for badges and the time line: a custom property's name. */
export function kindOf(transport) {
  if (!transport) return 'none';
  if (transport.includes('websocket')) return 'ws';
  if (/stream|eventsource|htmlfile/.test(transport)) return 'stream';
  return 'poll';
}
