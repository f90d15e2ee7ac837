'use strict';

const { once } = require('node:events');
const need = require('./need');
const { within } = require('./within');

const { WebSocket } = need('ws');

// A `ws` client whose messages, pongs and end can be waited for.
class WsClient {
    constructor(url, protocols, options) {
        this.ws = new WebSocket(url, protocols, options);
        this.messages = [];
        this.wake = () => {};
        this.ws.on('message', (data, binary) => {
            this.messages.push(binary ? data : data.toString('utf8'));
            this.wake();
        });
        this.closed = new Promise((resolve) => {
            this.ws.on('close', (code, reason) => {
                this.gone = true;
                this.wake();
                resolve({ code, reason: reason.toString('utf8') });
            });
        });
        this.ws.on('upgrade', ({ headers }) => { this.answer = headers; });
        this.failed = new Promise((resolve) => this.ws.on('error', resolve));
    }

    static async open(url, protocols = [], options = {}) {
        const client = new WsClient(url, protocols, options);
        await within(Promise.race([
            once(client.ws, 'open'), client.failed.then((error) => { throw error; }),
        ]), 'WebSocket handshake');
        return client;
    }

    // The next `count` messages: strings for text, Buffers for binary.
    async receive(count) {
        await within(new Promise((resolve, reject) => {
            this.wake = () => {
                const { length } = this.messages;
                if (length >= count) resolve();
                else if (this.gone) reject(new Error(`closed with ${length} of ${count} messages`));
            };
            this.wake();
        }), `WebSocket message (wants ${count})`);
        return this.messages.splice(0, count);
    }

    send(data, options = {}) {
        this.ws.send(data, options);
    }

    async ping(data) {
        const pong = once(this.ws, 'pong');
        this.ws.ping(data);
        const [back] = await within(pong, 'pong');
        return back;
    }

    end() {
        return within(this.closed, 'end of the WebSocket');
    }

    close(code, reason) {
        this.ws.close(code, reason);
        return this.end();
    }
}

module.exports = { WsClient };
