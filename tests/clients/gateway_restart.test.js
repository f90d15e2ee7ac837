'use strict';

// Two gateways behind HAProxy, each restarted in its turn while clients talk through them: who is
// told to go finds the other one at the first attempt, and no number is missing or comes twice.

const assert = require('node:assert/strict');
const { start_gateway } = require('./lib/gateway');
const { start_balancer } = require('./lib/haproxy');
const need = require('./lib/need');
const { listen, make_server } = require('./lib/node_servers');
const { Numberer, take_numbers } = require('./lib/numberer');
const { free_port } = require('./lib/nginx');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const settings = (backend, port, admin) => `
drain = "60s"
drain_delay = "1s"
trusted_proxies = ["127.0.0.1"]
[[listen]]
port = ${port}
[admin]
port = ${admin}
[limits]
max_handshakes_per_second_per_address = 0
[[route]]
path = "/live"
engineio_cookie = "io"
connect_timeout = "60s"
backends = ["${backend}"]
`;

// As docs/gateway.md has it.
const balance = (gateways) => [
    'balance leastconn',
    'timeout check 30s',
    'retries 3',
    'option redispatch 1',
    'retry-on conn-failure empty-response 503',
    'http-reuse always',
    'option http-no-delay',
    'option forwardfor',
    'option httpchk GET /health/haproxy',
    'http-check disable-on-404',
    'stick-table type string len 64 size 100k expire 10m',
    'acl is_sockjs path_reg ^/live/[^/.]+/[^/.]+/',
    'stick on path,field(4,/) if is_sockjs',
    'stick match url_param(sid)',
    'stick store-response res.cook(io)',
    ...gateways.map(({ name, port, admin }) =>
        `server ${name} 127.0.0.1:${port} check port ${admin} inter 100ms fall 1 rise 1`),
];

// A server that looks at what comes: "from N" at first, then N, N + 1 and so on, each sent back.
async function start_backend() {
    const server = make_server();
    const wrong = [];
    new (need('ws').WebSocketServer)({ server }).on('connection', (ws) => {
        const take = take_numbers(wrong, (text) => ws.send(text));
        ws.on('message', (data) => take(String(data)));
        ws.on('error', () => {});
    });
    return listen(server, { wrong });
}

const kinds = ['ws', 'sockjs websocket', 'sockjs xhr-streaming', 'sockjs xhr-polling',
    'engine.io websocket', 'engine.io polling', 'engine.io polling,websocket'];

describe('two gateways behind HAProxy', () => {
    const gateways = [];
    let backend;
    let balancer;

    async function start(one) {
        one.running = await start_gateway(
            [], { config: settings(backend.ws_url, one.port, one.admin), listen: '' });
        await one.running.log.until(/status and metrics on/);
    }
    const is_up = (one) => balancer.reaches(({ status }) => status === 'UP', 'UP', one.name);

    before(async () => {
        backend = await start_backend();
        for (const name of ['a', 'b']) {
            gateways.push({ name, port: await free_port(), admin: await free_port() });
            await start(gateways.at(-1));
        }
        balancer = await start_balancer(balance(gateways));
        for (const one of gateways) await is_up(one);
    });
    after(async () => {
        if (balancer) await balancer.stop();
        for (const { running } of gateways) if (running) await running.stop();
        if (backend) await backend.stop();
    });

    it('are restarted one after the other, and no number is lost', async () => {
        const clients = [];
        for (let i = 0; i < 4; ++i) {
            for (const kind of kinds) clients.push(new Numberer(kind, balancer));
        }
        const all = (what, of) => within(
            Promise.race([Promise.all(clients.map(of)), ...clients.map((c) => c.failed)]), what);
        await all('sessions', (c) => c.reaches(20));
        for (const one of gateways) {
            await one.running.stop();
            await all('numbers through the other one', (c) => c.more(20));
            await start(one);
            await is_up(one);
            await all('numbers through both', (c) => c.more(20));
        }
        await all('ends', (c) => c.close());
        assert.deepEqual(backend.wrong, []);
        // Each was told why. A poll that comes after that may find nobody.
        for (const { kind, ends } of clients) {
            for (const end of ends) {
                assert.match(end, kind.endsWith('polling') ? /./ :
                    kind.startsWith('engine.io') ? /^transport close/ : /^1001 server shutting down/);
            }
        }
        assert.ok(clients.some(({ ends }) => ends.length > 1));
    });
});
