'use strict';

// What the gateway is for: an application that speaks plain WebSocket and knows nothing of it, behind
// a load balancer that does not let WebSockets through. In Chromium, with the unmodified sockjs-client
// and with the gateway's own script.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { start_browser } = require('./lib/browser');
const { start_gateway } = require('./lib/gateway');
const { start_nginx } = require('./lib/nginx');
const { start_ws } = require('./lib/node_servers');
const { make_site } = require('./lib/site');
const { after, before, describe, it } = require('./lib/testing');

// In the page: sends numbered messages and says what came back, and over what.
/* global SockJS */
function talk([kind, url, count]) {
    return new Promise((resolve, reject) => {
        const socket = kind === 'sockjs' ? new SockJS(url) : new WebSocket(url);
        const got = [];
        const late = setTimeout(() => reject(new Error(`only ${got.length} of ${count}`)), 50000);
        socket.onopen = () => { for (let i = 0; i < count; ++i) socket.send(`message ${i}`); };
        socket.onmessage = ({ data }) => {
            got.push(data);
            if (got.length < count) return;
            clearTimeout(late);
            const { transport } = socket;
            socket.onclose = () => resolve({ got, transport });
            socket.close();
        };
        socket.onclose = ({ code, reason }) => reject(new Error(`closed: ${code} ${reason}`));
    });
}

const numbered = (count) => Array.from({ length: count }, (_, i) => `message ${i}`);

function make_pages() {
    const dir = make_site();
    fs.writeFileSync(path.join(dir, 'shim.html'), '<!DOCTYPE html><title>plain WebSocket</title>' +
        '<script src="/anywire.js"></script>');
    return dir;
}

const pass_websockets = ['proxy_http_version 1.1;', 'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $http_connection;'];

const balancers = [
    ['lets WebSockets through', [...pass_websockets, 'proxy_buffering off;'], /websocket/],
    ['refuses WebSockets', ['proxy_http_version 1.1;', 'proxy_buffering off;'], /xhr/],
    ['refuses WebSockets and buffers', ['proxy_http_version 1.1;', 'proxy_buffering on;',
        'proxy_ignore_headers X-Accel-Buffering;'], /xhr/],
];

for (const [what, location, transport] of balancers) {
    describe(`behind an nginx that ${what}`, () => {
        let backend;
        let gateway;
        let balancer;
        let browser;
        before(async () => {
            backend = await start_ws();
            gateway = await start_gateway(['--all', '/live', '--backend', backend.ws_url,
                '--files', make_pages(), '--trusted-proxy', '127.0.0.1']);
            balancer = await start_nginx(gateway.url, location);
            browser = await start_browser();
        });
        after(async () => {
            for (const one of [browser && { stop: browser.close }, balancer, gateway, backend]) {
                if (one) await one.stop();
            }
        });

        it('an unmodified sockjs-client is served', async () => {
            const page = await browser.open(`${balancer.url}/page.html`);
            const { got, transport: used } = await page.evaluate(
                talk, ['sockjs', `${balancer.url}/live`, 200]);
            assert.deepEqual(got, numbered(200));
            assert.match(used, transport);
            await gateway.access.until(new RegExp(` sockjs ${transport.source}`));
        });

        it('a page with plain WebSocket is served by one script', async () => {
            const page = await browser.open(`${balancer.url}/shim.html`);
            const { got } = await page.evaluate(
                talk, ['websocket', `${balancer.ws_url}/live`, 200]);
            assert.deepEqual(got, numbered(200));
        });
    });
}
