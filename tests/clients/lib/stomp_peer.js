'use strict';

// A client of STOMP that writes its frames itself and takes them apart, over a WebSocket.

const { WsClient } = require('./ws_client');
const { within } = require('./within');

const escapes = [['\\', '\\\\'], ['\n', '\\n'], ['\r', '\\r'], [':', '\\c']];

function escaped(text) {
    return escapes.reduce((all, [plain, said]) => all.replaceAll(plain, said), String(text));
}

function unescaped(text) {
    return text.replace(/\\([nrc\\])/g, (_, c) => ({ n: '\n', r: '\r', c: ':', '\\': '\\' })[c]);
}

function frame_of(command, headers = {}, body = '') {
    const raw = command === 'CONNECT' ? String : escaped;
    const lines = Object.entries(headers).map(([name, value]) => `${raw(name)}:${raw(value)}\n`);
    return `${command}\n${lines.join('')}\n${body}\0`;
}

// Of one message, which holds one frame; null for a heart-beat.
function parse(message) {
    const text = message.toString('utf8');
    if (/^\n*$/.test(text)) return null;
    const end = text.indexOf('\n\n');
    const [command, ...lines] = text.slice(0, end).split('\n');
    const headers = {};
    for (const line of lines) {
        const [name, ...value] = line.split(':');
        headers[unescaped(name)] ??= unescaped(value.join(':'));
    }
    return { command, headers, body: text.slice(end + 2, text.lastIndexOf('\0')) };
}

class StompClient {
    constructor(ws) {
        this.ws = ws;
        this.frames = [];
        this.beats = 0;
    }

    static async open(server, path = '/stomp') {
        const url = server.url.replace(/^http/, 'ws') + path;
        return new StompClient(await WsClient.open(url, ['v12.stomp']));
    }

    static async connected(server, headers = {}) {
        const client = await StompClient.open(server);
        const answer = await client.connect(headers);
        if (answer.command !== 'CONNECTED') throw new Error(`not CONNECTED: ${answer.body}`);
        client.connected = answer;
        return client;
    }

    connect(headers = {}) {
        this.send('CONNECT', { 'accept-version': '1.2,1.1,1.0', 'heart-beat': '0,0', ...headers });
        return this.next();
    }

    send(command, headers, body) {
        this.ws.send(frame_of(command, headers, body));
    }

    // The same, until its receipt has come. What comes before that is kept.
    async done(command, headers, body) {
        const id = `r-${StompClient.receipts += 1}`;
        this.send(command, { ...headers, receipt: id }, body);
        await this.until((f) => f.command === 'RECEIPT' && f.headers['receipt-id'] === id,
            `receipt of ${command}`);
    }

    subscribe(id, destination, more = {}) {
        return this.done('SUBSCRIBE', { id, destination, ...more });
    }

    // The next frame; heart-beats are only counted.
    async next() {
        for (;;) {
            if (this.frames.length > 0) return this.frames.shift();
            await this.read();
        }
    }

    // The next MESSAGE.
    async message() {
        const frame = await this.next();
        if (frame.command !== 'MESSAGE') throw new Error(`${frame.command}: ${frame.body}`);
        return frame;
    }

    async read() {
        const [message] = await this.ws.receive(1);
        const frame = parse(message);
        if (frame) this.frames.push(frame);
        else this.beats += 1;
    }

    // Takes the first frame that fits.
    until(fits, what) {
        return within((async () => {
            for (;;) {
                const at = this.frames.findIndex(fits);
                if (at >= 0) return this.frames.splice(at, 1)[0];
                const wrong = this.frames.find(({ command }) => command === 'ERROR');
                if (wrong) throw new Error(`ERROR in place of ${what}: ${wrong.body}`);
                await this.read();
            }
        })(), what);
    }

    // The ERROR with which the session ends, and how it ends.
    async error() {
        const frame = await this.next();
        if (frame.command !== 'ERROR') throw new Error(`${frame.command} in place of ERROR`);
        return { ...frame, end: await this.ws.end() };
    }

    close() {
        return this.ws.close();
    }
}
StompClient.receipts = 0;

module.exports = { StompClient, frame_of };
