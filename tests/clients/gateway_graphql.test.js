'use strict';

// A GraphQL server as it stands in many applications, graphql-ws on ws, behind the gateway and
// behind balancers that do not let WebSockets through: subscriptions in Chromium, with graphql-ws's
// own client over the page's WebSocket (which anywire.js lets fall back), over sockjs-client and
// over engine.io-client, all unmodified.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { start_browser } = require('./lib/browser');
const { start_gateway } = require('./lib/gateway');
const { start_haproxy } = require('./lib/haproxy');
const need = require('./lib/need');
const { start_nginx } = require('./lib/nginx');
const { listen, make_server } = require('./lib/node_servers');
const { installed, make_site } = require('./lib/site');
const { after, before, describe, it } = require('./lib/testing');

async function start_graphql() {
    const { buildSchema } = need('graphql');
    const { useServer } = require('graphql-ws/lib/use/ws');
    const { WebSocketServer } = need('ws');
    const server = make_server();
    const schema = buildSchema(`
        type Query { hello(name: String!): String! }
        type Subscription { count(to: Int!): Int! quiet(ms: Int!): String! }`);
    const roots = {
        query: { hello: ({ name }) => `Hello, ${name}!` },
        subscription: {
            async* count({ to }) { for (let i = 0; i < to; ++i) yield { count: i }; },
            async* quiet({ ms }) {
                await new Promise((resolve) => setTimeout(resolve, ms));
                yield { quiet: 'still here' };
            },
        },
    };
    useServer({ schema, roots }, new WebSocketServer({ server, path: '/graphql' }));
    return listen(server);
}

// Runs in the page: a query, a subscription of `to` numbers, and one that says nothing for `ms`.
function subscribe([over, url, to, ms]) {
    /* global SockJS, eio, graphqlWs */
    // What graphql-ws takes in place of WebSocket: the same events and members.
    class OverSockJS {
        constructor(at, protocol) {
            this.protocol = protocol;
            this.socket = new SockJS(at);
            this.socket.onopen = () => this.onopen();
            this.socket.onmessage = (e) => this.onmessage({ data: e.data });
            this.socket.onclose = (e) => this.onclose(e);
        }
        get readyState() { return this.socket.readyState; }
        send(text) { this.socket.send(text); }
        close(code, reason) { this.socket.close(code, reason); }
    }
    class OverEngineIO {
        constructor(at, protocol) {
            const { host, pathname } = new URL(at);
            this.protocol = protocol;
            this.socket = eio(`http://${host}`, { path: `${pathname}/` });
            this.socket.on('open', () => this.onopen());
            this.socket.on('message', (data) => this.onmessage({ data }));
            this.socket.on('close', (why) => this.onclose({ code: 1000, reason: why }));
        }
        get readyState() {
            return ['opening', 'open', 'closing', 'closed'].indexOf(this.socket.readyState);
        }
        send(text) { this.socket.send(text); }
        close() { this.socket.close(); }
    }
    for (const kind of [OverSockJS, OverEngineIO]) {
        Object.assign(kind, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
    }
    const client = graphqlWs.createClient({
        url,
        retryAttempts: 0,
        webSocketImpl: { websocket: WebSocket, sockjs: OverSockJS, 'engine.io': OverEngineIO }[over],
    });
    const run = (query) => new Promise((resolve, reject) => {
        const got = [];
        client.subscribe({ query }, {
            next: ({ data, errors }) => got.push(errors ? errors[0].message : data),
            error: (e) => reject(new Error(e.message || `closed ${e.code} ${e.reason}`)),
            complete: () => resolve(got),
        });
    });
    return Promise.all([
        run('{ hello(name: "Ann") }'),
        run(`subscription { count(to: ${to}) }`),
        run(`subscription { quiet(ms: ${ms}) }`),
    ]);
}

function make_pages() {
    const dir = make_site();
    fs.copyFileSync(installed('graphql-ws/umd/graphql-ws.js'), path.join(dir, 'graphql-ws.js'));
    fs.copyFileSync(
        installed('engine.io-client/dist/engine.io.js'), path.join(dir, 'engine.io.js'));
    fs.writeFileSync(path.join(dir, 'graphql.html'), '<!DOCTYPE html><title>GraphQL</title>' +
        ['anywire', 'sockjs', 'engine.io', 'graphql-ws']
            .map((name) => `<script src="/${name}.js"></script>`).join(''));
    return dir;
}

const refuse = 'http-request deny deny_status 403 if { hdr(Upgrade) -i websocket }';
const balancers = {
    'HAProxy with timeouts of 2 s': (gateway) => start_haproxy(
        gateway, ['option http-no-delay', 'option forwardfor'], { timeout: '2s', check: '' }),
    'HAProxy with timeouts of 2 s that refuses WebSockets': (gateway) => start_haproxy(gateway,
        ['option http-no-delay', 'option forwardfor', refuse], { timeout: '2s', check: '' }),
    'nginx that refuses WebSockets and buffers': (gateway) => start_nginx(gateway.url, [
        'proxy_http_version 1.1;', 'proxy_buffering on;', 'proxy_ignore_headers X-Accel-Buffering;']),
};

for (const [what, start] of Object.entries(balancers)) {
    describe(`a GraphQL server behind the gateway behind ${what}`, () => {
        const refuses = what.includes('refuses');
        let backend;
        let gateway;
        let balancer;
        let browser;
        before(async () => {
            backend = await start_graphql();
            gateway = await start_gateway([], { config: `
trusted_proxies = ["127.0.0.1"]
[site]
files = "${make_pages()}"
[[route]]
path = "/graphql"
backends = ["${backend.ws_url}/graphql"]
heartbeat = "500ms"
[route.forward]
default_subprotocols = ["graphql-transport-ws"]
` });
            balancer = await start(gateway);
            browser = await start_browser();
        });
        after(async () => {
            for (const one of [browser && { stop: browser.close }, balancer, gateway, backend]) {
                if (one) await one.stop();
            }
        });

        const first = { websocket: refuses ? 'sockjs xhr' : 'websocket websocket',
            sockjs: refuses ? 'sockjs xhr' : 'sockjs websocket',
            'engine.io': 'engineio polling' };
        for (const over of Object.keys(first)) {
            it(`answers and subscribes over ${over}`, async () => {
                const page = await browser.open(`${balancer.url}/graphql.html`);
                const from = gateway.access.all.length;
                const [hello, count, quiet] = await page.evaluate(subscribe,
                    [over, `${balancer.ws_url}/graphql`.replace(
                        /^ws/, over === 'sockjs' ? 'http' : 'ws'), 300, 3000]);
                assert.deepEqual(hello, [{ hello: 'Hello, Ann!' }]);
                assert.deepEqual(count, Array.from({ length: 300 }, (_, i) => ({ count: i })));
                assert.deepEqual(quiet, [{ quiet: 'still here' }]);
                await page.close();
                await gateway.access.until(new RegExp(` "/graphql" ${first[over]}`), from);
            });
        }
    });
}
