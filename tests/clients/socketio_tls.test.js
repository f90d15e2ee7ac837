'use strict';

const assert = require('node:assert/strict');
const { make_certificate } = require('./lib/certificate');
const { EngineClient, modes } = require('./lib/engineio_client');
const { Client, expect } = require('./lib/socketio_checks');
const { start_server } = require('./lib/server');
const { versions } = require('./lib/socketio_clients');
const { socketio_suite } = require('./lib/socketio_suite');
const { after, before, describe, it } = require('./lib/testing');

const { cert, key, ca } = make_certificate();

socketio_suite('over TLS', {
    args: ['--tls', cert, key],
    client: () => ({ ca }),
    checks: ['greeting', 'settles', 'events', 'binaries', 'many', 'big', 'recovery'],
});

describe('clients over TLS', () => {
    let server;
    before(async () => { server = await start_server('--tls', cert, key); });
    after(() => server && server.stop());

    for (const mode of modes) {
        it(`engine.io-client gets text and binary back over ${mode}`, async () => {
            const client = await new EngineClient(server.url, { mode, ca }).open();
            for (let n = 0; n < 100; ++n) {
                client.send(n % 2 ? `text ${n}` : Buffer.from(`data ${n}`));
            }
            const got = await client.receive(100);
            got.forEach((message, n) => {
                assert.equal(typeof message === 'string', n % 2 === 1);
                assert.equal(String(message), n % 2 ? `text ${n}` : `data ${n}`);
            });
            await client.settled();
            await client.close();
        });

        it(`a client that does not know the certificate stays away, over ${mode}`, async () => {
            const client = new Client(versions['4.8'], server.url, { mode });
            await client.refused();
            expect(!client.socket.connected, 'connected in spite of the certificate');
            await client.close();
        });
    }
});
