'use strict';

// Our clients through HAProxy, plain and TLS: what it passes, cuts off when it is quiet, refuses and
// holds back.

const assert = require('node:assert/strict');
const { make_certificate } = require('./lib/certificate');
const { run_checker, torture } = require('./lib/checker');
const { run_cli, start_cli } = require('./lib/cli');
const {
    counting_engineio, counting_socketio, counting_sockjs, counting_ws,
} = require('./lib/counting_servers');
const { start_haproxy } = require('./lib/haproxy');
const { start_engineio, start_sockjs, start_ws } = require('./lib/node_servers');
const { after, before, describe, it } = require('./lib/testing');

const flags = (names) => names.flatMap((name) => ['--transport', name]);

// Each dialect's server, the path of its URL, and the ways that its client has.
const dialects = {
    websocket: { start: counting_ws, path: '/', ways: [['websocket']] },
    sockjs: {
        start: counting_sockjs,
        path: '/echo',
        ways: [['websocket'], ['xhr-streaming'], ['eventsource'], ['xhr-polling']],
    },
    engineio: {
        start: counting_engineio,
        path: '/engine.io/',
        ways: [['polling'], ['websocket'], ['polling', 'websocket']],
    },
    socketio: {
        start: counting_socketio,
        path: '',
        ways: [['polling'], ['websocket'], ['polling', 'websocket']],
    },
};

async function with_proxy(server, lines, options, body) {
    const proxy = await start_haproxy(server, lines, { check: '', ...options });
    try {
        await body(proxy);
    } finally {
        await proxy.stop();
    }
}

for (const secure of [false, true]) {
    const files = secure ? make_certificate() : undefined;
    const tls = secure ? ['--ca', files.cert] : [];
    for (const [dialect, { start, path, ways }] of Object.entries(dialects)) {
        describe(`${dialect} through HAProxy${secure ? ' over TLS' : ''}`, () => {
            let server;
            let proxy;
            before(async () => {
                server = await start();
                proxy = await start_haproxy(server, [], { tls: files, check: '' });
            });
            after(async () => {
                for (const one of [proxy, server]) if (one) await one.stop();
            });
            for (const names of ways) {
                it(`numbers over ${names.join(' and ')}`, async () => {
                    const { code, said } = await run_checker(torture, [
                        '--url', `${proxy.url}${path}`, '--dialect', dialect, ...tls,
                        ...flags(names)]);
                    assert.deepEqual(server.wrong, [], said);
                    assert.equal(code, 0, said);
                    assert.match(said, /cut short 0,/);
                    if (names[1]) assert.doesNotMatch(said, /upgrades 0,/);
                });
            }
        });
    }
}

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
