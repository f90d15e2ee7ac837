'use strict';

const assert = require('node:assert/strict');
const { setTimeout: pause } = require('node:timers/promises');
const { start_cutter } = require('./cutter');
const { Client } = require('./socketio_checks');
const { start_server } = require('./server');
const { modes, versions } = require('./socketio_clients');
const { describe, it } = require('./testing');

const io = versions['4.8'];

// A server that finds out soon about a client which is between two polls when it is lost; and
// clients that come back later than that.
const heartbeat = ['--ping-interval', '300', '--ping-timeout', '400'];
const back_after = { polling: 2000, websocket: 100, upgrade: 2000 };

// Sends numbers to all without end, a few every few milliseconds, from a client of its own.
class Numbers {
    static async start(url) {
        const numbers = new Numbers();
        numbers.client = await new Client(io, url, { mode: 'websocket' }).open();
        numbers.next = 0;
        numbers.going = true;
        numbers.all_sent = numbers.send_all();
        numbers.all_sent.catch(() => {});
        return numbers;
    }

    async send_all() {
        let heard = 0;
        while (this.going) {
            for (let n = 0; n < 3; ++n) this.client.emit('bcast', this.next++);
            for (; heard < this.next; ++heard) await this.client.next('message', heard);
            await pause(5);  // not waiting for anything: it is how fast the numbers come
        }
    }

    async finish() {
        this.going = false;
        await this.all_sent;
        await this.client.close();
    }
}

// One client behind a proxy of its own, which hears the numbers in order, each once.
class Listener {
    static async start(port, mode) {
        const listener = new Listener();
        listener.proxy = await start_cutter(port);
        const client = new Client(io, listener.proxy.url, {
            mode, greeting: false, reconnection: true, randomizationFactor: 0,
            reconnectionDelay: back_after[mode], reconnectionDelayMax: back_after[mode],
            events: ['message'],
        });
        client.reconnects = true;
        listener.client = client;
        listener.recovered = 0;
        client.socket.on('connect', () => {
            if (client.socket.recovered) ++listener.recovered;
        });
        await client.open();
        listener.id = client.socket.id;
        return listener;
    }

    // Hears `count` numbers, or all up to the number `end`.
    async hear(count, end = Infinity) {
        for (let i = 0; i < count && this.expected !== end; ++i) {
            const [[, n]] = await this.client.receive(1);
            this.expected ??= n;  // whatever the first one is
            assert.equal(n, this.expected, `${this.client.name}: a number is missing or twice`);
            ++this.expected;
        }
    }

    // Loses its connection and is back.
    async cut() {
        const { client } = this;
        const { connects } = client;
        client.ends.length = 0;
        this.proxy.cut();
        await client.ended();
        this.proxy.mend();
        await client.until(() => client.connects > connects, () => 'connect after the cut');
        client.errors.length = 0;
        assert.equal(client.socket.recovered, true, `${client.name}: not recovered`);
        assert.equal(client.socket.id, this.id, client.name);
    }

    async close() {
        await this.client.close();
        this.proxy.close();
    }
}

// Registers the tests against a server with `threads` threads.
function cut_suite(threads) {
    describe(`cut connections, server threads: ${threads}`, () => {
        for (const mode of modes) {
            it(`20 clients over ${mode} hear everything once, in order, cut four times each`,
                async () => {
                    const server = await start_server('--threads', String(threads), ...heartbeat);
                    const numbers = await Numbers.start(server.url);
                    const listeners = await Promise.all(
                        Array.from({ length: 20 }, () => Listener.start(server.port, mode)));
                    try {
                        await Promise.all(listeners.map(async (listener, i) => {
                            await listener.hear(10 + i);  // so that no two are cut together
                            await listener.client.settled();
                            for (let round = 0; round < 4; ++round) {
                                await listener.cut();
                                await listener.hear(30 + 7 * i);
                            }
                        }));
                        await numbers.finish();
                        await Promise.all(
                            listeners.map((listener) => listener.hear(Infinity, numbers.next)));
                        for (const { recovered, client } of listeners) {
                            assert.ok(recovered >= 4, `${client.name}: recovered ${recovered}`);
                        }
                    } finally {
                        await Promise.all(listeners.map((listener) => listener.close()));
                        if (numbers.going) await numbers.finish();
                        await server.stop();
                    }
                });
        }
    });
}

module.exports = { cut_suite };
