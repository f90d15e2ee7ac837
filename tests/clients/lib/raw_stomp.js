'use strict';

const assert = require('node:assert/strict');
const { RawSockjs } = require('./raw_sockjs');
const { WsClient } = require('./ws_client');

const NUL = '\0';
let receipts = 0;

const escapes = { '\\': '\\\\', ':': '\\c', '\n': '\\n', '\r': '\\r' };
const escaped = (text) => text.replace(/[\\:\n\r]/g, (c) => escapes[c]);

// A frame as text: headers are pairs, or an object. Nothing is escaped.
function frame_text(command, headers = {}, body = '') {
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
    return `${command}\n${pairs.map(([name, value]) => `${name}:${value}\n`).join('')}\n${body}${NUL}`;
}

function unescaped(text) {
    return text.replace(/\\(.?)/g, (all, c) => {
        const found = { n: '\n', r: '\r', c: ':', '\\': '\\' }[c];
        if (found === undefined) throw new Error(`the server has sent an escape ${all}`);
        return found;
    });
}

// Takes one message apart, which must be one whole frame and nothing else.
function parse(message, version) {
    const bytes = Buffer.from(message);
    const text = bytes.toString('latin1');
    const split = text.indexOf('\n\n');
    assert.notEqual(split, -1, `no head in ${JSON.stringify(text)}`);
    const [command, ...lines] = bytes.subarray(0, split).toString('utf8').split('\n');
    const plain = version === '1.0' || command === 'CONNECTED' || command === 'CONNECT';
    const meant = plain ? (value) => value : unescaped;
    const pairs = lines.map((line) => {
        const colon = line.indexOf(':');
        assert.ok(colon > 0, `a header without a name or a colon: ${line}`);
        return [meant(line.slice(0, colon)), meant(line.slice(colon + 1))];
    });
    const names = pairs.map(([name]) => name);
    assert.equal(new Set(names).size, names.length, `a header twice in ${names}`);
    const headers = Object.fromEntries(pairs);
    assert.equal(bytes[bytes.length - 1], 0, 'the message ends with its frame');
    const body = bytes.subarray(split + 2, bytes.length - 1);
    assert.equal(Number(headers['content-length'] ?? 0), body.length, 'content-length is there');
    if (body.length) delete headers['content-length'];
    return { command, headers, body: body.toString('utf8'), bytes: body, binary: message !== `${message}` };
}

// A STOMP client that sends what it is told to, and is strict with what it gets: each message is
// one frame or one heart-beat, each ERROR is followed by the end, and nothing comes after it.
class RawStomp {
    constructor(below, carrier) {
        this.below = below;
        this.carrier = carrier;
        this.version = '1.2';
        this.beats = 0;
    }

    static async open(server, carrier = 'websocket', protocols = []) {
        const below = carrier === 'websocket'
            ? await WsClient.open(`${server.ws_url}/stomp`, protocols)
            : await RawSockjs.open(`${server.url}/stomp-sockjs`);
        return new RawStomp(below, carrier);
    }

    // Opens and connects, as `guest` unless the headers have another login.
    static async connected(server, carrier, { version = '1.2', ...headers } = {}) {
        const client = await RawStomp.open(server, carrier);
        client.connected = await client.connect({ 'accept-version': version, ...headers });
        return client;
    }

    async connect(headers) {
        this.frame('CONNECT', { login: 'guest', passcode: 'guest', ...headers });
        const frame = await this.expect('CONNECTED');
        this.version = frame.headers.version;
        return frame;
    }

    // Each argument is a message of its own.
    write(...messages) {
        for (const message of messages) this.below.send(message);
    }

    frame(command, headers, body) {
        this.write(frame_text(command, headers, body));
    }

    send(destination, body = '', headers = {}) {
        this.frame('SEND', { destination, ...headers }, body);
    }

    // A frame with a receipt, which must be the next that comes; unless `others` may come before,
    // which are returned.
    async ask(command, headers = {}, body = '', { others = false } = {}) {
        const receipt = `r-${++receipts}`;
        this.frame(command, { ...headers, receipt }, body);
        const seen = [];
        for (;;) {
            const frame = await this.next();
            if (frame.command === 'RECEIPT') {
                assert.deepEqual(frame.headers, { 'receipt-id': receipt });
                assert.equal(frame.body, '');
                return seen;
            }
            assert.ok(others, `instead of the RECEIPT: ${JSON.stringify(frame)}`);
            seen.push(frame);
        }
    }

    subscribe(id, destination, headers = {}) {
        return this.ask('SUBSCRIBE', { id, destination, ...headers });
    }

    // What has come until everything that was sent to this client before is there.
    seen() {
        return this.ask('UNSUBSCRIBE', { id: 'nothing-of-that-name' }, '', { others: true });
    }

    async bodies() {
        return (await this.seen()).map(({ body }) => body);
    }

    // The next message as it is.
    async message() {
        return (await this.below.receive(1))[0];
    }

    // The next frame; heart-beats are counted.
    async next() {
        for (;;) {
            const message = await this.message();
            if (message !== '\n') return parse(message, this.version);
            ++this.beats;
        }
    }

    async expect(command, headers = {}, body) {
        const frame = await this.next();
        assert.equal(frame.command, command, JSON.stringify(frame));
        for (const [name, value] of Object.entries(headers)) assert.equal(frame.headers[name], value);
        if (body !== undefined) assert.equal(frame.body, body);
        return frame;
    }

    // ERROR and the end, and nothing between them nor after.
    async fails({ code = 1002, receipt, message } = {}) {
        const frame = await this.next();
        assert.equal(frame.command, 'ERROR', JSON.stringify(frame));
        assert.equal(frame.headers['receipt-id'], receipt);
        assert.equal(frame.headers['content-type'], 'text/plain');
        if (message) assert.match(frame.headers.message, message);
        // Nothing of the program's inside, and a sentence to read.
        assert.doesNotMatch(frame.headers.message + frame.body, /anywire|stomp::|std::|0x|\bat .*\.cpp/);
        assert.ok(frame.headers.message.length > 0 && frame.headers.message.length < 200);
        assert.equal((await this.ended()).code, code);
        return frame;
    }

    // The end, with nothing before it but heart-beats.
    async ended() {
        const end = await this.below.end();
        assert.deepEqual(this.below.messages.filter((message) => message !== '\n'), []);
        return end;
    }

    // Says good-bye; what comes before the receipt is returned.
    async leave() {
        const seen = await this.ask('DISCONNECT', {}, '', { others: true });
        assert.equal((await this.ended()).code, 1000);
        return seen;
    }

    // The connection is cut.
    cut() {
        if (this.below.ws) this.below.ws.terminate();
        else this.below.terminate();
    }
}

module.exports = { RawStomp, escaped, frame_text };
