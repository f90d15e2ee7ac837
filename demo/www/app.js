// The demo page: two echo meters and a chat room over whichever wire the visitor picks.

const transports = {
  'websocket': 'One connection, both ways. What you get when nothing is in the way.',
  'xhr-streaming': 'One long response brings messages down; short POSTs carry them up.',
  'eventsource': 'Server-sent events bring messages down; short POSTs carry them up.',
  'iframe-eventsource': 'Server-sent events inside a hidden iframe, for pages of another origin.',
  'htmlfile': 'An endless HTML page in a hidden iframe, one script element a message.',
  'iframe-htmlfile': 'The endless HTML page, one iframe deeper, for pages of another origin.',
  'xhr-polling': 'A request waits until there is something to say, is answered, and asks again.',
  'iframe-xhr-polling': 'Long-polling inside a hidden iframe, for pages of another origin.',
  'jsonp-polling': 'Script elements that wait for their answer, and form posts. The last resort.',
};
const automatic = 'The client takes the first that works, in the order below.';

const $ = (selector, root = document) => root.querySelector(selector);

// -- channels: what SockJS and WebSocket have in common ----------------------------------------

function openSockJS(path, transport) {
  return new SockJS(path, null, transport ? { transports: [transport] } : {});
}

function openWebSocket(path) {
  const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + path);
  socket.transport = 'websocket';
  return socket;
}

/** One connection at a time, its status line and its reconnect button. */
class Channel {
  constructor(root, open, on) {
    this.open = open;
    this.on = on;
    this.status = $('.status', root);
    this.button = $('.reconnect', root);
    this.button.addEventListener('click', () => this.connect());
  }

  get isOpen() { return this.socket?.readyState === 1; }

  get transport() { return this.socket?.transport ?? ''; }

  connect() {
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.show('connecting', 'connecting');
    this.on.change();

    const socket = this.open();
    this.socket = socket;
    const current = (fn) => (event) => { if (this.socket === socket) fn(event); };
    socket.onopen = current(() => {
      this.show('open', `open over ${socket.transport}`);
      this.on.change();
    });
    socket.onmessage = current((event) => this.on.message(event.data));
    socket.onclose = current((event) => {
      const reason = event.reason ? `: ${event.reason}` : '';
      this.show('closed', `closed, code ${event.code}${reason}`);
      this.on.change();
    });
  }

  send(text) { this.socket.send(text); }

  show(state, text) {
    this.status.dataset.state = state;
    this.status.dataset.transport = state === 'open' ? this.transport : '';
    this.status.textContent = text;
    this.button.hidden = state === 'connecting';
  }
}

// -- echo meters ---------------------------------------------------------------------------------

const kept = 500; // round trips that the figures look back on
const drawn = 120; // of which the line shows these

const milliseconds = (t) => `${t < 10 ? t.toFixed(2) : t.toFixed(t < 100 ? 1 : 0)} ms`;

/** Sends numbered messages and measures until each is back. */
class Meter {
  constructor(root, open) {
    root.append($('#meter').content.cloneNode(true));
    this.root = root;
    this.form = $('form', root);
    this.button = $('button[type=submit]', this.form);
    this.running = false;
    const name = $('h2', root).firstChild.textContent.trim();
    $('.status', root).setAttribute('aria-label', `${name} connection`);
    this.channel = new Channel(root, open, {
      change: () => this.onChange(),
      message: (text) => this.onEcho(text),
    });
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.running = !this.running;
      if (this.running) this.reset();
      this.onChange();
    });
    this.form.addEventListener('input', () => this.reschedule());
    this.reset();
  }

  connect() { this.channel.connect(); }

  reset() {
    this.next = 1;
    this.count = 0;
    this.waiting = new Map(); // message number -> when it left
    this.times = [];
    this.render();
  }

  onChange() {
    const open = this.channel.isOpen;
    if (!open && this.waiting.size) this.waiting.clear();
    if (open && this.running && this.lastTransport !== this.channel.transport) this.reset();
    if (open) this.lastTransport = this.channel.transport;
    this.button.disabled = !open;
    this.button.textContent = this.running ? 'Stop' : 'Start';
    this.button.classList.toggle('running', this.running);
    this.reschedule();
    this.scheduleRender();
  }

  reschedule() {
    clearInterval(this.timer);
    if (!this.running || !this.channel.isOpen || !this.form.checkValidity()) return;
    this.timer = setInterval(() => this.send(), this.form.elements.interval.valueAsNumber);
  }

  send() {
    const text = `${this.next} `.padEnd(this.form.elements.size.valueAsNumber, '.');
    this.waiting.set(this.next++, performance.now());
    this.channel.send(text);
    this.scheduleRender();
  }

  onEcho(text) {
    const number = Number.parseInt(text, 10);
    const left = this.waiting.get(number);
    if (left === undefined) return;
    this.waiting.delete(number);
    this.count++;
    this.times.push(performance.now() - left);
    if (this.times.length > kept) this.times.shift();
    this.addTrip(number, this.times.at(-1));
    this.scheduleRender();
  }

  addTrip(number, time) {
    const list = $('.trips', this.root);
    const row = document.createElement('li');
    const label = document.createElement('span');
    const value = document.createElement('b');
    label.textContent = `#${number} over ${this.channel.transport}`;
    value.textContent = milliseconds(time);
    row.append(label, value);
    list.prepend(row);
    while (list.children.length > 5) list.lastChild.remove();
  }

  scheduleRender() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.render();
    });
  }

  render() {
    const sorted = [...this.times].sort((a, b) => a - b);
    const rank = (share) => milliseconds(sorted[Math.ceil(sorted.length * share) - 1]);
    const figure = (name, value) => { $(`[data-figure=${name}]`, this.root).textContent = value; };
    const some = sorted.length > 0;
    figure('count', this.count);
    figure('min', some ? milliseconds(sorted[0]) : '–');
    figure('median', some ? rank(0.5) : '–');
    figure('p95', some ? rank(0.95) : '–');
    figure('waiting', this.waiting.size);
    if (!some) $('.trips', this.root).replaceChildren();
    this.draw(this.times.slice(-drawn));
  }

  draw(times) {
    const top = Math.max(...times, 1);
    const x = (i) => drawn - times.length + i + 0.5;
    const points = times.map((t, i) => `${x(i)},${(38 - (t / top) * 34).toFixed(2)}`);
    $('.spark polyline', this.root).setAttribute('points', points.join(' '));
    const floor = points.length ? [`${x(times.length - 1)},40`, `${x(0)},40`] : [];
    $('.spark polygon', this.root).setAttribute('points', [...points, ...floor].join(' '));
    $('.spark', this.root).setAttribute('aria-label', times.length
      ? `Last ${times.length} round trips, the longest ${milliseconds(top)}`
      : 'No round trips yet');
  }
}

// -- chat ----------------------------------------------------------------------------------------

/** A room: everyone hears every line, whatever wire it came over. */
class Chat {
  constructor(root, open) {
    this.form = $('form', root);
    this.button = $('button[type=submit]', root);
    this.log = $('#chat-log');
    this.name = $('#chat-name');
    this.text = $('#chat-text');
    this.name.value = `guest ${100 + Math.floor(Math.random() * 900)}`;
    this.channel = new Channel(root, open, {
      change: () => { this.button.disabled = !this.channel.isOpen; },
      message: (text) => this.onLine(text),
    });
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.channel.isOpen) return;
      this.channel.send(JSON.stringify({ name: this.name.value, text: this.text.value }));
      this.text.value = '';
      this.text.focus();
    });
  }

  connect() { this.channel.connect(); }

  onLine(text) {
    const line = JSON.parse(text);
    const follow = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 40;
    const row = document.createElement('li');
    for (const [element, content] of [['b', line.from], ['span', line.text], ['small', line.transport]]) {
      const part = document.createElement(element);
      part.textContent = content;
      row.append(part, ' ');
    }
    this.log.append(row);
    while (this.log.children.length > 200) this.log.firstChild.remove();
    if (follow) this.log.scrollTop = this.log.scrollHeight;
  }
}

// -- the page ------------------------------------------------------------------------------------

function start() {
  const select = $('#transport');
  const asked = new URLSearchParams(location.search).get('transport');
  if (asked in transports) select.value = asked;

  const rungs = new Map(Object.keys(transports).map((name) => {
    const rung = document.createElement('li');
    rung.textContent = name;
    $('#ladder').append(rung);
    return [name, rung];
  }));

  const picked = (path) => () => openSockJS(path, select.value);
  const echo = new Meter($('#echo'), picked('/echo'));
  const chat = new Chat($('#chat'), picked('/chat'));
  const plain = new Meter($('#plain'), () => openWebSocket('/ws'));

  const mark = () => {
    const now = echo.channel.isOpen ? echo.channel.transport : '';
    for (const [name, rung] of rungs) {
      rung.classList.toggle('now', name === now);
      if (name === now) rung.setAttribute('aria-current', 'true');
      else rung.removeAttribute('aria-current');
    }
    $('#transport-about').textContent = select.value ? transports[select.value]
      : transports[now] ? `${automatic} Now it is ${now}. ${transports[now]}` : automatic;
  };
  new MutationObserver(mark).observe(echo.channel.status, { attributes: true });

  select.addEventListener('change', () => {
    const url = new URL(location.href);
    if (select.value) url.searchParams.set('transport', select.value);
    else url.searchParams.delete('transport');
    history.replaceState(null, '', url);
    mark();
    echo.connect();
    chat.connect();
  });

  mark();
  echo.connect();
  chat.connect();
  plain.connect();
}

// A script element cannot be aborted: when a visitor leaves jsonp-polling, the answer to the poll
// that was waiting still arrives, and calls a function that sockjs-client has removed.
addEventListener('error', (event) => {
  if (/\/jsonp\?c=/.test(event.filename)) event.preventDefault();
});

if (typeof SockJS === 'undefined') {
  $('#alert').textContent = 'sockjs.min.js did not load: start the demo with ./run demo, which fetches it.';
  $('#alert').hidden = false;
} else {
  start();
}
