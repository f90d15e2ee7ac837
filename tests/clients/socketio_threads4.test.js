'use strict';

const assert = require('node:assert/strict');
const { EngineClient, modes: engine_modes } = require('./lib/engineio_client');
const { all_connected, same } = require('./lib/socketio_checks');
const { start_server } = require('./lib/server');
const { modes, versions } = require('./lib/socketio_clients');
const { socketio_suite } = require('./lib/socketio_suite');
const { after, before, describe, it } = require('./lib/testing');

// Every version over every transport, to go round with.
const everybody = Object.entries(versions).flatMap(
    ([version, io]) => modes.map((mode) => ({ io, version, mode })));
const recoverers = modes.map((mode) => ({ io: versions['4.8'], version: '4.8', mode }));

socketio_suite('server threads: 4', {
    args: ['--threads', '4'],
    checks: [
        'settles', 'events', 'binaries', 'broadcast', 'rooms', 'namespaces', 'many', 'recovery',
        'kicked_from_namespace', 'kicked_out',
    ],
});

describe('many clients at once, server threads: 4', () => {
    let server;
    before(async () => { server = await start_server('--threads', '4'); });
    after(() => server && server.stop());

    it('30 clients have their events echoed in order', () => all_connected(
        null, server.url, everybody, 30, (clients) => Promise.all(clients.map(async (client, i) => {
            for (let n = 0; n < 100; ++n) client.emit('echo', i, n);
            for (let n = 0; n < 100; ++n) await client.next('echo', i, n);
        }))));

    it('30 clients of Engine.IO have their messages echoed in order', () => Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
            const mode = engine_modes[i % engine_modes.length];
            const client = await new EngineClient(server.url, { mode }).open();
            const wanted = Array.from({ length: 100 }, (__, n) => `client ${i}: ${n}`);
            for (const text of wanted) client.send(text);
            assert.deepEqual(await client.receive(100), wanted);
            await client.settled();
            await client.close();
        })));

    it('30 clients hear the broadcasts of five in one and the same order', () => all_connected(
        null, server.url, everybody, 30, async (clients) => {
            clients.slice(0, 5).forEach((client, sender) => {
                for (let n = 0; n < 40; ++n) client.emit('bcast', sender, n);
            });
            const heard = await Promise.all(clients.map(async (client) => {
                const events = await client.receive(200);
                return events.map(([name, sender, n]) => `${name} ${sender} ${n}`);
            }));
            heard.forEach((texts, i) => same(texts, heard[0], clients[i].name));
            for (let sender = 0; sender < 5; ++sender) {
                assert.deepEqual(
                    heard[0].filter((text) => text.startsWith(`message ${sender} `)),
                    Array.from({ length: 40 }, (_, n) => `message ${sender} ${n}`));
            }
        }));

    it('30 clients in five rooms hear their own room, and each event once', () => all_connected(
        null, server.url, everybody, 30, async (clients) => {
            const room_of = (i) => `room ${i % 5}`;
            await Promise.all(clients.map((client, i) => client.ask('join', room_of(i))));
            // Whoever sends does not hear it: five hear what each of the six of a room sends.
            clients.forEach((client, i) => {
                for (let n = 0; n < 10; ++n) client.emit('room', room_of(i), i, n);
            });
            await Promise.all(clients.map(async (client, i) => {
                const next = new Map();
                for (const [name, sender, n] of await client.receive(50)) {
                    assert.equal(name, 'room');
                    assert.equal(room_of(sender), room_of(i), client.name);
                    assert.notEqual(sender, i, client.name);
                    assert.equal(n, next.get(sender) ?? 0, client.name);
                    next.set(sender, n + 1);
                }
            }));
            clients[0].emit('bcast', 'end');
            await Promise.all(clients.map((client) => client.next('message', 'end')));
        }));

    it('12 clients recover ten times, whichever thread they come back to', () => all_connected(
        null, server.url, [...recoverers, recoverers[1]], 13, async ([other, ...clients]) => {
            const ids = clients.map((client) => client.socket.id);
            await Promise.all(clients.map((client) => client.ask('join', 'everybody')));
            let next = 0;
            for (let round = 0; round < 10; ++round) {
                await Promise.all(clients.map((client) => client.settled()));
                await Promise.all(clients.map(async (client) => {
                    client.socket.io.engine.close();
                    await client.ended();
                }));
                const first = next;
                for (; next < first + 5; ++next) {
                    other.emit(...(next % 2 ? ['bcast', next] : ['room', 'everybody', next]));
                }
                await other.flushed();
                await Promise.all(clients.map(async (client, i) => {
                    client.socket.connect();
                    for (let n = first; n < next; ++n) {
                        await client.next(n % 2 ? 'message' : 'room', n);
                    }
                    assert.equal((await client.receive(1))[0][0], 'auth');
                    assert.equal(client.socket.recovered, true, client.name);
                    assert.equal(client.socket.id, ids[i], client.name);
                }));
            }
        }));
});
