'use strict';
// What SockJS asks of every answer, and a session driven by plain requests.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { within } = require('./connection.js');
const { HttpConnection, ask, openStream } = require('./http.js');
const { RawWebSocket } = require('./websocket.js');

const NO_CACHE = 'no-store, no-cache, no-transform, must-revalidate, max-age=0';
const YEAR = 31_536_000;
const PRELUDE = `${'h'.repeat(2048)}\n`;
const GO_AWAY = 'c[3000,"Go away!"]';
const ANOTHER = 'c[2010,"Another connection still open"]';
const FORM = 'application/x-www-form-urlencoded';

function freshId() {
    return crypto.randomUUID();
}

function assertContentType(answer, expected) {
    assert.equal((answer.get('content-type') ?? '').replaceAll(' ', ''), expected);
}

function assertNoCache(answer) {
    assert.equal(answer.get('cache-control'), NO_CACHE);
    assert.equal(answer.get('expires'), undefined);
    assert.equal(answer.get('last-modified'), undefined);
}

function assertCachedForever(answer) {
    const control = answer.get('cache-control');
    assert.match(control, /public/);
    assert.match(control, /max-age=[1-9]\d{6}/);
    const expires = answer.get('expires');
    assert.match(expires, /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
    const ahead = (Date.parse(expires) - Date.now()) / 1000;
    assert.ok(Math.abs(ahead - YEAR) < 2 * 86_400, `Expires is ${ahead} s ahead`);
    assert.equal(answer.get('last-modified'), undefined);
}

function assertVaryOrigin(answer) {
    const names = answer.all('vary').join(',').toLowerCase().split(/\s*,\s*/);
    assert.ok(names.includes('origin'), `Vary: ${answer.all('vary')}`);
}

function assertCors(answer, origin) {
    assert.equal(answer.get('access-control-allow-origin'), origin ?? '*');
    assert.equal(answer.get('access-control-allow-credentials'), origin ? 'true' : undefined);
    assertVaryOrigin(answer);
}

function assertNoCors(answer) {
    const fields = answer.fields.filter(([name]) => name.startsWith('access-control-'));
    assert.deepEqual(fields, []);
}

function assertNoCookie(answer) {
    assert.deepEqual(answer.all('set-cookie'), []);
}

function assertCookie(answer, value = 'dummy') {
    const [pair, path] = (answer.get('set-cookie') ?? '').split(';').map((part) => part.trim());
    assert.equal(pair, `JSESSIONID=${value}`);
    assert.equal(path?.toLowerCase(), 'path=/');
}

function assertNotFound(answer) {
    assert.equal(answer.status, 404, answer.text);
    assertNoCookie(answer);
}

function assertWrongMethod(answer, allow) {
    assert.equal(answer.status, 405, answer.text);
    const methods = (text) => text.split(/\s*,\s*/).sort().join(', ');
    assert.equal(methods(answer.get('allow') ?? ''), methods(allow));
    assert.equal(answer.get('content-type'), undefined);
    assert.equal(answer.body, '');
    assertNoCors(answer);
    assertNoCookie(answer);
}

/// The preflight of `url` for a page of each kind of origin.
async function assertPreflight(server, url, methods) {
    for (const origin of ['test', 'null', 'http://localhost:8080']) {
        const answer = await ask(server, 'OPTIONS', url, {
            headers: { 'Access-Control-Request-Method': methods, Origin: origin },
        });
        assert.ok(answer.status === 204 || answer.status === 200, answer.text);
        assert.equal(answer.body, '');
        assertCachedForever(answer);
        assertCors(answer, origin);
        assert.ok(Number(answer.get('access-control-max-age')) > 1_000_000);
        const allowed = answer.get('access-control-allow-methods').split(/\s*,\s*/);
        for (const method of methods.split(', ')) {
            assert.ok(allowed.includes(method), `${method} is not in ${allowed}`);
        }
    }
}

/// A refused request: the reference's text somewhere in the body, never cached.
function assertRefusal(answer, text) {
    assert.equal(answer.status, 500, answer.text);
    assert.ok(answer.body.includes(text), `${JSON.stringify(answer.body)} does not say ${text}`);
    assertNoCache(answer);
}

/// A session of one service by its id.
class Session {
    constructor(server, prefix = '/echo', id = freshId()) {
        this.server = server;
        this.prefix = prefix;
        this.id = id;
        this.url = `${prefix}/000/${id}`;
    }

    poll(options) {
        return ask(this.server, 'POST', `${this.url}/xhr`, options);
    }

    jsonp(callback = 'x') {
        return ask(this.server, 'GET', `${this.url}/jsonp?c=${callback}`);
    }

    /// POSTs to xhr_send and returns the answer, whatever it is.
    post(body, options) {
        return ask(this.server, 'POST', `${this.url}/xhr_send`, { body, ...options });
    }

    /// Sends messages and insists on success.
    async send(...messages) {
        const answer = await this.post(JSON.stringify(messages));
        assert.equal(answer.status, 204, answer.body);
    }

    /// Opens by a poll and insists on the open frame.
    async open() {
        const answer = await this.poll();
        assert.equal(answer.status, 200);
        assert.equal(answer.body, 'o\n');
        return this;
    }

    /// Resolves with a poll that waits at the server. That it has arrived shows in a second one being refused; the
    /// two travel on connections of their own, so which of them that is does not matter.
    async attachedPoll() {
        const polls = [await HttpConnection.open(this.server), await HttpConnection.open(this.server)];
        const answered = polls.map((poll) => new Promise((resolve) => {
            poll.connection.socket.once('data', () => resolve(poll));
            poll.request('POST', `${this.url}/xhr`);
        }));
        const refused = await within(Promise.race(answered), 'a refused poll');
        const answer = await refused.response();
        assert.equal(answer.status, 200);
        assert.equal(answer.body, `${ANOTHER}\n`);
        refused.destroy();
        return polls.find((poll) => poll !== refused);
    }

    /// Opens a stream and takes its prelude: xhr_streaming, eventsource or htmlfile.
    async stream(kind = 'xhr_streaming', options) {
        const method = kind === 'xhr_streaming' ? 'POST' : 'GET';
        const query = kind === 'htmlfile' ? '?c=callback' : '';
        const http = await openStream(this.server, method, `${this.url}/${kind}${query}`, options);
        assert.equal(http.answer.status, 200, http.answer.text);
        http.prelude = await http.chunk();
        return http;
    }

    websocket(options) {
        return RawWebSocket.open(this.server, `${this.url}/websocket`, options);
    }
}

/// How each receiving transport wraps a frame.
const wrappers = {
    xhr: (frame) => `${frame}\n`,
    xhr_streaming: (frame) => `${frame}\n`,
    eventsource: (frame) => `data: ${frame}\r\n\r\n`,
    htmlfile: (frame) => `<script>\np(${JSON.stringify(frame)});\n</script>\r\n`,
    jsonp: (frame) => `/**/x(${JSON.stringify(frame)});\r\n`,
};

/// The service is there and echoes: what must still hold after an attack.
async function assertServes(server) {
    assert.ok(server.alive, 'the server has ended');
    const answer = await ask(server, 'GET', '/echo');
    assert.equal(answer.body, 'Welcome to SockJS!\n');
    const socket = await RawWebSocket.open(server, '/echo/websocket');
    socket.send('still here');
    assert.equal(await socket.text(), 'still here');
    await socket.close();
}

module.exports = {
    NO_CACHE, PRELUDE, GO_AWAY, ANOTHER, FORM, Session, wrappers, freshId,
    assertContentType, assertNoCache, assertCachedForever, assertVaryOrigin, assertCors, assertNoCors,
    assertNoCookie, assertCookie, assertNotFound, assertWrongMethod, assertPreflight, assertRefusal, assertServes,
};
