'use strict';
// What the protocol says and its public suite does not look at: sections 13 and 18 of the protocol notes, the limits,
// and the places where we promise more than the reference server gives.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, ask, HttpConnection, openStream, requestText, RawWebSocket, Session, wrappers, handshakeHeaders,
    PRELUDE, GO_AWAY, ANOTHER, FORM, CLOSE, PING, PONG, BINARY, assertContentType, assertNoCache, assertCors,
    assertNoCors, assertCookie, assertNoCookie, assertNotFound, assertWrongMethod, assertRefusal, assertVaryOrigin,
    assertServes,
} = require('./lib.js');

const server = useServer();

const get = (target, options) => ask(server, 'GET', target, options);
const post = (target, options) => ask(server, 'POST', target, options);
const streams = ['xhr_streaming', 'eventsource', 'htmlfile'];
const form = (session, body) => post(`${session.url}/jsonp_send`, { body, headers: { 'Content-Type': FORM } });

// --- headers

test('eventsource carries CORS headers, and Vary', async () => {
    const answers = {};
    for (const origin of ['http://localhost:8080', 'null', undefined]) {
        const stream = await new Session(server).stream('eventsource', { headers: origin ? { Origin: origin } : {} });
        answers[origin] = stream.answer;
        stream.destroy();
    }
    assertCors(answers['http://localhost:8080'], 'http://localhost:8080');
    assertCors(answers.undefined, undefined);
    // A page without an origin: `*` must not go with credentials, `null` may.
    const lone = answers.null;
    const credentials = { '*': undefined, null: 'true' };
    assert.ok(lone.get('access-control-allow-origin') in credentials);
    assert.equal(lone.get('access-control-allow-credentials'), credentials[lone.get('access-control-allow-origin')]);
    assertVaryOrigin(lone);
});

test('every CORS answer varies by Origin, with an Origin and without', async () => {
    for (const headers of [{}, { Origin: 'test' }]) {
        const session = await new Session(server).open();
        assertVaryOrigin(await get('/echo/info', { headers }));
        assertVaryOrigin(await ask(server, 'OPTIONS', '/echo/info', { headers }));
        assertVaryOrigin(await ask(server, 'OPTIONS', `${session.url}/xhr`, { headers }));
        assertVaryOrigin(await session.post('["a"]', { headers }));
        assertVaryOrigin(await session.post('', { headers }));
        assertVaryOrigin(await session.poll({ headers }));
        const stream = await new Session(server).stream('xhr_streaming', { headers });
        assertVaryOrigin(stream.answer);
        stream.destroy();
    }
});

test('jsonp is not sniffed as something else', async () => {
    const answer = await new Session(server).jsonp();
    assert.equal(answer.get('x-content-type-options'), 'nosniff');
    assert.ok(answer.body.startsWith('/**/'));
});

test('refusals are plain text and not sniffed', async () => {
    const session = await new Session(server).open();
    const refusals = [
        await session.post(''),
        await session.post('["x'),
        await get(`${session.url}/jsonp`),
        await get(`${session.url}/jsonp?c=%3Cscript%3E`),
        await get(`${session.url}/htmlfile?c=%3Cscript%3E`),
    ];
    for (const answer of refusals) {
        assert.equal(answer.status, 500);
        assert.match(answer.get('content-type') ?? '', /^text\/plain\b/);
        assert.equal(answer.get('x-content-type-options'), 'nosniff');
        assert.doesNotMatch(answer.body, /<script>/, 'nothing is reflected');
    }
});

test('a 404 is plain text that does not repeat the path', async () => {
    for (const target of ['/echo/<script>', '/echo/a/b/%3Cscript%3E', '/elsewhere/<script>']) {
        const answer = await get(target);
        assertNotFound(answer);
        assert.doesNotMatch(answer.text + answer.body, /script/);
        if (answer.body) {
            assert.match(answer.get('content-type'), /^text\/plain\b/);
        }
    }
});

test('the cookie is on every preflight, and on no page or error', async () => {
    const prefix = '/cookie_needed_echo';
    for (const suffix of ['/info', '/a/b/xhr', '/a/b/xhr_send', '/a/b/xhr_streaming']) {
        const headers = { Origin: 'test', Cookie: 'JSESSIONID=abc' };
        assertCookie(await ask(server, 'OPTIONS', prefix + suffix, { headers }), 'abc');
        assertCookie(await ask(server, 'OPTIONS', prefix + suffix), 'dummy');
    }
    assertNoCookie(await get(`${prefix}/elsewhere`));
    assertNoCookie(await ask(server, 'DELETE', `${prefix}/a/b/xhr`));
    const socket = await new Session(server, prefix).websocket();
    assertNoCookie(socket.answer);
    socket.destroy();
});

test('a cookie that could not be one is not echoed', async () => {
    for (const value of ['a b', 'a"b', 'a,b', 'a\\b']) {
        const answer = await new Session(server, '/cookie_needed_echo').poll({ headers: { Cookie: `JSESSIONID=${value}` } });
        assert.equal(answer.status, 200);
        assertCookie(answer, 'dummy');
    }
});

test('the methods of each path are those of the protocol, HEAD among none', async () => {
    const allow = {
        '': 'GET', '/': 'GET', '/iframe.html': 'GET', '/info': 'OPTIONS, GET', '/websocket': 'GET', '/a/b/websocket': 'GET',
        '/a/b/xhr': 'POST, OPTIONS', '/a/b/xhr_streaming': 'POST, OPTIONS', '/a/b/xhr_send': 'POST, OPTIONS',
        '/a/b/eventsource': 'GET', '/a/b/htmlfile': 'GET', '/a/b/jsonp': 'GET', '/a/b/jsonp_send': 'POST',
    };
    for (const [suffix, methods] of Object.entries(allow)) {
        for (const method of ['HEAD', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
            if (!methods.split(', ').includes(method)) {
                assertWrongMethod(await ask(server, method, `/echo${suffix}`, { length: 0 }), methods);
            }
        }
    }
});

test('a trailing slash is one too many only twice', async () => {
    for (const suffix of ['/info', '/iframe.html', '/']) {
        assert.equal((await get(`/echo${suffix.replace(/\/$/, '')}/`)).status, 200);
        assertNotFound(await get(`/echo${suffix.replace(/\/$/, '')}//`));
    }
    const session = new Session(server);
    assert.equal((await post(`${session.url}/xhr/`)).body, 'o\n');
    assert.equal((await post(`${session.url}/xhr_send/`, { body: '["a"]' })).status, 204);
    assert.equal((await session.poll()).body, 'a["a"]\n');
});

test('paths are matched undecoded and unnormalised', async () => {
    const dot = await post('/echo/a/%2e%2e/xhr');
    assert.equal(dot.status, 200, '%2e is not a dot');
    assert.equal(dot.body, 'o\n');
    assert.equal((await post('/echo/a/b%2Fc/xhr')).body, 'o\n', '%2F is not a slash');
    for (const target of ['/echo/a/../b/xhr', '/echo//a/b/xhr', '/echo/a/b//xhr', '/./echo/a/b/xhr', '/echo/a/b/c/xhr',
        '/echo/a/b/XHR', '/echo/a/b/xhr_', '/echofoo', '/echo%2Finfo', '/Echo/info', '/echo/iframeXhtml', '/echo/a.b/c/xhr']) {
        assertNotFound(await post(target));
        assertNotFound(await get(target));
    }
});

test('a query takes no part in matching', async () => {
    assert.equal((await get('/echo?x')).body, 'Welcome to SockJS!\n');
    assert.equal((await get('/echo/?x=/y')).body, 'Welcome to SockJS!\n');
    assert.equal((await get('/echo/info?t=1&x=/../')).status, 200);
    const session = new Session(server);
    assert.equal((await post(`${session.url}/xhr?t=17`)).body, 'o\n');
    assert.equal((await post(`${session.url}/xhr_send?t=18`, { body: '["a"]' })).status, 204);
    assert.equal((await post(`${session.url}/jsonp_send?i=a1&t=1`, { body: '["b"]' })).body, 'ok');
    assert.equal((await post(`${session.url}/xhr?t=19&c=%%%`)).body, 'a["a","b"]\n');
});

test('a fixed resource that has not changed is not sent again', async () => {
    const { body } = await get('/echo/iframe.html');
    const etag = (await get('/echo/iframe.html')).get('etag');
    assert.equal((await get('/echo/iframe-other.html?x', { headers: { 'If-None-Match': etag } })).status, 304);
    const other = await get('/echo/iframe.html', { headers: { 'If-None-Match': '"x"' } });
    assert.equal(other.body, body);
    const service = await get('/close/iframe.html');
    assert.equal(service.status, 200);
});

// --- callbacks

test('a callback is one valid name of at most 32 characters', async () => {
    for (const kind of ['jsonp', 'htmlfile']) {
        const session = new Session(server);
        for (const query of ['c=', 'callback=', 'c', 'c=a&c=b', 'c=a&c=a', 'c=a%0d%0ab', 'c=%00', 'c=a%', 'c=a%zz', 'c=a+b', 'c=%C3%A4']) {
            const answer = await get(`${session.url}/${kind}?${query}`);
            assert.equal(answer.status, 500, `${kind}?${query}`);
            assert.match(answer.body, /"callback" parameter/);
            assertNoCache(answer);
        }
        assertNotFound(await session.post('["x"]'));
    }
    const session = new Session(server);
    assertRefusal(await session.jsonp('x'.repeat(33)), 'invalid "callback" parameter');
    const longest = 'x'.repeat(32);
    assert.equal((await session.jsonp(longest)).body, `/**/${longest}("o");\r\n`);
});

test('the parameter may be called c or callback and hold every allowed character', async () => {
    const name = 'aZ09_.-';
    for (const parameter of ['c', 'callback', 't=5&c', 'x=c&callback']) {
        assert.equal((await get(`${new Session(server).url}/jsonp?${parameter}=${name}`)).body, `/**/${name}("o");\r\n`);
        const stream = await openStream(server, 'GET', `${new Session(server).url}/htmlfile?${parameter}=${name}`);
        assert.ok((await stream.chunk()).includes(`var c = parent.${name};\n`));
        stream.destroy();
    }
});

// --- encoding

test('eventsource escapes every percent sign', async () => {
    const session = new Session(server);
    const stream = await session.stream('eventsource');
    assert.equal(await stream.chunk(), 'data: o\r\n\r\n');
    await session.send('100% %25 %0d%0a', '%');
    assert.equal(await stream.chunk(), 'data: a["100%25 %2525 %250d%250a"]\r\n\r\n');
    assert.equal(await stream.chunk(), 'data: a["%25"]\r\n\r\n');
    stream.destroy();
});

test('no message can break a line of an event or leave the script element', async () => {
    const message = 'a\rb\nc\r\nd\u2028\u2029\0</script><script>alert(1)</script><!-- ';
    for (const kind of ['eventsource', 'htmlfile', 'xhr_streaming']) {
        const session = new Session(server);
        const stream = await session.stream(kind);
        await stream.chunk();
        await session.send(message);
        const chunk = await stream.chunk();
        if (kind === 'eventsource') {
            const [, data] = /^data: ([^\r\n]*)\r\n\r\n$/.exec(chunk);
            assert.deepEqual(JSON.parse(decodeURI(data).slice(1)), [message]);
        } else if (kind === 'htmlfile') {
            const [, text] = /^<script>\np\((".*")\);\n<\/script>\r\n$/.exec(chunk);
            assert.ok(!text.includes('</'), text);
            assert.deepEqual(JSON.parse(JSON.parse(text).slice(1)), [message]);
        } else {
            assert.deepEqual(JSON.parse(/^a(.*)\n$/.exec(chunk)[1]), [message]);
        }
        stream.destroy();
    }
});

test('characters beyond the basic plane leave as surrogate pairs, lower case, on each transport', async () => {
    const session = await new Session(server).open();
    await session.send('\u{1F600}\u{10FFFF}\uFEFF\u007f\u009f/\u00e9');
    const escaped = '\\ud83d\\ude00\\udbff\\udfff';
    const plain = Buffer.from('\uFEFF\u007f\u009f/\u00e9').toString('latin1');
    assert.equal((await session.poll()).body, `a["${escaped}${plain}"]\n`);

    const socket = await session.websocket();
    assert.equal(await socket.text(), 'o');
    socket.send('["\u{1F600}"]');
    assert.equal(await socket.text(), 'a["\\ud83d\\ude00"]');
    await socket.close();
});

test('control characters use the short escapes', async () => {
    const session = await new Session(server).open();
    await session.send('\b\t\n\f\r"\\\u0001\u001f');
    assert.equal((await session.poll()).body, 'a["\\b\\t\\n\\f\\r\\"\\\\\\u0001\\u001f"]\n');
});

test('lone surrogates cost nobody the session, and nothing ill-formed is sent on', async () => {
    for (const half of ['\\ud800', '\\udc00', 'x\\ud83d', '\\ude00\\ud83d', '\\ud800\\ud800']) {
        const session = await new Session(server).open();
        assert.equal((await session.post(`["${half}","after"]`)).status, 204, half);
        const text = new TextDecoder('utf-8', { fatal: true })
            .decode(Buffer.from((await session.poll()).body, 'latin1'));
        const [, last] = JSON.parse(text.slice(1));
        assert.equal(last, 'after');

        const socket = await session.websocket();
        assert.equal(await socket.text(), 'o');
        socket.send(`["${half}"]`);
        assert.match(await socket.text(), /^a\["/);
        await socket.close();
    }
});

test('noncharacters and line separators come in unescaped', async () => {
    const session = await new Session(server).open();
    const message = '\u200c\u2028\u2029\ufffe\uffff\ufeff';
    assert.equal((await session.post(`["${message}"]`)).status, 204);
    assert.deepEqual(JSON.parse((await session.poll()).body.slice(1)), [message.replace(/./gu, (c) =>
        (c === '\ufeff' ? Buffer.from(c).toString('latin1') : c))]);
});

// --- what a send accepts

test('only arrays of strings are messages', async () => {
    const payloads = ['{}', '"a"', '1', 'null', 'true', '[1]', '["a",1]', '[null]', '[["a"]]', '[{}]', '[true]'];
    const session = await new Session(server).open();
    for (const body of payloads) {
        assertRefusal(await session.post(body), 'Payload expected.');
        assertRefusal(await form(session, `d=${encodeURIComponent(body)}`), 'Payload expected.');
    }
    await session.send('after');
    assert.equal((await session.poll()).body, 'a["after"]\n', 'no part of a refused array was delivered');
});

test('broken JSON is told from the wrong kind', async () => {
    const session = await new Session(server).open();
    const payloads = ['[', ']', '["a"', '["a",]', '["a"]x', '[\'a\']', '\ufeff["a"]', '["\\x"]', '["\n"]', 'abc', '["a"]["b"]'];
    for (const body of payloads) {
        assertRefusal(await session.post(body), 'Broken JSON encoding.');
    }
    assert.equal((await session.post(' \r\n\t["a"] \n')).status, 204, 'white space around is fine');
    assert.equal((await session.poll()).body, 'a["a"]\n');
});

test('deep nesting and odd numbers are refused and harm nobody', async () => {
    const session = await new Session(server).open();
    const nested = '['.repeat(400_000);
    for (const body of [nested, nested + ']'.repeat(400_000), `[${'9'.repeat(100_000)}]`, '[1e999999]', `{"a":${nested}`]) {
        const answer = await session.post(body);
        assert.equal(answer.status, 500, answer.text);
    }
    assert.equal((await form(session, `d=${nested}`)).status, 500);
    const socket = await session.websocket();
    assert.equal(await socket.text(), 'o');
    socket.send(nested);
    await socket.closesWith([3000, 1002, 1007, 1008, 1009]);
    await session.send('after');
    assert.equal((await session.poll()).body, 'a["after"]\n');
    await assertServes(server);
});

test('xhr_send refuses a form, and other types', async () => {
    const session = await new Session(server).open();
    for (const type of [FORM, 'multipart/form-data; boundary=x', 'application/octet-stream']) {
        assertRefusal(await session.post('["a"]', { headers: { 'Content-Type': type } }), 'Payload expected.');
    }
    for (const type of ['TEXT/PLAIN', 'Application/JSON;charset=UTF-8', 'text/plain ; charset=utf-8']) {
        assert.equal((await session.post('["a"]', { headers: { 'Content-Type': type } })).status, 204, type);
    }
    assert.equal((await session.poll()).body, 'a["a","a","a"]\n');
});

test('a send to nobody is checked first, then 404', async () => {
    const session = new Session(server);
    assertRefusal(await session.post(''), 'Payload expected.');
    assertRefusal(await session.post('['), 'Broken JSON encoding.');
    assertRefusal(await session.post('{}'), 'Payload expected.');
    assertNotFound(await session.post('[]'));
    assertNotFound(await form(session, 'd=%5B%5D'));
});

test('a POST without Content-Length and body opens a session', async () => {
    const http = await HttpConnection.open(server);
    for (let i = 0; i < 2; ++i) {
        http.request('POST', `${new Session(server).url}/xhr`, { length: null });
        assert.equal((await http.response()).body, 'o\n');
    }
    http.destroy();
});

test('what a receiving request has in its body is ignored', async () => {
    const session = new Session(server);
    assert.equal((await session.poll({ body: '["not a message"]' })).body, 'o\n');
    await session.send('a');
    assert.equal((await session.poll({ body: 'x'.repeat(1000) })).body, 'a["a"]\n');
});

test('invalid UTF-8 is refused as broken JSON, and never comes out again', async () => {
    for (const bytes of [[0xed, 0xa0, 0x80], [0xff], [0xc0, 0xaf], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
        const session = await new Session(server).open();
        const body = Buffer.concat([Buffer.from('["'), Buffer.from(bytes), Buffer.from('"]')]);
        const escaped = [...bytes].map((b) => `%${b.toString(16)}`).join('');
        for (const sent of [await session.post(body), await form(session, `d=["${escaped}"]`)]) {
            assert.equal(sent.status, 500, sent.text);
            assert.equal(sent.body, 'Broken JSON encoding.');
        }
        await session.send('after');
        assert.equal((await session.poll()).body, 'a["after"]\n');
    }
});

test('a body of bytes that are no UTF-8 costs the session nothing', async () => {
    const session = await new Session(server).open();
    const body = Buffer.concat([Buffer.from('["'), Buffer.alloc(900_000, 0xff), Buffer.from('"]')]);
    for (let i = 0; i < 5; i += 1) {
        assert.equal((await session.post(body)).status, 500);
    }
    await session.send('after');
    assert.equal((await session.poll()).body, 'a["after"]\n');
});

// --- large and small

test('a body of exactly one million bytes is taken, one more is not', async () => {
    const session = await new Session(server, '/broadcast').open();
    const body = `["${'x'.repeat(999_996)}"]`;
    assert.equal(body.length, 1_000_000);
    assert.equal((await session.post(body)).status, 204);
    const poll = await session.poll();
    assert.equal(poll.body.length, 1_000_002);
    const more = await session.post(`["${'x'.repeat(999_997)}"]`);
    assert.equal(more.status, 413);
    assert.equal((await session.post('["after"]')).status, 204, 'the session lives');
    assert.equal((await session.poll()).body, 'a["after"]\n');
});

test('a large message crosses each transport whole', async () => {
    const message = 'y'.repeat(300_000);
    for (const kind of streams) {
        const session = new Session(server);
        const stream = await session.stream(kind);
        assert.equal(await stream.chunk(), wrappers[kind]('o'));
        await session.send(message);
        assert.equal(await stream.chunk(), wrappers[kind](`a["${message}"]`), 'one frame is one chunk');
        assert.equal(await stream.chunk(), '');
        stream.destroy();
    }
    const session = new Session(server);
    await session.jsonp();
    assert.equal((await form(session, `d=${encodeURIComponent(JSON.stringify([message]))}`)).body, 'ok');
    assert.equal((await session.jsonp()).body, wrappers.jsonp(`a["${message}"]`));
    const socket = await session.websocket();
    assert.equal(await socket.text(), 'o');
    socket.send(JSON.stringify([message]));
    assert.equal(await socket.text(), `a["${message}"]`);
    await socket.close();
});

test('many messages in one array arrive in order', async () => {
    // As many as a queue of a million bytes may hold, where each message is charged a little more than its bytes.
    const messages = Array.from({ length: 10_000 }, (_, i) => String(i));
    const session = await new Session(server).open();
    await session.send(...messages);
    const received = [];
    while (received.length < messages.length) {
        received.push(...JSON.parse((await session.poll()).body.slice(1)));
    }
    assert.deepEqual(received, messages);
});

// --- streams

test('prelude, open frame and each message travel as chunks of their own', async () => {
    for (const kind of streams) {
        const session = new Session(server);
        const stream = await session.stream(kind);
        assert.ok(stream.answer.chunked);
        assert.equal(await stream.chunk(), wrappers[kind]('o'));
        for (const message of ['a', 'b', 'c']) {
            await session.send(message);
        }
        for (const message of ['a', 'b', 'c']) {
            assert.equal(await stream.chunk(), wrappers[kind](`a["${message}"]`));
        }
        stream.destroy();
    }
});

test('messages that waited come as one array on the next stream', async () => {
    for (const kind of streams) {
        const session = await new Session(server).open();
        await session.send('a', 'b');
        await session.send('c');
        const stream = await session.stream(kind);
        assert.equal(await stream.chunk(), wrappers[kind]('a["a","b","c"]'));
        stream.destroy();
    }
});

test('the response limit counts frames with their wrapper, exactly, and not the prelude', async () => {
    for (const kind of streams) {
        const session = new Session(server);
        const stream = await session.stream(kind);
        assert.equal(await stream.chunk(), wrappers[kind]('o'));
        let written = wrappers[kind]('o').length;
        const rest = () => 4096 - written;
        const around = wrappers[kind]('a[""]').length;
        while (rest() > 600) {
            const message = 'x'.repeat(100);
            await session.send(message);
            assert.equal(await stream.chunk(), wrappers[kind](`a["${message}"]`));
            written += around + 100;
        }
        // One byte short of the limit stays open for the next frame; that one closes it.
        const short = 'x'.repeat(rest() - 1 - around);
        await session.send(short);
        assert.equal(await stream.chunk(), wrappers[kind](`a["${short}"]`));
        await session.send('');
        assert.equal(await stream.chunk(), wrappers[kind]('a[""]'));
        assert.equal(await stream.chunk(), '');

        // Reached to the byte is reached.
        const next = await session.stream(kind);
        const exact = 'x'.repeat(4096 - around);
        await session.send(exact);
        assert.equal(await next.chunk(), wrappers[kind](`a["${exact}"]`));
        assert.equal(await next.chunk(), '');

        // And the connections can be used again.
        assert.equal((await next.ask('GET', '/echo')).status, 200);
        stream.destroy();
        next.destroy();
    }
});

test('a session may change its receiving transport with every request', async () => {
    const session = new Session(server);
    const opened = await session.stream('eventsource');
    assert.equal(await opened.chunk(), 'data: o\r\n\r\n');
    const fill = 'x'.repeat(4096);
    await session.send(fill);
    await opened.chunk();
    assert.equal(await opened.chunk(), '');
    await session.send('1');
    assert.equal((await session.poll()).body, 'a["1"]\n');
    await session.send('2');
    assert.equal((await session.jsonp()).body, wrappers.jsonp('a["2"]'));
    await session.send('3');
    const html = await session.stream('htmlfile');
    assert.equal(await html.chunk(), wrappers.htmlfile('a["3"]'));
    opened.destroy();
    html.destroy();
});

test('a second receiver of any kind is refused with 2010 and disturbs nobody', async () => {
    for (const first of streams) {
        const session = new Session(server);
        const receiver = await session.stream(first);
        assert.equal(await receiver.chunk(), wrappers[first]('o'));
        for (const second of streams) {
            const other = await session.stream(second);
            assert.equal(await other.chunk(), wrappers[second](ANOTHER));
            assert.equal(await other.chunk(), '');
            other.destroy();
        }
        const poll = await session.poll();
        assert.equal(poll.status, 200);
        assert.equal(poll.body, `${ANOTHER}\n`);
        assert.equal((await session.jsonp()).body, wrappers.jsonp(ANOTHER));
        await session.send('still');
        assert.equal(await receiver.chunk(), wrappers[first]('a["still"]'));
        receiver.destroy();
    }
});

test('/close says goodbye on every transport, as often as asked', async () => {
    for (const kind of streams) {
        const session = new Session(server, '/close');
        for (let i = 0; i < 3; ++i) {
            const stream = await session.stream(kind);
            if (i === 0) {
                assert.equal(await stream.chunk(), wrappers[kind]('o'));
            }
            assert.equal(await stream.chunk(), wrappers[kind](GO_AWAY));
            assert.equal(await stream.chunk(), '');
            stream.destroy();
        }
        assert.equal((await session.poll()).body, `${GO_AWAY}\n`);
        assert.equal((await session.post('["dropped"]')).status, 204, 'a send while closing is taken and dropped');
        assert.equal((await session.jsonp()).body, wrappers.jsonp(GO_AWAY));
    }
});

test('a stream that is cut ends its session at once', async () => {
    for (const how of ['destroy', 'reset', 'finishSending']) {
        const session = new Session(server);
        const stream = await session.stream();
        assert.equal(await stream.chunk(), 'o\n');
        await session.send('x');
        await stream.chunk();
        stream.connection[how]();
        if (how === 'finishSending') {
            await stream.connection.ended('the answer to a half-close');
        }
        const answer = await session.poll();
        assert.ok(['o\n', 'c[1002,"Connection interrupted"]\n'].includes(answer.body), answer.body);
        stream.destroy();
    }
});

// --- sessions

test('a session without a receiver is forgotten after five seconds, not before', async () => {
    const session = await new Session(server).open();
    const started = Date.now();
    let status = 204;
    // Sends keep nothing alive; asking again is how to see the end, the pause only spares the processor.
    while (status === 204 && Date.now() - started < 20_000) {
        status = (await session.post('[]')).status;
        await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    const after = Date.now() - started;
    assert.equal(status, 404);
    assert.ok(after > 4500 && after < 9000, `${after} ms`);
    await session.open();
});

test('two services may use the same session id', async () => {
    const echo = new Session(server, '/echo', 'shared');
    const close = new Session(server, '/close', 'shared');
    const other = new Session(server, '/disabled_websocket_echo', 'shared');
    await echo.open();
    await close.open();
    await other.open();
    await echo.send('for echo');
    assert.equal((await close.poll()).body, `${GO_AWAY}\n`);
    await other.send('for other');
    assert.equal((await echo.poll()).body, 'a["for echo"]\n');
    assert.equal((await other.poll()).body, 'a["for other"]\n');
});

test('a websocket never joins a polling session of the same id', async () => {
    const session = await new Session(server).open();
    const socket = await session.websocket();
    assert.equal(await socket.text(), 'o');
    socket.send('["socket"]');
    await session.send('poll');
    assert.equal(await socket.text(), 'a["socket"]');
    assert.equal((await session.poll()).body, 'a["poll"]\n');
    await socket.close();
    await session.send('again');
    assert.equal((await session.poll()).body, 'a["again"]\n');
});

test('no two sends are lost or reordered when they come pipelined', async () => {
    const session = await new Session(server).open();
    const http = await HttpConnection.open(server);
    const sends = Array.from({ length: 100 }, (_, i) =>
        requestText(server, 'POST', `${session.url}/xhr_send`, { body: `["${i}"]` }));
    http.send(sends.join(''));
    for (let i = 0; i < 100; ++i) {
        assert.equal((await http.response()).status, 204);
    }
    const expected = Array.from({ length: 100 }, (_, i) => String(i));
    assert.deepEqual(JSON.parse((await http.ask('POST', `${session.url}/xhr`)).body.slice(1)), expected);
    http.destroy();
});

test('a request pipelined behind a waiting poll is answered after it, and does not abort it', async () => {
    const session = await new Session(server).open();
    const http = await HttpConnection.open(server);
    http.request('POST', `${session.url}/xhr`);
    http.request('GET', '/echo');
    http.request('POST', `${session.url}/xhr`);
    await session.send('first');
    assert.equal((await http.response()).body, 'a["first"]\n');
    assert.equal((await http.response()).body, 'Welcome to SockJS!\n');
    await session.send('second');
    // A server that works on pipelined requests side by side has seen a second receiver; one after the other is better.
    assert.ok(['a["second"]\n', `${ANOTHER}\n`].includes((await http.response()).body));
    http.destroy();
});

// --- websockets

test('a service without websocket refuses them with a 404 nobody caches', async () => {
    for (const suffix of ['/a/b/websocket', '/websocket']) {
        for (const headers of [handshakeHeaders(), {}]) {
            const answer = await get(`/disabled_websocket_echo${suffix}`, { headers });
            assertNotFound(answer);
            assert.doesNotMatch(answer.get('cache-control') ?? '', /public|max-age=[1-9]/);
            assert.equal(answer.get('expires'), undefined);
        }
    }
});

test('a bare JSON string on the framed websocket is one message', async () => {
    const socket = await new Session(server).websocket();
    assert.equal(await socket.text(), 'o');
    socket.send('"bare"').send('["a","b"]');
    assert.equal(await socket.text(), 'a["bare"]');
    assert.equal(await socket.text(), 'a["a"]', 'one frame a message');
    assert.equal(await socket.text(), 'a["b"]');
    await socket.close();
});

test('what is no string closes the framed websocket with 3000', async () => {
    for (const payload of ['1', 'null', '{}', '[1]', '["a",null]', '[["a"]]', 'abc', '"a', '["a"]]']) {
        const socket = await new Session(server).websocket();
        assert.equal(await socket.text(), 'o');
        socket.send(payload);
        const close = await socket.read();
        assert.equal(close.opcode, CLOSE, `${payload} gave ${close.payload.toString()}`);
        assert.equal(close.payload.readUInt16BE(), 3000);
        socket.frame(CLOSE, close.payload);
        await socket.connection.endsHere();
        socket.destroy();
    }
});

test('a peer that never answers the close does not hold its connection', async () => {
    const socket = await new Session(server).websocket();
    assert.equal(await socket.text(), 'o');
    socket.send('["a');
    assert.equal((await socket.closeFrame()).code, 3000);
    await socket.connection.ended('the end without a close from this side', 20_000);
    socket.destroy();
});

test('the raw websocket closes with the application\'s own code and passes the client\'s back', async () => {
    const raw = await RawWebSocket.open(server, '/close/websocket');
    await raw.closesWith(3000, 'Go away!');
    for (const code of [1000, 1001, 3000, 4999]) {
        const socket = await RawWebSocket.open(server, '/echo/websocket');
        await socket.close(code, 'bye');
    }
});

test('the raw websocket echoes each message as it is, empty ones too', async () => {
    const socket = await RawWebSocket.open(server, '/echo/websocket');
    for (const message of ['', 'o', 'c[3000,"x"]', '["a"]', '\u{1F600}']) {
        socket.send(message);
        assert.equal(await socket.text(), message);
    }
    await socket.close();
});

test('binary frames are passed through by the raw websocket and end the framed one', async () => {
    const bytes = Buffer.of(0, 1, 254, 255);
    const raw = await RawWebSocket.open(server, '/echo/websocket');
    raw.send(bytes);
    const got = await raw.read();
    if (got.opcode === CLOSE) {
        assert.equal(got.payload.readUInt16BE(), 1003, 'or refused as unsupported data');
    } else {
        assert.equal(got.opcode, BINARY);
        assert.deepEqual(got.payload, bytes);
    }
    raw.destroy();

    const framed = await new Session(server).websocket();
    assert.equal(await framed.text(), 'o');
    framed.send(bytes);
    await framed.closesWith([1003, 3000]);
});

test('fragments are one message, on both websockets', async () => {
    const framed = await new Session(server).websocket();
    assert.equal(await framed.text(), 'o');
    const text = Buffer.from('["\u00e9\u{1F600}"]');
    for (let i = 0; i < text.length; ++i) {
        framed.frame(i === 0 ? 1 : 0, text.subarray(i, i + 1), { fin: i === text.length - 1 });
        if (i === 2) {
            framed.frame(PING, 'between');
        }
    }
    const pong = await framed.read();
    assert.equal(pong.opcode, PONG);
    assert.equal(pong.payload.toString(), 'between');
    assert.equal(await framed.text(), 'a["\u00e9\\ud83d\\ude00"]');
    await framed.close();
});

// --- the other services

test('/amplify answers with a power of two', async () => {
    const session = await new Session(server, '/amplify').open();
    const expected = { 0: 2, 1: 2, '3.9': 8, 10: 1024, 18: 262_144, 19: 2, x: 2, '-5': 2, '': 2 };
    for (const [message, length] of Object.entries(expected)) {
        await session.send(message);
        assert.equal((await session.poll()).body, `a["${'x'.repeat(length)}"]\n`, message);
    }
});

test('/ticker ticks by itself', async () => {
    const stream = await new Session(server, '/ticker').stream();
    assert.equal(await stream.chunk(), 'o\n');
    assert.equal(await stream.chunk(), 'a["tick!"]\n');
    const first = Date.now();
    assert.equal(await stream.chunk(), 'a["tick!"]\n');
    assert.ok(Date.now() - first > 500, 'a second apart, more or less');
    stream.destroy();
});

test('/broadcast reaches every connection on every transport, in the same order', async () => {
    const members = {};
    for (const kind of streams) {
        members[kind] = await new Session(server, '/broadcast').stream(kind);
        assert.equal(await members[kind].chunk(), wrappers[kind]('o'));
    }
    const framed = await new Session(server, '/broadcast').websocket();
    assert.equal(await framed.text(), 'o');
    const raw = await RawWebSocket.open(server, '/broadcast/websocket');
    raw.send('joined'); // its echo proves that it takes part
    assert.equal(await raw.text(), 'joined');
    const everyone = async (message) => {
        for (const kind of streams) {
            assert.equal(await members[kind].chunk(), wrappers[kind](`a["${message}"]`));
        }
        assert.equal(await framed.text(), `a["${message}"]`);
    };
    await everyone('joined');
    const sender = await new Session(server, '/broadcast').open();
    for (const message of ['1', '2', '3']) {
        await sender.send(message);
        await everyone(message);
        assert.equal(await raw.text(), message);
    }
    assert.equal((await sender.poll()).body, 'a["1","2","3"]\n');
    Object.values(members).forEach((member) => member.destroy());
    framed.destroy();
    raw.destroy();
});

// --- HTTP/1.0

test('HTTP/1.0 gets bare bytes and an end, from every stream', async () => {
    for (const kind of streams) {
        const session = new Session(server, '/close');
        const http = await HttpConnection.open(server);
        http.request(kind === 'xhr_streaming' ? 'POST' : 'GET', `${session.url}/${kind}?c=callback`, { version: '1.0' });
        const head = await http.head();
        assert.equal(head.status, 200);
        assert.equal(head.get('transfer-encoding'), undefined);
        assert.equal(head.get('content-length'), undefined);
        const body = (await http.connection.takeAll()).toString('latin1');
        assert.ok(body.endsWith(wrappers[kind]('o') + wrappers[kind](GO_AWAY)), body);
        http.destroy();
    }
});

test('HTTP/1.0 messages arrive as they are sent, not at the end', async () => {
    const session = new Session(server);
    const http = await HttpConnection.open(server);
    http.request('POST', `${session.url}/xhr_streaming`, { version: '1.0' });
    await http.head();
    assert.equal((await http.connection.take(2051)).toString('latin1'), `${PRELUDE}o\n`);
    await session.send('x');
    assert.equal((await http.connection.take(7)).toString('latin1'), 'a["x"]\n');
    http.destroy();
});

test('HTTP/1.0 polls end with the connection unless it is asked to stay', async () => {
    for (const keep of [false, true]) {
        const session = new Session(server);
        const http = await HttpConnection.open(server);
        const options = { version: '1.0', headers: keep ? { Connection: 'keep-alive' } : {} };
        http.request('POST', `${session.url}/xhr`, options);
        const answer = await http.response();
        assert.equal(answer.body, 'o\n');
        assert.equal(answer.get('transfer-encoding'), undefined);
        if (keep && /keep-alive/i.test(answer.get('connection') ?? '')) {
            http.request('POST', `${session.url}/xhr_send`, { ...options, body: '["a"]' });
            assert.equal((await http.response()).status, 204);
        } else {
            await http.connection.endsHere();
        }
        http.destroy();
    }
});

test('HTTP/1.0 without a Host field is served', async () => {
    const http = await HttpConnection.open(server);
    http.request('GET', '/echo', { version: '1.0', host: null });
    assert.equal((await http.response()).body, 'Welcome to SockJS!\n');
    http.destroy();
});

test('errors close nothing they need not close', async () => {
    const session = await new Session(server).open();
    const http = await HttpConnection.open(server);
    assert.equal((await http.ask('POST', `${session.url}/xhr_send`, { body: '[' })).status, 500);
    assert.equal((await http.ask('GET', '/echo/elsewhere')).status, 404);
    assert.equal((await http.ask('DELETE', '/echo')).status, 405);
    assert.equal((await http.ask('GET', `${session.url}/jsonp`)).status, 500);
    assert.equal((await http.ask('POST', `${session.url}/xhr_send`, { body: '["a"]' })).status, 204);
    assert.equal((await http.ask('POST', `${session.url}/xhr`)).body, 'a["a"]\n');
    assertNoCors(await http.ask('GET', '/echo'));
    assertContentType(await http.ask('GET', '/echo'), 'text/plain;charset=UTF-8');
    http.destroy();
});
