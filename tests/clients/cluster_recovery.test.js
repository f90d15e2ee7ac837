'use strict';

// Clients that are cut off from one server and come back to another, of the other kind, too; the
// emitter of Node; and servers that lose Redis for a while.

const assert = require('node:assert/strict');
const { Client } = require('./lib/cluster_client');
const { start_cpp, start_node } = require('./lib/cluster_server');
const need = require('./lib/need');
const { start_redis } = require('./lib/redis');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const everybody = { rooms: [], except: [] };

// Waits until a session can be recovered.
const is_stored = (redis, pid) => within((async () => {
    const { createClient } = need('redis');
    const asking = createClient({ url: redis.url });
    await asking.connect();
    while (await asking.exists(`sio:session:${pid}`) === 0);
    await asking.quit();
})(), 'the stored session');

describe('recovery over several servers', () => {
    let redis;
    const servers = {};
    const controls = {};
    before(async () => {
        redis = await start_redis();
        const each = (name) => ({ adapter: 'streams', redis, name, recovery: true });
        servers.cpp1 = await start_cpp(each('cpp1'));
        servers.cpp2 = await start_cpp({ ...each('cpp2'), threads: 2 });
        servers.node1 = await start_node(each('node1'));
        for (const [name, { url }] of Object.entries(servers))
            controls[name] = await new Client(`${url}/control`, 'control').connected();
    });
    after(async () => {
        for (const control of Object.values(controls)) control.close();
        for (const server of Object.values(servers)) await server.stop();
        await redis?.stop();
    });

    for (const [from, to] of [
        ['cpp1', 'cpp2'], ['cpp1', 'node1'], ['node1', 'cpp1'], ['cpp2', 'cpp2'],
    ]) {
        it(`goes on at ${to} where it was cut off from ${from}`, async () => {
            const client = await new Client(servers[from].url, 'me').open();
            const { id } = client;
            await client.ask('enter', 'room');
            // An event of each server, so that the client knows where it is.
            for (const control of Object.values(controls)) {
                await control.ask('emit', everybody, 'before');
                await client.until(() => client.events.length > 0, 'an event');
                client.take();
            }
            const auth = { pid: client.socket._pid, offset: client.socket._lastOffset };
            client.socket.io.reconnection(false);
            client.socket.io.engine.close();
            await is_stored(redis, auth.pid);
            const missed = [];
            for (const [name, control] of Object.entries(controls)) {
                await control.ask('emit', everybody, 'missed', name);
                await control.ask('emit', { rooms: ['room'], except: [] }, 'missed', `${name} room`);
                await control.ask('emit', { rooms: ['elsewhere'], except: [] }, 'missed', 'not');
                missed.push(name, `${name} room`);
            }
            const back = new Client(servers[to].url, 'me', { auth });
            try {
                await back.until(() => back.events.some(([name]) => name === 'hello'), 'hello');
                const heard = back.take();
                assert.deepEqual(heard.at(-1).slice(0, 2), ['hello', true]);
                assert.equal(back.socket.id, id);
                assert.deepEqual(heard.slice(0, -1).map(([, text]) => text).sort(), missed.sort());
                // It goes on as if nothing had been.
                await controls[from].ask('emit', { rooms: ['room'], except: [] }, 'after', 1);
                await back.until(() => back.events.length > 0, 'an event');
                assert.deepEqual(back.take().map((event) => event.slice(0, 2)), [['after', 1]]);
            } finally {
                back.close();
                client.close();
            }
        });
    }

    it('goes on elsewhere when its server is taken out of service', async () => {
        const leaving = await start_cpp({ adapter: 'streams', redis, name: 'cpp3', recovery: true });
        const client = await new Client(leaving.url, 'me').open();
        const { id } = client;
        // It has come in before its server has subscribed.
        const here = async () => (await controls.cpp1.ask('fetch', everybody)).some((s) => s.id === id);
        await within((async () => { while (!await here()); })(), 'its server');
        await controls.cpp1.ask('emit', everybody, 'before');
        await client.until(() => client.events.length > 0, 'an event');
        client.take();
        const auth = { pid: client.socket._pid, offset: client.socket._lastOffset };
        client.socket.io.reconnection(false);
        await leaving.stop();
        await is_stored(redis, auth.pid);
        await controls.cpp2.ask('emit', everybody, 'missed', 1);
        const back = new Client(servers.cpp1.url, 'me', { auth });
        try {
            await back.until(() => back.events.some(([name]) => name === 'hello'), 'hello');
            const heard = back.take().map((event) => event.slice(0, 2));
            assert.deepEqual(heard, [['missed', 1], ['hello', true]]);
            assert.equal(back.socket.id, id);
        } finally {
            back.close();
            client.close();
        }
    });
});

describe('a server that loses Redis', () => {
    for (const adapter of ['pubsub', 'sharded', 'streams']) {
        it(`serves its own clients meanwhile, and heals, ${adapter}`, async () => {
            const redis = await start_redis();
            const a = await start_cpp({ adapter, redis, name: 'a' });
            const b = await start_cpp({ adapter, redis, name: 'b' });
            const control = await new Client(`${a.url}/control`, 'control').connected();
            const here = await new Client(a.url, 'here').open();
            const there = await new Client(b.url, 'there').open();
            try {
                await redis.stop();
                await within((async () => {
                    // At once, once it has noticed.
                    for (;;) {
                        const started = Date.now();
                        const all = await control.ask('fetch', everybody);
                        if (Date.now() - started < 4000 && all.length === 1) return;
                    }
                })(), 'an answer of one server');
                await control.ask('emit', everybody, 'alone');
                await here.until(() => here.events.some(([name]) => name === 'alone'), 'alone');
                await redis.start();
                await within((async () => {
                    while ((await control.ask('fetch', everybody)).length !== 2);
                })(), 'answers of both servers');
                await control.ask('emit', everybody, 'together');
                for (const client of [here, there])
                    await client.until(
                        () => client.events.some(([name]) => name === 'together'), 'together');
            } finally {
                for (const client of [control, here, there]) client.close();
                await a.stop();
                await b.stop();
                await redis.stop();
            }
        });
    }
});

describe('the emitter of Node', () => {
    it('reaches sockets and servers of the library', async () => {
        const redis = await start_redis();
        const server = await start_cpp({ adapter: 'pubsub', redis, name: 'a' });
        const control = await new Client(`${server.url}/control`, 'control').connected();
        const client = await new Client(server.url, 'me').open();
        const { createClient } = need('redis');
        const { Emitter } = need('@socket.io/redis-emitter');
        const connection = createClient({ url: redis.url });
        await connection.connect();
        try {
            // Clients come in before the server has subscribed, and an emitter asks nobody.
            await within((async () => {
                const hears = (name) => connection.sendCommand(['PUBSUB', ...name]);
                while ((await hears(['NUMSUB', 'socket.io-request#/#']))[1] === 0 ||
                    await hears(['NUMPAT']) < 2);
            })(), 'the subscriptions of the server');
            const emitter = new Emitter(connection);
            emitter.in(client.id).socketsJoin(['a', 'b']);
            emitter.to('a').emit('to a', Buffer.from([1, 2]));
            emitter.in('a').socketsLeave('b');
            emitter.to('b').emit('to b');
            emitter.except('a').emit('except a');
            emitter.serverSideEmit('told', 1);
            emitter.emit('all', { x: 1 });
            await client.until(() => client.events.some(([name]) => name === 'all'), 'all');
            assert.deepEqual(client.take(), [['to a', Buffer.from([1, 2])], ['all', { x: 1 }]]);
            await within((async () => {
                while (!(await control.ask('heard')).includes('told'));
            })(), 'the event for servers');
            emitter.in('a').disconnectSockets(true);
            await within((async () => {
                while ((await control.ask('fetch', everybody)).length !== 0);
            })(), 'a server without sockets');
        } finally {
            client.close();
            control.close();
            await connection.quit();
            await server.stop();
            await redis.stop();
        }
    });
});
