'use strict';
// One test for each row of the sockjs-protocol suite, under the row's own name, holding every header and byte to
// what the protocol says. The suite itself checks less; test_haproxy (hixie-76) is left out, browsers dropped it.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, ask, HttpConnection, openStream, RawWebSocket, handshakeHeaders, freshId, Session, wrappers,
    PRELUDE, GO_AWAY, ANOTHER, FORM, CLOSE, assertContentType, assertNoCache, assertCachedForever, assertCors,
    assertNoCors, assertNoCookie, assertCookie, assertNotFound, assertWrongMethod, assertPreflight, assertRefusal,
} = require('./lib.js');

const server = useServer();

const get = (target, options) => ask(server, 'GET', target, options);
const post = (target, options) => ask(server, 'POST', target, options);
const json = (answer) => JSON.parse(answer.body);

// --- BaseUrlGreeting

test('BaseUrlGreeting.test_greeting', async () => {
    for (const url of ['/echo', '/echo/']) {
        const answer = await get(url);
        assert.equal(answer.status, 200);
        assertContentType(answer, 'text/plain;charset=UTF-8');
        assert.equal(answer.body, 'Welcome to SockJS!\n');
        assertNoCookie(answer);
        assertNoCors(answer);
    }
});

test('BaseUrlGreeting.test_notFound', async () => {
    for (const suffix of ['/a', '/a.html', '//', '///', '/a/a', '/a/a/', '/a/', '/./', '/../echo']) {
        const answer = await get(`/echo${suffix}`);
        assertNotFound(answer);
        assertNoCors(answer);
    }
});

// --- IframePage

const iframeBody = /^<!DOCTYPE html>\n<html>\n<head>\n {2}<meta http-equiv="X-UA-Compatible" content="IE=edge" \/>\n {2}<meta http-equiv="Content-Type" content="text\/html; charset=UTF-8" \/>\n {2}<script src="([^"]*)"><\/script>\n {2}<script>\n {4}document\.domain = document\.domain;\n {4}SockJS\.bootstrap_iframe\(\);\n {2}<\/script>\n<\/head>\n<body>\n {2}<h2>Don't panic!<\/h2>\n {2}<p>This is a SockJS hidden iframe\. It's used for cross domain magic\.<\/p>\n<\/body>\n<\/html>$/;

async function assertIframe(url) {
    const answer = await get(url);
    assert.equal(answer.status, 200);
    assertContentType(answer, 'text/html;charset=UTF-8');
    assertCachedForever(answer);
    assert.match(answer.get('etag'), /^(W\/)?"[^"]+"$/);
    assertNoCookie(answer);
    assertNoCors(answer);
    const match = iframeBody.exec(answer.body.trim());
    assert.ok(match, answer.body);
    assert.match(match[1], /^(\/|http)/);
    return answer;
}

test('IframePage.test_simpleUrl', () => assertIframe('/echo/iframe.html'));

test('IframePage.test_versionedUrl', async () => {
    const { body } = await get('/echo/iframe.html');
    for (const suffix of ['a', '', '0.1.2', '0.1.2abc-dirty.2144']) {
        assert.equal((await assertIframe(`/echo/iframe-${suffix}.html`)).body, body);
    }
});

test('IframePage.test_queriedUrl', async () => {
    for (const suffix of ['a.html?t=1234', '0.1.2.html?t=123414', '0.1.2abc-dirty.2144.html?t=qweqweq123']) {
        await assertIframe(`/echo/iframe-${suffix}`);
    }
});

test('IframePage.test_invalidUrl', async () => {
    for (const name of ['iframe.htm', 'iframe', 'IFRAME.HTML', 'IFRAME', 'iframe.HTML', 'iframe.xml', 'iframe-/.html']) {
        assertNotFound(await get(`/echo/${name}`));
    }
});

test('IframePage.test_cacheability', async () => {
    const etag = (await get('/echo/iframe.html')).get('etag');
    assert.ok(etag);
    assert.equal((await get('/echo/iframe.html')).get('etag'), etag);

    const fresh = await get('/echo/iframe.html', { headers: { 'If-None-Match': etag } });
    assert.equal(fresh.status, 304);
    assert.equal(fresh.body, '');
    assert.equal(fresh.get('content-type'), undefined);
    assertCachedForever(fresh);

    const stale = await get('/echo/iframe.html', { headers: { 'If-None-Match': '"other"' } });
    assert.equal(stale.status, 200);
});

// --- InfoTest

test('InfoTest.test_basic', async () => {
    const answer = await get('/echo/info', { headers: { Origin: 'test' } });
    assert.equal(answer.status, 200);
    assertContentType(answer, 'application/json;charset=UTF-8');
    assertNoCookie(answer);
    assertNoCache(answer);
    assertCors(answer, 'test');
    const info = json(answer);
    assert.equal(info.websocket, true);
    assert.equal(info.cookie_needed, false);
    assert.deepEqual(info.origins, ['*:*']);
    assert.match(answer.body, /"entropy":\s*\d+\s*[,}]/, 'an integer, not a float');
    assert.ok(info.entropy >= 0 && info.entropy < 2 ** 32);

    assertCors(await get('/echo/info'), undefined);
    assertCors(await get('/echo/info', { headers: { Origin: 'null' } }), 'null');
});

test('InfoTest.test_entropy', async () => {
    const seen = new Set();
    for (let i = 0; i < 20; ++i) {
        seen.add(json(await get('/echo/info')).entropy);
    }
    assert.equal(seen.size, 20);
});

test('InfoTest.test_options', () => assertPreflight(server, '/echo/info', 'OPTIONS, GET'));

test('InfoTest.test_options_null_origin', async () => {
    const headers = { Origin: 'null', 'Access-Control-Request-Method': 'POST' };
    const answer = await ask(server, 'OPTIONS', '/echo/info', { headers });
    assert.ok(answer.status === 204 || answer.status === 200);
    assert.equal(answer.body, '');
    assert.equal(answer.get('access-control-allow-origin'), 'null');
});

test('InfoTest.test_disabled_websocket', async () => {
    const answer = await get('/disabled_websocket_echo/info');
    assert.equal(answer.status, 200);
    assert.equal(json(answer).websocket, false);
});

// --- SessionURLs

test('SessionURLs.test_anyValue', async () => {
    const random = freshId();
    for (const part of [`/a/a${random}`, `/_/_${random}`, `/1/${random}`, `/abcdefgh_i-j%20/abcdefg_i-j%20${random}`]) {
        const answer = await post(`/echo${part}/xhr`);
        assert.equal(answer.status, 200);
        assert.equal(answer.body, 'o\n');
    }
});

test('SessionURLs.test_invalidPaths', async () => {
    for (const suffix of ['//', '/a./a', '/a/a.', '/./.', '/', '///']) {
        assertNotFound(await get(`/echo${suffix}/xhr`));
        assertNotFound(await post(`/echo${suffix}/xhr`));
    }
});

test('SessionURLs.test_ignoringServerId', async () => {
    const session = await new Session(server).open();
    await session.send('a');
    const answer = await post(`/echo/999/${session.id}/xhr`);
    assert.equal(answer.body, 'a["a"]\n');
});

// --- Protocol

test('Protocol.test_simpleSession', async () => {
    const session = await new Session(server).open();
    const sent = await session.post('["a"]');
    assert.equal(sent.status, 204);
    assert.equal(sent.body, '');
    assert.equal((await session.poll()).body, 'a["a"]\n');
    assertNotFound(await post(`/echo/000/bad_${freshId()}/xhr_send`, { body: '["a"]' }));

    const first = await session.attachedPoll();
    await session.send('late');
    assert.equal((await first.response()).body, 'a["late"]\n', 'the refused one disturbed the first');
    first.destroy();
});

test('Protocol.test_closeSession', async () => {
    const session = await new Session(server, '/close').open();
    for (let i = 0; i < 3; ++i) {
        const answer = await session.poll();
        assert.equal(answer.status, 200);
        assert.equal(answer.body, `${GO_AWAY}\n`);
    }
});

// --- WebsocketHttpErrors

test('WebsocketHttpErrors.test_httpMethod', async () => {
    const answer = await get('/echo/0/0/websocket');
    assert.equal(answer.status, 400);
    assert.ok(answer.body.includes('Not a valid websocket request'), answer.body);
});

test('WebsocketHttpErrors.test_invalidConnectionHeader', async () => {
    const answer = await get('/echo/0/0/websocket', { headers: { Upgrade: 'WebSocket', Connection: 'close' } });
    assert.equal(answer.status, 400);
    assert.ok(answer.body.includes('Not a valid websocket request'), answer.body);
});

test('WebsocketHttpErrors.test_invalidMethod', async () => {
    for (const headers of [{ Upgrade: 'WebSocket', Connection: 'Upgrade' }, {}]) {
        assertWrongMethod(await post('/echo/0/0/websocket', { headers }), 'GET');
    }
});

// --- Websocket

test('Websocket.test_transport', async () => {
    const socket = await new Session(server).websocket();
    assertNoCookie(socket.answer);
    assert.equal(await socket.text(), 'o');
    socket.send('["a"]');
    assert.equal(await socket.text(), 'a["a"]');
    await socket.close();
});

test('Websocket.test_close', async () => {
    const socket = await new Session(server, '/close').websocket();
    assert.equal(await socket.text(), 'o');
    assert.equal(await socket.text(), GO_AWAY);
    await socket.closesWith(1000, 'Normal closure');
});

test('Websocket.test_headersSanity', async () => {
    const http = await openStream(server, 'GET', `${new Session(server).url}/websocket`, {
        headers: handshakeHeaders({
            'Sec-WebSocket-Key': 'x3JJHMbDL1EzLkh9GBhXDw==', 'Sec-WebSocket-Origin': 'http://asd',
        }),
    });
    assert.equal(http.answer.status, 101);
    assert.equal(http.answer.get('sec-websocket-accept'), 'HSmrc0sMlYUkAGmm5OPpG2HaGWk=');
    assert.equal(http.answer.get('connection').toLowerCase(), 'upgrade');
    assert.equal(http.answer.get('upgrade').toLowerCase(), 'websocket');
    assert.equal(http.answer.get('content-length'), undefined);
    assert.equal(http.answer.get('sec-websocket-extensions'), undefined);
    assert.equal(http.answer.get('sec-websocket-protocol'), undefined);
    http.destroy();
});

test('Websocket.test_empty_frame', async () => {
    const socket = await new Session(server).websocket();
    assert.equal(await socket.text(), 'o');
    socket.send('').send('[]').send('["a"]');
    assert.equal(await socket.text(), 'a["a"]');
    await socket.close();
});

test('Websocket.test_reuseSessionId', async () => {
    const session = new Session(server);
    const [one, two] = [await session.websocket(), await session.websocket()];
    assert.equal(await one.text(), 'o');
    assert.equal(await two.text(), 'o');
    one.send('["a"]');
    two.send('["b"]');
    assert.equal(await one.text(), 'a["a"]');
    assert.equal(await two.text(), 'a["b"]');
    await one.close();
    await two.close();

    const again = await session.websocket();
    assert.equal(await again.text(), 'o');
    again.send('["a"]');
    assert.equal(await again.text(), 'a["a"]');
    await again.close();
});

test('Websocket.test_broken_json', async () => {
    const socket = await new Session(server).websocket();
    assert.equal(await socket.text(), 'o');
    socket.send('["a');
    const first = await socket.read();
    assert.equal(first.opcode, CLOSE, 'no c frame goes before the WebSocket close');
    assert.equal(first.payload.readUInt16BE(), 3000);
    assert.equal(first.payload.subarray(2).toString(), 'Broken framing.');
    socket.frame(CLOSE, first.payload);
    await socket.connection.endsHere();
    socket.destroy();
});

// --- XhrPolling

test('XhrPolling.test_options', async () => {
    for (const suffix of ['xhr', 'xhr_send']) {
        await assertPreflight(server, `/echo/abc/abc/${suffix}`, 'OPTIONS, POST');
    }
});

test('XhrPolling.test_transport', async () => {
    const session = new Session(server);
    const opened = await session.poll({ headers: { Origin: 'test' } });
    assert.equal(opened.status, 200);
    assert.equal(opened.body, 'o\n');
    assertContentType(opened, 'application/javascript;charset=UTF-8');
    assertCors(opened, 'test');
    assertNoCache(opened);
    assertNoCookie(opened);

    const sent = await session.post('["x"]', { headers: { Origin: 'test' } });
    assert.equal(sent.status, 204);
    assert.equal(sent.body, '');
    assertContentType(sent, 'text/plain;charset=UTF-8');
    assertCors(sent, 'test');
    assertNoCache(sent);
    assertNoCookie(sent);

    const received = await session.poll();
    assert.equal(received.status, 200);
    assert.equal(received.body, 'a["x"]\n');
    assertCors(received, undefined);
});

test('XhrPolling.test_invalid_session', async () => {
    const session = new Session(server);
    const answer = await session.post('["x"]', { headers: { Origin: 'test' } });
    assertNotFound(answer);
    assertNoCache(answer);
    assertCors(answer, 'test');
    await session.open(); // and the send has not created it
});

test('XhrPolling.test_invalid_json', async () => {
    const session = await new Session(server).open();
    const broken = await session.post('["x', { headers: { Origin: 'test' } });
    assertRefusal(broken, 'Broken JSON encoding.');
    assertCors(broken, 'test');
    assertRefusal(await session.post(''), 'Payload expected.');
    await session.send('a');
    const answer = await session.poll();
    assert.equal(answer.status, 200);
    assert.equal(answer.body, 'a["a"]\n');
});

test('XhrPolling.test_content_types', async () => {
    const session = await new Session(server).open();
    const types = ['text/plain', 'T', 'application/json', 'application/xml', '', 'application/json; charset=utf-8',
        'text/xml; charset=utf-8', 'text/xml'];
    for (const type of types) {
        const answer = await session.post('["a"]', { headers: { 'Content-Type': type } });
        assert.equal(answer.status, 204, type);
        assert.equal(answer.body, '');
    }
    const answer = await session.poll();
    assert.equal(answer.status, 200);
    assert.equal(answer.body, `a[${types.map(() => '"a"').join(',')}]\n`);
});

test('XhrPolling.test_request_headers_cors', async () => {
    for (const [asked, allowed] of [['a, b, c', 'a, b, c'], ['', undefined], [undefined, undefined]]) {
        const headers = { Origin: 'test', 'Access-Control-Request-Method': 'POST' };
        if (asked !== undefined) {
            headers['Access-Control-Request-Headers'] = asked;
        }
        const answer = await ask(server, 'OPTIONS', `${new Session(server).url}/xhr`, { headers });
        assert.ok(answer.status === 204 || answer.status === 200);
        assertCors(answer, 'test');
        assert.equal(answer.get('access-control-allow-headers'), allowed);
    }
});

test('XhrPolling.test_sending_empty_frame', async () => {
    const session = await new Session(server).open();
    assert.equal((await session.post('[]')).status, 204);
    await session.send('a');
    assert.equal((await session.poll()).body, 'a["a"]\n');
});

// --- XhrStreaming

test('XhrStreaming.test_options', () => assertPreflight(server, '/echo/abc/abc/xhr_streaming', 'OPTIONS, POST'));

test('XhrStreaming.test_transport', async () => {
    const session = new Session(server);
    const stream = await session.stream('xhr_streaming', { headers: { Origin: 'test' } });
    assertContentType(stream.answer, 'application/javascript;charset=UTF-8');
    assertCors(stream.answer, 'test');
    assertNoCache(stream.answer);
    assertNoCookie(stream.answer);
    assert.equal(stream.prelude, PRELUDE);
    assert.equal(await stream.chunk(), 'o\n');
    await session.send('x');
    assert.equal(await stream.chunk(), 'a["x"]\n');
    stream.destroy();
});

test('XhrStreaming.test_response_limit', async () => {
    const session = new Session(server);
    const stream = await session.stream();
    assert.equal(await stream.chunk(), 'o\n');
    const message = 'x'.repeat(128);
    for (let i = 0; i < 31; ++i) { // 2 + 30 * 134 bytes stay below 4096, the 31st goes beyond
        await session.send(message);
        assert.equal(await stream.chunk(), `a["${message}"]\n`);
    }
    assert.equal(await stream.chunk(), '');
    stream.destroy();
});

// --- EventSource

test('EventSource.test_transport', async () => {
    const session = new Session(server);
    const stream = await session.stream('eventsource');
    assertContentType(stream.answer, 'text/event-stream');
    assertNoCache(stream.answer);
    assertNoCookie(stream.answer);
    assert.equal(stream.prelude, '\r\n');
    assert.equal(await stream.chunk(), 'data: o\r\n\r\n');
    await session.send('x');
    assert.equal(await stream.chunk(), 'data: a["x"]\r\n\r\n');
    assert.equal((await session.post('["  \\u0000\\n\\r "]')).status, 204);
    assert.equal(await stream.chunk(), 'data: a["  \\u0000\\n\\r "]\r\n\r\n');
    stream.destroy();
});

async function assertLimitAfterOneMessage(kind) {
    const session = new Session(server);
    const stream = await session.stream(kind);
    assert.equal(await stream.chunk(), wrappers[kind]('o'));
    const message = 'x'.repeat(4096);
    await session.send(message);
    assert.equal(await stream.chunk(), wrappers[kind](`a["${message}"]`));
    assert.equal(await stream.chunk(), '');
    stream.destroy();
}

test('EventSource.test_response_limit', () => assertLimitAfterOneMessage('eventsource'));

// --- HtmlFile

const htmlHead = (callback) => `<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.${callback};
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>`;

test('HtmlFile.test_transport', async () => {
    const session = new Session(server);
    const stream = await openStream(server, 'GET', `${session.url}/htmlfile?c=%63allback`);
    assert.equal(stream.answer.status, 200);
    assertContentType(stream.answer, 'text/html;charset=UTF-8');
    assertNoCache(stream.answer);
    assertNoCors(stream.answer);
    assertNoCookie(stream.answer);
    const head = await stream.chunk();
    assert.equal(head.trim(), htmlHead('callback'));
    assert.ok(head.length > 1024, `${head.length} bytes`);
    assert.ok(head.endsWith('\r\n\r\n'));
    assert.equal(await stream.chunk(), '<script>\np("o");\n</script>\r\n');
    await session.send('x');
    assert.equal(await stream.chunk(), '<script>\np("a[\\"x\\"]");\n</script>\r\n');
    stream.destroy();
});

test('HtmlFile.test_no_callback', () => assertNeedsCallback('htmlfile'));
test('HtmlFile.test_invalid_callback', () => assertFiltersCallback('htmlfile'));
test('HtmlFile.test_response_limit', () => assertLimitAfterOneMessage('htmlfile'));

async function assertNeedsCallback(kind) {
    const session = new Session(server);
    assertRefusal(await get(`${session.url}/${kind}`), '"callback" parameter required');
    assertNotFound(await session.post('["x"]')); // no session came of it
}

async function assertFiltersCallback(kind) {
    const session = new Session(server);
    for (const callback of ['%20', '*', 'abc(', 'abc%28']) {
        assertRefusal(await get(`${session.url}/${kind}?c=${callback}`), 'invalid "callback" parameter');
        assertRefusal(await get(`${session.url}/${kind}?callback=${callback}`), 'invalid "callback" parameter');
    }
    assertNotFound(await session.post('["x"]'));
}

// --- JsonPolling

const jsonpSend = (session, body, type = FORM) => post(`${session.url}/jsonp_send`,
    { body, headers: type === null ? {} : { 'Content-Type': type } });

test('JsonPolling.test_transport', async () => {
    const session = new Session(server);
    const opened = await get(`${session.url}/jsonp?c=%63allback`);
    assert.equal(opened.status, 200);
    assertContentType(opened, 'application/javascript;charset=UTF-8');
    assertNoCache(opened);
    assertNoCors(opened);
    assertNoCookie(opened);
    assert.equal(opened.body, '/**/callback("o");\r\n');

    const sent = await jsonpSend(session, 'd=%5B%22x%22%5D');
    assert.equal(sent.status, 200);
    assert.equal(sent.body, 'ok');
    assertContentType(sent, 'text/plain;charset=UTF-8');
    assertNoCache(sent);
    assertNoCors(sent);
    assertNoCookie(sent);

    const received = await get(`${session.url}/jsonp?c=%63allback`);
    assert.equal(received.status, 200);
    assert.equal(received.body, '/**/callback("a[\\"x\\"]");\r\n');
});

test('JsonPolling.test_no_callback', () => assertNeedsCallback('jsonp'));
test('JsonPolling.test_invalid_callback', () => assertFiltersCallback('jsonp'));

test('JsonPolling.test_invalid_json', async () => {
    const session = new Session(server);
    assert.equal((await session.jsonp()).body, '/**/x("o");\r\n');
    assertRefusal(await jsonpSend(session, 'd=%5B%22x'), 'Broken JSON encoding.');
    for (const body of ['', 'd=', 'p=p']) {
        assertRefusal(await jsonpSend(session, body), 'Payload expected.');
    }
    assert.equal((await jsonpSend(session, 'd=%5B%22b%22%5D')).body, 'ok');
    const answer = await session.jsonp();
    assert.equal(answer.status, 200);
    assert.equal(answer.body, '/**/x("a[\\"b\\"]");\r\n');
});

test('JsonPolling.test_content_types', async () => {
    const session = new Session(server);
    assert.equal((await session.jsonp()).body, '/**/x("o");\r\n');
    assert.equal((await jsonpSend(session, 'd=%5B%22abc%22%5D')).body, 'ok');
    assert.equal((await jsonpSend(session, '["%61bc"]', 'text/plain')).body, 'ok');
    assert.equal((await jsonpSend(session, '["+"]', null)).body, 'ok');
    assert.equal((await jsonpSend(session, 'd=%5B%22a+b%22%5D')).body, 'ok');
    const answer = await session.jsonp();
    assert.equal(answer.status, 200);
    assert.equal(answer.body, '/**/x("a[\\"abc\\",\\"%61bc\\",\\"+\\",\\"a b\\"]");\r\n');
});

test('JsonPolling.test_close', async () => {
    const session = new Session(server, '/close');
    assert.equal((await session.jsonp()).body, '/**/x("o");\r\n');
    for (let i = 0; i < 2; ++i) {
        assert.equal((await session.jsonp()).body, '/**/x("c[3000,\\"Go away!\\"]");\r\n');
    }
});

test('JsonPolling.test_sending_empty_frame', async () => {
    const session = new Session(server);
    assert.equal((await session.jsonp()).body, '/**/x("o");\r\n');
    assert.equal((await jsonpSend(session, 'd=%5B%5D')).body, 'ok');
    assert.equal((await jsonpSend(session, 'd=%5B%22x%22%5D')).body, 'ok');
    assert.equal((await session.jsonp()).body, '/**/x("a[\\"x\\"]");\r\n');
});

// --- JsessionidCookie

test('JsessionidCookie.test_basic', async () => {
    const answer = await get('/cookie_needed_echo/info');
    assert.equal(answer.status, 200);
    assertNoCookie(answer);
    assert.equal(json(answer).cookie_needed, true);
    assertNoCookie(await get('/cookie_needed_echo'));
    assertNoCookie(await get('/cookie_needed_echo/iframe.html'));
});

test('JsessionidCookie.test_xhr', async () => {
    const session = new Session(server, '/cookie_needed_echo');
    const opened = await session.poll();
    assert.equal(opened.body, 'o\n');
    assertCookie(opened);
    assertCookie(await session.post('["x"]'));

    const other = await new Session(server, '/cookie_needed_echo').poll({ headers: { Cookie: 'JSESSIONID=abcdef' } });
    assert.equal(other.body, 'o\n');
    assertCookie(other, 'abcdef');
    const among = await session.poll({ headers: { Cookie: 'a=b; JSESSIONID=abcdef; c=d' } });
    assertCookie(among, 'abcdef');
});

for (const kind of ['xhr_streaming', 'eventsource', 'htmlfile']) {
    test(`JsessionidCookie.test_${kind}`, async () => {
        for (const [headers, value] of [[{}, 'dummy'], [{ Cookie: 'JSESSIONID=abcdef' }, 'abcdef']]) {
            const stream = await new Session(server, '/cookie_needed_echo').stream(kind, { headers });
            assertCookie(stream.answer, value);
            stream.destroy();
        }
    });
}

test('JsessionidCookie.test_jsonp', async () => {
    const session = new Session(server, '/cookie_needed_echo');
    const opened = await session.jsonp();
    assert.equal(opened.body, '/**/x("o");\r\n');
    assertCookie(opened);
    const sent = await jsonpSend(session, 'd=%5B%22x%22%5D');
    assert.equal(sent.body, 'ok');
    assertCookie(sent);
    const headers = { Cookie: 'JSESSIONID=abcdef' };
    assertCookie(await get(`${session.url}/jsonp?c=x`, { headers }), 'abcdef');
});

// --- RawWebsocket

test('RawWebsocket.test_transport', async () => {
    const socket = await RawWebSocket.open(server, '/echo/websocket');
    socket.send('Hello world!\uffff');
    assert.equal(await socket.text(), 'Hello world!\uffff');
    await socket.close();
});

test('RawWebsocket.test_close', async () => {
    const socket = await RawWebSocket.open(server, '/close/websocket');
    await socket.closesWith(3000, 'Go away!');
});

// --- JSONEncoding

const points = [];
for (let point = 0; point < 0x10000; ++point) {
    points.push(String.fromCharCode(point));
}
const escape = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

test('JSONEncoding.test_xhr_server_encodes', async () => {
    const characters = points.filter((char) => /[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]/.test(char));
    assert.equal(characters.length, 44);
    const session = await new Session(server).open();
    assert.equal((await session.post(`["${characters.join('')}"]`)).status, 204);
    assert.equal((await session.poll()).body, `a["${characters.map(escape).join('')}"]\n`);
});

test('JSONEncoding.test_xhr_server_decodes', async () => {
    // Every code unit of the basic plane that is not a surrogate: a superset of what any client escapes.
    const characters = points.filter((char) => !/[\ud800-\udfff]/.test(char));
    for (let at = 0; at < characters.length; at += 8192) {
        const part = characters.slice(at, at + 8192);
        const session = await new Session(server).open();
        assert.equal((await session.post(`["${part.map(escape).join('')}"]`)).status, 204);
        const answer = await session.poll({ encoding: 'utf8' });
        assert.deepEqual(JSON.parse(answer.body.slice(1)), [part.join('')]);
    }
});

// --- HandlingClose

test('HandlingClose.test_close_frame', async () => {
    const session = new Session(server, '/close');
    const first = await session.stream();
    assert.equal(first.prelude, PRELUDE);
    assert.equal(await first.chunk(), 'o\n');
    assert.equal(await first.chunk(), `${GO_AWAY}\n`);
    const second = await session.stream();
    assert.equal(second.prelude, PRELUDE);
    assert.equal(await second.chunk(), `${GO_AWAY}\n`);
    assert.equal(await first.chunk(), '');
    assert.equal(await second.chunk(), '');
    first.destroy();
    second.destroy();
});

test('HandlingClose.test_close_request', async () => {
    const session = new Session(server);
    const first = await session.stream();
    assert.equal(await first.chunk(), 'o\n');
    const second = await session.stream();
    assert.equal(second.prelude, PRELUDE);
    assert.equal(await second.chunk(), `${ANOTHER}\n`);
    assert.equal(await second.chunk(), '');
    await session.send('x');
    assert.equal(await first.chunk(), 'a["x"]\n', 'the first receiver is unaffected');
    first.destroy();
    second.destroy();
});

const afterAbort = ['o\n', 'c[1002,"Connection interrupted"]\n'];

// The end of the old connection and the new request travel on two sockets: the order must hold all the same.
const ABORTS = 20;

test('HandlingClose.test_abort_xhr_streaming', async () => {
    for (let i = 0; i < ABORTS; ++i) {
        const session = new Session(server);
        const first = await session.stream();
        assert.equal(await first.chunk(), 'o\n');
        const second = await session.stream();
        assert.equal(await second.chunk(), `${ANOTHER}\n`);
        assert.equal(await second.chunk(), '');
        if (i % 2) {
            first.destroy();
        } else {
            first.connection.reset();
        }
        const third = await session.stream();
        const frame = await third.chunk();
        assert.ok(afterAbort.includes(frame), frame);
        second.destroy();
        third.destroy();
    }
});

test('HandlingClose.test_abort_xhr_polling', async () => {
    for (let i = 0; i < ABORTS; ++i) {
        const session = await new Session(server).open();
        const first = await session.attachedPoll();
        if (i % 2) {
            first.destroy();
        } else {
            first.connection.reset();
        }
        const { body } = await session.poll();
        assert.ok(afterAbort.includes(body), body);
    }
});

// --- Http10 and Http11

test('Http10.test_synchronous', async () => {
    const http = await HttpConnection.open(server);
    http.request('GET', '/echo', { version: '1.0', headers: { Connection: 'Keep-Alive' } });
    const answer = await http.response();
    assert.equal(answer.status, 200);
    assert.equal(answer.get('transfer-encoding'), undefined);
    assert.equal(answer.body, 'Welcome to SockJS!\n');
    if (answer.get('content-length') !== undefined && /keep-alive/i.test(answer.get('connection') ?? '')) {
        assert.equal((await http.ask('GET', '/echo', { version: '1.0' })).status, 200);
    } else {
        await http.connection.endsHere();
    }
    http.destroy();
});

test('Http10.test_streaming', async () => {
    const http = await HttpConnection.open(server);
    http.request('POST', `${new Session(server, '/close').url}/xhr_streaming`,
        { version: '1.0', headers: { Connection: 'Keep-Alive' } });
    const head = await http.head();
    assert.equal(head.status, 200);
    assert.equal(head.get('transfer-encoding'), undefined);
    assert.equal(head.get('content-length'), undefined);
    const body = await http.connection.takeAll();
    assert.equal(body.toString('latin1'), `${PRELUDE}o\n${GO_AWAY}\n`);
    http.destroy();
});

test('Http11.test_synchronous', async () => {
    const http = await HttpConnection.open(server);
    for (let i = 0; i < 3; ++i) {
        const answer = await http.ask('GET', '/echo', { headers: { Connection: 'Keep-Alive' } });
        assert.equal(answer.status, 200);
        assert.equal(answer.version, '1.1');
        assert.match(answer.get('connection') ?? 'keep-alive', /^keep-alive$/i);
        assert.equal(answer.body, 'Welcome to SockJS!\n');
    }
    http.destroy();
});

test('Http11.test_streaming', async () => {
    const http = await new Session(server, '/close').stream();
    assert.ok(http.answer.chunked);
    assert.equal(http.answer.get('content-length'), undefined);
    assert.equal(http.prelude, PRELUDE);
    assert.equal(await http.chunk(), 'o\n');
    assert.equal(await http.chunk(), `${GO_AWAY}\n`);
    assert.equal(await http.chunk(), '');
    http.destroy();
});
