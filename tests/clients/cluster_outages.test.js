'use strict';

// Redis that says nothing for a while, and a network between servers and Redis that falls apart:
// what is lost is what docs/scaling-out.md says, and all heals by itself.

const assert = require('node:assert/strict');
const { Client } = require('./lib/cluster_client');
const { start_cpp, start_node } = require('./lib/cluster_server');
const { start_cutter } = require('./lib/cutter');
const { start_redis } = require('./lib/redis');
const { describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const everybody = { rooms: [], except: [] };
const adapters = ['pubsub', 'sharded', 'streams'];
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

// Servers with a client each. `ping` is the silence of Redis that ours take for its loss, in ms.
class World {
    constructor(adapter, redis, ping) {
        this.with_ = { adapter, redis, ping };
        this.members = [];
    }

    async add(start, name, redis = this.with_.redis) {
        const server = await start({ ...this.with_, redis, name });
        const control = await new Client(`${server.url}/control`, 'control').connected();
        const client = await new Client(server.url, name).open();
        this.members.push({ name, server, control, client });
        return this.members.at(-1);
    }

    // Waits until `who` counts the sockets of so many servers, and says so soon.
    sees(who, count) {
        return within((async () => {
            for (;;) {
                const started = Date.now();
                const all = await who.control.ask('fetch', everybody);
                if (all.length === count && Date.now() - started < 4000) return;
            }
        })(), `an answer of ${count} servers to ${who.name}`);
    }

    async meet() {
        for (const who of this.members) await this.sees(who, this.members.length);
    }

    async emit(who, numbers) {
        for (const n of numbers) await who.control.ask('emit', everybody, 'number', who.name, n);
    }

    // The numbers of `of` that the client of `at` has heard.
    heard(at, of) {
        return at.client.events.filter(([name, who]) => name === 'number' && who === of.name)
            .map(([, , n]) => n);
    }

    async until_heard(at, of, n) {
        await at.client.until(() => this.heard(at, of).includes(n), `${n} of ${of.name} at ${at.name}`);
    }

    async stop() {
        for (const { client, control } of this.members) {
            client.close();
            control.close();
        }
        for (const { server } of this.members) await server.stop();
    }
}

function rises(numbers) {
    numbers.forEach((n, i) => assert.ok(i === 0 || numbers[i - 1] < n, `${n} in ${numbers}`));
}

describe('Redis that is paused', () => {
    for (const adapter of adapters) {
        it(`loses nothing when it goes on before it is given up, ${adapter}`, async () => {
            const redis = await start_redis();
            const world = new World(adapter, redis, 60000);
            try {
                await world.add(start_cpp, 'cpp1');
                await world.add(start_cpp, 'cpp2');
                await world.add(start_node, 'node1');
                await world.meet();
                redis.pause();
                for (const who of world.members) {
                    await world.emit(who, range(0, 50));
                    // Its own clients do not wait; those of Node's newer adapters do.
                    if (who.name !== 'node1' || adapter === 'pubsub')
                        await world.until_heard(who, who, 49);
                }
                redis.resume();
                for (const at of world.members) {
                    for (const of of world.members) {
                        await world.until_heard(at, of, 49);
                        assert.deepEqual(world.heard(at, of), range(0, 50));
                    }
                }
            } finally {
                redis.resume();
                await world.stop();
                await redis.stop();
            }
        });

        it(`is given up after a while, and found again, ${adapter}`, async (t) => {
            const redis = await start_redis();
            const world = new World(adapter, redis, 300);
            try {
                const a = await world.add(start_cpp, 'a');
                const b = await world.add(start_cpp, 'b');
                await world.meet();
                await world.emit(a, range(0, 10));
                await world.until_heard(b, a, 9);
                redis.pause();
                await world.sees(a, 1);
                await world.emit(a, range(10, 20));
                await world.until_heard(a, a, 19);
                redis.resume();
                await world.meet();
                await world.emit(a, range(20, 30));
                for (const at of [a, b]) await world.until_heard(at, a, 29);
                assert.deepEqual(world.heard(a, a), range(0, 30));
                const there = world.heard(b, a);
                rises(there);
                assert.deepEqual(there.filter((n) => n < 10 || n >= 20),
                    [...range(0, 10), ...range(20, 30)]);
                t.diagnostic(`of 10 sent meanwhile ${there.length - 20} came to the other server`);
            } finally {
                redis.resume();
                await world.stop();
                await redis.stop();
            }
        });
    }
});

describe('a server that a broken network parts from Redis', () => {
    for (const adapter of adapters) {
        it(`costs the others nothing, and comes back, ${adapter}`, async (t) => {
            const redis = await start_redis();
            const network = await start_cutter(redis.port);
            const world = new World(adapter, redis, 300);
            try {
                const b = await world.add(start_cpp, 'b');
                const node = await world.add(start_node, 'node');
                const a = await world.add(
                    start_cpp, 'a', { url: `redis://127.0.0.1:${network.port}` });
                await world.meet();
                network.part();
                await world.sees(a, 1);
                for (const who of world.members) await world.emit(who, range(0, 10));
                // Those that have Redis hear each other, and all hear themselves.
                for (const [at, of] of [[b, node], [node, b], [a, a], [b, b], [node, node]]) {
                    await world.until_heard(at, of, 9);
                    assert.deepEqual(world.heard(at, of), range(0, 10));
                }
                network.mend();
                await world.meet();
                for (const who of world.members) await world.emit(who, range(10, 20));
                for (const at of world.members) {
                    for (const of of world.members) {
                        await world.until_heard(at, of, 19);
                        const numbers = world.heard(at, of);
                        rises(numbers);
                        assert.deepEqual(numbers.filter((n) => n >= 10), range(10, 20));
                        // A stream is read from where it was left.
                        if (at !== a && of !== a || at === of || of !== a && adapter === 'streams')
                            assert.deepEqual(numbers, range(0, 20));
                    }
                }
                t.diagnostic(`of 10 sent meanwhile ${world.heard(b, a).length - 10} of the parted ` +
                    `server came to others, ${world.heard(a, b).length - 10} of others to it`);
            } finally {
                network.mend();
                await world.stop();
                network.close();
                await redis.stop();
            }
        });
    }
});
