'use strict';
// RFC 6455 by hand: a handshake, frames in any shape including wrong ones, and a reader that accepts only right ones.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { HttpConnection } = require('./http.js');

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/// One frame as a client sends it. `rsv` is a number 0-7 (4 is RSV1), `length` overrides the length announced.
function frame(opcode, payload = '', { fin = true, rsv = 0, masked = true, length } = {}) {
    const data = Buffer.from(payload);
    const announced = length ?? data.length;
    const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
    const maskBit = masked ? 0x80 : 0;
    let head;
    if (announced < 126) {
        head = Buffer.of(first, maskBit | Number(announced));
    } else if (announced < 65536) {
        head = Buffer.of(first, maskBit | 126, Number(announced) >> 8, Number(announced) & 255);
    } else {
        head = Buffer.alloc(10);
        head[0] = first;
        head[1] = maskBit | 127;
        head.writeBigUInt64BE(BigInt(announced), 2);
    }
    if (!masked) {
        return Buffer.concat([head, data]);
    }
    const mask = crypto.randomBytes(4);
    const hidden = Buffer.alloc(data.length);
    for (let i = 0; i < data.length; ++i) {
        hidden[i] = data[i] ^ mask[i & 3];
    }
    return Buffer.concat([head, mask, hidden]);
}

function closePayload(code, reason = '') {
    const text = Buffer.from(reason);
    return Buffer.concat([Buffer.of(code >> 8, code & 255), text]);
}

/// The fields of a right handshake; pass others, or undefined to leave one out.
function handshakeHeaders(changes = {}) {
    const headers = {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': crypto.randomBytes(16).toString('base64'),
        ...changes,
    };
    return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

class RawWebSocket {
    constructor(http, answer) {
        this.http = http;
        this.connection = http.connection;
        this.answer = answer;
    }

    /// Connects and checks the answer. `early` is sent in the handshake's own segment.
    static async open(server, path, { headers = {}, early = '', paused } = {}) {
        const http = await HttpConnection.open(server);
        const fields = handshakeHeaders(headers);
        const text = `GET ${path} HTTP/1.1\r\nHost: ${server.authority}\r\n`
            + Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\n';
        http.send(Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(early)]));
        const answer = await http.head();
        assert.equal(answer.status, 101, answer.text);
        assert.equal(answer.get('upgrade').toLowerCase(), 'websocket');
        assert.equal(answer.get('connection').toLowerCase(), 'upgrade');
        assert.equal(answer.get('content-length'), undefined);
        assert.equal(answer.get('transfer-encoding'), undefined);
        assert.equal(answer.get('sec-websocket-accept'), crypto.createHash('sha1')
            .update(fields['Sec-WebSocket-Key'] + GUID).digest('base64'));
        if (paused) {
            http.connection.pause();
        }
        return new RawWebSocket(http, answer);
    }

    send(payload, options) {
        return this.frame(typeof payload === 'string' ? TEXT : BINARY, payload, options);
    }

    frame(opcode, payload, options) {
        this.connection.send(frame(opcode, payload, options));
        return this;
    }

    /// Bytes as they are.
    raw(bytes) {
        this.connection.send(bytes);
        return this;
    }

    /// The next frame: { fin, rsv, opcode, payload }.
    async read(limit) {
        const head = await this.connection.take(2, 'a frame', limit);
        assert.equal(head[1] & 0x80, 0, 'a server never masks');
        const short = head[1] & 0x7f;
        const opcode = head[0] & 15;
        let length = short;
        if (short === 126) {
            length = (await this.connection.take(2)).readUInt16BE();
            assert.ok(length > 125, 'a length is written in its shortest form');
        } else if (short === 127) {
            length = Number((await this.connection.take(8)).readBigUInt64BE());
            assert.ok(length > 65535, 'a length is written in its shortest form');
        }
        if (opcode >= 8) {
            assert.ok(length < 126 && (head[0] & 0x80), 'control frames are short and whole');
        }
        const payload = await this.connection.take(length, 'a payload', limit);
        return { fin: Boolean(head[0] & 0x80), rsv: (head[0] >> 4) & 7, opcode, payload };
    }

    /// The next text message; pings are answered, anything else is an error.
    async text(limit) {
        const parts = [];
        for (;;) {
            const got = await this.read(limit);
            if (got.opcode === PING) {
                this.frame(PONG, got.payload);
                continue;
            }
            assert.equal(got.opcode, parts.length ? 0 : TEXT, `opcode ${got.opcode}: ${got.payload.toString()}`);
            assert.equal(got.rsv, 0);
            parts.push(got.payload);
            if (got.fin) {
                return Buffer.concat(parts).toString('utf8');
            }
        }
    }

    /// Reads to the close frame, skipping what precedes it, and returns { code, reason }.
    async closeFrame(limit) {
        for (;;) {
            const got = await this.read(limit);
            if (got.opcode === CLOSE) {
                return got.payload.length < 2
                    ? { code: 1005, reason: '' }
                    : { code: got.payload.readUInt16BE(), reason: got.payload.subarray(2).toString('utf8') };
            }
        }
    }

    /// The peer closes with this code; the handshake is finished and the connection must end.
    async closesWith(code, reason) {
        const close = await this.closeFrame();
        assert.ok([code].flat().includes(close.code), `close ${close.code} "${close.reason}", expected ${code}`);
        if (reason !== undefined) {
            assert.equal(close.reason, reason);
        }
        if (close.code !== 1005) {
            this.frame(CLOSE, closePayload(close.code));
        }
        await this.connection.ended();
        this.destroy();
    }

    /// A clean goodbye from this side.
    async close(code = 1000, reason = '') {
        this.frame(CLOSE, closePayload(code, reason));
        assert.equal((await this.closeFrame()).code, code);
        await this.connection.ended();
        this.destroy();
    }

    destroy() {
        this.connection.destroy();
    }
}

module.exports = {
    RawWebSocket, frame, closePayload, handshakeHeaders, TEXT, BINARY, CLOSE, PING, PONG,
};
