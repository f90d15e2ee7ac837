'use strict';

const assert = require('node:assert/strict');
const need = require('./lib/need');
const { start_browser } = require('./lib/browser');
const { Client, big, connected } = require('./lib/socketio_checks');
const { start_server } = require('./lib/server');
const { client_files, make_socketio_site } = require('./lib/site');
const { modes, versions } = require('./lib/socketio_clients');
const { claims, socketio_suite } = require('./lib/socketio_suite');
const { after, before, describe, it } = require('./lib/testing');

const parser = need('socket.io-msgpack-parser');
const io = versions['4.8'];

socketio_suite('socket.io-msgpack-parser', {
    args: ['--parser', 'msgpack'],
    client: () => ({ parser, msgpack: true }),
    // In base64, as polls carry bytes, 900 000 of them are more than the server takes at once.
    checks: Object.keys(claims).filter((name) => name !== 'big'),
    versions: ['4.8', '3.1'],
    more: (server) => {
        it('gets back what JSON does not know as JSON.stringify has it', () => connected(
            io, server().url, { parser }, async (client) => {
                const date = new Date(Date.UTC(2024, 1, 29, 12, 34, 56, 789));
                client.emit('echo', { date, gone: undefined, list: [undefined, NaN, -0] });
                await client.next('echo', { date: date.toISOString(), list: [null, null, 0] });
                client.emit('echo', Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1e-300, -0.1);
                await client.next('echo',
                    Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1e-300, -0.1);
                const bytes = new Uint8Array([1, 2, 255]);
                client.emit('echo', bytes.buffer, { deep: [Buffer.from(bytes)] });
                await client.next('echo', bytes, { deep: [bytes] });
            }));

        for (const mode of modes) {
            it(`carries events of 700 000 bytes over ${mode}`, () => big(
                io, server().url, { parser, mode }, 700000));
        }

        it('gives its auth payload, bytes in it as well', async () => {
            const auth = { token: 'x', key: Buffer.from([0, 1, 2]) };
            const client = new Client(io, server().url, { parser, auth, greeting: false });
            try {
                await client.open();
                await client.next('auth', auth);
            } finally {
                await client.close();
            }
        });

        it('is closed when its parser is not the server\'s', async () => {
            const client = new Client(io, server().url, { mode: 'websocket', greeting: false });
            client.socket.io.on('close', () => client.wake());
            let closed = false;
            client.socket.io.engine.on('close', () => { closed = true; client.wake(); });
            await client.until(() => closed, () => 'end of the connection');
            client.socket.close();
        });
    },
});

describe('socket.io.msgpack.min.js in Chromium', () => {
    let browser;
    let server;
    before(async () => {
        server = await start_server('--parser', 'msgpack',
            '--static', make_socketio_site(), '--client-files', client_files());
        browser = await start_browser();
    });
    after(async () => {
        if (browser) await browser.close();
        if (server) await server.stop();
    });

    for (const mode of modes) {
        it(`carries events, acknowledgements, bytes and recoveries over ${mode}`, async () => {
            const page = await browser.open(`${server.url}/static/msgpack.html`);
            for (const name of ['events', 'acks', 'binaries', 'namespaces', 'recovery']) {
                await page.evaluate(([check, target, options]) => {
                    /* global io, socketio_checks */
                    return socketio_checks[check](io, target, options);
                }, [name, server.url, { mode, msgpack: true }]);
            }
            await page.close();
        });
    }
});

describe('the options of the server', () => {
    it('name the parsers that there are', async () => {
        await assert.rejects(start_server('--parser', 'yaml'), /no parser 'yaml'/);
    });
});
