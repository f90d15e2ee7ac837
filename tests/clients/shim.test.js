'use strict';

// anywire.js, the WebSocket that falls back, without a browser.

const assert = require('node:assert/strict');
const { make_page } = require('./lib/shim_page');
const { describe, it } = require('./lib/testing');

const prelude = `${'h'.repeat(2048)}\n`;

// A socket that has fallen back to `way` and is open: its page, the socket, the request that
// receives.
function fallen_back(way = 'xhr-streaming', { protocols, url = 'wss://example.com/live' } = {}) {
    const page = make_page({ transports: way });
    const socket = page.open(url, protocols);
    page.pass(0);
    const receiver = page.last();
    if (way === 'xhr-streaming') receiver.piece(`${prelude}o\n`);
    else receiver.done('o\n');
    assert.deepEqual(socket.seen, ['open']);
    return { page, socket, receiver: page.last() };
}

describe('where WebSockets get through', () => {
    it('the page has the browser\'s own, and nothing is asked over HTTP', () => {
        const page = make_page();
        const socket = page.open('wss://example.com/live?a=b', ['x', 'y']);
        assert.ok(socket instanceof page.WebSocket);
        assert.equal(socket.readyState, page.WebSocket.CONNECTING);
        assert.equal(page.sockets[0].url, 'wss://example.com/live?a=b');
        assert.deepEqual([...page.sockets[0].protocols], ['x', 'y']);
        page.sockets[0].open('y');
        assert.equal(socket.readyState, socket.OPEN);
        assert.equal(socket.protocol, 'y');
        socket.binaryType = 'arraybuffer';
        assert.equal(page.sockets[0].binaryType, 'arraybuffer');
        socket.send('hello');
        const bytes = new Uint8Array(3);
        socket.send(bytes);
        assert.deepEqual(page.sockets[0].sent, ['hello', bytes]);
        page.sockets[0].bufferedAmount = 8;
        assert.equal(socket.bufferedAmount, 8);
        page.sockets[0].onmessage({ data: 'hi', origin: 'wss://example.com' });
        socket.close(3001, 'enough');
        assert.deepEqual(page.sockets[0].closed_with, [3001, 'enough']);
        assert.equal(socket.readyState, socket.CLOSING);
        page.sockets[0].end(3001, 'enough', true);
        assert.equal(socket.readyState, socket.CLOSED);
        assert.deepEqual(socket.seen, ['open', 'message hi', 'close 3001 enough true']);
        assert.equal(page.requests.length, 0);
        page.pass(60000);
        assert.equal(page.requests.length, 0);
    });

    it('one that is lost after it was open is not opened anew by other means', () => {
        const page = make_page();
        const socket = page.open('wss://example.com/live');
        page.sockets[0].open();
        page.sockets[0].end();
        assert.deepEqual(socket.seen, ['open', 'error', 'close 1006  false']);
        assert.equal(page.requests.length, 0);
    });

    it('events have the page\'s socket as their target, for handlers and for listeners', () => {
        const page = make_page();
        const socket = page.open('wss://example.com/live');
        const seen = [];
        const listener = (e) => seen.push(e);
        socket.addEventListener('message', listener);
        socket.addEventListener('message', listener);
        socket.addEventListener('message', { handleEvent: (e) => seen.push(e) }, { once: true });
        page.sockets[0].open();
        page.sockets[0].onmessage({ data: '1', origin: '' });
        page.sockets[0].onmessage({ data: '2', origin: '' });
        socket.removeEventListener('message', listener);
        page.sockets[0].onmessage({ data: '3', origin: '' });
        assert.deepEqual(seen.map((e) => e.data), ['1', '1', '2']);
        for (const e of seen) {
            assert.equal(e.target, socket);
            assert.equal(e.type, 'message');
        }
    });
});

describe('where they do not', () => {
    it('one that fails before it opens becomes a stream, and the tab remembers', () => {
        const page = make_page();
        const socket = page.open('wss://example.com/live/?a=b');
        page.sockets[0].end();
        const stream = page.last();
        assert.equal(stream.method, 'POST');
        assert.match(stream.url,
            /^https:\/\/example\.com\/live\/\d{3}\/[0-9a-v]{20}\/xhr_streaming\?a=b$/);
        assert.equal(stream.withCredentials, true);
        assert.deepEqual(socket.seen, []);
        stream.piece(prelude);
        stream.piece('o\na["one","t');
        stream.piece('wo"]\nh\na["three"]\n');
        assert.deepEqual(socket.seen, ['open', 'message one', 'message two', 'message three']);
        assert.equal(socket.transport, 'xhr-streaming');
        assert.equal(socket.url, 'wss://example.com/live/?a=b');
        page.open('wss://example.com/other');
        page.pass(0);
        assert.equal(page.sockets.length, 1);
        assert.match(page.last().url, /\/other\/\d{3}\/.*\/xhr_streaming$/);
        page.open('wss://elsewhere.example.com/live');
        assert.equal(page.sockets.length, 2);
    });

    it('one that stays silent does as well, after a time', () => {
        const page = make_page({ timeout: 3000 });
        page.open('ws://example.com/live');
        page.pass(2999);
        assert.equal(page.requests.length, 0);
        page.pass(1);
        assert.deepEqual(page.sockets[0].closed_with, [undefined, undefined]);
        assert.match(page.last().url, /^http:\/\/example\.com\/live\//);
        page.last().piece(`${prelude}o\n`);
        assert.equal(page.storage.get('anywire http://example.com'), 'xhr-streaming');
    });

    it('a browser without WebSockets has them', () => {
        const page = make_page({}, { has_native: false });
        const socket = page.open('wss://example.com/live');
        page.pass(0);
        page.last().piece('o\n');
        assert.deepEqual(socket.seen, ['open']);
    });

    it('a stream that is held back becomes polls, of another session', () => {
        const page = make_page({ transports: 'xhr-streaming xhr-polling' });
        const socket = page.open('wss://example.com/live');
        page.pass(0);
        const stream = page.last();
        page.pass(10000);
        assert.ok(stream.aborted);
        const poll = page.last();
        assert.match(poll.url, /\/xhr$/);
        const session = (r) => r.url.split('/')[5];
        assert.notEqual(session(poll), session(stream));
        poll.done('o\n');
        page.last().done('a["one"]\n');
        page.last().done('a["two"]\n');
        assert.deepEqual(socket.seen, ['open', 'message one', 'message two']);
        assert.equal(session(page.last()), session(poll));
        assert.equal(socket.transport, 'xhr-polling');
    });

    it('a stream that breaks before it is open becomes polls', () => {
        for (const status of [0, 502, 504]) {
            const page = make_page({ transports: 'xhr-streaming xhr-polling' });
            page.open('wss://example.com/live');
            page.pass(0);
            if (status === 0) page.last().fail();
            else page.last().done('', status);
            assert.match(page.last().url, /\/xhr$/);
        }
    });

    it('what the server refuses is not asked another way, and not remembered', () => {
        for (const status of [401, 403, 404]) {
            const page = make_page();
            const socket = page.open('wss://example.com/live');
            page.sockets[0].end();
            page.last().done('no', status);
            assert.deepEqual(socket.seen, ['error', 'close 1006  false']);
            assert.equal(page.requests.length, 1);
            assert.equal(page.storage.size, 0);
        }
    });

    it('where nothing gets through, it says so, and begins anew the next time', () => {
        const page = make_page({}, { storage: new Map([['anywire https://example.com', 'xhr-polling']]) });
        const socket = page.open('wss://example.com/live');
        page.pass(0);
        assert.match(page.last().url, /\/xhr$/);
        page.last().fail();
        assert.deepEqual(socket.seen, ['error', 'close 1006  false']);
        page.open('wss://example.com/live');
        assert.equal(page.sockets.length, 1);
    });

    it('the way back stays open where the storage cannot be used', () => {
        const page = make_page();
        page.storage.get = page.storage.set = page.storage.has = () => { throw new Error('denied'); };
        const socket = page.open('wss://example.com/live');
        page.sockets[0].end();
        page.last().piece('o\n');
        assert.deepEqual(socket.seen, ['open']);
    });
});

describe('a socket that has fallen back', () => {
    it('asks for the rest where a stream ends, and loses nothing', () => {
        const { page, socket, receiver } = fallen_back();
        receiver.done('a["last"]\n');
        page.last().piece(`${prelude}a["first"]\n`);
        assert.notEqual(page.last(), receiver);
        assert.deepEqual(socket.seen, ['open', 'message last', 'message first']);
    });

    it('sends in order, one request at a time', () => {
        const { page, socket } = fallen_back();
        socket.send('a');
        socket.send('\u00e4"\ud83d\ude00');
        socket.send(3);
        const first = page.last();
        assert.match(first.url, /\/xhr_send$/);
        assert.equal(first.fields['Content-Type'], 'text/plain;charset=UTF-8');
        assert.equal(first.body, '["a"]');
        assert.equal(socket.bufferedAmount, 1 + 7 + 1);
        first.done('', 204);
        const second = page.last();
        assert.deepEqual(JSON.parse(second.body), ['\u00e4"\ud83d\ude00', '3']);
        assert.equal(socket.bufferedAmount, 8);
        second.done('', 204);
        assert.equal(socket.bufferedAmount, 0);
        assert.equal(page.last(), second);
    });

    it('puts long messages into requests of their own', () => {
        const { page, socket } = fallen_back();
        const long = 'x'.repeat(60000);
        socket.send('first');
        for (let i = 0; i < 3; ++i) socket.send(long);
        page.last().done('', 204);
        for (let i = 0; i < 3; ++i) {
            assert.equal(JSON.parse(page.last().body).length, 1);
            page.last().done('', 204);
        }
        assert.equal(socket.bufferedAmount, 0);
    });

    it('ends as the server says', () => {
        const { socket, receiver } = fallen_back();
        receiver.piece('a["bye"]\nc[3000,"Go away!"]\na["never"]\n');
        assert.deepEqual(socket.seen, ['open', 'message bye', 'close 3000 Go away! true']);
        assert.equal(socket.readyState, socket.CLOSED);
        assert.ok(receiver.aborted);
    });

    it('says goodbye after what it has sent', () => {
        const { page, socket, receiver } = fallen_back();
        socket.send('last words');
        const post = page.last();
        socket.close(3001, 'enough');
        assert.equal(socket.readyState, socket.CLOSING);
        socket.send('too late');
        page.pass(100);
        assert.ok(!receiver.aborted);
        receiver.piece('a["not any more"]\n');
        post.done('', 204);
        assert.ok(receiver.aborted);
        assert.deepEqual(socket.seen, ['open', 'close 3001 enough true']);
    });

    it('does not wait for ever with that', () => {
        const { page, socket, receiver } = fallen_back();
        socket.send('last words');
        socket.close();
        page.pass(5000);
        assert.ok(receiver.aborted);
        assert.deepEqual(socket.seen, ['open', 'close 1005  true']);
    });

    it('closed before it was open, is over soon, and asks nothing more', () => {
        for (const way of ['websocket', 'xhr-streaming']) {
            const page = make_page({ transports: way });
            const socket = page.open('wss://example.com/live');
            if (way !== 'websocket') page.pass(0);
            socket.close();
            assert.deepEqual(socket.seen, []);
            page.pass(0);
            assert.deepEqual(socket.seen, ['error', 'close 1006  false']);
            page.pass(60000);
            assert.equal(page.requests.filter((r) => r.under_way).length, 0);
            assert.equal(socket.seen.length, 2);
        }
    });

    it('is lost when its session is, or what it sends is refused', () => {
        const losses = {
            'a receiver that breaks': ({ receiver }) => receiver.fail(),
            'a receiver that is refused': ({ receiver }) => receiver.done('', 404),
            'another session in its place': ({ receiver }) => receiver.piece('o\n'),
            'a frame that is none': ({ receiver }) => receiver.piece('a["\n'),
            'a sender that breaks': ({ page }) => page.last().fail(),
            'a sender that is refused': ({ page }) => page.last().done('', 404),
        };
        for (const [what, lose] of Object.entries(losses)) {
            const all = fallen_back();
            all.socket.send('x');
            lose(all);
            assert.deepEqual(all.socket.seen, ['open', 'error', 'close 1006  false'], what);
            assert.equal(all.page.requests.filter((r) => r.under_way).length, 0, what);
        }
    });

    it('is told when a message was too long', () => {
        const { page, socket } = fallen_back();
        socket.send('x');
        page.last().done('', 413);
        assert.deepEqual(socket.seen, ['open', 'error', 'close 1009 the message is too long false']);
    });

    it('notices by the silence that the server has gone', () => {
        const { page, socket, receiver } = fallen_back();
        page.pass(100000);
        for (let i = 0; i < 3; ++i) {
            receiver.piece('h\n');
            page.pass(25000);
        }
        assert.deepEqual(socket.seen, ['open']);
        page.pass(300000);
        assert.deepEqual(socket.seen, ['open', 'error', 'close 1006  false']);
    });

    it('carries text only: bytes end it, as documented', () => {
        for (const bytes of [new Uint8Array(2), new ArrayBuffer(2), new DataView(new ArrayBuffer(1)),
            new Blob(['x'])]) {
            const { page, socket } = fallen_back();
            socket.send(bytes);
            assert.deepEqual(socket.seen, ['open']);
            page.pass(0);
            assert.deepEqual(socket.seen,
                ['open', 'error', 'close 1003 over HTTP only text can be sent false']);
        }
    });

    it('asks for its subprotocols, and has the one that was chosen', () => {
        const page = make_page({ transports: 'xhr-streaming' });
        const socket = page.open('wss://example.com/live', ['a', 'b']);
        page.pass(0);
        assert.equal(page.last().fields['Anywire-Protocol'], 'a, b');
        page.last().answer_fields['Anywire-Protocol'] = 'b';
        page.last().piece('o\n');
        assert.equal(socket.protocol, 'b');
        page.last().done();
        assert.equal(page.last().fields['Anywire-Protocol'], undefined);
    });

    it('a handler that throws hurts nobody else', () => {
        const { page, socket, receiver } = fallen_back();
        socket.onmessage = () => { throw new Error('the page\'s own mistake'); };
        const heard = [];
        socket.addEventListener('message', (e) => heard.push(e.data));
        receiver.piece('a["one","two"]\n');
        assert.deepEqual(heard, ['one', 'two']);
        assert.throws(() => page.pass(0), /own mistake/);
    });
});

describe('what a WebSocket refuses', () => {
    const refused = (name, body) => assert.throws(body, (e) => e.name === name);

    it('URLs and subprotocols that are not valid', () => {
        const page = make_page();
        for (const url of ['', 'http:', 'ftp://example.com/', 'wss://example.com/#part', 'wss://']) {
            if (url === '') continue;  // the page's own URL, which is valid
            refused('SyntaxError', () => new page.WebSocket(url));
        }
        for (const list of ['a b', ['a', 'a'], ['']]) {
            refused('SyntaxError', () => new page.WebSocket('wss://example.com/', list));
        }
        assert.throws(() => new page.WebSocket(), { name: 'TypeError' });
        assert.throws(() => page.WebSocket('wss://example.com/'), { name: 'TypeError' });
        assert.equal(new page.WebSocket('/live').url, 'wss://example.com/live');
    });

    it('to send too early, and goodbyes that are none', () => {
        const page = make_page({ transports: 'xhr-streaming' });
        const socket = page.open('wss://example.com/live');
        refused('InvalidStateError', () => socket.send('x'));
        refused('InvalidAccessError', () => socket.close(1001));
        refused('InvalidAccessError', () => socket.close(5000));
        refused('SyntaxError', () => socket.close(1000, 'x'.repeat(124)));
    });

    it('has the numbers of its states, and is not installed twice', () => {
        const page = make_page();
        const of = (o) => [o.CONNECTING, o.OPEN, o.CLOSING, o.CLOSED];
        assert.deepEqual(of(page.WebSocket), [0, 1, 2, 3]);
        assert.deepEqual(of(page.WebSocket.prototype), [0, 1, 2, 3]);
        assert.equal(page.WebSocket.native, page.native);
    });
});
