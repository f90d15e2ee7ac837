'use strict';

// Two servers of this library and two of Node behind one Redis, or one cluster of Redis, or four of
// this library without Redis ("unix"): every operation from each of them, on the clients of all of
// them.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Client } = require('./cluster_client');
const { start_cpp, start_node } = require('./cluster_server');
const { start_redis, start_redis_cluster } = require('./redis');
const { temp_dir } = require('./temp');
const { after, before, describe, it } = require('./testing');
const { within } = require('./within');

const everybody = { rooms: [], except: [] };
const to = (...rooms) => ({ rooms, except: [] });

class Cluster {
    async start(adapter, on_cluster) {
        const is_local = adapter === 'unix';
        if (is_local) this.folder = temp_dir('bus');
        else this.redis = await (on_cluster ? start_redis_cluster() : start_redis());
        const each = (name) => ({ adapter, redis: this.redis, folder: this.folder, name });
        const start_other = is_local ? start_cpp : start_node;
        this.servers = await Promise.all([
            start_cpp(each('cpp1')), start_cpp({ ...each('cpp2'), threads: 2 }),
            start_other(each('node1')), start_other(each('node2')),
        ]);
        this.controls = await Promise.all(this.servers.map(
            (s) => new Client(`${s.url}/control`, 'control').connected()));
        this.clients = await Promise.all(this.servers.map((s) => new Client(s.url, s.name).open()));
        // Clients come in before their servers have subscribed.
        for (const control of this.controls) {
            const count = async () => (await control.ask('fetch', everybody)).length;
            await within((async () => { while (await count() !== names.length); })(), 'all servers');
        }
        await this.settled();
        return this;
    }

    // Waits until what was sent before has arrived everywhere, by way of everybody.
    async settled() {
        const mark = `mark${++Cluster.marks}`;
        for (const control of this.controls) await control.ask('emit', everybody, mark);
        for (const client of this.clients) {
            if (!client.socket.connected) continue;
            await client.until(
                () => client.events.filter(([name]) => name === mark).length === this.servers.length,
                mark);
            client.events = client.events.filter(([name]) => name !== mark);
        }
    }

    taken() {
        return this.clients.map((client) => client.take());
    }

    async stop() {
        for (const client of [...this.clients ?? [], ...this.controls ?? []]) client.close();
        for (const server of this.servers ?? []) await server.stop();
        await this.redis?.stop();
    }
}
Cluster.marks = 0;
const names = ['cpp1', 'cpp2', 'node1', 'node2'];
const sorted = (list) => [...list].sort();

function operations(adapter, { on_cluster = false } = {}) {
    const where = on_cluster ? ', a cluster of Redis' : '';
    describe(`two servers of each kind, ${adapter}${where}`, () => {
        const cluster = new Cluster();
        before(() => cluster.start(adapter, on_cluster));
        after(() => cluster.stop());

        // Calls `check` for each server that does something.
        async function each(check) {
            for (let i = 0; i < names.length; ++i) await check(cluster.controls[i], i);
        }

        it('broadcasts to all clients', () => each(async (control, i) => {
            const value = [i, 'x', null, { k: true, deep: [1.5, -3, 'é'] }];
            await control.ask('emit', everybody, 'all', ...value);
            await cluster.settled();
            assert.deepEqual(cluster.taken(), names.map(() => [['all', ...value]]));
        }));

        it('broadcasts bytes', () => each(async (control) => {
            const bytes = Buffer.from([1, 2, 255, 0]);
            await control.ask('emit', everybody, 'bytes', bytes, { in: bytes });
            await cluster.settled();
            for (const events of cluster.taken())
                assert.deepEqual(events, [['bytes', bytes, { in: bytes }]]);
        }));

        it('broadcasts to rooms, to sockets, and to all but some', () => each(async (control) => {
            for (const client of cluster.clients) await client.ask('enter', 'everyone');
            for (const k of [0, 3]) await cluster.clients[k].ask('enter', 'ends');
            await cluster.settled();
            await control.ask('emit', to('ends'), 'ends');
            await control.ask('emit', { rooms: ['everyone'], except: ['ends'] }, 'middle');
            await control.ask('emit', to(cluster.clients[1].id), 'one');
            await control.ask('emit', to(cluster.clients[2].id), 'one');
            await control.ask('emit', to('ends', cluster.clients[1].id), 'three');
            await cluster.settled();
            const heard = cluster.taken().map((events) => sorted(events.map(([name]) => name)));
            assert.deepEqual(heard, [
                ['ends', 'three'], ['middle', 'one', 'three'], ['middle', 'one'], ['ends', 'three'],
            ]);
        }));

        it('keeps to itself what is local', () => each(async (control, i) => {
            await control.ask('emit', { ...everybody, local: true }, 'local');
            await cluster.settled();
            assert.deepEqual(
                cluster.taken(), names.map((_, k) => (k === i ? [['local']] : [])));
        }));

        it('gathers acknowledgements of all clients', () => each(async (control) => {
            for (const [k, client] of cluster.clients.entries())
                client.socket.once('question', (done) => done(names[k]));
            const { failed, answers } = await control.ask(
                'ask', { ...everybody, timeout: 20000 }, 'question');
            assert.equal(failed, false);
            assert.deepEqual(sorted(answers), names);
            cluster.taken();
        }));

        it('says which clients have answered when others have not', () => each(async (control) => {
            for (const k of [0, 2])
                cluster.clients[k].socket.once('question', (done) => done(names[k]));
            const { failed, answers } = await control.ask(
                'ask', { ...everybody, timeout: 1000 }, 'question');
            assert.equal(failed, true);
            assert.deepEqual(sorted(answers), ['cpp1', 'node1']);
            cluster.taken();
        }));

        it('fetches sockets with their rooms and data', () => each(async (control) => {
            const all = await control.ask('fetch', everybody);
            assert.deepEqual(sorted(all.map((s) => s.id)), sorted(cluster.clients.map((c) => c.id)));
            for (const [k, client] of cluster.clients.entries()) {
                const found = all.find((s) => s.id === client.id);
                assert.deepEqual(found.data, { who: names[k] });
                assert.ok(found.rooms.includes('everyone'));
                assert.match(found.address, /127\.0\.0\.1/);
            }
            const ends = await control.ask('fetch', to('ends'));
            assert.deepEqual(
                sorted(ends.map((s) => s.id)), sorted([0, 3].map((k) => cluster.clients[k].id)));
        }));

        it('moves sockets into rooms and out of them', () => each(async (control, i) => {
            const room = `moved${i}`;
            await control.ask('join', { rooms: ['everyone'], except: ['ends'] }, [room, `${room}b`]);
            await cluster.settled();
            await control.ask('emit', to(room), 'in');
            await control.ask('leave', to(room), [`${room}b`]);
            await cluster.settled();
            await control.ask('emit', to(`${room}b`), 'out');
            await cluster.settled();
            assert.deepEqual(cluster.taken(), [[], [['in']], [['in']], []]);
        }));

        it('tells other servers, and gathers their answers', () => each(async (control, i) => {
            const before_it = await Promise.all(cluster.controls.map((c) => c.ask('heard')));
            await control.ask('sse', 'hello', 1, { a: 2 });
            const { failed, answers } = await control.ask('sse_ask', 'question', 'x');
            assert.equal(failed, false);
            assert.deepEqual(sorted(answers), names.filter((_, k) => k !== i));
            // One comes by the stream, the other by a channel: which comes first nobody knows.
            for (let k = 0; k < names.length; ++k) {
                const expected = k === i ? [] : ['hello', 'question'];
                const news = async () => (
                    await cluster.controls[k].ask('heard')).slice(before_it[k].length);
                await within((async () => {
                    while ((await news()).length < expected.length);
                })(), `events at ${names[k]}`);
                assert.deepEqual((await news()).sort(), expected);
            }
        }));

        if (adapter === 'pubsub') {
            it('lists the rooms of all servers', () => each(async (control) => {
                const rooms = await control.ask('rooms');
                for (const client of cluster.clients) assert.ok(rooms.includes(client.id));
                assert.ok(rooms.includes('everyone') && rooms.includes('ends'));
            }));
        }

        it('loses no numbered broadcast, and keeps the order of each server', async () => {
            const count = 500;
            await Promise.all(cluster.controls.map(async (control, i) => {
                for (let n = 0; n < count; ++n) control.ask('emit', everybody, 'number', i, n);
                await control.ask('emit', everybody, 'number', i, count);
            }));
            for (const client of cluster.clients) {
                await client.until(
                    () => client.events.length >= names.length * (count + 1), 'all numbers');
                const next = names.map(() => 0);
                for (const [name, i, n] of client.take()) {
                    assert.equal(name, 'number');
                    assert.equal(n, next[i]++);
                }
                assert.deepEqual(next, names.map(() => count + 1));
            }
        });

        // The last one: the clients are gone after it.
        it('ends sockets of all servers', async () => {
            for (const [i, control] of cluster.controls.entries()) {
                const gone = cluster.clients[(i + 1) % names.length];
                const other = cluster.clients[(i + 3) % names.length];
                for (const client of [gone, other]) {
                    if (!client.socket.connected) {
                        client.events = [];
                        client.socket.connect();
                        await client.open();
                    }
                    await client.ask('enter', `gone${i}`);
                }
                await cluster.settled();
                const ended = [gone, other].map((c) => within(once(c.socket, 'disconnect'), 'end'));
                await control.ask('disconnect_all', to(`gone${i}`), false);
                await Promise.all(ended);
            }
        });
    });
}

module.exports = { Cluster, everybody, operations };

