'use strict';

// A process that is no server sends by our emitter, through a real Redis, to sockets and servers of
// Node and of the library.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Client } = require('./lib/cluster_client');
const { start_cpp, start_node } = require('./lib/cluster_server');
const { start_redis } = require('./lib/redis');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const everybody = { rooms: [], except: [] };
const to = (...rooms) => ({ rooms, except: [] });
const names = ['cpp', 'node'];

describe('the emitter of the library', () => {
    let redis;
    const servers = [];
    let controls = [];
    let clients = [];
    let emitter;
    before(async () => {
        redis = await start_redis();
        servers.push(await start_cpp({ adapter: 'pubsub', redis, name: 'cpp' }));
        servers.push(await start_node({ adapter: 'pubsub', redis, name: 'node' }));
        servers.push(await start_cpp({ adapter: 'emitter', redis, name: 'emitter' }));
        [emitter, ...controls] = await Promise.all([servers[2], servers[0], servers[1]].map(
            ({ url }) => new Client(`${url}/control`, 'control').connected()));
        clients = await Promise.all(
            names.map((name, i) => new Client(servers[i].url, name).open()));
        // An emitter asks nobody whether servers have subscribed.
        await within((async () => {
            for (const control of controls)
                while ((await control.ask('fetch', everybody)).length !== names.length);
        })(), 'both servers');
    });
    after(async () => {
        for (const client of [...clients, ...controls, emitter]) client?.close();
        for (const server of servers) await server.stop();
        await redis?.stop();
    });

    // What each client has heard when the mark comes, which is sent last.
    async function heard() {
        await emitter.ask('emit', everybody, 'mark');
        return Promise.all(clients.map(async (client) => {
            await client.until(() => client.events.some(([name]) => name === 'mark'), 'mark');
            return client.take().slice(0, -1);
        }));
    }

    it('reaches the sockets of both', async () => {
        const value = [1, 'x', null, { deep: [1.5, -3, 'é'] }];
        const bytes = Buffer.from([1, 2, 255, 0]);
        await emitter.ask('emit', everybody, 'all', ...value);
        await emitter.ask('emit', everybody, 'bytes', bytes, { in: bytes });
        const all = [['all', ...value], ['bytes', bytes, { in: bytes }]];
        assert.deepEqual(await heard(), [all, all]);
    });

    it('moves sockets into rooms and out, and sends to rooms, sockets, and all but some', async () => {
        await emitter.ask('join', everybody, ['everyone']);
        await emitter.ask('join', to(clients[0].id), ['one', 'left']);
        await emitter.ask('join', to(clients[1].id), ['two']);
        await emitter.ask('leave', to('one'), ['left']);
        await within((async () => {
            for (const control of controls) {
                const in_rooms = async (room) => (await control.ask('fetch', to(room))).length;
                while (await in_rooms('everyone') !== 2 || await in_rooms('two') !== 1 ||
                    await in_rooms('one') !== 1 || await in_rooms('left') !== 0);
            }
        })(), 'all in their rooms');
        await emitter.ask('emit', to('one'), 'to one');
        await emitter.ask('emit', to('two'), 'to two');
        await emitter.ask('emit', to('one', 'two'), 'to both');
        await emitter.ask('emit', { rooms: ['everyone'], except: ['one'] }, 'but one');
        await emitter.ask('emit', { rooms: [], except: ['two'] }, 'but two');
        await emitter.ask('emit', to(clients[1].id), 'to a socket');
        await emitter.ask('emit', to('left'), 'to nobody');
        assert.deepEqual((await heard()).map((events) => events.map(([name]) => name)), [
            ['to one', 'to both', 'but two'],
            ['to two', 'to both', 'but one', 'to a socket'],
        ]);
        // Not in their wake: while something is on its way to a client, Node drops it.
        await emitter.ask('emit', { ...everybody, is_volatile: true }, 'volatile');
        assert.deepEqual(await heard(), [[['volatile']], [['volatile']]]);
    });

    it('tells the servers', async () => {
        await emitter.ask('sse', 'hello', 1, { a: 2 });
        await within((async () => {
            for (const control of controls) while (!(await control.ask('heard')).includes('hello'));
        })(), 'the event for servers');
    });

    it('keeps its order over 1 000 events', async () => {
        const sent = Array.from({ length: 1000 }, (_, n) => ['number', n]);
        await Promise.all(sent.map((event) => emitter.ask('emit', everybody, ...event)));
        assert.deepEqual(await heard(), [sent, sent]);
    });

    it('ends sockets of both', async () => {
        const ended = clients.map((client) => within(once(client.socket, 'disconnect'), 'the end'));
        await emitter.ask('disconnect_all', to('one', 'two'), true);
        await Promise.all(ended);
    });
});
