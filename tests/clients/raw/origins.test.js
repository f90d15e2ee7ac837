'use strict';
// With an allow-list of origins: who is on it is served, who is not gets a 403, on every transport alike, and before
// a session exists. Clients that are no browsers send no Origin and are served.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, ask, openStream, RawWebSocket, Session, handshakeHeaders, freshId, assertCors, assertNotFound,
} = require('./lib.js');

const GOOD = 'https://good.example';
const server = useServer({ args: ['--origins', `${GOOD},http://other.example:8080`] });

const strangers = ['https://evil.example', 'null', 'http://good.example', 'https://good.example:444', 'https://good.example.evil',
    'https://xgood.example', 'https://sub.good.example', 'https://good.example/', 'https://good.example, https://evil.example',
    'https://good.example@evil.example', 'HTTPS://', 'good.example', '', 'https://good.example\tx'];
const friends = [GOOD, 'http://other.example:8080'];

/// Every way in: method, path below the service, and whether a browser sends Origin with it from its own site.
const doors = [['GET', '/info'], ['OPTIONS', '/info'], ['POST', '/xhr'], ['OPTIONS', '/xhr'], ['POST', '/xhr_streaming'],
    ['GET', '/eventsource'], ['POST', '/xhr_send'], ['POST', '/jsonp_send'], ['GET', '/jsonp?c=x'], ['GET', '/htmlfile?c=x']];
const path = (session, suffix) => (suffix === '/info' ? '/echo/info' : session.url + suffix);

async function head(method, target, headers, body) {
    const http = await openStream(server, method, target, { headers, body });
    http.destroy();
    return http.answer;
}

test('a stranger is refused at every door, and no session comes of it', async () => {
    for (const origin of strangers) {
        for (const [method, suffix] of doors) {
            const session = new Session(server);
            const answer = await head(method, path(session, suffix), { Origin: origin });
            assert.equal(answer.status, 403, `${method} ${suffix} from ${JSON.stringify(origin)}`);
            assert.notEqual(answer.get('access-control-allow-origin'), '*');
            assert.ok(origin === '' || answer.get('access-control-allow-origin') !== origin);
            assertNotFound(await session.post('["x"]'));
        }
    }
});

test('a stranger opens no websocket', async () => {
    for (const origin of strangers) {
        for (const target of ['/echo/websocket', `/echo/000/${freshId()}/websocket`, '/ws']) {
            const answer = await ask(server, 'GET', target, { headers: handshakeHeaders({ Origin: origin }) });
            assert.equal(answer.status, 403, `${target} from ${JSON.stringify(origin)}`);
        }
    }
});

test('a stranger cannot send to a session that exists', async () => {
    const session = await new Session(server).open();
    assert.equal((await session.post('["evil"]', { headers: { Origin: 'https://evil.example' } })).status, 403);
    assert.equal((await session.poll({ headers: { Origin: 'https://evil.example' } })).status, 403);
    await session.send('good');
    assert.equal((await session.poll()).body, 'a["good"]\n');
});

test('who is listed is served with credentials', async () => {
    for (const origin of friends) {
        const headers = { Origin: origin };
        const info = await ask(server, 'GET', '/echo/info', { headers });
        assert.equal(info.status, 200);
        assertCors(info, origin);
        const session = new Session(server);
        const opened = await session.poll({ headers });
        assert.equal(opened.body, 'o\n');
        assertCors(opened, origin);
        const sent = await session.post('["x"]', { headers });
        assert.equal(sent.status, 204);
        assertCors(sent, origin);
        for (const kind of ['xhr_streaming', 'eventsource']) {
            const stream = await new Session(server).stream(kind, { headers });
            assertCors(stream.answer, origin);
            stream.destroy();
        }
        for (const target of ['/echo/websocket', '/ws']) {
            const socket = await RawWebSocket.open(server, target, { headers });
            socket.send('x');
            assert.equal(await socket.text(), 'x');
            await socket.close();
        }
    }
});

test('the page of the server\'s own origin is at home', async () => {
    const headers = { Origin: `http://${server.authority}` };
    const answer = await new Session(server).poll({ headers });
    assert.equal(answer.body, 'o\n');
    const socket = await RawWebSocket.open(server, '/ws', { headers });
    await socket.close();
});

test('who sends no Origin is no browser, and served', async () => {
    const session = await new Session(server).open();
    await session.send('x');
    assert.equal((await session.poll()).body, 'a["x"]\n');
    assert.equal((await ask(server, 'GET', '/echo/info')).status, 200);
    const stream = await new Session(server).stream('eventsource');
    stream.destroy();
    const socket = await RawWebSocket.open(server, '/ws');
    await socket.close();
});

test('what a script element or frame may fetch shows where it comes from, or is refused', async () => {
    const cases = [
        [{}, false],
        [{ 'Sec-Fetch-Site': 'same-origin' }, true],
        [{ 'Sec-Fetch-Site': 'cross-site' }, false],
        [{ 'Sec-Fetch-Site': 'same-site' }, false],
        [{ Referer: `${GOOD}/page?x` }, true],
        [{ Referer: `http://${server.authority}/page` }, true],
        [{ Referer: 'https://evil.example/https://good.example/' }, false],
        [{ Referer: 'https://good.example.evil/' }, false],
        [{ Referer: 'about:blank' }, false],
        [{ 'Sec-Fetch-Site': 'cross-site', Referer: `${GOOD}/` }, true],
    ];
    for (const [headers, served] of cases) {
        for (const [suffix, status] of [['/jsonp?c=x', 200], ['/htmlfile?c=x', 200]]) {
            const session = new Session(server);
            const answer = await head('GET', session.url + suffix, headers);
            assert.equal(answer.status, served ? status : 403, `${suffix} ${JSON.stringify(headers)}`);
            if (!served) {
                assertNotFound(await session.post('["x"]'));
            }
        }
    }
});

test('the iframe page names who may frame it', async () => {
    const answer = await ask(server, 'GET', '/echo/iframe.html', { headers: { Referer: `${GOOD}/` } });
    assert.equal(answer.status, 200);
    const policy = answer.get('content-security-policy') ?? '';
    const ancestors = /frame-ancestors ([^;]*)/.exec(policy)?.[1] ?? '';
    assert.ok(ancestors.split(' ').includes(GOOD), policy);
    assert.ok(!ancestors.split(' ').includes('*'), policy);
});
