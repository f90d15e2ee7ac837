'use strict';

// Our clients through HAProxy, plain and TLS: what it passes, cuts off when it is quiet, refuses and
// holds back.

const assert = require('node:assert/strict');
const { run_checker, torture } = require('./lib/checker');
const { run_cli, start_cli } = require('./lib/cli');
const { counting_engineio, counting_sockjs } = require('./lib/counting_servers');
const { start_haproxy } = require('./lib/haproxy');
const { start_engineio, start_sockjs, start_ws } = require('./lib/node_servers');
const { numbers_behind } = require('./lib/numbers');
const { describe, it } = require('./lib/testing');

const flags = (names) => names.flatMap((name) => ['--transport', name]);

async function with_proxy(server, lines, options, body) {
    const proxy = await start_haproxy(server, lines, { check: '', ...options });
    try {
        await body(proxy);
    } finally {
        await proxy.stop();
    }
}

numbers_behind('HAProxy', (server, files) => start_haproxy(server, [], { tls: files, check: '' }));

// They only wait: all at once.
describe('HAProxy that ends what is quiet for a second', { concurrency: 16 }, () => {
    const quiet = { timeout: '1s' };
    // Sends a line now and another later: the same session if its heartbeats are quick enough.
    async function connects(url, args) {
        const cli = start_cli(['--reconnect', ...args, url]);
        const times = () => (cli.notes.match(/^connected over/gm) || []).length;
        await cli.until(() => times() === 1, 'connection');
        cli.write('one\n');
        await cli.until(() => cli.lines.length === 1, 'echo');
        return { cli, times };
    }
    async function stays(url, args) {
        const { cli, times } = await connects(url, [...args, '--wait', '3']);
        cli.end_input();
        assert.equal((await cli.ended).code, 0, cli.notes);
        assert.equal(times(), 1, cli.notes);
    }
    async function comes_back(url, args) {
        const { cli, times } = await connects(url, args);
        await cli.until(() => times() === 2, 'second connection');
        cli.write('two\n');
        await cli.until(() => cli.lines.length === 2, 'echo');
        cli.end_input();
        assert.equal((await cli.ended).code, 0, cli.notes);
    }

    it('lets a WebSocket live that pings', async () => {
        const server = await start_ws();
        await with_proxy(server, [], quiet, ({ ws_url }) => stays(ws_url, ['--ping', '0.3']));
        await server.stop();
    });
    it('ends one that does not, and it comes back', async () => {
        const server = await start_ws();
        await with_proxy(server, [], quiet, ({ ws_url }) => comes_back(ws_url, []));
        await server.stop();
    });
    for (const transport of ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling']) {
        const args = ['--transport', transport];
        it(`lets SockJS over ${transport} live when the server's heartbeats are quick`, async () => {
            const server = await start_sockjs(null, { heartbeat_delay: 300 });
            await with_proxy(server, [], quiet, ({ url }) => stays(`${url}/echo`, args));
            await server.stop();
        });
        it(`ends it when they are slow, and it comes back over ${transport}`, async () => {
            const server = await start_sockjs();
            await with_proxy(server, [], quiet, ({ url }) => comes_back(`${url}/echo`, args));
            await server.stop();
        });
    }
    for (const transport of ['polling', 'websocket']) {
        const args = ['--dialect', 'engineio', '--transport', transport];
        it(`lets Engine.IO over ${transport} live when the server's pings are quick`, async () => {
            const server = await start_engineio(null, { pingInterval: 300 });
            await with_proxy(server, [], quiet, ({ url }) => stays(`${url}/engine.io/`, args));
            await server.stop();
        });
        it(`ends it when they are slow, and it comes back over ${transport}`, async () => {
            const server = await start_engineio();
            await with_proxy(server, [], quiet, ({ url }) => comes_back(`${url}/engine.io/`, args));
            await server.stop();
        });
    }
});

describe('HAProxy with connections that it does not keep', () => {
    for (const [title, lines] of [['closes each', ['option httpclose']],
        ['closes idle ones after 20 ms', ['timeout http-keep-alive 20ms']]]) {
        it(`${title}: polling loses nothing`, async () => {
            for (const [start, path, dialect, transport] of [
                [counting_engineio, '/engine.io/', 'engineio', 'polling'],
                [counting_sockjs, '/echo', 'sockjs', 'xhr-polling']]) {
                const server = await start();
                await with_proxy(server, lines, {}, async ({ url }) => {
                    const { code, said } = await run_checker(torture, ['--url', `${url}${path}`,
                        '--dialect', dialect, '--transport', transport]);
                    assert.deepEqual(server.wrong, [], said);
                    assert.equal(code, 0, said);
                });
                await server.stop();
            }
        });
    }
});

describe('HAProxy that refuses or holds back', () => {
    const echoes = async (args, over) => {
        const messages = Array.from({ length: 200 }, (_, i) => `message ${i}`);
        const { code, lines, notes } = await run_cli(
            [...args, '--expect', '200', '--timeout', '50'], { input: messages.join('\n') });
        assert.equal(code, 0, notes);
        assert.deepEqual(lines, messages);
        assert.match(notes, new RegExp(`connected over ${over}`));
    };
    const refuse = ['http-request deny deny_status 403 if { hdr(Upgrade) -i websocket }'];
    const hold = ['http-response wait-for-body time 20s', ...refuse];

    it('WebSockets: SockJS streams', async () => {
        const server = await start_sockjs();
        await with_proxy(server, refuse, {}, ({ url }) => echoes([`${url}/echo`], 'xhr-streaming'));
        await server.stop();
    });
    it('WebSockets: Engine.IO polls', async () => {
        const server = await start_engineio();
        await with_proxy(server, refuse, {}, async ({ url }) => {
            await echoes(['--dialect', 'engineio', `${url}/engine.io/`], 'polling');
            await echoes(['--dialect', 'engineio', ...flags(['websocket', 'polling']),
                `${url}/engine.io/`], 'polling');
        });
        await server.stop();
    });
    it('streams, too: SockJS polls', async () => {
        const server = await start_sockjs();
        await with_proxy(server, hold, {}, ({ url }) => echoes([`${url}/echo`], 'xhr-polling'));
        await server.stop();
    });
});
