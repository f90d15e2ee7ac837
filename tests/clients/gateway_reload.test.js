'use strict';

// anywire-gateway is told other settings, and to end, while clients talk through it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { start_gateway } = require('./lib/gateway');
const { numbers_of, until_idle } = require('./lib/gateway_numbers');
const need = require('./lib/need');
const { start_ws } = require('./lib/node_servers');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');
const { WsClient } = require('./lib/ws_client');

const SockJS = need('sockjs-client');

const settings = (backends, i) => `
threads = 2
[log]
access_file = "off"
[admin]
address = "127.0.0.1"
[[route]]
path = "/live"
backends = [${backends.map((url) => `"${url}"`).join(', ')}]
[route.limits]
max_message = ${100_000 + i}
${i % 2 ? `[[route]]\npath = "/other"\nbackends = ["${backends[0]}"]` : ''}
`;

// Sends one number after the other, each when the last has come back. `stop` says how many did.
class Counter {
    constructor(socket) {
        this.next = 0;
        this.is_over = false;
        this.failed = new Promise((_, reject) => {
            socket.onclose = ({ code, reason }) => {
                if (!this.is_over) reject(new Error(`closed ${code} ${reason} at ${this.next}`));
            };
            socket.onmessage = ({ data }) => {
                if (data !== `${this.next}`) reject(new Error(`${data} for ${this.next}`));
                ++this.next;
                if (this.wanted <= this.next) this.done();
                else socket.send(`${this.next}`);
            };
        });
        this.failed.catch(() => {});
        this.ready = new Promise((resolve) => { socket.onopen = resolve; })
            .then(() => socket.send('0'));
        this.close = () => { this.is_over = true; socket.close(); };
    }

    // Until `more` further numbers have come.
    async stop(more) {
        const all = new Promise((resolve) => { this.done = resolve; });
        this.wanted = this.next + more;
        await within(Promise.race([all, this.failed]), 'echo');
        this.close();
    }
}

describe('a gateway that is told other settings', () => {
    let backends;
    let gateway;
    let admin;
    before(async () => {
        backends = [await start_ws(), await start_ws()];
        gateway = await start_gateway([], { config: settings(backends.map((b) => b.ws_url), 0) });
        [, admin] = await gateway.log.until(/status and metrics on (\S+)/);
    });
    after(async () => {
        if (gateway) await gateway.stop();
        for (const b of backends || []) await b.stop();
    });

    async function reload(i) {
        const from = gateway.log.all.length;
        fs.writeFileSync(gateway.file, settings(backends.map((b) => b.ws_url), i));
        gateway.signal('SIGHUP');
        await gateway.log.until(/max_message/, from);
    }

    it('loses nothing in a hundred reloads, and keeps nothing', async () => {
        const { WebSocket } = need('ws');
        const before_all = await until_idle(gateway, admin);
        const counters = [];
        for (let i = 0; i < 8; ++i) {
            counters.push(new Counter(new WebSocket(`${gateway.ws_url}/live`)));
            counters.push(new Counter(new SockJS(`${gateway.url}/live`, null,
                { transports: [['xhr-polling', 'xhr-streaming', 'websocket'][i % 3]] })));
        }
        await within(Promise.all(counters.map((c) => c.ready)), 'sessions');
        await reload(1);
        await reload(2);
        const at_first = await numbers_of(gateway, admin);
        assert.equal(at_first.links, counters.length);
        for (let i = 3; i < 100; ++i) await reload(i);
        const at_last = await numbers_of(gateway, admin);
        await Promise.all(counters.map((c) => c.stop(5)));
        assert.equal(at_last.links, counters.length);
        assert.ok(Math.abs(at_last.descriptors - at_first.descriptors) < 20,
            `${at_first.descriptors} descriptors, then ${at_last.descriptors}`);
        const grown = at_last.resident - at_first.resident;
        assert.ok(grown < 6e6, `${grown} bytes more`);
        await until_idle(gateway, admin, before_all.descriptors);
        const fresh = await WsClient.open(`${gateway.ws_url}/live`);
        fresh.send('x'.repeat(100_099));
        assert.equal((await fresh.receive(1))[0].length, 100_099);
        fresh.send('x'.repeat(100_100));
        assert.equal((await fresh.end()).code, 1009);
    });

    it('stays as it is where the file is not valid, and says where', async () => {
        const good = fs.readFileSync(gateway.file, 'utf8');
        fs.writeFileSync(gateway.file, `${good}\n[route.limit]\n`);
        gateway.signal('SIGHUP');
        await gateway.log.until(/not reloaded.*gateway\.toml:\d+/);
        fs.writeFileSync(gateway.file, good);
        const client = await WsClient.open(`${gateway.ws_url}/live`);
        await client.close();
    });

    it('takes away a route, whose sessions live on', async () => {
        await reload(101);
        const client = await WsClient.open(`${gateway.ws_url}/other`);
        await reload(102);
        client.send('still here');
        assert.deepEqual(await client.receive(1), ['still here']);
        assert.match((await new WsClient(`${gateway.ws_url}/other`).failed).message, /404/);
        await client.close();
    });
});

describe('a gateway that is told to end', () => {
    it('tells each client goodbye, and ends', async () => {
        const backend = await start_ws();
        const gateway = await start_gateway(['--all', '/live', '--backend', backend.ws_url]);
        const clients = [];
        for (let i = 0; i < 20; ++i) clients.push(await WsClient.open(`${gateway.ws_url}/live`));
        const ends = clients.map((c) => c.end());
        await gateway.stop();
        for (const end of await Promise.all(ends)) assert.equal(end.code, 1001);
        await backend.stop();
    });
});
