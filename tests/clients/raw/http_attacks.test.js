'use strict';
// HTTP as attackers write it. Whatever is ambiguous must be refused by one 4xx or a plain close, and nothing that
// follows it on the connection may be executed: each attack carries a second request that would open a session.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, ask, answersUntilEnd, Connection, HttpConnection, RawWebSocket, Session, freshId, requestText,
    assertNotFound, assertServes,
} = require('./lib.js');

const server = useServer();

const HOST = 'Host: x\r\n';

/// A request that leaves a trace when it is executed: a session with this id.
const trace = (id) => `POST /echo/000/${id}/xhr HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`;

async function wasExecuted(id) {
    const answer = await ask(server, 'POST', `/echo/000/${id}/xhr_send`, { body: '[]' });
    assert.ok([204, 404].includes(answer.status));
    return answer.status === 204;
}

/// Stands for the target of a send to a living session: what is not refused is delivered there, and shows.
const SEND = '{send}';

/// Sends an attack - a text, or what a function makes of the second request - and insists on a refusal: at most one
/// answer, a 4xx or 5xx that says "no" (501, 505), the end of the connection, no trace of the second request.
async function assertRefused(attack, { statuses } = {}) {
    const id = freshId();
    const session = await new Session(server).open();
    const bytes = (typeof attack === 'function' ? attack(trace(id)) : attack + trace(id))
        .replace(SEND, `${session.url}/xhr_send`);
    const name = JSON.stringify(bytes.slice(0, 160));
    const answers = await answersUntilEnd(server, bytes);
    assert.ok(answers.length <= 1, `${name} was answered ${answers.map((a) => a.status)}`);
    const allowed = statuses ?? [400, 405, 408, 411, 413, 414, 417, 431, 501, 505];
    for (const answer of answers) {
        assert.ok(allowed.includes(answer.status), `${name} was answered ${answer.status}`);
    }
    assert.equal(await wasExecuted(id), false, `${name}: the second request was executed`);
}

/// For what may also be served, as long as it is one request and never a second one hidden in it.
async function assertNotSmuggled(attack) {
    const id = freshId();
    const connection = await Connection.open(server);
    connection.send(attack(trace(id)) + requestText(server, 'GET', '/echo', { headers: { Connection: 'close' } }));
    const all = (await connection.takeAll()).toString('latin1');
    connection.destroy();
    const refusal = /HTTP\/1\.[01] 500 [\s\S]*(Broken JSON encoding|Payload expected|callback)/;
    assert.ok(refusal.test(all) || !/HTTP\/1\.[01] 5(?!0[15])/.test(all), all);
    assert.equal(await wasExecuted(id), false, 'the hidden request was executed');
}

const refuses = (name, attacks, options) => test(name, async () => {
    for (const attack of attacks) {
        await assertRefused(attack, options);
    }
});

const postHead = (fields, version = '1.1') => `POST ${SEND} HTTP/${version}\r\n${HOST}${fields}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

// --- framing (families 1 - 13)

refuses('1: length and chunks together are refused, in either order', [
    (second) => postHead(`Content-Length: ${5 + second.length}\r\n${CHUNKED}`) + `0\r\n\r\n${second}`,
    (second) => postHead(`${CHUNKED}Content-Length: ${5 + second.length}\r\n`) + `0\r\n\r\n${second}`,
    (second) => postHead(`${CHUNKED}Content-Length: 0\r\n`) + `0\r\n\r\n${second}`,
]);

refuses('2: a transfer coding that is not understood is refused', [
    postHead('Transfer-Encoding: gzip\r\n'),
    postHead('Transfer-Encoding: identity\r\n'),
    (second) => postHead(`Transfer-Encoding: gzip\r\nContent-Length: ${second.length}\r\n`) + second,
    (second) => postHead(`Transfer-Encoding: gzip, chunked\r\n`) + `0\r\n\r\n${second}`,
]);

refuses('3: chunked must be the whole value, once', [
    'chunked, gzip', 'xchunked', 'chunked, chunked', 'chunked,', ',chunked', 'chunked;q=1', '"chunked"', 'chunked\x0b', '\x0bchunked',
    'chunked identity', 'chun\tked', '',
].map((value) => (second) => postHead(`Transfer-Encoding: ${value}\r\n`) + `0\r\n\r\n${second}`));

refuses('3: chunked twice in two fields is refused', [
    (second) => postHead(CHUNKED + CHUNKED) + `0\r\n\r\n${second}`,
    (second) => postHead(`${CHUNKED}Transfer-Encoding: identity\r\n`) + `0\r\n\r\n${second}`,
    (second) => postHead(`Transfer-Encoding: identity\r\n${CHUNKED}`) + `0\r\n\r\n${second}`,
]);

refuses('4: HTTP/1.0 knows no chunks', [
    (second) => postHead(`Connection: keep-alive\r\n${CHUNKED}`, '1.0') + `0\r\n\r\n${second}`,
    (second) => postHead(`${CHUNKED}Content-Length: ${5 + second.length}\r\n`, '1.0') + `0\r\n\r\n${second}`,
]);

refuses('5: two lengths that differ, or a list, are refused', [
    (second) => postHead(`Content-Length: 0\r\nContent-Length: ${second.length}\r\n`) + second,
    (second) => postHead(`Content-Length: ${second.length}\r\nContent-Length: 0\r\n`) + second,
    (second) => postHead(`Content-Length: 0, ${second.length}\r\n`) + second,
    (second) => postHead(`Content-Length: ${second.length}, 0\r\n`) + second,
]);

refuses('6: a length is digits and nothing else, and fits', ['-1', '+0', '0x10', '', '1 1', '1e1', '0.0', ' ', '18446744073709551621',
    '99999999999999999999999999', '4294967296000000000000', '\x0b5', '5\x0c', '5;', '\u00b2']
    .map((value) => (second) => postHead(`Content-Length: ${value}\r\n`) + second));

refuses('7: no space before a colon', [
    (second) => postHead(`Content-Length : ${second.length}\r\n`) + second,
    (second) => postHead(`Transfer-Encoding : chunked\r\n`) + `0\r\n\r\n${second}`,
    (second) => postHead(`Content-Length\t: ${second.length}\r\n`) + second,
    `GET /echo HTTP/1.1\r\nHost : x\r\n\r\n`,
]);

refuses('8: a chunk size is at most sixteen hex digits and nothing before it', ['FFFFFFFFFFFFFFFFF', '100000000000000005', '-1',
    '+5', '0x5', '', ' 5', '\t5', 'g', '5 5', '5,', '_5', '5\x00']
    .map((size) => (second) => postHead(CHUNKED) + `${size}\r\nhello\r\n0\r\n\r\n${second}`));

test('8: a chunk size is not cut to 32 bits', async () => {
    // 2^32 + 5 with five bytes of data: a reader that cuts it takes the next request as such. A right one waits for
    // four gigabytes, or says at once that this is too much.
    const id = freshId();
    const connection = await Connection.open(server);
    const session = await new Session(server).open();
    connection.send(postHead(CHUNKED).replace(SEND, `${session.url}/xhr_send`)
        + `100000005\r\nhello\r\n0\r\n\r\n${trace(id)}`);
    connection.finishSending();
    const all = (await connection.takeAll()).toString('latin1');
    assert.ok((all.match(/HTTP\/1\.1 /g) ?? []).length <= 1, all);
    assert.match(all, /^(|HTTP\/1\.1 4)/);
    assert.equal(await wasExecuted(id), false);
    connection.destroy();
});

refuses('9: what follows chunk data is CRLF, also after the last chunk', [
    (second) => postHead(CHUNKED) + `5\r\nhelloXX0\r\n\r\n${second}`,
    (second) => postHead(CHUNKED) + `5\r\nhello0\r\n\r\n${second}`,
    (second) => postHead(CHUNKED) + `5\r\nhello\n0\r\n\r\n${second}`,
    (second) => postHead(CHUNKED) + `5\r\nhelloworld\r\n0\r\n\r\n${second}`,
    (second) => postHead(CHUNKED) + `0\r\nXX${second}`,
    (second) => postHead(CHUNKED) + `0\r\n${second}`,
]);

refuses('10: bare LF and bare CR end no chunk line and no extension', [
    (second) => postHead(CHUNKED) + `5\nhello\r\n0\r\n\r\n${second}`,
    (second) => postHead(CHUNKED) + `5\rhello\r\n0\r\n\r\n${second}`,
    (second) => postHead(CHUNKED) + `5;a\nhello\r\n0\r\n\r\n${second}`,
    (second) => postHead(CHUNKED) + `5;a\rb\r\nhello\r\n0\r\n\r\n${second}`,
    (second) => postHead(CHUNKED) + `0\n\n${second}`,
]);

test('11: framing fields in trailers frame nothing', async () => {
    for (const trailer of ['Content-Length: 500', 'Transfer-Encoding: chunked', 'Host: y', 'Connection: close']) {
        const session = await new Session(server).open();
        const http = await HttpConnection.open(server);
        http.send(postHead(CHUNKED).replace(SEND, `${session.url}/xhr_send`)
            + `5\r\n["a"]\r\n0\r\n${trailer}\r\n\r\n${requestText(server, 'GET', '/echo')}`);
        const first = await http.response();
        if (first.status === 204) {
            assert.equal((await http.response()).body, 'Welcome to SockJS!\n', 'ignored means in step');
        } else {
            assert.ok(first.status >= 400 && first.status < 500, first.text);
            await http.connection.ended();
        }
        http.destroy();
    }
});

refuses('12: folded lines, bare CR and leading space make no field', [
    `GET /echo HTTP/1.1\r\n Host: x\r\n\r\n`,
    `GET /echo HTTP/1.1\r\n${HOST}X: a\rContent-Length: 5\r\n\r\n`,
    (second) => `POST ${SEND} HTTP/1.1\r\n${HOST}X: a\r\n Transfer-Encoding: chunked\r\n\rContent-Length: 0\r\n\r\n${second}`,
    (second) => `POST ${SEND} HTTP/1.1\r\n Content-Length: ${second.length}\r\n${HOST}\r\n${second}`,
]);

test('12: a folded length is no length', async () => {
    await assertNotSmuggled((second) => `POST /echo/000/${freshId()}/xhr HTTP/1.1\r\n${HOST}`
        + `X: a\r\n Content-Length: 5\r\nContent-Length: ${second.length}\r\n\r\n${second}`);
    await assertNotSmuggled((second) => `POST /echo/000/${freshId()}/xhr HTTP/1.1\r\n${HOST}`
        + `Content-Length:\r\n ${second.length}\r\n\r\n${second}`);
});

test('13: the body of a request that wants none is never the next request', async () => {
    const body = (line) => (second) => `${line}\r\n${HOST}Content-Length: ${second.length}\r\n\r\n${second}`;
    const chunks = (line) => (second) =>
        `${line}\r\n${HOST}${CHUNKED}\r\n${second.length.toString(16)}\r\n${second}\r\n0\r\n\r\n`;
    const lines = ['GET /echo HTTP/1.1', 'GET /elsewhere HTTP/1.1', 'POST /elsewhere HTTP/1.1', 'DELETE /echo HTTP/1.1',
        'HEAD /echo HTTP/1.1', 'OPTIONS /echo/info HTTP/1.1', 'GET /echo/a/b/websocket HTTP/1.1', 'POST /echo HTTP/1.1',
        `POST /echo/000/${freshId()}/xhr_send HTTP/1.1`, 'GET /echo/a/b/jsonp HTTP/1.1', 'PUT /ws HTTP/1.1'];
    for (const line of lines) {
        await assertNotSmuggled(body(line));
        await assertNotSmuggled(chunks(line));
    }
});

// --- fields and request line (families 14 - 31)

refuses('14: Host comes once and is a host', ['', 'Host: a\r\nHost: b\r\n', 'Host: a\r\nHost: a\r\n', 'Host: a b\r\n', 'Host: a/b\r\n',
    'Host: a@b\r\n', 'Host: a,b\r\n', 'Host: a:b\r\n', 'Host: [::1\r\n', 'Host: a?b\r\n', 'Host: a#b\r\n', 'Host: <a>\r\n', 'Host: \x80\r\n']
    .map((fields) => `GET /echo HTTP/1.1\r\n${fields}\r\n`), { statuses: [400] });

test('14: hosts that are hosts are taken', async () => {
    for (const host of ['x', 'x:80', '127.0.0.1:1', '[::1]:8080', 'a-b.example', '']) {
        const answer = await ask(server, 'GET', '/echo', { host });
        assert.ok(answer.status === 200 || (host === '' && answer.status === 400), `${host}: ${answer.status}`);
    }
});

refuses('15: a field is a token, a colon and a value', [': empty', 'no colon', 'a b: c', 'a\x00b: c', '\x00: c', 'a(b): c', 'a@b: c',
    'a/b: c', 'a\x7f: c', 'a\xff: c', '"a": b', ' : x']
    .map((line) => `GET /echo HTTP/1.1\r\n${HOST}${line}\r\n\r\n`), { statuses: [400] });

refuses('16: NUL and control characters are no part of a value', ['\x00', '\x01', '\x0b', '\x0c', '\x1b', '\x7f', 'a\rb', 'a\r\rb']
    .map((value) => `GET /echo HTTP/1.1\r\n${HOST}X: a${value}b\r\n\r\n`), { statuses: [400] });

refuses('17: versions other than 1.0 and 1.1 are refused', ['HTTP/9.9', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.', 'HTTP/1.1.1', 'HTTP/1',
    'HTTP /1.1', 'HTTP/11', 'HTTPS/1.1', 'HTTP/1.10', 'HTTP/01.1', 'XHTTP/1.1', '']
    .map((version) => `GET /echo ${version}\r\n${HOST}\r\n`), { statuses: [400, 505] });

test('17: HTTP/1.2 or later in the same major version is refused or served, once', async () => {
    const answers = await answersUntilEnd(server, `GET /echo HTTP/1.2\r\n${HOST}Connection: close\r\n\r\n`);
    assert.equal(answers.length, 1);
    assert.ok([200, 400, 505].includes(answers[0].status));
});

test('18: methods that are none are refused', async () => {
    for (const method of ['get', 'FOO', 'GETX', 'XGET', 'G'.repeat(10_000), 'PURGE', 'BREW', 'PROPFIND']) {
        const answers = await answersUntilEnd(server, `${method} /echo HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
        assert.ok(answers.length <= 1);
        assert.ok(answers.every((a) => [400, 405, 414, 431, 501].includes(a.status)), `${method}: ${answers[0]?.status}`);
    }
    for (const method of ['G T', 'G\x00T', '', ' GET', 'G:T', 'G\rT', '\x80']) {
        await assertRefused(`${method} /echo HTTP/1.1\r\n${HOST}\r\n`);
    }
});

test('18: TRACE and CONNECT are never a success', async () => {
    for (const line of ['TRACE /echo HTTP/1.1', 'TRACE / HTTP/1.1', 'CONNECT x:80 HTTP/1.1', 'CONNECT /echo HTTP/1.1', 'CONNECT /ws HTTP/1.1']) {
        const answers = await answersUntilEnd(server, `${line}\r\n${HOST}X-Secret: 1\r\nConnection: close\r\n\r\n`);
        assert.ok(answers.every((a) => a.status >= 400 && a.status < 600 && a.status !== 500), line);
        assert.ok(answers.every((a) => !/X-Secret/i.test(a.body)));
    }
});

test('19: HEAD has no body and leaves the connection in step', async () => {
    const http = await HttpConnection.open(server);
    for (const target of ['/echo', '/echo/info', '/elsewhere', '/echo/iframe.html']) {
        http.request('HEAD', target);
        http.request('GET', '/echo');
        const head = await http.response({ method: 'HEAD' });
        assert.ok(head.status >= 400 && head.status < 500, head.text);
        assert.equal((await http.response()).body, 'Welcome to SockJS!\n');
    }
    http.destroy();
});

test('20: the absolute form means the same as the origin form', async () => {
    const answer = await ask(server, 'GET', `http://${server.authority}/echo`);
    assert.equal(answer.body, 'Welcome to SockJS!\n');
    const info = await ask(server, 'GET', `http://${server.authority}/echo/info?x=1`);
    assert.equal(info.status, 200);
    for (const target of [`http://${server.authority}/elsewhere`, `http://${server.authority}`]) {
        assert.equal((await ask(server, 'GET', target)).status, 404);
    }
});

test('21: OPTIONS * is no server error', async () => {
    const answer = await ask(server, 'OPTIONS', '*');
    assert.ok(answer.status < 500, answer.text);
});

test('22: Expect gets its 100 before the body, or a final answer', async () => {
    const session = await new Session(server).open();
    const http = await HttpConnection.open(server);
    http.send(`POST ${session.url}/xhr_send HTTP/1.1\r\n${HOST}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    let answer = await http.response();
    if (answer.status === 100) {
        http.send('["a"]');
        answer = await http.response();
        assert.equal(answer.status, 204);
        assert.equal((await http.ask('POST', `${session.url}/xhr`)).body, 'a["a"]\n');
    } else {
        assert.equal(answer.status, 417);
    }
    http.destroy();
});

test('22: a body that is refused is not asked for', async () => {
    const answers = await answersUntilEnd(server, `POST /echo/000/${freshId()}/xhr_send HTTP/1.1\r\n${HOST}`
        + 'Content-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n');
    assert.deepEqual(answers.map((a) => a.status), [413]);
});

test('22: an expectation nobody knows is refused or ignored', async () => {
    const answer = await ask(server, 'GET', '/echo', { headers: { Expect: 'the unexpected' } });
    assert.ok([200, 417].includes(answer.status));
});

test('23: nobody is talked into another protocol', async () => {
    for (const upgrade of ['h2c', 'TLS/1.0', 'hello', 'HTTP/2.0']) {
        const http = await HttpConnection.open(server);
        http.request('GET', '/echo', { headers: { Upgrade: upgrade, Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABk' } });
        const answer = await http.response();
        assert.ok(answer.status === 200 || answer.status === 400, answer.text);
        http.destroy();
    }
});

refuses('23: the HTTP/2 preface is refused', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], { statuses: [400, 405, 505] });

test('24: pipelined requests are answered in order', async () => {
    const http = await HttpConnection.open(server);
    const kinds = [['/echo', 200], ['/elsewhere', 404], ['/echo/info', 200], ['/echo/a/b/jsonp', 500], ['/echo/a/b/xhr', 405],
        ['/echo/iframe.html', 200], ['/echo/a/b/websocket', 400]];
    const many = Array.from({ length: 70 }, (_, i) => kinds[i % kinds.length]);
    http.send(many.map(([target]) => requestText(server, 'GET', target)).join(''));
    for (const [target, status] of many) {
        assert.equal((await http.response()).status, status, target);
    }
    http.destroy();
});

test('25: a request may come byte by byte', async () => {
    const session = await new Session(server).open();
    const http = await HttpConnection.open(server);
    await http.connection.sendSlowly(requestText(server, 'POST', `${session.url}/xhr_send`, { body: '["a"]' }));
    assert.equal((await http.response()).status, 204);
    await http.connection.sendSlowly(`POST ${session.url}/xhr_send HTTP/1.1\r\n${HOST}${CHUNKED}\r\n`
        + '2;x=y\r\n["\r\n3\r\nb"]\r\n0\r\nTrailer: z\r\n\r\n');
    assert.equal((await http.response()).status, 204);
    await http.connection.sendSlowly(requestText(server, 'POST', `${session.url}/xhr`));
    assert.equal((await http.response()).body, 'a["a","b"]\n');
    http.destroy();
});

test('26: an empty line before a request is skipped', async () => {
    const http = await HttpConnection.open(server);
    for (let i = 0; i < 3; ++i) {
        http.send(`\r\n${requestText(server, 'GET', '/echo')}`);
        assert.equal((await http.response()).status, 200);
    }
    http.destroy();
});

test('26: empty lines without end are cut off, or cost nothing', async () => {
    const before = server.rss();
    const connection = await Connection.open(server);
    for (let sent = 0; sent < 4_000_000 && !connection.over; sent += 65_536) {
        await connection.flush('\r\n'.repeat(32_768));
    }
    assert.ok(server.rss() - before < 16_000_000);
    connection.send(requestText(server, 'GET', '/echo', { headers: { Connection: 'close' } }));
    assert.match((await connection.takeAll()).toString('latin1'), /^(|HTTP\/1\.1 (200|400|431)[\s\S]*)$/);
    connection.destroy();
});

test('27: Connection: close ends the connection, in any case and company', async () => {
    for (const value of ['close', 'Close', 'keep-alive, close', 'close, x', 'x ,\tclose']) {
        const http = await HttpConnection.open(server);
        http.request('GET', '/echo', { headers: { Connection: value } });
        const answer = await http.response();
        assert.equal(answer.status, 200);
        assert.ok(answer.closes, answer.text);
        await http.connection.endsHere();
        http.destroy();
    }
});

test('27: nothing after Connection: close is executed', async () => {
    const id = freshId();
    const connection = await Connection.open(server);
    connection.send(requestText(server, 'GET', '/echo', { headers: { Connection: 'close' } }) + trace(id));
    const all = (await connection.takeAll()).toString('latin1');
    assert.equal(all.match(/HTTP\/1\.1 /g).length, 1);
    assert.equal(await wasExecuted(id), false);
    connection.destroy();
});

test('28: a client that has finished sending still gets its answer', async () => {
    for (const target of ['/echo', '/echo/info', '/elsewhere']) {
        const http = await HttpConnection.open(server);
        http.request('GET', target);
        http.connection.finishSending();
        assert.ok([200, 404].includes((await http.response()).status));
        await http.connection.endsHere();
        http.destroy();
    }
});

test('28: half a request and an end is no request', async () => {
    for (const part of ['GET', 'GET /echo HTTP/1.1\r\n', `GET /echo HTTP/1.1\r\n${HOST}`, 'GET /echo HTTP/1.1\r\nHo', '\r\n', '']) {
        const connection = await Connection.open(server);
        connection.send(part).finishSending();
        const all = (await connection.takeAll()).toString('latin1');
        assert.match(all, /^(|HTTP\/1\.1 4[\s\S]*)$/);
        connection.destroy();
    }
    const session = await new Session(server).open();
    const connection = await Connection.open(server);
    connection.send(`POST ${session.url}/xhr_send HTTP/1.1\r\n${HOST}Content-Length: 50\r\n\r\n["a"]`).finishSending();
    await connection.ended();
    connection.destroy();
    await session.send('b');
    assert.equal((await session.poll()).body, 'a["b"]\n', 'a body cut short is not delivered');
});

test('29: odd targets are answered without a server error', async () => {
    const targets = ['/echo/%', '/echo/%zz', '/echo/%00', '/%2e%2e/%2e%2e/etc/passwd', '/../../etc/passwd', '/echo/../../etc/passwd',
        '//', '//echo', '/echo;a=b', '/?', '/echo??', '/echo?%', '/echo#x', '/\xff\xfe', '/echo/a/b/xhr?\xff', '/static/../../etc/passwd',
        '/static/%2e%2e/x', '/echo/\\..\\x', '/{}', '/`', '/|', '/^', '/"<>', `/${'a/'.repeat(500)}`, '/echo/a/b/jsonp?c=%E0%A4%A'];
    for (const target of targets) {
        const answers = await answersUntilEnd(server, `GET ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
        assert.ok(answers.length <= 1);
        for (const answer of answers) {
            const fine = answer.status < 500 || (answer.status === 500 && answer.body.includes('"callback"'));
            assert.ok(fine, `${target}: ${answer.status}`);
            assert.doesNotMatch(answer.body, /root:/);
        }
    }
    for (const target of ['echo', '', '/a b', '/\x00', '/\x01', '/\x7f', '*', 'x:/echo', '\t/echo']) {
        await assertRefused(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`, { statuses: [400, 404, 405, 505] });
    }
});

test('30: nothing the client names becomes a header', async () => {
    const evil = '%0d%0aX-Injected:%201%0d%0a%0d%0a';
    const headers = { Origin: `http://a${evil}`, 'Access-Control-Request-Headers': `x${evil}`, Cookie: `JSESSIONID=a${evil}` };
    const session = new Session(server, '/cookie_needed_echo', `s${evil}`);
    const answers = [
        await ask(server, 'GET', `/echo${evil}`, { headers }),
        await ask(server, 'GET', `/echo/info?${evil}`, { headers }),
        await ask(server, 'POST', `${session.url}/xhr`, { headers }),
        await ask(server, 'OPTIONS', `${session.url}/xhr`, { headers }),
        await ask(server, 'GET', `${session.url}/jsonp?c=${evil}`, { headers }),
        await ask(server, 'GET', `${session.url}/htmlfile?c=${evil}`, { headers }),
        await ask(server, 'GET', `/echo/iframe-${evil}.html`, { headers }),
    ];
    for (const answer of answers) {
        assert.deepEqual(answer.all('x-injected'), []);
        assert.doesNotMatch(answer.body, /X-Injected/);
    }
    for (const field of ['Origin', 'Access-Control-Request-Headers', 'Cookie', 'Sec-WebSocket-Protocol']) {
        for (const end of ['\r', '\x00']) {
            await assertRefused(`OPTIONS /echo/info HTTP/1.1\r\n${HOST}${field}: a${end}X-Injected: 1\r\n\r\n`, { statuses: [400] });
        }
    }
});

test('31: noise is no request', async () => {
    const hello = Buffer.from('16030100c4010000c00303', 'hex').toString('latin1') + '\x00'.repeat(190);
    const noise = ['\x00'.repeat(1000), '\xff'.repeat(10_000), hello, '\n'.repeat(10), '{"json": true}\r\n\r\n', 'SSH-2.0-x\r\n', '\r\n\r\n \r\n\r\n',
        '*1\r\n$4\r\nPING\r\n', 'EHLO x\r\n', 'GET /echo\r\n\r\n'];
    for (const bytes of noise) {
        const connection = await Connection.open(server);
        connection.send(bytes).finishSending();
        const all = (await connection.takeAll()).toString('latin1');
        assert.match(all, /^(|HTTP\/1\.[01] (400|405|431|501|505)[\s\S]*)$/);
        connection.destroy();
    }
});

// --- limits (families 32 and 33)

const TOO_MUCH = [400, 413, 414, 431];

/// Sends `start`, then `piece` again and again up to four megabytes, never an end: the answer must come meanwhile.
async function assertCutOff(start, piece, statuses = TOO_MUCH) {
    const before = server.rss();
    const connection = await Connection.open(server);
    await connection.flush(start.replace(SEND, `/echo/000/${freshId()}/xhr_send`));
    const block = piece.repeat(Math.ceil(65_536 / piece.length));
    let sent = 0;
    while (!connection.over && connection.total === 0 && sent < 4_000_000) {
        await connection.flush(block);
        sent += block.length;
    }
    const all = (await connection.takeAll('the answer to something endless')).toString('latin1');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(all)?.[1] ?? 0);
    assert.ok(status === 0 || statuses.includes(status), all);
    assert.ok(server.rss() - before < 16_000_000, `${server.rss() - before} bytes more memory`);
    connection.destroy();
}

test('32: what has no end is cut off while it comes', async () => {
    const line = `GET /echo HTTP/1.1\r\n${HOST}`;
    await assertCutOff(`${line}X: `, 'a');
    await assertCutOff(line, 'X: a\r\n');
    await assertCutOff(line, 'a');
    await assertCutOff('GET /', 'a');
    await assertCutOff('', 'A', [...TOO_MUCH, 501]);
    await assertCutOff(`${postHead(CHUNKED)}1;`, 'a');
    await assertCutOff(`${postHead(CHUNKED)}0\r\nX: `, 'a');
    await assertCutOff(`${postHead(CHUNKED)}0\r\n`, 'X: a\r\n');
    await assertCutOff(postHead(CHUNKED), '0');
    await assertServes(server);
});

test('32: fields below the limit are taken, whatever they are', async () => {
    const answer = await ask(server, 'GET', '/echo', { headers: { X: 'a'.repeat(6000) } });
    assert.equal(answer.status, 200);
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`X-${i}`, 'a']));
    assert.equal((await ask(server, 'GET', '/echo', { headers: many })).status, 200);
});

test('33: a body over the limit is refused by its length alone', async () => {
    const session = await new Session(server).open();
    for (const length of ['1000001', '10737418240', '9223372036854775807', '18446744073709551615']) {
        const answers = await answersUntilEnd(server, `POST ${session.url}/xhr_send HTTP/1.1\r\n${HOST}Content-Length: ${length}\r\n\r\n`);
        assert.equal(answers.length, 1, length);
        assert.ok([413, ...(length.length > 18 ? [400] : [])].includes(answers[0].status), `${length}: ${answers[0].status}`);
    }
    assert.equal((await session.post('["a"]')).status, 204, 'the session lives');
});

test('33: a body over the limit is refused in chunks, large and small', async () => {
    for (const [size, piece] of [['10000', 'x'.repeat(65_536)], ['1', 'x']]) {
        const session = await new Session(server).open();
        const chunk = `${size}\r\n${piece}\r\n`;
        const start = `POST ${session.url}/xhr_send HTTP/1.1\r\n${HOST}${CHUNKED}\r\n`;
        const before = server.rss();
        const connection = await Connection.open(server);
        await connection.flush(start);
        const block = chunk.repeat(Math.ceil(65_536 / chunk.length));
        for (let data = 0; !connection.over && connection.total === 0 && data < 8_000_000; data += block.length) {
            await connection.flush(block);
        }
        const all = (await connection.takeAll()).toString('latin1');
        assert.match(all, /^(|HTTP\/1\.1 4(13|00)[\s\S]*)$/);
        assert.ok(server.rss() - before < 16_000_000);
        connection.destroy();
        assert.equal((await session.post('["a"]')).status, 204);
    }
});

test('33: thirty-two megabytes are refused long before their end', async () => {
    const session = await new Session(server).open();
    const connection = await Connection.open(server);
    connection.send(`POST ${session.url}/xhr_send HTTP/1.1\r\n${HOST}Content-Length: 32000000\r\n\r\n`);
    for (let sent = 0; !connection.over && connection.total === 0 && sent < 32_000_000; sent += 1_000_000) {
        await connection.flush('x'.repeat(1_000_000));
    }
    const all = (await connection.takeAll()).toString('latin1');
    assert.match(all, /^(|HTTP\/1\.1 413[\s\S]*)$/);
    connection.destroy();
});

test('33: chunks within the limit are a body like any other', async () => {
    const session = await new Session(server).open();
    const http = await HttpConnection.open(server);
    const chunks = [...'["chunked"]'].map((c) => `1\r\n${c}\r\n`).join('');
    http.send(`POST ${session.url}/xhr_send HTTP/1.1\r\n${HOST}${CHUNKED}\r\n${chunks}00;a="b;c"\r\n\r\n`);
    assert.equal((await http.response()).status, 204);
    http.send(`POST ${session.url}/xhr_send HTTP/1.1\r\n${HOST}transfer-encoding:\t CHUNKED \r\n\r\n000A\r\n["in hex"]\r\n0\r\n\r\n`);
    assert.equal((await http.response()).status, 204);
    assert.equal((await session.poll()).body, 'a["chunked","in hex"]\n');
    http.destroy();
});

test('an attack on one connection is nothing to the others', async () => {
    const stream = await new Session(server).stream();
    assert.equal(await stream.chunk(), 'o\n');
    const socket = await RawWebSocket.open(server, '/echo/websocket');
    await assertRefused(postHead(`Content-Length: 5\r\n${CHUNKED}`));
    await assertRefused('\x00\x00\r\n\r\n');
    socket.send('x');
    assert.equal(await socket.text(), 'x');
    assertNotFound(await ask(server, 'GET', '/elsewhere'));
    stream.destroy();
    socket.destroy();
});
