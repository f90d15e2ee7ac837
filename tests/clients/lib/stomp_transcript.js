'use strict';

// What a STOMP server answers to frames that are written by hand, as lines of text that can be
// compared with those of another server.

const net = require('node:net');
const { once } = require('node:events');
const { WsClient } = require('./ws_client');
const { within } = require('./within');

// A frame to send, as it is; `headers` is a list of lines.
const frame = (command, headers = [], body = '') => `${command}\n${headers.map((h) => `${h}\n`).join('')}\n${body}\0`;

// Takes the first frame off `bytes`, which may begin with ends of lines: null where there is none.
function take_frame(bytes) {
    let begin = 0;
    while (bytes[begin] === 10 || bytes[begin] === 13) ++begin;
    const head_end = bytes.indexOf('\n\n', begin);
    if (head_end < 0) return null;
    const [command, ...lines] = bytes.subarray(begin, head_end).toString('utf8').split('\n');
    const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
    const length = pairs.find(([name]) => name === 'content-length');
    const body_end = length ? head_end + 2 + Number(length[1]) : bytes.indexOf(0, head_end + 2);
    if (body_end < 0 || body_end >= bytes.length) return null;
    const body = bytes.subarray(head_end + 2, body_end).toString('utf8');
    return { command, pairs, body, left: bytes.subarray(body_end + 1) };
}

// Values that are each server's own; that they are there is compared.
const own_values = {
    'CONNECTED': ['session', 'server'], 'MESSAGE': ['message-id', 'ack'], 'ERROR': ['message'],
};

// A frame in one line: its headers are sorted, and without the length of the body. An ERROR is
// without its text.
function line_of({ command, pairs, body }) {
    const own = own_values[command] ?? [];
    const headers = pairs.filter(([name]) => name !== 'content-length')
        .map(([name, value]) => own.includes(name) ? `${name}:*` : `${name}:${value}`).sort();
    return [command, ...headers, ...body && command !== 'ERROR' ? [`| ${body}`] : []].join(' ');
}

// A connection to a server, over TCP or WebSocket, and the lines of what came.
class Party {
    constructor(version) {
        this.version = version;
        this.lines = [];
        this.bytes = Buffer.alloc(0);
        this.frames = [];
        this.wake = () => {};
    }

    async open({ stomp_port, stomp_url }, carrier) {
        if (carrier === 'TCP') {
            const socket = net.connect(stomp_port, '127.0.0.1');
            await within(once(socket, 'connect'), 'connection');
            socket.setNoDelay(true);
            socket.on('data', (data) => this.hear(data));
            socket.on('error', () => {});
            socket.on('close', () => this.hear(null));
            this.write = (data) => socket.write(data);
            this.cut = () => socket.destroy();
            return this;
        }
        const { ws } = await WsClient.open(stomp_url, ['v12.stomp']);
        ws.on('message', (data) => this.hear(data));
        ws.on('close', () => this.hear(null));
        this.write = (data) => ws.send(data);
        this.cut = () => ws.terminate();
        return this;
    }

    hear(data) {
        if (!data) {
            this.gone = true;
        } else {
            this.bytes = Buffer.concat([this.bytes, data]);
            for (let next; (next = take_frame(this.bytes));) {
                this.bytes = next.left;
                this.frames.push(next);
            }
        }
        this.wake();
    }

    send(...frames) {
        this.write(frames.map((f) => Array.isArray(f) ? frame(...f) : f).join(''));
        return this;
    }

    // The next frame, or undefined at the end.
    next() {
        return within(new Promise((resolve) => {
            this.wake = () => {
                if (!this.frames.length && !this.gone) return;
                this.wake = () => {};
                resolve(this.frames.shift());
            };
            this.wake();
        }), `frame after ${JSON.stringify(this.lines)}`);
    }

    // So many frames, unless the connection ends before. MESSAGEs come last in the transcript:
    // servers need not have them and RECEIPTs in one order.
    async take(count) {
        const got = [];
        while (got.length < count && !this.ended) {
            const next = await this.next();
            if (next) got.push(next);
            else this.ended = true;
        }
        const messages = got.filter(({ command }) => command === 'MESSAGE');
        for (const list of [got.filter((f) => !messages.includes(f)), messages]) this.lines.push(...list.map(line_of));
        return got;
    }

    // The header `ack` of MESSAGEs that are to come, or what stands for it in older versions.
    async acks(count) {
        return (await this.take(count)).filter(({ command }) => command === 'MESSAGE')
            .map(({ pairs }) => new Map(pairs)).map((headers) => headers.get('ack') ?? headers.get('message-id'));
    }

    // What else comes, until it is known whether the connection still serves.
    async finish() {
        if (this.finished) return;
        this.finished = true;
        const connected = this.version || this.lines.some((line) => line.startsWith('CONNECTED'));
        if (!this.ended) this.send(connected ? ['SEND', ['destination:/topic/nobody', 'receipt:last']]
            : ['CONNECT', ['accept-version:1.2', 'host:/', 'login:guest', 'passcode:guest']]);
        const serves = ({ command, pairs }) => connected
            ? command === 'RECEIPT' && pairs[0][1] === 'last' : command === 'CONNECTED';
        for (let next; !this.ended && (next = await this.next());) {
            if (serves(next)) {
                this.lines.push('goes on');
                return this.cut();
            }
            this.lines.push(line_of(next));
        }
        this.lines.push('the end');
    }
}

// A script's view of a server: opens parties, and has what each of them saw.
class Stage {
    constructor(server, carrier) {
        this.server = server;
        this.carrier = carrier;
        this.parties = [];
    }

    // One that has sent nothing yet; it is connected with a `version`.
    async open(version) {
        const party = await new Party(version).open(this.server, this.carrier);
        this.parties.push(party);
        return party;
    }

    async connect(version = '1.2') {
        const party = await this.open(version);
        party.send(['CONNECT', [`accept-version:${version}`, 'host:/', 'login:guest', 'passcode:guest']]);
        const answer = await party.next();
        if (answer?.command !== 'CONNECTED') throw new Error(`no CONNECTED, but ${JSON.stringify(answer)}`);
        return party;
    }

    // Connected, and subscribed to `destination`.
    async subscribe(destination, { version, id = 's', ack = 'auto' } = {}) {
        const party = await this.connect(version);
        party.send(['SUBSCRIBE', [`id:${id}`, `destination:${destination}`, `ack:${ack}`, 'receipt:subscribed']]);
        const answer = await party.next();
        if (answer?.command !== 'RECEIPT') throw new Error(`no RECEIPT, but ${JSON.stringify(answer)}`);
        return party;
    }
}

// Plays a script to a server: the lines of each party.
async function play(script, server, carrier) {
    const stage = new Stage(server, carrier);
    await script(stage);
    for (const party of stage.parties) await party.finish();
    return stage.parties.map(({ lines }) => lines);
}

module.exports = { frame, play };
