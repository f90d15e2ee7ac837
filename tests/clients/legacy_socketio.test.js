'use strict';

// socket.io-client 1.7 and 2.5, which speak Engine.IO 3: text that is not ASCII in both directions,
// which 1.7 encodes twice while it polls; in Chromium and in Node, beside the server of their time.

const assert = require('node:assert/strict');
const { start_legacy_chromium } = require('./lib/legacy_chromium');
const { start_legacy } = require('./lib/legacy_suite');
const { all_connected, connected } = require('./lib/socketio_checks');
const { start_server } = require('./lib/server');
const { start_socketio_1 } = require('./lib/socketio_1_server');
const { old_versions, versions } = require('./lib/socketio_clients');
const { socketio_suite } = require('./lib/socketio_suite');
const { after, before, describe, it } = require('./lib/testing');

const modes = {
    'polling': { transports: ['polling'] },
    'polling without binary': { transports: ['polling'], base64: true, bytes: false },
    'script elements': { transports: ['polling'], jsonp: true, bytes: false },
    'websocket': { transports: ['websocket'] },
};

describe('clients of Engine.IO 3 in Chromium', () => {
    let engine;
    before(async () => { engine = await start_legacy_chromium([]); });
    after(() => engine && engine.stop());

    for (const client of ['socketio-1.7', 'socketio-2.5']) {
        describe(client, () => {
            let at;
            before(async () => { at = await start_legacy(client, engine); });
            after(() => at && at.stop());
            for (const [mode, asked] of Object.entries(modes)) {
                it(`${mode}: every class of text, 200 KB, broadcasts, bytes`, async () => {
                    const found = await at.run({ case: 'socketio_echo', ...asked });
                    assert.equal(found, asked.transports[0]);
                });
            }
            it('works on a page of another origin', async () => {
                await at.run({ case: 'socketio_echo', other: true, ...modes.polling });
                await at.run({ case: 'socketio_echo', other: true, ...modes['script elements'] });
            });
            it('polls, then goes on over WebSocket', async () => {
                const asked = { case: 'socketio_choose' };
                assert.equal(await at.run(asked), 'websocket');
            });
        });
    }

    describe('socketio-1.7 and the server 1.7', () => {
        let at;
        let reference;
        before(async () => {
            reference = await start_socketio_1();
            at = await start_legacy('socketio-1.7', engine);
        });
        after(async () => {
            if (at) await at.stop();
            if (reference) await reference.stop();
        });
        for (const [mode, asked] of Object.entries(modes)) {
            it(`${mode}: the same`, async () => {
                const { url } = reference;
                await at.run({ case: 'socketio_echo', url, ...asked });
            });
        }
    });
});

socketio_suite('clients 1.7, server threads: 1', {
    versions: ['1.7'],
    checks: [
        'greeting', 'settles', 'events', 'acks', 'binaries', 'broadcast', 'rooms', 'namespaces', 'many', 'big',
        'leaves_and_returns', 'kicked_from_namespace', 'kicked_out',
    ],
});

describe('clients of every version hear the same text', () => {
    let server;
    before(async () => { server = await start_server(); });
    after(() => server && server.stop());

    const everybody = Object.entries({ ...old_versions, ...versions }).flatMap(([version, io]) => [
        { io, version, mode: 'polling' }, { io, version, mode: 'polling', forceBase64: true },
        { io, version, mode: 'websocket' },
    ]);
    const texts = ['안녕하세요', '\u{1f680}', 'é ÿ', '\u2028\u0000', 'x'.repeat(200000),
        '안'.repeat(70000)];

    it('from each to all', () => all_connected(
        null, server.url, everybody, everybody.length, async (clients) => {
            for (const sender of clients) {
                sender.emit('bcast', ...texts);
                for (const client of clients) await client.next('message', ...texts);
            }
        }));

    it('in acknowledgements', async () => {
        for (const { io, ...options } of everybody) {
            await connected(io, server.url, options, async (client) => {
                assert.deepEqual(await client.ask('echo', ...texts), texts);
            });
        }
    });
});
