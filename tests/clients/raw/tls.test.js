'use strict';
// The same service over TLS, and what TLS clients get wrong (families 37 and 82).

const { test, after } = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { useServer, ask, Connection, RawWebSocket, Session, PRELUDE, requestText, within } = require('./lib.js');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'anywire-tls-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const certificate = path.join(folder, 'certificate.pem');
const key = path.join(folder, 'key.pem');
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-keyout', key, '-out', certificate], { stdio: 'ignore' });

const server = useServer({ args: ['--tls', certificate, key] });
/// The same port without the TLS layer.
const bare = () => ({ host: server.host, port: server.port });

test('the service is the same over TLS', async () => {
    assert.equal((await ask(server, 'GET', '/echo')).body, 'Welcome to SockJS!\n');
    const session = new Session(server);
    const stream = await session.stream();
    assert.equal(stream.prelude, PRELUDE);
    assert.equal(await stream.chunk(), 'o\n');
    await session.send('x');
    assert.equal(await stream.chunk(), 'a["x"]\n');
    stream.destroy();
    for (const target of ['/ws', '/echo/websocket']) {
        const socket = await RawWebSocket.open(server, target);
        for (const length of [0, 1, 16_383, 16_384, 16_385, 100_000]) {
            socket.send('x'.repeat(length));
            assert.equal((await socket.text()).length, length);
        }
        await socket.close();
    }
});

test('a megabyte each way crosses TLS whole', async () => {
    const socket = await RawWebSocket.open(server, '/ws');
    for (let i = 0; i < 5; ++i) {
        const text = String.fromCharCode(97 + i).repeat(1_000_000);
        socket.send(text);
        assert.ok(await socket.text() === text);
    }
    await socket.close();
});

/// The protocol agreed on, or the error.
function handshake(options) {
    return within(new Promise((resolve) => {
        const socket = tls.connect({ ...bare(), rejectUnauthorized: false, ...options });
        socket.once('secureConnect', () => {
            resolve(socket.getProtocol());
            socket.destroy();
        });
        socket.once('error', (error) => resolve(error));
        socket.once('close', () => resolve(new Error('closed')));
    }), 'end of a handshake');
}

test('TLS 1.2 and 1.3 are spoken, older versions are not', async () => {
    assert.equal(await handshake({ minVersion: 'TLSv1.3' }), 'TLSv1.3');
    assert.equal(await handshake({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), 'TLSv1.2');
    for (const version of ['TLSv1', 'TLSv1.1']) {
        const ciphers = 'DEFAULT@SECLEVEL=0'; // else this side would not even offer it
        assert.ok(await handshake({ minVersion: version, maxVersion: version, ciphers }) instanceof Error, version);
    }
});

test('odd server names and protocols are no reason to fail', async () => {
    assert.equal(await handshake({ servername: 'elsewhere.example' }), 'TLSv1.3');
    assert.equal(await handshake({ servername: 'x'.repeat(250) }), 'TLSv1.3');
    const offered = await handshake({ ALPNProtocols: ['h2', 'spdy/3'] });
    assert.ok(offered === 'TLSv1.3' || offered instanceof Error);
    assert.equal(await handshake({ ALPNProtocols: ['h2', 'http/1.1'] }), 'TLSv1.3');
});

test('renegotiation is refused', async () => {
    const socket = tls.connect({ ...bare(), rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    await within(new Promise((resolve) => { socket.once('secureConnect', resolve); }), 'handshake');
    const error = await within(new Promise((resolve) => {
        socket.once('error', resolve);
        socket.once('close', () => resolve(new Error('closed')));
        socket.renegotiate({}, (failure) => resolve(failure ?? undefined));
    }), 'end of a renegotiation');
    assert.ok(error instanceof Error, 'it was agreed to');
    socket.destroy();
});

test('what is no TLS is closed', async () => {
    const hello = Buffer.from('16030100c4010000c00303', 'hex');
    const noise = [requestText({ authority: 'x' }, 'GET', '/echo'), '\x00'.repeat(1000), '\xff'.repeat(70_000),
        hello.toString('latin1') + '\x00'.repeat(300), Buffer.from('160301ffff', 'hex').toString('latin1') + 'x'.repeat(70_000),
        Buffer.from('1603010004ffffffff', 'hex').toString('latin1'), Buffer.from('15030100020100', 'hex').toString('latin1'),
        Buffer.from('1603010200010001fc0303', 'hex').toString('latin1')];
    for (const bytes of noise) {
        const connection = await Connection.open(bare());
        connection.send(bytes).finishSending();
        await connection.ended();
        connection.destroy();
    }
    assert.equal((await ask(server, 'GET', '/echo')).status, 200);
});

test('a large ClientHello length takes no memory', async () => {
    const before = server.rss();
    const connections = await Promise.all(Array.from({ length: 100 }, () => Connection.open(bare())));
    for (const connection of connections) {
        connection.send(Buffer.from('1603014000' + '01ffffff' + '0303', 'hex'));
    }
    assert.equal((await ask(server, 'GET', '/echo')).status, 200);
    assert.ok(server.rss() - before < 30_000_000, `${server.rss() - before} bytes for 100 hellos that stop`);
    connections.forEach((connection) => connection.reset());
});

test('a handshake that stops or resets is nothing to the others', async () => {
    const record = await clientHello();
    for (let i = 0; i < 50; ++i) {
        const connection = await Connection.open(bare());
        await connection.flush(record.subarray(0, 1 + (i * 11) % record.length));
        connection.reset();
    }
    const stalled = await Promise.all(Array.from({ length: 50 }, () => Connection.open(bare())));
    stalled.forEach((connection, i) => connection.send(record.subarray(0, i % 2 ? 5 : record.length)));
    assert.equal((await ask(server, 'GET', '/echo')).status, 200);
    stalled.forEach((connection) => connection.destroy());
});

/// The first bytes a TLS client sends, caught by a listener that never answers.
function clientHello() {
    return new Promise((resolve) => {
        const listener = net.createServer((socket) => {
            socket.on('error', () => {});
            socket.once('data', (data) => {
                resolve(data);
                socket.destroy();
                listener.close();
            });
        });
        listener.listen(0, '127.0.0.1', () => {
            tls.connect({ host: '127.0.0.1', port: listener.address().port }).on('error', () => {});
        });
    });
}

test('a TLS handshake byte by byte is a handshake', async () => {
    const raw = net.connect(bare());
    raw.setNoDelay(true);
    await within(new Promise((resolve) => { raw.once('connect', resolve); }), 'connection');
    const { Duplex } = require('node:stream');
    const slow = new Duplex({
        read() {},
        write(data, _, done) {
            (async () => {
                for (const byte of data) {
                    raw.write(Buffer.of(byte));
                    await new Promise(setImmediate);
                }
            })().then(() => done(), done);
        },
        final(done) { raw.end(done); },
    });
    raw.on('data', (data) => slow.push(data));
    raw.on('end', () => slow.push(null));
    const socket = tls.connect({ socket: slow, rejectUnauthorized: false });
    socket.on('error', () => {});
    await within(new Promise((resolve) => { socket.once('secureConnect', resolve); }), 'handshake');
    socket.write(`GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    let text = '';
    socket.on('data', (data) => { text += data; });
    await within(new Promise((resolve) => { socket.once('end', resolve); socket.once('close', resolve); }), 'answer');
    assert.match(text, /Welcome to SockJS!/);
    raw.destroy();
});

test('a reset in any state of TLS ends that connection only', async () => {
    for (const path of ['/ws', '/echo/websocket']) {
        for (let i = 0; i < 10; ++i) {
            const socket = await RawWebSocket.open(server, path);
            if (i % 2) {
                socket.connection.pause();
                socket.send('x'.repeat(900_000));
            }
            socket.connection.destroy();
        }
    }
    assert.equal((await ask(server, 'GET', '/echo')).status, 200);
});
