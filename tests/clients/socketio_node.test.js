'use strict';

const assert = require('node:assert/strict');
const { Client } = require('./lib/socketio_checks');
const { start_server } = require('./lib/server');
const { modes, versions } = require('./lib/socketio_clients');
const { socketio_suite } = require('./lib/socketio_suite');
const { describe, it } = require('./lib/testing');

socketio_suite('server threads: 1');

describe('socket.io-client in Node and a server that goes and comes back', () => {
    // One client of each version over each transport, all of them reconnecting by themselves.
    async function go_and_come(end) {
        let server = await start_server();
        const { port, url } = server;
        const clients = [];
        for (const [version, io] of Object.entries(versions)) {
            for (const mode of modes) {
                const options = { version, mode, reconnection: true, reconnectionDelay: 50,
                    reconnectionDelayMax: 200 };
                const client = new Client(io, url, options);
                client.reconnects = true;
                clients.push(client);
            }
        }
        try {
            await Promise.all(clients.map((client) => client.open()));
            await Promise.all(clients.map((client) => client.settled()));
            for (const client of clients) client.id = client.socket.id;
            await server[end]();
            const reasons = await Promise.all(clients.map((client) => client.ended()));
            reasons.forEach((reason, i) => assert.match(
                reason, /^transport (close|error)$/, clients[i].name));
            for (const client of clients) client.errors.length = 0;

            server = await start_server('--port', String(port));
            await Promise.all(clients.map(async (client) => {
                await client.until(() => client.connects === 2, () => 'second connect');
                client.errors.length = 0;  // attempts that found nobody
                await client.open();
                assert.notEqual(client.socket.id, client.id, client.name);
                await client.flushed();
            }));
        } finally {
            await Promise.all(clients.map((client) => client.close()));
            await server.stop();
        }
    }

    it('reconnects after the server was restarted', () => go_and_come('stop'));
    it('reconnects after the server was killed', () => go_and_come('kill'));

    for (const mode of modes) {
        it(`calls a server dead that has stopped answering, over ${mode}`, async () => {
            const server = await start_server('--ping-interval', '100', '--ping-timeout', '200');
            try {
                const client = await new Client(versions['4.8'], server.url, { mode }).open();
                process.kill(server.pid, 'SIGSTOP');
                assert.equal(await client.ended(), 'ping timeout');
            } finally {
                await server.kill();
            }
        });
    }
});

describe('socket.io-client in Node and short heartbeats', () => {
    it('lives on them', async () => {
        const server = await start_server('--ping-interval', '100', '--ping-timeout', '1000');
        const clients = [];
        try {
            for (const [version, io] of Object.entries(versions)) {
                for (const mode of modes) {
                    clients.push(new Client(io, server.url, { version, mode }));
                }
            }
            await Promise.all(clients.map(async (client) => {
                await client.open();
                let beats = 0;
                client.socket.io.engine.on('packet', ({ type }) => {
                    if (type === 'ping' || type === 'pong') ++beats;
                    client.wake();
                });
                // Longer than a client may live without.
                await client.until(() => beats >= 15 || client.still_alive('heartbeat'),
                    () => '15 heartbeats');
                await client.flushed();
            }));
        } finally {
            await Promise.all(clients.map((client) => client.close()));
            await server.stop();
        }
    });
});
