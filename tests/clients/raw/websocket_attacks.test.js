'use strict';
// WebSocket as attackers write it, on every endpoint that speaks it: plain, raw SockJS and framed SockJS.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const {
    useServer, ask, Connection, HttpConnection, RawWebSocket, Session, frame, closePayload, handshakeHeaders, freshId,
    requestText, assertServes, TEXT, BINARY, CLOSE, PING, PONG,
} = require('./lib.js');

const server = useServer();

const CONTINUATION = 0;
const PLAIN = '/ws';
const RAW = '/echo/websocket';
const framed = () => `/echo/000/${freshId()}/websocket`;
const endpoints = [['plain', () => PLAIN], ['raw', () => RAW], ['framed', framed]];
const LIMITS = { plain: 16 * 1024 * 1024, raw: 1_000_000, framed: 1_000_000 };
const DEFLATE = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };

/// A test on each endpoint; `open` connects and `echoes` proves that the connection lives and is in step.
function onEach(name, body) {
    for (const [kind, path] of endpoints) {
        test(`${name} (${kind})`, () => body({
            kind,
            path,
            open: async (options) => {
                const socket = await RawWebSocket.open(server, path(), options);
                if (kind === 'framed') {
                    assert.equal(await socket.text(), 'o');
                }
                return socket;
            },
            echoes: (socket) => echoes(kind, socket),
            limit: LIMITS[kind],
        }));
    }
}

/// What to send so that `text` comes back, and what comes back.
const wrap = (kind, text) => (kind === 'framed' ? JSON.stringify([text]) : text);
const unwrap = (kind, text) => (kind === 'framed' ? JSON.parse(text.slice(1))[0] : text);

async function echoes(kind, socket, text = 'hello') {
    socket.send(wrap(kind, text));
    assert.equal(unwrap(kind, await socket.text()), text);
}

let resting; // the pid and memory of a server that has served
async function assertMemory(allowed, why) {
    const more = resting?.pid === server.pid ? server.rss() - resting.memory : 0;
    assert.ok(more < allowed, `${why}: ${more} bytes more than at rest`);
}

test('the server at rest', async () => {
    await assertServes(server);
    resting = { pid: server.pid, memory: server.rss() };
});

// --- the handshake (families 40 and 41)

async function assertNoHandshake(path, changes, { statuses = [400, 426], method = 'GET', version = '1.1' } = {}) {
    const answer = await ask(server, method, path, { headers: handshakeHeaders(changes), version });
    assert.ok(statuses.includes(answer.status), `${path} ${JSON.stringify(changes)}: ${answer.status}`);
    return answer;
}

onEach('40: an unsupported version is refused, and the supported one named', async ({ path }) => {
    for (const version of ['12', '14', '', 'x', '0', '-13', '1313', '13.0', undefined]) {
        const answer = await assertNoHandshake(path(), { 'Sec-WebSocket-Version': version });
        assert.match(answer.all('sec-websocket-version').join(', '), /\b13\b/, `version ${version}`);
    }
});

onEach('40: a key is sixteen bytes in base64, once', async ({ path }) => {
    const keys = [undefined, '', 'abc', 'x'.repeat(24), Buffer.alloc(15).toString('base64'), Buffer.alloc(17).toString('base64'),
        `${'A'.repeat(22)}=`, `${'A'.repeat(21)}!==`, 'A'.repeat(4096), `${'A'.repeat(22)}== x`, ['A'.repeat(22) + '==', 'B'.repeat(22) + '==']];
    for (const key of keys) {
        await assertNoHandshake(path(), { 'Sec-WebSocket-Key': key });
    }
});

onEach('40: method, version and the two upgrade fields must be right', async ({ path }) => {
    for (const changes of [{ Upgrade: undefined }, { Upgrade: 'h2c' }, { Upgrade: 'websocketx' }, { Upgrade: '' }, { Connection: undefined },
        { Connection: 'close' }, { Connection: 'keep-alive' }, { Connection: 'upgradex' }]) {
        await assertNoHandshake(path(), changes);
    }
    await assertNoHandshake(path(), {}, { method: 'POST', statuses: [400, 405] });
    await assertNoHandshake(path(), {}, { method: 'HEAD', statuses: [400, 405] });
    await assertNoHandshake(path(), {}, { version: '1.0', statuses: [400, 426, 505] });
});

onEach('40: letter case and company of the two fields do not matter', async ({ open, echoes: check }) => {
    for (const headers of [{ Upgrade: 'WebSocket', Connection: 'upgrade' }, { Connection: 'keep-alive, Upgrade' },
        { Connection: 'x,\tUPGRADE ,y' }, { Origin: 'http://elsewhere.example' }]) {
        const socket = await open({ headers });
        await check(socket);
        await socket.close();
    }
});

test('40: what was refused leaves the connection usable or ended', async () => {
    for (const path of [PLAIN, RAW, framed()]) {
        const http = await HttpConnection.open(server);
        http.request('GET', path, { headers: handshakeHeaders({ 'Sec-WebSocket-Version': '9' }) });
        const answer = await http.response();
        if (answer.closes) {
            await http.connection.endsHere();
        } else {
            assert.equal((await http.ask('GET', '/echo')).status, 200);
        }
        http.destroy();
    }
});

const routes = ['/echo', '/echo/', '/echo/info', '/echo/iframe.html', '/echo/elsewhere', '/elsewhere', '/', '/ws/elsewhere', '/wsx',
    '/echo/a/b/xhr', '/echo/a/b/xhr_send', '/echo/a/b/xhr_streaming', '/echo/a/b/eventsource', '/echo/a/b/htmlfile?c=x',
    '/echo/a/b/jsonp?c=x', '/echo/a/b/jsonp_send', '/disabled_websocket_echo/websocket', '/disabled_websocket_echo/a/b/websocket',
    '/echo/a./b/websocket', '/echo//websocket'];

test('41: upgrade fields on any other route and method change nothing', async () => {
    for (const upgrade of ['websocket', 'h2c', 'hello']) {
        for (const method of ['GET', 'POST', 'OPTIONS', 'PUT', 'HEAD']) {
            for (const route of routes) {
                const http = await HttpConnection.open(server);
                const headers = upgrade === 'websocket' ? handshakeHeaders() : { Upgrade: upgrade, Connection: 'Upgrade' };
                http.request(method, route.replace('/b/', `/${freshId()}/`), { headers });
                const answer = await http.head();
                assert.notEqual(answer.status, 101, `${method} ${route} ${upgrade}`);
                assert.ok(answer.status < 500 || /_send$/.test(route), `${method} ${route} ${upgrade}: ${answer.status}`);
                http.destroy();
            }
        }
    }
    assert.ok(server.alive);
});

test('41: a handshake and a reset, at once and many times', async () => {
    for (const path of [PLAIN, RAW, framed(), '/echo/info', '/elsewhere', '/disabled_websocket_echo/websocket']) {
        for (let i = 0; i < 20; ++i) {
            const connection = await Connection.open(server);
            const text = requestText(server, 'GET', path, { headers: handshakeHeaders() });
            if (i % 2) {
                await connection.flush(text);
            } else {
                connection.send(text.slice(0, 10 * i));
            }
            connection.reset();
        }
    }
    await assertServes(server);
});

onEach('41: the body of an upgrade is never read as frames', async ({ path }) => {
    const evil = frame(TEXT, '["from the body"]');
    const http = await HttpConnection.open(server);
    const head = requestText(server, 'GET', path(), { headers: handshakeHeaders(), length: evil.length });
    http.send(Buffer.concat([Buffer.from(head, 'latin1'), evil]));
    const answer = await http.head();
    if (answer.status === 101) {
        http.send(frame(TEXT, '["after"]'));
        http.send(frame(CLOSE, closePayload(1000)));
        const all = (await http.connection.takeAll()).toString('latin1');
        assert.doesNotMatch(all, /from the body/);
    } else {
        assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
    }
    http.destroy();
});

onEach('41: a second handshake inside the connection is no frame', async ({ open }) => {
    const socket = await open();
    socket.raw(requestText(server, 'GET', PLAIN, { headers: handshakeHeaders() }));
    await socket.closesWith([1002, 1009]);
});

test('41: odd extension and protocol offers cost no time and no connection', async () => {
    const offers = ['constructor', '__proto__; a=b', ';'.repeat(5000), `a="${'\\c'.repeat(3000)}`, 'b'.repeat(7000), `b${' '.repeat(7000)}x`,
        ','.repeat(5000), 'permessage-deflate; '.repeat(300), '='.repeat(100), '"'];
    for (const field of ['Sec-WebSocket-Extensions', 'Sec-WebSocket-Protocol']) {
        for (const offer of offers) {
            const started = Date.now();
            const answer = await HttpConnection.open(server).then(async (http) => {
                http.request('GET', PLAIN, { headers: handshakeHeaders({ [field]: offer }) });
                const head = await http.head();
                http.destroy();
                return head;
            });
            assert.ok([101, 400, 431].includes(answer.status), answer.text);
            assert.ok(Date.now() - started < 2000);
        }
    }
});

test('a subprotocol is the first of the client\'s that is known', async () => {
    for (const [offer, chosen] of [['echo.v1', 'echo.v1'], ['echo.v2, echo.v1', 'echo.v2'], ['x, echo.v1,echo.v2', 'echo.v1'],
        ['x', undefined], [undefined, undefined]]) {
        const socket = await RawWebSocket.open(server, PLAIN, { headers: { 'Sec-WebSocket-Protocol': offer } });
        assert.equal(socket.answer.get('sec-websocket-protocol'), chosen);
        await echoes('plain', socket);
        await socket.close();
    }
});

// --- frames (families 42 - 45)

const noMask = (opcode, payload) => frame(opcode, payload, { masked: false });
const protocolErrors = {
    'an unmasked frame': [noMask(TEXT, 'x')],
    'an unmasked ping': [noMask(PING, '')],
    'reserved bits': [1, 2, 3, 4, 5, 6, 7].map((rsv) => frame(TEXT, 'x', { rsv })),
    'reserved bits on a control frame': [frame(PING, 'x', { rsv: 4 }), frame(CLOSE, closePayload(1000), { rsv: 1 })],
    'unknown opcodes': [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => frame(opcode, 'x')),
    'a fragmented control frame': [PING, PONG, CLOSE].map((opcode) => frame(opcode, '', { fin: false })),
    'a long control frame': [frame(PING, 'x'.repeat(126)), frame(PONG, 'x'.repeat(126)), frame(CLOSE, Buffer.alloc(126, 3))],
    'a continuation of nothing': [frame(CONTINUATION, 'x'), frame(CONTINUATION, 'x', { fin: false })],
    'a continuation after the end': [Buffer.concat([frame(TEXT, '["x', { fin: false }), frame(CONTINUATION, '"]'), frame(CONTINUATION, 'x')])],
    'a new message within another': [Buffer.concat([frame(TEXT, '["x', { fin: false }), frame(TEXT, '"]')]),
        Buffer.concat([frame(BINARY, 'x', { fin: false }), frame(BINARY, 'x', { fin: false })])],
};

for (const [what, attacks] of Object.entries(protocolErrors)) {
    onEach(`42: ${what} is a protocol error`, async ({ open }) => {
        for (const attack of attacks) {
            const socket = await open();
            socket.raw(attack);
            await socket.closesWith(1002);
        }
    });
}

onEach('42: nothing after the wrong frame is read', async ({ open, kind }) => {
    const socket = await open();
    socket.raw(Buffer.concat([frame(TEXT, wrap(kind, 'before')), frame(3, 'x'), frame(TEXT, wrap(kind, 'after')), frame(PING, 'after')]));
    assert.equal(unwrap(kind, await socket.text()), 'before');
    const close = await socket.read();
    assert.equal(close.opcode, CLOSE);
    assert.equal(close.payload.readUInt16BE(), 1002);
    await socket.connection.endsHere(20_000);
    socket.destroy();
});

onEach('43: a close that is wrong is answered with 1002 or 1007', async ({ open }) => {
    for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]) {
        const socket = await open();
        socket.frame(CLOSE, closePayload(code));
        await socket.closesWith(1002);
    }
    const single = await open();
    single.frame(CLOSE, Buffer.of(3));
    await single.closesWith(1002);
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
        const socket = await open();
        socket.frame(CLOSE, Buffer.concat([closePayload(1000), Buffer.from(bytes)]));
        await socket.closesWith([1002, 1007]);
    }
});

onEach('43: a close that is right comes back with its code', async ({ open }) => {
    for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
        const socket = await open();
        await socket.close(code, 'bye');
    }
    const socket = await open();
    socket.frame(CLOSE, '');
    assert.ok([1000, 1005].includes((await socket.closeFrame()).code));
    await socket.connection.ended();
    socket.destroy();
});

onEach('43: nothing after a close is read', async ({ open, kind }) => {
    const socket = await open();
    socket.raw(Buffer.concat([frame(CLOSE, closePayload(1000)), frame(TEXT, wrap(kind, 'after')), frame(PING, 'after'), frame(3, '')]));
    const close = await socket.read();
    assert.equal(close.opcode, CLOSE);
    assert.equal(close.payload.readUInt16BE(), 1000);
    await socket.connection.endsHere();
    socket.destroy();
});

const badText = [[0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0xaf], [0xf0, 0x80, 0x80, 0xaf], [0xf4, 0x90, 0x80, 0x80], [0xf5], [0xff],
    [0x80], [0xe2, 0x82], [0xf0, 0x9f, 0x98]];

onEach('44: text is UTF-8, across fragments too', async ({ open, kind }) => {
    for (const bytes of badText) {
        const bad = Buffer.from(bytes);
        const quoted = kind === 'framed' ? Buffer.concat([Buffer.from('["'), bad, Buffer.from('"]')]) : bad;
        const whole = await open();
        whole.frame(TEXT, quoted);
        await whole.closesWith(1007);
        const split = await open();
        split.frame(TEXT, quoted.subarray(0, 1), { fin: false }).frame(CONTINUATION, quoted.subarray(1));
        await split.closesWith(1007);
    }
});

onEach('44: a code point may be split between fragments', async ({ open, kind }) => {
    const socket = await open();
    const text = 'κόσμε\u{1F600}';
    const bytes = Buffer.from(wrap(kind, text));
    for (let at = 0; at < bytes.length; ++at) {
        socket.frame(at ? CONTINUATION : TEXT, bytes.subarray(at, at + 1), { fin: at === bytes.length - 1 });
    }
    assert.equal(unwrap(kind, await socket.text()), text);
    await socket.close();
});

onEach('45: a length over the limit is refused before its payload comes', async ({ open, limit }) => {
    const before = server.rss();
    for (const length of [2n ** 62n, 2n ** 63n - 1n, 2n ** 32n, BigInt(limit) + 1n]) {
        const socket = await open();
        socket.frame(BINARY, '', { length }); // a head without a payload
        await socket.closesWith(length > 2n ** 33n ? [1009, 1002] : 1009);
    }
    const negative = await open();
    negative.frame(TEXT, '', { length: 2n ** 63n });
    await negative.closesWith([1002, 1009]);
    assert.ok(server.rss() - before < 8_000_000);
});

onEach('45: fragments beyond the limit are refused as soon as they announce it', async ({ open, limit }) => {
    const socket = await open();
    socket.frame(TEXT, Buffer.alloc(limit / 2, 'x'), { fin: false });
    socket.frame(CONTINUATION, Buffer.alloc(limit / 2 - 10, 'x'), { fin: false });
    socket.frame(CONTINUATION, '', { fin: true, length: 65_536 });
    await socket.closesWith(1009);
});

onEach('45: a message at the limit passes', async ({ open, kind, limit }) => {
    const socket = await open();
    const text = 'x'.repeat(limit - (kind === 'framed' ? 4 : 0));
    socket.send(wrap(kind, text));
    assert.equal(unwrap(kind, await socket.text(20_000)).length, text.length);
    await socket.close();
});

onEach('45: a length in a longer form than needed is refused or understood', async ({ open, kind }) => {
    const text = wrap(kind, 'x');
    const zeroMask = Buffer.alloc(4);
    for (const head of [Buffer.of(0x81, 0xfe, 0, text.length), Buffer.of(0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, text.length)]) {
        const socket = await open();
        socket.raw(Buffer.concat([head, zeroMask, Buffer.from(text)]));
        const got = await socket.read();
        assert.ok(got.opcode === TEXT || (got.opcode === CLOSE && got.payload.readUInt16BE() === 1002));
        socket.destroy();
    }
});

// --- floods (families 46 and 47)

const TOO_MANY = [1008, 1009];

/// Sends blocks of frames until all are taken or the server has had enough.
async function pour(socket, block, times) {
    for (let i = 0; i < times && !socket.connection.over; ++i) {
        await socket.connection.flush(block);
    }
}

onEach('46: 200 000 fragments of one byte are one message or too many', async ({ open, kind }) => {
    const socket = await open();
    const opening = kind === 'framed' ? '["' : '';
    const end = kind === 'framed' ? '"]' : '';
    socket.frame(TEXT, `${opening}x`, { fin: false });
    const block = Buffer.concat(Array.from({ length: 1000 }, () => frame(CONTINUATION, 'x', { fin: false })));
    await pour(socket, block, 200);
    socket.frame(CONTINUATION, end);
    const got = await socket.read(20_000);
    if (got.opcode === CLOSE) {
        assert.ok(TOO_MANY.includes(got.payload.readUInt16BE()), `${got.payload.readUInt16BE()}`);
    } else {
        assert.equal(unwrap(kind, got.payload.toString()).length, 200_001);
    }
    socket.destroy();
    await assertMemory(64_000_000, 'after the fragments');
});

onEach('46: 300 000 empty fragments cost nothing', async ({ open, kind }) => {
    const socket = await open();
    const text = wrap(kind, 'x');
    socket.frame(TEXT, text.slice(0, 1), { fin: false });
    const block = Buffer.concat(Array.from({ length: 1000 }, () => frame(CONTINUATION, '', { fin: false })));
    await pour(socket, block, 300);
    await assertMemory(64_000_000, 'in the midst of empty fragments');
    socket.frame(CONTINUATION, text.slice(1));
    const got = await socket.read(20_000);
    if (got.opcode === CLOSE) {
        assert.ok(TOO_MANY.includes(got.payload.readUInt16BE()));
    } else {
        assert.equal(unwrap(kind, got.payload.toString()), 'x');
    }
    socket.destroy();
});

onEach('46: pings whose pongs nobody reads are bounded', async ({ open }) => {
    const socket = await open();
    socket.connection.pause();
    const block = Buffer.concat(Array.from({ length: 500 }, () => frame(PING, 'x'.repeat(125))));
    // 50 megabytes of pings: far more than the kernel's buffers hold. Either the server stops reading, which shows
    // in a write that is not taken, or it answers the newest only, or it ends the connection.
    let taken = 0;
    for (let i = 0; i < 800 && !socket.connection.over; ++i) {
        const done = await Promise.race([
            socket.connection.flush(block).then(() => true),
            new Promise((resolve) => { setTimeout(resolve, 1000, false); }),
        ]);
        if (!done) {
            break;
        }
        taken += block.length;
    }
    await assertMemory(64_000_000, `after ${taken} bytes of pings`);
    socket.connection.reset();
    await assertServes(server);
});

onEach('46: a hundred thousand pongs nobody asked for are nothing', async ({ open, echoes: check }) => {
    const socket = await open();
    const block = Buffer.concat(Array.from({ length: 1000 }, () => frame(PONG, 'x')));
    await pour(socket, block, 100);
    await check(socket);
    await assertMemory(64_000_000, 'after the pongs');
    await socket.close();
});

onEach('47: frames may come in the handshake\'s own segment', async ({ open, kind }) => {
    const socket = await open({ early: Buffer.concat([frame(TEXT, wrap(kind, 'early')), frame(TEXT, wrap(kind, 'bird'))]) });
    assert.equal(unwrap(kind, await socket.text()), 'early');
    assert.equal(unwrap(kind, await socket.text()), 'bird');
    await socket.close();
});

onEach('47: half a frame may come in the handshake\'s own segment', async ({ open, kind }) => {
    const bytes = frame(TEXT, wrap(kind, 'halved'));
    for (const at of [1, 2, 5, 7, bytes.length - 1]) {
        const socket = await open({ early: bytes.subarray(0, at) });
        socket.raw(bytes.subarray(at));
        assert.equal(unwrap(kind, await socket.text()), 'halved');
        await socket.close();
    }
});

onEach('47: five hundred frames in one segment are five hundred messages', async ({ open, kind }) => {
    const socket = await open();
    socket.raw(Buffer.concat(Array.from({ length: 500 }, (_, i) => frame(TEXT, wrap(kind, String(i))))));
    for (let i = 0; i < 500; ++i) {
        assert.equal(unwrap(kind, await socket.text()), String(i));
    }
    await socket.close();
});

onEach('47: handshake and frames may come byte by byte', async ({ path, kind }) => {
    const http = await HttpConnection.open(server);
    const head = requestText(server, 'GET', path(), { headers: handshakeHeaders() });
    await http.connection.sendSlowly(head);
    const answer = await http.head();
    assert.equal(answer.status, 101);
    const socket = new RawWebSocket(http, answer);
    if (kind === 'framed') {
        assert.equal(await socket.text(), 'o');
    }
    await http.connection.sendSlowly(frame(TEXT, wrap(kind, 'slow')).toString('latin1'));
    assert.equal(unwrap(kind, await socket.text()), 'slow');
    await http.connection.sendSlowly(frame(PING, 'p').toString('latin1'));
    assert.equal((await socket.read()).payload.toString(), 'p');
    await http.connection.sendSlowly(frame(CLOSE, closePayload(1000)).toString('latin1'));
    assert.equal((await socket.closeFrame()).code, 1000);
    socket.destroy();
});

onEach('47: two frames cut at every place are two messages', async ({ open, kind }) => {
    const bytes = Buffer.concat([frame(TEXT, wrap(kind, 'first')), frame(TEXT, wrap(kind, 'second'))]);
    const socket = await open();
    for (let at = 1; at < bytes.length; ++at) {
        await socket.connection.flush(bytes.subarray(0, at));
        await new Promise(setImmediate);
        await socket.connection.flush(bytes.subarray(at));
        assert.equal(unwrap(kind, await socket.text()), 'first');
        assert.equal(unwrap(kind, await socket.text()), 'second');
    }
    await socket.close();
});

// --- permessage-deflate (families 48 - 53), on /ws

const tail = Buffer.of(0, 0, 0xff, 0xff);
/// A message's payload as RFC 7692 wants it: deflated, flushed, without the four bytes every flush ends with.
function deflated(data, options = {}) {
    const bytes = zlib.deflateRawSync(data, { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options });
    return bytes.subarray(-4).equals(tail) ? bytes.subarray(0, -4) : bytes;
}

function inflated(payload, options = {}) {
    return zlib.inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options });
}

async function openDeflate(offer = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover') {
    const socket = await RawWebSocket.open(server, PLAIN, { headers: { 'Sec-WebSocket-Extensions': offer } });
    assert.match(socket.answer.get('sec-websocket-extensions') ?? '', /^permessage-deflate\b/);
    return socket;
}

async function readMessage(socket) {
    const first = await socket.read();
    const parts = [first.payload];
    for (let fin = first.fin; !fin;) {
        const next = await socket.read();
        assert.equal(next.opcode, CONTINUATION);
        assert.equal(next.rsv, 0);
        parts.push(next.payload);
        fin = next.fin;
    }
    const payload = Buffer.concat(parts);
    return { ...first, data: first.rsv & 4 ? inflated(payload) : payload };
}

async function echoesDeflated(socket, text = 'hello hello hello hello hello hello') {
    socket.frame(TEXT, deflated(Buffer.from(text)), { rsv: 4 });
    const got = await readMessage(socket);
    assert.equal(got.opcode, TEXT);
    assert.equal(got.data.toString(), text);
}

test('48: a bomb is refused where it has inflated to the limit', async () => {
    const bomb = deflated(Buffer.alloc(200_000_000));
    assert.ok(bomb.length < 300_000);
    const before = server.rss();
    const socket = await openDeflate();
    socket.frame(BINARY, bomb, { rsv: 4 });
    await socket.closesWith(1009);
    assert.ok(server.rss() - before < 80_000_000, `${server.rss() - before} bytes more`);

    const pieces = await openDeflate();
    for (let at = 0; at < bomb.length; at += 1000) {
        pieces.frame(at ? CONTINUATION : BINARY, bomb.subarray(at, at + 1000), { rsv: at ? 0 : 4, fin: false });
    }
    await pieces.closesWith(1009);
    await assertServes(server);
});

test('48: a message that inflates to the limit passes, one byte more does not', async () => {
    const socket = await openDeflate();
    socket.frame(BINARY, deflated(Buffer.alloc(LIMITS.plain)), { rsv: 4 });
    assert.equal((await readMessage(socket)).data.length, LIMITS.plain);
    socket.frame(BINARY, deflated(Buffer.alloc(LIMITS.plain + 1)), { rsv: 4 });
    await socket.closesWith(1009);
});

test('49: what is no deflate stream is refused', async () => {
    const bad = [Buffer.from('garbage that is none'), Buffer.alloc(100, 0xff), Buffer.of(0x06), Buffer.of(0x00, 0x05, 0x00, 0x00, 0x00),
        deflated(Buffer.from('truncated truncated truncated')).subarray(0, 8)];
    for (const payload of bad) {
        const socket = await openDeflate();
        socket.frame(TEXT, payload, { rsv: 4 });
        await socket.closesWith([1002, 1003, 1007]);
    }
});

test('49: text that inflates to invalid UTF-8 is refused', async () => {
    for (const bytes of badText) {
        const socket = await openDeflate();
        socket.frame(TEXT, deflated(Buffer.from(bytes)), { rsv: 4 });
        await socket.closesWith(1007);
    }
});

test('50: compressed and plain messages, fragments and pings may alternate', async () => {
    const socket = await openDeflate();
    await echoesDeflated(socket);
    socket.send('plain');
    assert.equal((await readMessage(socket)).data.toString(), 'plain');
    const text = 'fragmented '.repeat(50);
    const payload = deflated(Buffer.from(text));
    for (let at = 0; at < payload.length; ++at) {
        socket.frame(at ? CONTINUATION : TEXT, payload.subarray(at, at + 1), { rsv: at ? 0 : 4, fin: at === payload.length - 1 });
        socket.frame(PING, String(at));
    }
    for (let at = 0; at < payload.length - 1; ++at) {
        assert.equal((await socket.read()).payload.toString(), String(at));
    }
    const rest = [await readMessage(socket), await readMessage(socket)];
    assert.ok(rest.some((message) => message.opcode === PONG));
    assert.ok(rest.some((message) => message.opcode === TEXT && message.data.toString() === text));
    await socket.close();
});

test('50: an empty message, a stored block and many blocks inflate', async () => {
    const socket = await openDeflate();
    socket.frame(TEXT, Buffer.of(0), { rsv: 4 });
    assert.equal((await readMessage(socket)).data.length, 0);
    const stored = Buffer.concat([Buffer.of(0, 5, 0, 0xfa, 0xff), Buffer.from('Hello'), Buffer.of(0)]);
    socket.frame(TEXT, stored, { rsv: 4 });
    assert.equal((await readMessage(socket)).data.toString(), 'Hello');
    const blocks = Buffer.concat([deflated(Buffer.from('one ')), tail, deflated(Buffer.from('two'))]);
    socket.frame(TEXT, blocks, { rsv: 4 });
    assert.equal((await readMessage(socket)).data.toString(), 'one two');
    await socket.close();
});

test('50: a final block is understood or refused, and the server goes on', async () => {
    const final = zlib.deflateRawSync(Buffer.from('Hello'));
    for (const payload of [Buffer.concat([final, Buffer.of(0)]), final]) {
        const socket = await openDeflate();
        socket.frame(TEXT, payload, { rsv: 4 });
        const got = await readMessage(socket);
        if (got.opcode === CLOSE) {
            assert.ok([1002, 1003, 1007].includes(got.payload.readUInt16BE()), `${got.payload.readUInt16BE()}`);
        } else {
            assert.equal(got.data.toString(), 'Hello');
            await echoesDeflated(socket, 'and another message');
        }
        socket.destroy();
    }
});

test('50: context is taken over both ways when nobody asks otherwise', async () => {
    const socket = await openDeflate('permessage-deflate');
    const compressor = zlib.createDeflateRaw();
    const inflator = zlib.createInflateRaw();
    const through = (stream, data) => new Promise((resolve, reject) => {
        const parts = [];
        const collect = (part) => parts.push(part);
        stream.on('data', collect);
        stream.once('error', reject);
        stream.write(data);
        stream.flush(zlib.constants.Z_SYNC_FLUSH, () => {
            stream.removeListener('data', collect);
            stream.removeListener('error', reject);
            resolve(Buffer.concat(parts));
        });
    });
    const text = 'a text that is long enough to be worth a reference '.repeat(4);
    for (let i = 0; i < 5; ++i) {
        const payload = (await through(compressor, Buffer.from(text))).subarray(0, -4);
        socket.frame(TEXT, payload, { rsv: 4 });
        const got = await socket.read();
        const data = got.rsv & 4 ? await through(inflator, Buffer.concat([got.payload, tail])) : got.payload;
        assert.equal(data.toString(), text);
    }
    await socket.close();
});

test('51: RSV1 marks the first frame of a message only', async () => {
    const half = deflated(Buffer.from('hello'));
    const attacks = [
        frame(PING, 'x', { rsv: 4 }),
        frame(CLOSE, closePayload(1000), { rsv: 4 }),
        Buffer.concat([frame(TEXT, half.subarray(0, 2), { rsv: 4, fin: false }), frame(CONTINUATION, half.subarray(2), { rsv: 4 })]),
        Buffer.concat([frame(TEXT, 'a', { fin: false }), frame(CONTINUATION, half, { rsv: 4 })]),
        frame(TEXT, half, { rsv: 6 }),
        frame(TEXT, half, { rsv: 2 }),
    ];
    for (const attack of attacks) {
        const socket = await openDeflate();
        socket.raw(attack);
        await socket.closesWith(1002);
    }
});

onEach('51: RSV1 without the extension is a protocol error', async ({ open }) => {
    const socket = await open();
    assert.equal(socket.answer.get('sec-websocket-extensions'), undefined);
    socket.frame(TEXT, deflated(Buffer.from('hello')), { rsv: 4 });
    await socket.closesWith(1002);
});

test('52: an offer that is wrong is declined, a right one after it is taken', async () => {
    const wrong = ['permessage-deflate; unknown', 'permessage-deflate; server_max_window_bits=7', 'permessage-deflate; server_max_window_bits=16',
        'permessage-deflate; client_max_window_bits=16', 'permessage-deflate; server_max_window_bits=08', 'permessage-deflate; server_max_window_bits',
        'permessage-deflate; server_no_context_takeover=1', 'permessage-deflate; server_max_window_bits=10; server_max_window_bits=10',
        'permessage-deflate; client_no_context_takeover; client_no_context_takeover', 'permessage-deflate; client_max_window_bits=x',
        'permessage-deflate; server_max_window_bits="1"', 'permessage-deflate; server_max_window_bits=-10', 'x-webkit-deflate-frame'];
    for (const offer of wrong) {
        const http = await HttpConnection.open(server);
        http.request('GET', PLAIN, { headers: handshakeHeaders({ 'Sec-WebSocket-Extensions': offer }) });
        const answer = await http.head();
        assert.ok(answer.status === 400 || (answer.status === 101 && answer.get('sec-websocket-extensions') === undefined),
            `${offer}: ${answer.text}`);
        http.destroy();
        if (answer.status === 101) {
            const socket = await openDeflate(`${offer}, permessage-deflate; client_no_context_takeover; server_no_context_takeover`);
            await echoesDeflated(socket);
            await socket.close();
        }
    }
});

test('52: what was agreed is kept to', async () => {
    for (const offer of ['permessage-deflate', 'permessage-deflate; client_max_window_bits', 'permessage-deflate; server_max_window_bits=10',
        'permessage-deflate; server_no_context_takeover', 'permessage-deflate; client_max_window_bits=10; server_max_window_bits=12',
        'permessage-deflate; server_max_window_bits="10"']) {
        const socket = await RawWebSocket.open(server, PLAIN, { headers: { 'Sec-WebSocket-Extensions': offer } });
        const agreed = socket.answer.get('sec-websocket-extensions');
        if (agreed === undefined) {
            assert.match(offer, /max_window_bits=/, 'only a window may be declined');
            socket.destroy();
            continue;
        }
        const bits = Number(/server_max_window_bits="?(\d+)/.exec(agreed)?.[1] ?? 15);
        const asked = Number(/server_max_window_bits="?(\d+)/.exec(offer)?.[1] ?? 15);
        assert.ok(bits <= asked, `${offer} gave ${agreed}`);
        // Text whose repeats lie 3000 bytes apart: an inflator of the agreed size must manage.
        const line = Buffer.from(Array.from({ length: 1500 }, (_, i) => (i * 7919 % 65_521).toString(36)).join('')).toString('latin1').slice(0, 3000);
        const text = line.repeat(4);
        socket.frame(TEXT, deflated(Buffer.from(text), { windowBits: 9 }), { rsv: 4 });
        const got = await socket.read();
        const data = got.rsv & 4 ? inflated(got.payload, { windowBits: bits }) : got.payload;
        assert.equal(data.toString(), text);
        await socket.close();
    }
});

test('53: a reference beyond the agreed window is refused or harmless', async () => {
    const socket = await RawWebSocket.open(server, PLAIN, {
        headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits=9; client_no_context_takeover' },
    });
    if (socket.answer.get('sec-websocket-extensions') !== undefined) {
        const noise = require('node:crypto').randomBytes(20_000).toString('hex');
        socket.frame(TEXT, deflated(Buffer.from(noise + noise.slice(0, 1000)), { windowBits: 15 }), { rsv: 4 });
        const got = await readMessage(socket);
        if (got.opcode === CLOSE) {
            assert.ok([1002, 1003, 1007].includes(got.payload.readUInt16BE()));
        } else {
            assert.equal(got.data.toString(), noise + noise.slice(0, 1000));
        }
    }
    socket.destroy();
    const far = await openDeflate(); // a distance that reaches before the first byte
    far.frame(TEXT, Buffer.of(0x4b, 0x04, 0x42, 0x00), { rsv: 4 });
    const got = await readMessage(far).catch(() => ({ opcode: CLOSE }));
    assert.ok([TEXT, CLOSE].includes(got.opcode));
    far.destroy();
});

// --- resets

onEach('78: a reset in any state is an end and nothing more', async ({ open, kind }) => {
    const states = [
        async () => {},
        async (socket) => socket.connection.flush(frame(TEXT, wrap(kind, 'x')).subarray(0, 4)),
        async (socket) => socket.connection.flush(frame(TEXT, wrap(kind, 'x'), { fin: false })),
        async (socket) => socket.connection.flush(Buffer.concat(Array.from({ length: 200 }, () => frame(TEXT, wrap(kind, 'x'.repeat(1000)))))),
        async (socket) => socket.connection.flush(frame(CLOSE, closePayload(1000))),
        async (socket) => socket.connection.flush(frame(3, 'x')),
        async (socket) => socket.connection.flush(frame(PING, 'x')),
        async (socket) => socket.connection.flush(frame(BINARY, '', { length: 500_000 })),
    ];
    for (const state of states) {
        for (let i = 0; i < 10; ++i) {
            const socket = await open();
            if (i % 2) {
                socket.connection.pause();
            }
            await state(socket);
            socket.connection.reset();
        }
    }
    await assertServes(server);
});

test('after all this the server has given back what it took', async () => {
    await assertServes(server);
    await assertMemory(128_000_000, 'at the end');
    assert.ok(server.descriptors() < 60, `${server.descriptors()} descriptors are open`);
});
