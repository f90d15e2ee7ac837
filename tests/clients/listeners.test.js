'use strict';

// Listeners other than plain addresses, seen by the programs that stand before a server.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { promisify } = require('node:util');
const checks = require('./lib/checks');
const need = require('./lib/need');
const { free_port, start_nginx } = require('./lib/nginx');
const { executable, listening, start_child, start_server, stop } = require('./lib/server');
const { start_haproxy, start_nginx_stream } = require('./lib/tcp_proxies');
const { make_certificate } = require('./lib/certificate');
const { temp_dir } = require('./lib/temp');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');
const { WsClient } = require('./lib/ws_client');

const SockJS = need('sockjs-client');
const run = promisify(execFile);

// An address of the loopback that is not everybody's.
const from = '127.0.0.77';

async function who(url, options = {}) {
    const client = await WsClient.open(`${url}/ws/who`, [], options);
    const [said] = await client.receive(1);
    await client.close(1000, '');
    const [address, scheme] = said.split('\n');
    return { address, scheme };
}

const authority = (url) => new URL(url).host;

describe('the PROXY protocol', () => {
    let server;
    let upstream;
    before(async () => {
        server = await start_server('--proxy-protocol');
        upstream = authority(server.also[0]);
    });
    after(() => server && server.stop());

    const senders = {
        'HAProxy, version 1': () => start_haproxy(upstream, 'send-proxy'),
        'HAProxy, version 2': () => start_haproxy(upstream, 'send-proxy-v2'),
        'HAProxy, version 2 with all it can say': () => start_haproxy(
            upstream, 'send-proxy-v2 proxy-v2-options crc32c,unique-id,authority'),
        'nginx, stream': () => start_nginx_stream(upstream),
    };
    for (const [name, start] of Object.entries(senders)) {
        it(`of ${name}`, async () => {
            const proxy = await start();
            try {
                const url = `ws://127.0.0.1:${proxy.port}`;
                assert.deepEqual(await who(url, { localAddress: from }),
                    { address: from, scheme: 'http' });
                for (const transport of ['websocket', 'xhr-streaming', 'xhr-polling']) {
                    await checks.unicode(SockJS, `http://127.0.0.1:${proxy.port}`,
                        { transport, timeout: 15000 });
                }
            } finally {
                await proxy.stop();
            }
        });
    }

    it('of HAProxy that ends TLS says so', async () => {
        const { cert, key } = make_certificate();
        const both = path.join(temp_dir('pem'), 'both.pem');
        fs.writeFileSync(both, fs.readFileSync(cert, 'utf8') + fs.readFileSync(key, 'utf8'));
        const proxy = await start_haproxy(upstream, 'send-proxy-v2-ssl', `ssl crt ${both}`);
        try {
            assert.deepEqual(
                await who(`wss://127.0.0.1:${proxy.port}`,
                    { localAddress: from, rejectUnauthorized: false }),
                { address: from, scheme: 'https' });
        } finally {
            await proxy.stop();
        }
    });

    it('of HAProxy\'s health check', async () => {
        for (const version of ['send-proxy', 'send-proxy-v2']) {
            const proxy = await start_haproxy(
                upstream, `${version} check check-send-proxy inter 100ms fall 1`);
            try {
                assert.equal((await who(`ws://127.0.0.1:${proxy.port}`)).scheme, 'http');
            } finally {
                await proxy.stop();
            }
        }
    });

    it('of curl', async () => {
        const { stdout } = await run('curl', ['-sS', '--haproxy-protocol', `${server.also[0]}/echo`]);
        assert.equal(stdout, 'Welcome to SockJS!\n');
    });

    it('is required', async () => {
        const failed = await run('curl', ['-sS', `${server.also[0]}/echo`]).catch((error) => error);
        assert.ok([52, 56].includes(failed.code), `${failed.code}: an end without an answer`);
    });
});

describe('the PROXY protocol before TLS', () => {
    it('of HAProxy that passes TLS on', async () => {
        const { cert, key } = make_certificate();
        const server = await start_server('--tls', cert, key, '--proxy-protocol');
        const proxy = await start_haproxy(authority(server.also[0]), 'send-proxy-v2');
        try {
            const options = { localAddress: from, rejectUnauthorized: false };
            for (let i = 0; i < 5; ++i) {
                assert.deepEqual(await who(`wss://127.0.0.1:${proxy.port}`, options),
                    { address: from, scheme: 'https' });
            }
        } finally {
            await proxy.stop();
            await server.stop();
        }
    });
});

describe('a Unix domain socket', () => {
    let server;
    const file = path.join(temp_dir('unix'), 'live.sock');
    before(async () => {
        server = await start_server('--threads', '2', '--unix', file, '--trusted-proxies', 'unix:');
        assert.deepEqual(server.also, [`unix:${file}`]);
    });
    after(async () => {
        if (!server) return;
        await server.stop();
        assert.ok(!fs.existsSync(file), 'the file is removed');
    });

    it('serves curl and ws', async () => {
        const { stdout } = await run(
            'curl', ['-sS', '--unix-socket', file, 'http://localhost/echo']);
        assert.equal(stdout, 'Welcome to SockJS!\n');
        assert.equal((await who(`ws+unix://${file}:`)).address, 'unix:');
    });

    it('serves all that comes through nginx, which says for whom', async () => {
        const proxy = await start_nginx(`http://unix:${file}`, [
            'proxy_http_version 1.1;',
            'proxy_set_header Upgrade $http_upgrade;',
            'proxy_set_header Connection $http_connection;',
            'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
        ]);
        try {
            assert.equal((await who(proxy.ws_url, { localAddress: from })).address, from);
            for (const transport of ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling']) {
                await checks.unicode(SockJS, proxy.url, { transport, timeout: 15000 });
                await checks.big(SockJS, proxy.url, { transport, timeout: 15000 });
            }
        } finally {
            await proxy.stop();
        }
    });

    it('is taken over from a server that was killed', async () => {
        const left = path.join(temp_dir('unix'), 'left.sock');
        const first = await start_server('--unix', left);
        await first.kill();
        assert.ok(fs.existsSync(left));
        const second = await start_server('--unix', left);
        assert.equal((await who(`ws+unix://${left}:`)).address, 'unix:');
        await second.stop();
    });
});

// systemd-socket-activate listens, and becomes the server at the first connection.
describe('sockets of systemd', () => {
    it('are served, TCP and Unix domain alike', async () => {
        const port = await free_port();
        const file = path.join(temp_dir('systemd'), 'live.sock');
        const child = start_child('systemd-socket-activate', [
            '-l', `127.0.0.1:${port}`, '-l', file, '--fdname=web:local',
            executable, '--port', '0', '--inherited']);
        try {
            await within(accepts(child, port), 'systemd-socket-activate');
            const { also } = await within(listening(child), 'line "listening on"');
            assert.deepEqual(also, [`http://127.0.0.1:${port}`, `unix:${file}`]);
            assert.equal((await who(`ws://127.0.0.1:${port}`)).address, '127.0.0.1');
            assert.equal((await who(`ws+unix://${file}:`)).address, 'unix:');
        } finally {
            await stop(child);
        }
    });
});

// Connects, which is what has the server started. Asks until somebody listens.
async function accepts(child, port) {
    let ended = false;
    child.ended.then(() => { ended = true; }, () => { ended = true; });
    for (;;) {
        if (ended) throw new Error(`no systemd-socket-activate (package systemd): ${child.output}`);
        const connected = await new Promise((resolve) => {
            const socket = net.connect(port, '127.0.0.1');
            socket.on('connect', () => { socket.destroy(); resolve(true); });
            socket.on('error', () => resolve(false));
        });
        if (connected) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
