'use strict';

// Our client through what stands between it and its server: reverse proxies that refuse, buffer and
// cut, and the forward proxies that it is told to ask.

const assert = require('node:assert/strict');
const { make_certificate } = require('./lib/certificate');
const { run_cli, start_cli } = require('./lib/cli');
const { start_socks, start_squid } = require('./lib/forward_proxies');
const { start_nginx } = require('./lib/nginx');
const { start_engineio, start_sockjs, start_ws } = require('./lib/node_servers');
const { numbers_behind, numbers_through, read_tls } = require('./lib/numbers');
const { after, before, describe, it } = require('./lib/testing');

const upgrade = [
    'proxy_http_version 1.1;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $http_connection;',
];

const numbered = (count) => Array.from({ length: count }, (_, i) => `message ${i}`);

async function echoes(args, transport, { count = 500, env } = {}) {
    const messages = numbered(count);
    const { code, lines, notes } = await run_cli(
        [...args, '--expect', `${count}`, '--timeout', '50'], { input: messages.join('\n'), env });
    assert.equal(code, 0, notes);
    assert.deepEqual(lines, messages);
    assert.match(notes, new RegExp(`connected over ${transport}`));
    return notes;
}

function behind_nginx(title, location, body) {
    describe(`behind nginx ${title}`, () => {
        let sockjs;
        let engine;
        let proxies;
        before(async () => {
            sockjs = await start_sockjs();
            engine = await start_engineio();
            proxies = [await start_nginx(`http://127.0.0.1:${sockjs.port}`, location),
                await start_nginx(`http://127.0.0.1:${engine.port}`, location)];
        });
        after(async () => {
            for (const one of [...(proxies || []), engine, sockjs]) if (one) await one.stop();
        });
        body(() => `${proxies[0].url}/echo`, () => `${proxies[1].url}/engine.io/`);
    });
}

behind_nginx('that passes WebSockets', [...upgrade, 'proxy_buffering off;'], (sockjs, engine) => {
    it('takes a WebSocket', () => echoes([sockjs()], 'websocket'));
    it('upgrades', async () => {
        assert.match(await echoes([engine()], 'polling', { count: 5000 }), /now over websocket/);
    });
});

numbers_behind('nginx', ({ port }, files) => start_nginx(
    `http://127.0.0.1:${port}`, [...upgrade, 'proxy_buffering off;'], { tls: files }));

behind_nginx('that refuses WebSockets', ['proxy_http_version 1.1;', 'proxy_buffering off;'],
    (sockjs, engine) => {
        it('falls back to streaming', () => echoes([sockjs()], 'xhr-streaming'));
        it('stays with polling', () => echoes([engine()], 'polling'));
        it('falls back from a WebSocket first', () => echoes(
            ['--transport', 'websocket', '--transport', 'polling', engine()], 'polling'));
        it('says what is refused when it probes', async () => {
            const { code, lines } = await run_cli(['probe', '--watch', '0.2', sockjs()]);
            assert.equal(code, 0);
            assert.match(lines.join('\n'), /^websocket +no .*handshake.*(nginx|40\d)/m);
            assert.match(lines.join('\n'), /^xhr-streaming +yes/m);
        });
    });

behind_nginx('that buffers', ['proxy_buffering on;', 'proxy_ignore_headers X-Accel-Buffering;'],
    (sockjs) => {
        it('falls back to polling', () => echoes([sockjs()], 'xhr-polling'));
    });

describe('behind nginx with a short timeout', () => {
    it('stays connected, since it pings', async () => {
        const server = await start_ws();
        const proxy = await start_nginx(`http://127.0.0.1:${server.port}`,
            [...upgrade, 'proxy_read_timeout 1s;', 'proxy_send_timeout 1s;']);
        const cli = start_cli(['--wait', '3', '--ping', '0.3', proxy.ws_url]);
        cli.end_input();
        const { code } = await cli.ended;
        assert.equal(code, 0, cli.notes);
        assert.doesNotMatch(cli.notes, /the session ended: code 1006/);
        await proxy.stop();
        await server.stop();
    });
});

describe('through forward proxies', () => {
    const files = make_certificate();
    let plain;
    let secure;
    before(async () => {
        plain = await start_sockjs();
        secure = await start_sockjs(read_tls(files));
    });
    after(async () => {
        for (const one of [plain, secure]) if (one) await one.stop();
    });

    // Each transport, plain and TLS, with the proxy `get()` names.
    function all_ways(get) {
        for (const transport of ['websocket', 'xhr-streaming', 'xhr-polling']) {
            const args = ['--transport', transport];
            it(`${transport} works`, () => echoes(
                [...args, '--proxy', get(), `${plain.url}/echo`], transport));
            it(`${transport} over TLS works`, () => echoes(
                [...args, '--proxy', get(), '--ca', files.cert, `${secure.url}/echo`], transport));
        }
    }

    describe('squid', () => {
        let squid;
        before(async () => { squid = await start_squid(); });
        after(() => squid && squid.stop());
        all_ways(() => `http://${squid.host}`);
        numbers_through('squid', async (start, tls) => {
            const server = await start(read_tls(tls));
            return {
                url: server.url, args: ['--proxy', `http://${squid.host}`], server, stop: server.stop,
            };
        });
        it('is found in the environment', async () => {
            const env = { https_proxy: `http://${squid.host}`, wss_proxy: `http://${squid.host}` };
            await echoes(['--ca', files.cert, `${secure.url}/echo`], 'websocket', { env });
            const none = await run_cli(['--ca', files.cert, '-x', 'a', '-n', '1', `${secure.url}/echo`],
                { env: { https_proxy: 'http://127.0.0.1:1', wss_proxy: 'http://127.0.0.1:1' } });
            assert.equal(none.code, 2, 'the proxy of the environment is asked');
            const direct = await run_cli(['--ca', files.cert, '-x', 'a', '-n', '1', `${secure.url}/echo`],
                { env: { https_proxy: 'http://127.0.0.1:1', wss_proxy: 'http://127.0.0.1:1',
                    no_proxy: 'localhost' } });
            assert.equal(direct.code, 0, direct.notes);
        });
    });
    describe('squid that wants a password', () => {
        let squid;
        before(async () => { squid = await start_squid({ user: 'ann', password: 'secret' }); });
        after(() => squid && squid.stop());
        all_ways(() => `http://ann:secret@${squid.host}`);
        it('is told the wrong one', async () => {
            const { code, notes } = await run_cli(
                ['--proxy', `http://ann:wrong@${squid.host}`, '-x', 'a', `${plain.url}/echo`]);
            assert.equal(code, 2);
            assert.match(notes, /proxy.*407/);
        });
    });
    describe('squid that allows CONNECT to port 443 only', () => {
        it('says so', async () => {
            const squid = await start_squid({
                allow: 'acl ssl port 443\nacl connect method CONNECT\nhttp_access deny connect !ssl',
            });
            const { code, notes } = await run_cli(['--proxy', `http://${squid.host}`,
                '--ca', files.cert, '-x', 'a', '-n', '1', `${secure.url}/echo`]);
            await squid.stop();
            assert.equal(code, 2);
            assert.match(notes, /proxy.*403/);
        });
    });
    describe('a SOCKS proxy', () => {
        let socks;
        before(async () => { socks = await start_socks({ user: 'ann', password: 'secret' }); });
        after(() => socks && socks.stop());
        all_ways(() => `socks5h://ann:secret@${socks.host}`);
        it('is told the wrong password', async () => {
            const { code, notes } = await run_cli(
                ['--proxy', `socks5://ann:wrong@${socks.host}`, '-x', 'a', `${plain.url}/echo`]);
            assert.equal(code, 2);
            assert.match(notes, /proxy: /);
        });
    });
});
