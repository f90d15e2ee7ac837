'use strict';
// Numbers and health as operators' own programs see them: promtool, the parser of Python's
// prometheus_client, HAProxy's checks, and the dashboard for Grafana.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { start_cpp } = require('./lib/cluster_server');
const { start_haproxy } = require('./lib/haproxy');
const { find_program } = require('./lib/nginx');
const { start_redis } = require('./lib/redis');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');
const { WsClient } = require('./lib/ws_client');

const open_metrics = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

async function scrape(server, accept = '*/*') {
    const answer = await fetch(`${server.url}/metrics`, { headers: { Accept: accept } });
    assert.equal(answer.status, 200);
    return { type: answer.headers.get('content-type'), text: await answer.text() };
}

// Every name of a metric that the dashboard's queries use.
function names_in_dashboard() {
    const file = path.join(__dirname, '../../docs/grafana-dashboard.json');
    const dashboard = JSON.parse(fs.readFileSync(file, 'utf8'));
    const queries = dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.expr));
    assert.ok(queries.length > 10);
    const label = dashboard.templating.list.map((one) => one.query.query ?? one.query);
    return new Set([...queries, ...label].join(' ').match(/\banywire_\w+/g));
}

function find_python() {
    return fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
}

// How many samples there are of each name, as Python's parser of OpenMetrics reads them.
function samples_in(text) {
    const script = path.join(__dirname, 'lib/openmetrics.py');
    return JSON.parse(execFileSync(find_python(), [script], { input: text, encoding: 'utf8' }));
}

function said_by_promtool(text) {
    return execFileSync(find_program('promtool', 'prometheus'), ['check', 'metrics'],
        { input: text, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

// The names that a page of the documentation has in its table.
function names_in_page(name, beginning) {
    const text = fs.readFileSync(path.join(__dirname, '../../docs', name), 'utf8');
    const all = [...text.matchAll(/^\| `(anywire_\w+)` \|/gm)].map((found) => found[1]);
    return all.filter((metric) => metric.startsWith(beginning));
}

describe('metrics', () => {
    let server;
    let clients;
    before(async () => {
        server = await start_server('--health', '/health', '--threads', '2');
        clients = [
            await WsClient.open(`${server.ws_url}/ws`, ['echo.v1']),
            await WsClient.open(`${server.ws_url}/echo/000/a/websocket`),
            await WsClient.open(`${server.ws_url}/engine.io/?EIO=4&transport=websocket`),
        ];
        clients[0].send(Buffer.from('hello'));
        await clients[0].receive(1);
        assert.equal((await fetch(`${server.url}/echo/000/b/xhr`, { method: 'POST' })).status, 200);
    });
    after(async () => {
        if (server) await server.stop();
    });

    it('promtool finds nothing wrong with them', async () => {
        const { type, text } = await scrape(server, 'text/plain;version=0.0.4');
        assert.equal(type, 'text/plain; version=0.0.4; charset=utf-8');
        assert.equal(said_by_promtool(text), '');
    });

    it('Python\'s parser of OpenMetrics reads them, and finds each sample of the dashboard', async () => {
        const { type, text } = await scrape(server, open_metrics);
        assert.equal(type, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
        const found = samples_in(text);
        const counted = Object.values(found).reduce((sum, n) => sum + n, 0);
        assert.equal(counted, text.split('\n').filter((line) => line && !line.startsWith('#')).length);
        for (const name of names_in_dashboard()) assert.ok(found[name], `${name} is not there`);
    });

    it('JSON says the same', async () => {
        const numbers = JSON.parse((await scrape(server, 'application/json')).text);
        const ws = numbers.mounts.find((mount) => mount.path === '/ws');
        assert.equal(ws.sessions, 1);
        assert.equal(ws.traffic.find((row) => row.transport === 'websocket').messages_in, 1);
        assert.equal(numbers.shards.length, 2);
        assert.equal(numbers.shards.reduce((sum, shard) => sum + shard.sessions, 0), 4);
    });
});

describe('metrics of what a service stands on', () => {
    let redis;
    let servers = [];
    before(async () => {
        redis = await start_redis();
        servers = await Promise.all(['one', 'other'].map((name) => start_cpp(
            { adapter: 'pubsub', redis, name, secret: 'what only these nodes know' })));
    });
    after(async () => {
        for (const server of servers) await server.stop();
        await redis?.stop();
    });

    // Scrapes until a line is there.
    async function scrape_until(server, line, accept) {
        for (;;) {
            const { text } = await scrape(server, accept);
            if (line.test(text)) return text;
        }
    }

    it('has those of Redis and of the cluster, as the documentation names them', async () => {
        await within(scrape_until(servers[0], /^anywire_cluster_nodes 1$/m, open_metrics), 'nodes');
        const text = await within(
            scrape_until(servers[0], /^anywire_redis_ready\{connection="main"\} 1$/m, open_metrics),
            'Redis');
        const found = samples_in(text);
        const named = [...names_in_page('redis.md', 'anywire_redis_'),
            ...names_in_page('no-sticky-sessions.md', 'anywire_cluster_')];
        assert.equal(named.length, 17);
        assert.deepEqual(Object.keys(found).filter((name) => /^anywire_(redis|cluster)_/.test(name)).sort(),
            named.sort());
        assert.match(text, /^anywire_redis_reconnects_total\{connection="main"\} 0$/m);
        assert.equal(said_by_promtool((await scrape(servers[1], 'text/plain;version=0.0.4')).text), '');
        const { more } = JSON.parse((await scrape(servers[0], 'application/json')).text);
        assert.deepEqual(more.anywire_redis_ready, [{ connection: 'main', value: 1 }]);
    });

    it('tells of a Redis that goes and comes back', async () => {
        await redis.stop();
        await within(scrape_until(servers[0], /^anywire_redis_ready\{connection="main"\} 0$/m), 'loss');
        await redis.start();
        const text = await within(
            scrape_until(servers[0], /^anywire_redis_ready\{connection="main"\} 1$/m), 'return');
        assert.match(text, /^anywire_redis_reconnects_total\{connection="main"\} 1$/m);
        assert.doesNotMatch(text, /^anywire_redis_errors_total\{connection="main"\} 0$/m);
    });
});

describe('health', () => {
    for (const [title, at, checks] of [
        ['the bare check, OPTIONS / in HTTP/1.0', '/', ['option httpchk']],
        ['a check of a path', '/health', [
            'option httpchk', 'http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host check']],
    ]) {
        it(`HAProxy takes the server for up, and for down when it has drained: ${title}`, async () => {
            const server = await start_server('--health', at, '--hosts', '127.0.0.1');
            const proxy = await start_haproxy(server, checks);
            try {
                const up = await proxy.reaches(
                    (now) => now.status === 'UP' && now.check_status === 'L7OK', 'L7OK');
                assert.equal(up.check_code, '200');
                const page = await fetch(`${proxy.url}/metrics`);
                assert.equal(page.status, 200);
                assert.match(await page.text(), /^anywire_handshakes_total 0$/m);
                await server.stop();
                await proxy.reaches((now) => now.status.startsWith('DOWN'), 'DOWN');
            } finally {
                await proxy.stop();
                await server.kill();
            }
        });
    }
});
