'use strict';

const assert = require('node:assert/strict');
const { engine_title, start_browser } = require('./lib/browser');
const { request } = require('./lib/raw_engineio');
const { start_server } = require('./lib/server');
const { client_files, make_socketio_site } = require('./lib/site');
const { modes } = require('./lib/socketio_clients');
const { after, before, describe, it } = require('./lib/testing');

const claims = {
    greeting: 'is greeted with its auth payload',
    settles: 'ends on the transport that it should',
    events: 'gets every kind of JSON value back',
    acks: 'gets acknowledgements with every kind of JSON value',
    binaries: 'gets binary arguments back, in events and acknowledgements',
    broadcast: 'hears a broadcast',
    rooms: 'hears the rooms that it is in, and no others',
    namespaces: 'joins a second namespace and is refused at an unknown one',
    many: 'keeps 500 events in order from the first moment on',
    big: 'carries events of 900 000 bytes',
    recovery: 'recovers its state, and has each missed event once',
};

// Runs one of lib/socketio_checks.js inside the page.
function run_check(page, name, url, options) {
    /* global io, socketio_checks */
    return page.evaluate(([check, target, rest]) => socketio_checks[check](io, target, rest),
        [name, url, options]);
}

describe(`socket.io-client in ${engine_title}`, () => {
    let browser;
    let server;
    let other;
    const args = ['--static', make_socketio_site(), '--client-files', client_files()];
    before(async () => {
        server = await start_server(...args);
        other = await start_server(...args);
        browser = await start_browser();
    });
    after(async () => {
        if (browser) await browser.close();
        if (other) await other.stop();
        if (server) await server.stop();
    });

    for (const mode of modes) {
        describe(mode, () => {
            let page;
            before(async () => { page = await browser.open(`${server.url}/static/page.html`); });
            after(() => page && page.close());
            for (const [check, claim] of Object.entries(claims)) {
                it(claim, () => run_check(page, check, server.url, { mode }));
            }
        });

        it(`works on a page of another origin over ${mode}`, async () => {
            const url = other.url.replace('127.0.0.1', 'localhost');
            const page = await browser.open(`${url}/static/page.html`);
            await run_check(page, 'events', server.url, { mode });
            await run_check(page, 'binaries', server.url, { mode, withCredentials: true });
            await page.close();
        });

        it(`comes back by itself when the server does, over ${mode}`, async () => {
            let mortal = await start_server(...args);
            const { port, url } = mortal;
            try {
                const page = await browser.open(`${url}/static/page.html`);
                await page.evaluate(async ([target, wanted]) => {
                    const client = new socketio_checks.Client(io, target, {
                        mode: wanted, reconnection: true, reconnectionDelay: 50,
                        reconnectionDelayMax: 200,
                    });
                    client.reconnects = true;
                    window.client = client;
                    await client.open();
                    await client.settled();
                }, [url, mode]);
                await mortal.kill();
                await page.evaluate(() => window.client.ended());
                mortal = await start_server('--port', String(port), ...args);
                await page.evaluate(async () => {
                    const { client } = window;
                    await client.until(() => client.connects === 2, () => 'second connect');
                    client.errors.length = 0;
                    await client.open();
                    await client.settled();
                    await client.flushed();
                    await client.close();
                });
                await page.close();
            } finally {
                await mortal.stop();
            }
        });
    }

    for (const name of ['tag.html', 'min.html']) {
        it(`runs the client that the server offers itself (${name})`, async () => {
            const page = await browser.open(`${server.url}/static/${name}`);
            await run_check(page, 'events', server.url, {});
            // A page needs to say no address: the client connects to where it came from.
            const text = await page.evaluate(() => new Promise((resolve, reject) => {
                const socket = io();
                socket.on('connect_error', reject);
                socket.emit('echo', 'from a script tag', (back) => {
                    socket.disconnect();
                    resolve(back);
                });
            }));
            assert.equal(text, 'from a script tag');
            await page.close();
        });
    }

    it('offers nothing else at the path of the client', async () => {
        for (const name of ['nothing.js', '../package.json', '..%2fpackage.json', '.', '']) {
            const { status } = await request(`${server.url}/socket.io/${name}`);
            assert.ok([400, 404].includes(status), `${name}: ${status}`);
        }
        const { status, headers } = await request(`${server.url}/socket.io/socket.io.js`);
        assert.equal(status, 200);
        assert.match(headers['content-type'], /javascript/);
    });
});
