'use strict';

const http = require('node:http');
const { once } = require('node:events');
const need = require('./need');
const { within } = require('./within');

const { WebSocket } = need('ws');

const separator = '\x1e';

// One HTTP request; resolves with {status, headers, body}.
function request(url, { method = 'GET', body = '', headers = {}, agent } = {}) {
    return within(new Promise((resolve, reject) => {
        const length = method === 'POST' ? { 'Content-Length': Buffer.byteLength(body) } : {};
        const call = http.request(
            url, { method, agent, headers: { ...length, ...headers } }, (response) => {
                const parts = [];
                response.on('data', (part) => parts.push(part));
                response.on('error', reject);
                response.on('end', () => resolve({
                    status: response.statusCode,
                    headers: response.headers,
                    body: Buffer.concat(parts).toString('utf8'),
                }));
            });
        call.on('error', reject);
        call.end(body);
    }), `answer to ${method} ${url}`);
}

// An Engine.IO 4 session held by hand over polling: what a client library would not do.
class RawSession {
    constructor(url, path) {
        this.base = `${url}${path}?EIO=4`;
        // One connection for each direction, kept open as a browser does it.
        this.agents = [0, 1].map(() => new http.Agent({ keepAlive: true, maxSockets: 1 }));
    }

    static async open(url, path = '/engine.io/') {
        const session = new RawSession(url, path);
        const { status, body } = await session.get();
        if (status !== 200 || body[0] !== '0') throw new Error(`handshake: ${status} ${body}`);
        const [first, ...rest] = body.split(separator);
        session.handshake = JSON.parse(first.slice(1));
        session.sid = session.handshake.sid;
        session.early = rest;
        return session;
    }

    url(transport) {
        return `${this.base}&transport=${transport}${this.sid ? `&sid=${this.sid}` : ''}`;
    }

    get() {
        return request(this.url('polling'), { agent: this.agents[0] });
    }

    post(body, headers = {}) {
        const [, agent] = this.agents;
        return request(this.url('polling'), { method: 'POST', body, headers, agent });
    }

    // The packets of one poll, the server's pings answered.
    async poll() {
        const { status, body } = await this.get();
        if (status !== 200) throw new Error(`GET of ${this.sid}: ${status} ${body}`);
        const packets = body.split(separator);
        if (packets.includes('2')) await this.send(['3']);
        return packets;
    }

    async send(packets) {
        const { status, body } = await this.post(packets.join(separator));
        if (status === 200 && body === 'ok') return;
        throw new Error(`POST to ${this.sid}: ${status} ${body}`);
    }

    // A WebSocket with this session's id: the first half of an upgrade.
    async websocket() {
        const socket = new WebSocket(this.url('websocket').replace(/^http/, 'ws'));
        socket.on('error', () => {});
        socket.texts = [];
        socket.wake = () => {};
        socket.gone = new Promise((resolve) => socket.on('close', (code) => {
            socket.ended = true;
            socket.wake();
            resolve(code);
        }));
        socket.on('message', (data, binary) => {
            socket.texts.push(binary ? data : data.toString('utf8'));
            socket.wake();
        });
        await within(Promise.race([once(socket, 'open'), socket.gone.then((code) => {
            throw new Error(`WebSocket of ${this.sid} closed with ${code} before it opened`);
        })]), 'WebSocket handshake');
        return socket;
    }

    // Ends what this side holds open.
    release() {
        for (const agent of this.agents) agent.destroy();
    }
}

// The next frame of a WebSocket from websocket(), or undefined when it has ended.
function next_frame(socket) {
    return within(new Promise((resolve) => {
        socket.wake = () => {
            if (!socket.texts.length && !socket.ended) return;
            socket.wake = () => {};
            resolve(socket.texts.shift());
        };
        socket.wake();
    }), 'WebSocket frame');
}

module.exports = { RawSession, next_frame, request, separator };
