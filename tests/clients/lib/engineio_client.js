'use strict';

const need = require('./need');
const { within } = require('./within');

const { Socket } = need('engine.io-client');

const transports = {
    polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'],
};
const modes = Object.keys(transports);

// An engine.io-client whose messages and end can be waited for.
class EngineClient {
    constructor(url, { mode = 'upgrade', ...options } = {}) {
        this.mode = mode;
        this.waiting = new Set();
        this.messages = [];
        this.socket = new Socket(url, { transports: transports[mode], ...options });
        this.socket.on('open', () => this.wake());
        this.socket.on('message', (data) => {
            this.messages.push(data);
            this.wake();
        });
        this.socket.on('upgrade', () => this.wake());
        this.socket.on('error', (error) => { this.error = error; });
        this.socket.on('close', (reason, details) => {
            this.end = { reason, details };
            this.wake();
        });
    }

    wake() {
        for (const look of [...this.waiting]) look();
    }

    // Resolves once `ready()` holds, rejects when the connection has ended before.
    async until(ready, what) {
        let look;
        try {
            await within(new Promise((resolve, reject) => {
                look = () => {
                    if (ready()) resolve();
                    else if (this.end) reject(new Error(`${this.mode}: ${this.end.reason} ` +
                        `(${this.error}) while waiting for ${what()}`));
                };
                this.waiting.add(look);
                look();
            }), `${what()} (${this.mode})`);
        } finally {
            this.waiting.delete(look);
        }
    }

    async open() {
        await this.until(() => this.socket.readyState === 'open', () => 'open');
        return this;
    }

    get transport() {
        return this.socket.transport.name;
    }

    // Resolves once the transport is the one that the mode ends with.
    async settled() {
        const wanted = transports[this.mode][transports[this.mode].length - 1];
        await this.until(() => this.transport === wanted, () => `transport ${wanted}`);
        return this;
    }

    // The next `count` messages.
    async receive(count) {
        await this.until(() => this.messages.length >= count,
            () => `message (wants ${count}, has ${this.messages.length})`);
        return this.messages.splice(0, count);
    }

    send(data) {
        this.socket.send(data);
    }

    async ended() {
        await this.until(() => this.end, () => 'close');
        return this.end;
    }

    close() {
        this.socket.close();
        return this.ended();
    }
}

module.exports = { EngineClient, modes };
