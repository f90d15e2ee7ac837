'use strict';

const assert = require('node:assert/strict');
const { run_check, start_browser } = require('./lib/browser');
const checks = require('./lib/checks');
const need = require('./lib/need');
const { start_nginx } = require('./lib/nginx');
const { start_server } = require('./lib/server');
const { make_site } = require('./lib/site');
const { after, before, describe, it } = require('./lib/testing');
const { WsClient } = require('./lib/ws_client');

const SockJS = need('sockjs-client');

// How long the client waits for the first byte of a transport: long where the transport has to
// work, shorter where we wait for the client to give up on it.
const patient = 15000;
const impatient = 4000;

const over_http = ['xhr-streaming', 'eventsource', 'xhr-polling'];

const upgrade = [
    'proxy_http_version 1.1;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $http_connection;',
];

// `ignore` takes the server's own say in buffering away, as older and stricter proxies do.
const ignore = 'proxy_ignore_headers X-Accel-Buffering;';

// Registers `body` as a suite behind an nginx with these location lines.
function behind_nginx(title, location, body) {
    describe(`behind nginx ${title}`, () => {
        let server;
        let proxy;
        before(async () => {
            server = await start_server('--static', make_site());
            proxy = await start_nginx(server.url, location);
        });
        after(async () => {
            if (proxy) await proxy.stop();
            if (server) await server.stop();
        });
        body(() => proxy);
    });
}

function works_over(get, transport) {
    it(`${transport} works`, async () => {
        const options = { transport, timeout: patient };
        await checks.unicode(SockJS, get().url, options);
        await checks.big(SockJS, get().url, options);
        await checks.many(SockJS, get().url, { ...options, count: 2000 });
        await checks.closed_by_server(SockJS, get().url, options);
    });
}

// The transport that the client settles on.
function settles_on(get, transport, wait) {
    it(`the client settles on ${transport}`, async () => {
        const chosen = await checks.chosen(SockJS, `${get().url}/echo`, { timeout: wait });
        assert.equal(chosen, transport);
    });
}

behind_nginx('with WebSocket configured', [...upgrade, 'proxy_buffering off;'], (get) => {
    settles_on(get, 'websocket', patient);
    for (const transport of ['websocket', ...over_http]) works_over(get, transport);
    it('plain WebSocket works', async () => {
        const client = await WsClient.open(`${get().ws_url}/ws`, ['echo.v1']);
        client.send(Buffer.from('hello'));
        assert.equal((await client.receive(1))[0].toString(), 'hello');
        assert.equal((await client.close(3000, 'bye')).code, 3000);
    });
});

behind_nginx('without WebSocket, HTTP/1.1 to the server', [
    'proxy_http_version 1.1;', 'proxy_buffering off;',
], (get) => {
    settles_on(get, 'xhr-streaming', patient);
    for (const transport of over_http) works_over(get, transport);
});

behind_nginx('without WebSocket, HTTP/1.0 to the server', ['proxy_buffering off;'], (get) => {
    settles_on(get, 'xhr-streaming', patient);
    for (const transport of over_http) works_over(get, transport);

    it('Chromium settles on xhr-streaming', async () => {
        const browser = await start_browser();
        try {
            const page = await browser.open(`${get().url}/static/page.html`);
            const chosen = await run_check(
                page, 'chosen', `${get().url}/echo`, { timeout: patient });
            assert.equal(chosen, 'xhr-streaming');
        } finally {
            await browser.close();
        }
    });
});

behind_nginx('that buffers answers', [ignore, 'proxy_buffering on;'], (get) => {
    settles_on(get, 'xhr-polling', impatient);
    works_over(get, 'xhr-polling');
});
