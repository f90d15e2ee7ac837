'use strict';

// Certificates of a server and of its clients, seen by openssl s_client, curl and Node.

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { make_certificate } = require('./lib/certificate');
const { start_server } = require('./lib/server');
const { temp_dir } = require('./lib/temp');
const { after, before, describe, it } = require('./lib/testing');
const { WsClient } = require('./lib/ws_client');

const dir = temp_dir('certificates');

function openssl(...args) {
    return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
}

// A certificate of `names`, issued by `ca` or by itself.
function issue(name, names, ca) {
    const cert = path.join(dir, `${name}.pem`);
    const key = path.join(dir, `${name}.key`);
    openssl('req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
        '-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`,
        ...(names.length ? ['-addext', `subjectAltName=${names.map((n) => `DNS:${n}`)}`] : []),
        ...(ca ? ['-CA', ca.cert, '-CAkey', ca.key, '-addext', 'basicConstraints=CA:FALSE'] : []));
    return { cert, key };
}

// What s_client says of a connection.
function s_client(port, ...args) {
    return spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args],
        { input: 'GET /echo HTTP/1.0\r\n\r\n', encoding: 'utf8', timeout: 60000 });
}

const subject = (said) => /^subject=CN = (.*)$/m.exec(said.stdout)?.[1];

describe('a server with several certificates', () => {
    let server;
    const first = issue('first', ['first.test']);
    const other = issue('other', ['*.other.test']);
    before(async () => {
        server = await start_server(
            '--tls', first.cert, first.key, '--tls-more', other.cert, other.key);
    });
    after(() => server && server.stop());

    const shown = (...args) => subject(s_client(server.port, ...args));

    it('shows openssl the one it names', () => {
        assert.equal(shown('-noservername'), 'first');
        assert.equal(shown('-servername', 'first.test'), 'first');
        assert.equal(shown('-servername', 'a.other.test'), 'other');
        assert.equal(shown('-servername', 'a.b.other.test'), 'first');
        assert.equal(shown('-servername', 'a.other.test', '-tls1_2'), 'other');
    });

    it('is believed by curl, by name', () => {
        const said = execFileSync('curl', ['-sS', '--cacert', other.cert, '--resolve',
            `live.other.test:${server.port}:127.0.0.1`,
            `https://live.other.test:${server.port}/echo`], { encoding: 'utf8' });
        assert.equal(said, 'Welcome to SockJS!\n');
    });

    it('speaks HTTP/1.1 with whom offers it, and refuses who does not', () => {
        assert.match(s_client(server.port, '-alpn', 'h2,http/1.1').stdout, /ALPN protocol: http\/1.1/);
        assert.match(s_client(server.port, '-alpn', 'h2').stderr, /no application protocol/);
        const said = execFileSync('curl', ['-sSk', '--http2', '-w', '%{http_version}', '-o',
            '/dev/null', `${server.url}/echo`], { encoding: 'utf8' });
        assert.equal(said, '1.1');
    });

    it('shows a renewed one after a reload, and tickets of before are good', async () => {
        const ticket = path.join(dir, 'ticket');
        const open = await WsClient.open(`${server.ws_url}/ws`, [], { rejectUnauthorized: false });
        s_client(server.port, '-servername', 'first.test', '-tls1_2', '-sess_out', ticket);
        const renewed = issue('renewed', ['first.test']);
        fs.copyFileSync(renewed.cert, first.cert);
        assert.match(await server.reload(), /does not belong/);
        assert.equal(shown('-servername', 'first.test'), 'first');
        fs.copyFileSync(renewed.key, first.key);
        assert.equal(await server.reload(), 'good');
        assert.equal(shown('-servername', 'first.test'), 'renewed');
        assert.match(
            s_client(server.port, '-servername', 'first.test', '-tls1_2', '-sess_in', ticket).stdout,
            /^Reused, TLSv1.2/m);
        open.send('still here');
        assert.deepEqual(await open.receive(1), ['still here']);
        await open.close(1000, '');
    });
});

describe('clients with certificates', () => {
    const { cert, key } = make_certificate();
    const ca = issue('ca', []);
    const own = issue('device 7', [], ca);
    const stranger = issue('stranger', []);

    async function with_server(how, body) {
        const server = await start_server(
            '--tls', cert, key, '--client-ca', ca.cert, '--client-auth', how);
        try {
            await body(server);
        } finally {
            await server.stop();
        }
    }
    const options = (of) => ({
        rejectUnauthorized: false,
        ...(of && { cert: fs.readFileSync(of.cert), key: fs.readFileSync(of.key) }),
    });
    async function who(server, of) {
        const client = await WsClient.open(`${server.ws_url}/ws/who`, [], options(of));
        const [said] = await client.receive(1);
        await client.close(1000, '');
        const [, scheme, name, fingerprint] = said.split('\n');
        return { scheme, name, fingerprint };
    }

    it('are known to the application', () => with_server('optional', async (server) => {
        const fingerprint = openssl('x509', '-in', own.cert, '-noout', '-fingerprint', '-sha256')
            .split('=')[1].replaceAll(':', '').trim().toLowerCase();
        assert.deepEqual(await who(server, own), { scheme: 'https', name: 'CN=device 7', fingerprint });
        assert.equal((await who(server)).name, '');
        await assert.rejects(who(server, stranger));
    }));

    it('are let in only with one where that is required', () => with_server('required', async (server) => {
        assert.equal((await who(server, own)).name, 'CN=device 7');
        await assert.rejects(who(server));
        await assert.rejects(who(server, stranger));
        const curl = (...args) => spawnSync(
            'curl', ['-sSk', ...args, `${server.url}/echo`], { encoding: 'utf8' });
        assert.equal(curl('--cert', own.cert, '--key', own.key).stdout, 'Welcome to SockJS!\n');
        assert.notEqual(curl().status, 0);
        assert.match(s_client(server.port).stdout, /Acceptable client certificate CA names\nCN = ca$/m);
    }));
});
