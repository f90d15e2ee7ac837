'use strict';
// Engine.IO by hand, both revisions: handshakes, payloads, sessions driven by plain requests or over WebSocket.

const assert = require('node:assert/strict');
const { HttpConnection, ask, answersUntilEnd, requestText } = require('./http.js');
const { RawWebSocket, handshakeHeaders, TEXT, BINARY, CLOSE, PING, PONG } = require('./websocket.js');

const SEPARATOR = '\x1e';
const MESSAGES = ['Transport unknown', 'Session ID unknown', 'Bad handshake method', 'Bad request', 'Forbidden',
    'Unsupported protocol version'];
const LIMIT = 10_000;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/// The target of a request: the last values given win over those made from the options.
function eioUrl({ mount = '/engine.io/', version = 4, transport = 'polling', sid, query = '' } = {}) {
    const parts = [`EIO=${version}`, `transport=${transport}`];
    if (sid !== undefined) {
        parts.push(`sid=${sid}`);
    }
    return `${mount}?${parts.join('&')}${query && `&${query}`}`;
}

/// The text payload of packets.
function encodePackets(packets, version = 4) {
    return version === 3 ? packets.map((packet) => `${packet.length}:${packet}`).join('') : packets.join(SEPARATOR);
}

/// The packets of a text payload; of one that is none, an error.
function decodePackets(text, version = 4) {
    if (version !== 3) {
        return text.split(SEPARATOR);
    }
    const packets = [];
    for (let at = 0; at < text.length;) {
        const colon = text.indexOf(':', at);
        assert.match(text.slice(at, Math.max(colon, at)), /^(0|[1-9]\d*)$/, `no length at ${at} of ${JSON.stringify(text)}`);
        const length = Number(text.slice(at, colon));
        assert.ok(colon + 1 + length <= text.length, `too short: ${JSON.stringify(text)}`);
        packets.push(text.slice(colon + 1, colon + 1 + length));
        at = colon + 1 + length;
    }
    return packets;
}

/// Asks again and again until `probe` gives true; `why` is what did not come true in time.
async function eventually(probe, why, limit = LIMIT) {
    const end = Date.now() + limit;
    while (!await probe()) {
        assert.ok(Date.now() < end, why);
        await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
}

/// A refusal over plain HTTP: status, type and the very text that clients compare.
function assertError(answer, code, message = MESSAGES[code]) {
    assert.equal(answer.body, `{"code":${code},"message":"${message}"}`);
    assert.equal(answer.status, code === 4 ? 403 : 400, answer.text);
    assert.match(answer.get('content-type') ?? '', /^application\/json\b/);
}

/// A refusal of an Upgrade request: always a 400 with the bare text, then the end.
async function assertUpgradeError(server, target, code, { headers = {}, method = 'GET' } = {}) {
    const text = requestText(server, method, target, { headers: handshakeHeaders(headers), length: null });
    const answers = await answersUntilEnd(server, text);
    assert.equal(answers.length, 1, `${target}: ${answers.map((answer) => answer.status)}`);
    const [answer] = answers;
    assert.equal(answer.status, 400, `${target}: ${answer.text}`);
    assert.equal(answer.body, MESSAGES[code], target);
    assert.match(answer.get('connection'), /^close$/i);
    assert.match(answer.get('content-type'), /^text\/html\b/);
    assert.equal(answer.get('content-length'), String(MESSAGES[code].length));
    return answer;
}

/// Requests that mean nothing to any session, there and back on several connections, so that every thread of the
/// server has its share, and again, so that what one thread has handed to another has got there. What was sent before
/// has then been read, or as good as.
async function roundTrips(server, rounds = 3) {
    await Promise.all(Array.from({ length: 12 }, async () => {
        const http = await HttpConnection.open(server);
        for (let i = 0; i < rounds; ++i) {
            assert.equal((await http.ask('GET', '/elsewhere')).status, 404);
        }
        http.destroy();
    }));
}

/// A session that begins on polling.
class EioSession {
    constructor(server, { mount = '/engine.io/', version = 4, query = '', headers = {} } = {}) {
        Object.assign(this, { server, mount, version, query, headers });
    }

    /// The handshake; `this.handshake` is what it said, `this.rest` the packets behind it.
    async open() {
        this.answer = await ask(this.server, 'GET', this.url(), { headers: this.headers, encoding: 'utf8' });
        assert.equal(this.answer.status, 200, this.answer.body);
        const [first, ...rest] = decodePackets(this.answer.body, this.version);
        assert.equal(first[0], '0', this.answer.body);
        this.handshake = JSON.parse(first.slice(1));
        this.sid = this.handshake.sid;
        this.rest = rest;
        return this;
    }

    static open(server, options) {
        return new EioSession(server, options).open();
    }

    url({ transport = 'polling', query = this.query } = {}) {
        return eioUrl({ mount: this.mount, version: this.version, transport, sid: this.sid, query });
    }

    /// One GET, answered however it is.
    poll(options) {
        return ask(this.server, 'GET', this.url(), { encoding: 'utf8', ...options });
    }

    /// The packets of one poll, which must succeed.
    async packets() {
        const answer = await this.poll();
        assert.equal(answer.status, 200, answer.body);
        return decodePackets(answer.body, this.version);
    }

    /// At least `count` packets, by as many polls as it takes.
    async take(count) {
        const packets = [];
        while (packets.length < count) {
            packets.push(...await this.packets());
        }
        return packets;
    }

    post(body, options) {
        return ask(this.server, 'POST', this.url(), { body, ...options });
    }

    /// Sends packets and insists on success.
    async send(...packets) {
        const answer = await this.post(encodePackets(packets, this.version));
        assert.equal(answer.status, 200, answer.body);
        assert.equal(answer.body, 'ok');
    }

    /// A GET that waits at the server; the answer is for the caller to read.
    async pending(options) {
        const http = await HttpConnection.open(this.server);
        await http.connection.flush(requestText(this.server, 'GET', this.url(), options));
        await roundTrips(this.server);
        return http;
    }

    /// A POST of which the server has the head and some of its body.
    async receiving(start = '4he', length = 100) {
        const http = await HttpConnection.open(this.server);
        http.request('POST', this.url(), { length, headers: { Expect: '100-continue' } });
        assert.equal((await http.response()).status, 100);
        await http.connection.flush(start);
        await roundTrips(this.server);
        return http;
    }

    /// The packets that a waiting GET is answered with.
    async answerOf(http) {
        const answer = await http.response({ encoding: 'utf8' });
        http.destroy();
        assert.equal(answer.status, 200, answer.body);
        return decodePackets(answer.body, this.version);
    }

    /// Whether it is unknown. Asked in a way that the session, if there is one, does not notice: by a plain request
    /// for the transport that it is not on.
    async gone(transport = 'websocket') {
        const answer = await ask(this.server, 'GET', this.url({ transport }));
        assert.equal(answer.status, 400);
        return JSON.parse(answer.body).code === 1;
    }

    async isGone(limit) {
        await eventually(() => this.gone(), 'the session is still there', limit);
        assertError(await this.poll(), 1);
        assertError(await this.post(encodePackets(['6'], this.version)), 1);
    }

    /// It echoes: nothing else may be on its way.
    async echoes(text = 'still here') {
        await this.send(`4${text}`);
        assert.deepEqual(await this.packets(), [`4${text}`]);
    }

    /// A WebSocket for this sid, no word said on it.
    probe(options) {
        return RawWebSocket.open(this.server, this.url({ transport: 'websocket' }), options);
    }

    /// Goes over to WebSocket.
    async upgrade(options) {
        const socket = await this.probe(options);
        socket.send('2probe');
        assert.equal(await socket.text(), '3probe');
        socket.send('5');
        return socket;
    }
}

/// A session that begins on WebSocket: the socket with `handshake` and `sid`.
async function eioSocket(server, { mount, version, query, ...options } = {}) {
    const socket = await RawWebSocket.open(server, eioUrl({ mount, version, transport: 'websocket', query }), options);
    const open = await socket.text();
    assert.equal(open[0], '0', open);
    socket.handshake = JSON.parse(open.slice(1));
    socket.sid = socket.handshake.sid;
    return socket;
}

/// The next message: text, which must be UTF-8, as a string, binary as a Buffer. Heartbeats are left to the caller.
async function message(socket, limit) {
    for (;;) {
        const got = await socket.read(limit);
        if (got.opcode === PING) {
            socket.frame(PONG, got.payload);
        } else {
            assert.ok(got.fin && got.rsv === 0 && [TEXT, BINARY].includes(got.opcode),
                `opcode ${got.opcode}: ${got.payload.toString('latin1')}`);
            return got.opcode === TEXT ? utf8.decode(got.payload) : got.payload;
        }
    }
}

/// The next frame is a close without a code, and the connection ends once it is answered.
async function closesBare(socket, limit) {
    const got = await socket.read(limit);
    assert.equal(got.opcode, CLOSE, `opcode ${got.opcode}: ${got.payload.toString('latin1')}`);
    assert.equal(got.payload.length, 0, `close with ${got.payload.toString('hex')}`);
    socket.frame(CLOSE, '');
    await socket.connection.ended();
    socket.destroy();
}

/// The WebSocket echoes: nothing else may be on its way.
async function socketEchoes(socket, text = 'still here') {
    socket.send(`4${text}`);
    assert.equal(await message(socket), `4${text}`);
}

/// The server serves Engine.IO: what must still hold after an attack.
async function assertServesEio(server) {
    assert.ok(server.alive, 'the server has ended');
    const session = await EioSession.open(server);
    await session.echoes();
    const socket = await session.upgrade();
    await socketEchoes(socket);
    socket.destroy();
}

module.exports = {
    SEPARATOR, EioSession, eioUrl, eioSocket, encodePackets, decodePackets, eventually, roundTrips, message, closesBare,
    socketEchoes, assertError, assertUpgradeError, assertServesEio,
};
