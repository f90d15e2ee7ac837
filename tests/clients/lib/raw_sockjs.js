'use strict';

const http = require('node:http');
const { within } = require('./within');

let sessions = 0;

// A SockJS session held by hand over xhr-polling, with what WsClient has of a WebSocket: messages,
// and an end with its code. A poll waits as long as the session is open.
class RawSockjs {
    constructor(url) {
        this.base = `${url}/000/raw${process.pid}x${++sessions}`;
        // One connection for each direction, kept open as a browser does it.
        this.agents = [0, 1].map(() => new http.Agent({ keepAlive: true, maxSockets: 1 }));
        this.messages = [];
        this.heartbeats = 0;  // `h` frames
        this.wake = () => {};
        this.sent = Promise.resolve();
        this.closed = new Promise((resolve, reject) => { this.settle = { resolve, reject }; });
        this.closed.catch(() => {});
    }

    static async open(url) {
        const session = new RawSockjs(url);
        const first = await session.post('/xhr', '', 0);
        if (first !== 'o\n') throw new Error(`the session opened with ${first}`);
        session.poll();
        return session;
    }

    post(path, body, agent) {
        return new Promise((resolve, reject) => {
            const call = http.request(this.base + path, {
                method: 'POST', agent: this.agents[agent],
                headers: { 'Content-Length': Buffer.byteLength(body) },
            }, (response) => {
                let text = '';
                response.setEncoding('utf8').on('data', (part) => { text += part; });
                response.on('error', reject);
                response.on('end', () => resolve(
                    response.statusCode < 300 ? text : `${response.statusCode} ${text}`));
            });
            this.calls = (this.calls || new Set()).add(call);
            call.on('close', () => this.calls.delete(call));
            call.on('error', reject);
            call.end(body);
        });
    }

    async poll() {
        while (!this.gone) {
            let text;
            try {
                text = await this.post('/xhr', '', 0);
            } catch (error) {
                this.gone = true;
                this.settle.reject(error);
                break;
            }
            this.take(text);
            await this.hold;
        }
        this.wake();
    }

    take(text) {
        if (text[0] === 'a') this.messages.push(...JSON.parse(text.slice(1)));
        else if (text[0] === 'h') ++this.heartbeats;
        else {
            this.gone = true;
            const end = text[0] === 'c' ? JSON.parse(text.slice(1)) : [0, text];
            this.settle.resolve({ code: end[0], reason: end[1] });
        }
        this.wake();
    }

    // Messages in one request, in the order of the calls.
    send(...messages) {
        this.send_json(JSON.stringify(messages));
    }

    send_json(text) {
        this.sent = this.sent.then(() => this.post('/xhr_send', text, 1)).catch(() => {});
    }

    // The next `count` messages.
    async receive(count) {
        await within(new Promise((resolve, reject) => {
            this.wake = () => {
                const { length } = this.messages;
                if (length >= count) resolve();
                else if (this.gone) reject(new Error(`closed with ${length} of ${count} messages`));
            };
            this.wake();
        }), `SockJS message (wants ${count})`);
        return this.messages.splice(0, count);
    }

    end() {
        return within(this.closed, 'end of the SockJS session');
    }

    // Is gone, as a page that was left.
    terminate() {
        this.gone = true;
        for (const call of this.calls || []) call.destroy();
        for (const agent of this.agents) agent.destroy();
    }
}

module.exports = { RawSockjs };
