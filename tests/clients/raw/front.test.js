'use strict';
// What proxies and native clients say of where a page comes from, seen from outside: forwarded fields, hosts, ws
// origins, subprotocols; and that a refusal can be read by the page it is for.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { useServer, startServer, ask, openStream, handshakeHeaders, freshId } = require('./lib.js');

const GOOD = 'https://good.example';
// Same-origin but for one; this machine is a trusted proxy.
const server = useServer({ args: ['--origins', GOOD, '--trusted-proxies', '127.0.0.1',
    '--hosts', '127.0.0.1,chat.example,*.wild.example'] });

const upgrade = (target, headers) => ask(server, 'GET', target, { headers: handshakeHeaders(headers) });
const SOCKETS = () => ['/ws', '/echo/websocket', `/echo/000/${freshId()}/websocket`,
    '/engine.io/?EIO=4&transport=websocket', '/socket.io/?EIO=4&transport=websocket'];

test('ws and wss origins of the own host are let in, those of others are not', async () => {
    for (const target of SOCKETS()) {
        assert.equal((await upgrade(target, { Origin: `ws://${server.authority}` })).status, 101, target);
        assert.equal((await upgrade(target, { Origin: 'wss://good.example' })).status, 101, target);
        assert.ok((await upgrade(target, { Origin: `wss://${server.authority}` })).status >= 400, target);
        assert.ok((await upgrade(target, { Origin: 'ws://other.example' })).status >= 400, target);
    }
});

test('a trusted proxy says scheme, host and port in one of several ways', async () => {
    const page = 'https://chat.example:8443';
    const https = { 'X-Forwarded-Proto': 'https' };
    for (const fields of [
        { 'X-Forwarded-Host': 'chat.example:8443', ...https },
        { 'X-Forwarded-Host': 'chat.example', 'X-Forwarded-Port': '8443', ...https },
        { 'X-Forwarded-Host': 'chat.example', 'X-Forwarded-Port': '8443', 'X-Forwarded-Ssl': 'on' },
        { 'X-Forwarded-Host': 'chat.example:8443', 'Front-End-Https': 'on' },
        { Forwarded: 'for="[2001:db8::1]:47011";proto=https;host="chat.example:8443"' },
        { Forwarded: 'for=";host=evil, for=_hidden;proto=https;host="chat.example:8443";by=127.0.0.1' },
    ]) {
        assert.equal((await upgrade('/ws', { Origin: page, ...fields })).status, 101, JSON.stringify(fields));
    }
    for (const fields of [
        { 'X-Forwarded-Host': 'chat.example', ...https },
        { 'X-Forwarded-Host': 'chat.example:8443' },
        { Forwarded: 'for=1.2.3.4;proto=https;host=chat.example' },
        { Forwarded: 'proto=https;host="chat.example:8443", for=1.2.3.4' },
    ]) {
        assert.equal((await upgrade('/ws', { Origin: page, ...fields })).status, 403, JSON.stringify(fields));
    }
});

test('a host that is not listed is misdirected, before anything else is looked at', async () => {
    for (const host of ['evil.example', 'wild.example', 'localhost', 'chat.example.', '[::1]']) {
        for (const target of ['/echo/info', '/engine.io/?EIO=4&transport=polling', '/nowhere']) {
            const answer = await ask(server, 'GET', target, { host });
            assert.equal(answer.status, 421, `${host} ${target}`);
            assert.match(answer.body.toString(), /server_options::hosts/);
        }
        const socket = await ask(server, 'GET', '/ws', { host, headers: handshakeHeaders({ Origin: `http://${host}` }) });
        assert.equal(socket.status, 421);
    }
    for (const host of ['chat.example', 'CHAT.example:1', 'a.wild.example']) {
        assert.equal((await ask(server, 'GET', '/echo/info', { host })).status, 200, host);
    }
});

test('the first subprotocol is chosen on Engine.IO and Socket.IO, none on SockJS', async () => {
    for (const target of SOCKETS()) {
        const answer = await upgrade(target, { 'Sec-WebSocket-Protocol': 'a b, x, y' });
        assert.equal(answer.status, 101, target);
        assert.equal(answer.get('sec-websocket-protocol'), target.includes('EIO') ? 'x' : undefined, target);
    }
});

test('a refusal carries the CORS fields, once, for a page that may read it', async () => {
    const long = '[' + '"x",'.repeat(300_000) + '"x"]';
    const asks = [
        ['POST', `/echo/000/${freshId()}/xhr_send`, 404, '["x"]'],
        ['POST', `/echo/000/${freshId()}/xhr_send`, 413, long],
        ['POST', '/engine.io/?EIO=4&transport=polling&sid=nobody', 413, long],
        ['POST', '/socket.io/?EIO=4&transport=polling&sid=nobody', 413, long],
        ['GET', '/socket.io/?EIO=4&transport=polling&sid=nobody', 400],
        ['PUT', `/echo/000/${freshId()}/xhr`, 405],
        ['GET', '/ws', 400],
    ];
    for (const [method, target, status, body] of asks) {
        const answer = await ask(server, method, target, { headers: { Origin: GOOD }, body });
        assert.equal(answer.status, status, `${method} ${target}`);
        assert.equal(answer.get('access-control-allow-origin'), GOOD, `${method} ${target} ${status}`);
        assert.equal(answer.get('vary'), 'Origin');
        const stranger = await ask(server, method, target, { headers: { Origin: 'https://evil.example' }, body });
        assert.equal(stranger.get('access-control-allow-origin'), undefined, `${method} ${target} ${status}`);
    }
});

test('streams say X-Accel-Buffering: no and no-transform', async () => {
    for (const [method, kind] of [['POST', 'xhr_streaming'], ['GET', 'eventsource'], ['GET', 'htmlfile?c=f']]) {
        const stream = await openStream(server, method, `/echo/000/${freshId()}/${kind}`,
            { headers: { 'Sec-Fetch-Site': 'same-origin' } });
        assert.equal(stream.answer.status, 200);
        assert.equal(stream.answer.get('x-accel-buffering'), 'no', kind);
        assert.match(stream.answer.get('cache-control'), /no-transform/);
        stream.destroy();
    }
});

test('a 12 KB cookie and a 9 KB target pass; what is refused names the option', async () => {
    const session = `/echo/000/${freshId()}/xhr`;
    assert.equal((await ask(server, 'POST', session, { headers: { Cookie: 'c'.repeat(12 * 1024) } })).status, 200);
    assert.equal((await ask(server, 'GET', `/echo/info?${'q'.repeat(9 * 1024)}`)).status, 200);
    for (const [target, headers, status] of [['/echo', { Cookie: 'c'.repeat(17 * 1024) }, 431],
        [`/echo?${'q'.repeat(17 * 1024)}`, {}, 414]]) {
        const answer = await ask(server, 'GET', target, { headers });
        assert.equal(answer.status, status);
        assert.match(answer.body.toString(), /server_limits::header/);
    }
});

test('pages without an origin, of files and of any local port, where they are listed', async () => {
    const other = await startServer({ args: ['--origins', 'null,file://,app://.,qrc://,http://localhost:*'] });
    try {
        for (const origin of ['null', 'file://', 'app://.', 'qrc://', 'http://localhost', 'http://localhost:3000']) {
            const answer = await ask(other, 'POST', `/echo/000/${freshId()}/xhr`, { headers: { Origin: origin } });
            assert.equal(answer.status, 200, origin);
            assert.equal(answer.get('access-control-allow-origin'), origin);
        }
        for (const origin of ['https://localhost:3000', 'http://localhost.evil:3000', 'app://x', 'https://evil.example']) {
            const answer = await ask(other, 'POST', `/echo/000/${freshId()}/xhr`, { headers: { Origin: origin } });
            assert.equal(answer.status, 403, origin);
        }
    } finally {
        await other.stop();
    }
});
