'use strict';

// Thousands of Socket.IO clients over WebSocket in one process, as cheap as they get: no library, a
// frame is looked at where it lies.

const crypto = require('node:crypto');
const net = require('node:net');
const { within } = require('./within');

// A frame of text from a client, masked with zeros.
function frame(text) {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}
const pong = frame('3');
const connect = frame('40');

// Calls `on_text` for each frame in `bytes`; what is left of them.
function read_frames(bytes, on_text) {
    let at = 0;
    while (bytes.length - at >= 2) {
        let length = bytes[at + 1];
        let head = 2;
        if (length === 126) {
            if (bytes.length - at < 4) break;
            length = bytes.readUInt16BE(at + 2);
            head = 4;
        } else if (length > 126) {
            throw new Error('a frame that is too long for this client');
        }
        if (bytes.length - at < head + length) break;
        if (bytes[at] !== 0x81) throw new Error(`a frame of type ${bytes[at]}`);
        on_text(bytes.toString('latin1', at + head, at + head + length));
        at += head + length;
    }
    return bytes.subarray(at);
}

class CrowdMember {
    // `on_event(member, text)` hears each event as JSON: `["name",...]`.
    constructor(url, on_event) {
        const { hostname, port } = new URL(url);
        this.on_event = on_event;
        this.socket = net.connect(port, hostname);
        this.socket.setNoDelay(true);
        this.rest = Buffer.alloc(0);
        this.opened = new Promise((resolve, reject) => {
            this.resolve = resolve;
            this.socket.on('error', reject);
            this.socket.on('close', () => {
                this.gone = true;
                reject(new Error('the server has closed the connection'));
            });
        });
        this.socket.on('data', (bytes) => this.take(bytes));
        this.socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}:${port}` +
            '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
            `Sec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\n\r\n`);
    }

    take(bytes) {
        let all = this.rest.length ? Buffer.concat([this.rest, bytes]) : bytes;
        if (!this.upgraded) {
            const end = all.indexOf('\r\n\r\n');
            if (end < 0) {
                this.rest = all;
                return;
            }
            const head = all.toString('latin1', 0, end);
            if (!head.startsWith('HTTP/1.1 101')) throw new Error(head);
            this.upgraded = true;
            all = all.subarray(end + 4);
        }
        this.rest = read_frames(all, (text) => this.on_text(text));
    }

    on_text(text) {
        if (text.startsWith('42')) this.on_event(this, text.slice(2));
        else if (text === '2') this.socket.write(pong);
        else if (text[0] === '0') this.socket.write(connect);
        else if (text.startsWith('40')) this.resolve(this);
        else throw new Error(`unexpected: ${text}`);
    }
}

// Opens `count` of them, spread evenly over the servers at `urls`, a hundred at a time.
async function open_crowd(urls, count, on_event) {
    const members = [];
    while (members.length < count) {
        const some = Array.from({ length: Math.min(100, count - members.length) }, (_, i) =>
            new CrowdMember(urls[(members.length + i) % urls.length], on_event));
        members.push(...await within(Promise.all(some.map((m) => m.opened)), 'open sockets'));
    }
    return {
        members,
        close: () => { for (const { socket } of members) socket.destroy(); },
    };
}

module.exports = { open_crowd };
