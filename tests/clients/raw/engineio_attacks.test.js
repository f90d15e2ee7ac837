'use strict';
// Engine.IO and Socket.IO as attackers write them: what has brought other servers down, and what might. After each
// attack those who were there before go on undisturbed, and newcomers are served.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, ask, answersUntilEnd, Connection, HttpConnection, RawWebSocket, handshakeHeaders, requestText, frame, EioSession, SioClient,
    eioUrl, eioSocket, eventually, roundTrips, message, socketEchoes, within, assertError, assertServesEio, assertServesSio, PLACEHOLDER,
    TEXT, BINARY, CLOSE,
} = require('./lib.js');

const server = useServer();
const brisk = useServer({ args: ['--ping-interval', '300', '--ping-timeout', '200'] });

const MB = 1_000_000;
const SIO = '/socket.io/';
const DATA = Buffer.of(1, 2, 3);

/// A test with bystanders: a session of each kind that must notice nothing.
function attack(name, body, { memory = 64 * MB } = {}) {
    test(name, { timeout: 60_000 }, async () => {
        const [client, session, socket] = [await SioClient.open(server), await EioSession.open(server), await eioSocket(server)];
        const before = server.rss();
        await body();
        assert.ok(server.alive, `the server ${server.fate}`);
        const more = server.rss() - before;
        assert.ok(more < memory, `${more} bytes more than before`);
        client.send('4277["echo","undisturbed"]');
        while ((await client.message()) !== '4377["undisturbed"]') { /* what was sent to all comes first */ }
        await session.echoes();
        await socketEchoes(socket);
        client.destroy();
        socket.destroy();
        await assertServesEio(server);
        await assertServesSio(server);
    });
}

/// Reads a WebSocket to its end, whatever comes; resolves with the number of bytes that came.
async function drain(connection, limit = 30_000) {
    const { total } = connection;
    await connection.takeAll('the end of an attacker', limit);
    connection.destroy();
    return connection.total - total;
}

/// The client is closed, whatever it is told before; resolves with the bytes that came.
async function closed(client) {
    const connection = client.connection ?? client.socket.connection;
    const before = connection.total;
    assert.equal((await (client.socket ?? client).closeFrame(20_000)).code, 1005);
    connection.destroy();
    return connection.total - before;
}

/// What the server makes of a client in the end: nothing that matters, as long as it reads or closes.
async function settled(client) {
    client.send('4299["echo","settled"]');
    for (;;) {
        const got = await client.socket.read(20_000);
        if (got.opcode === CLOSE || got.payload.toString('latin1') === '4399["settled"]') {
            client.destroy();
            return got.opcode !== CLOSE;
        }
    }
}

const join = async (options) => SioClient.open(server, options);

// --- the history

attack('CVE-2020-36048: a megabyte of tiny packets', async () => {
    const bodies = [[4, '4\x1e'.repeat(499_999) + '4'], [4, '4x\x1e'.repeat(300_000) + '4'], [4, '6\x1e'.repeat(499_999) + '6'],
        [4, '\x1e'.repeat(MB)], [3, '2:4¼'.repeat(200_000)], [3, '1:4'.repeat(300_000)], [3, '0:'.repeat(500_000)], [3, '1:6'.repeat(300_000)], [4, '3\x1e'.repeat(499_999) + '3'],
        [3, `${'1'.repeat(999_990)}:4`], [4, `b${'A'.repeat(999_996)}`], [3, ':'.repeat(MB)]];
    for (const [version, body] of bodies) {
        const session = await EioSession.open(server, { version });
        const http = await HttpConnection.open(server);
        http.request('POST', session.url(), { body });
        const answer = await within(http.response(), `an answer to ${body.slice(0, 10)}...`, 20_000);
        assert.ok([200, 400, 413].includes(answer.status), answer.text);
        http.destroy();
    }
}, { memory: 256 * MB });

attack('CVE-2020-36048: a hundred megabytes', async () => {
    const session = await EioSession.open(server);
    const connection = await Connection.open(server);
    connection.send(`POST ${session.url()} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`);
    const block = '4\x1e'.repeat(MB / 2);
    for (let sent = 0; !connection.over && connection.total === 0 && sent < 100 * MB; sent += MB) {
        await connection.flush(block);
    }
    assert.match((await connection.takeUntil('\r\n', 'an answer')).toString(), /^HTTP\/1\.1 413 /);
    connection.destroy();
    await session.echoes();
});

attack('CVE-2020-36049: digits without end', async () => {
    for (const text of [`4${'2'.repeat(999_990)}`, `45${'2'.repeat(999_990)}`, `45${'1'.repeat(500_000)}-["x"]`, `42${'1'.repeat(500_000)}["x"]`, `46${'0'.repeat(500_000)}`]) {
        const client = await join();
        client.send(text, DATA);
        await closed(client);
    }
});

attack('CVE-2022-21676: garbage behind a good upgrade request', async () => {
    for (const early of ['test', '\xff\xff\xff\xff', '\x83\x80\0\0\0\0', '\x81\x01x', '\xf1\x80\0\0\0\0', 'GET / HTTP/1.1\r\n\r\n', '\0'.repeat(5000),
        Buffer.from('c180000000', 'hex').toString('latin1'), '\x88\x81\0\0\0\0x', '\x89\xfe\x7f\xff']) {
        const session = await EioSession.open(server);
        const old = await EioSession.open(server, { version: 3 });
        for (const url of [eioUrl({ transport: 'websocket' }), eioUrl({ transport: 'websocket', mount: SIO }), session.url({ transport: 'websocket' }),
            old.url({ transport: 'websocket' })]) {
            const socket = await RawWebSocket.open(server, url, { early: Buffer.from(early, 'latin1') });
            socket.connection.finishSending();
            await drain(socket.connection);
        }
        await session.echoes();
        await old.echoes();
    }
});

attack('CVE-2022-41940: a bad upgrade request and a reset', async () => {
    const urls = [eioUrl({ transport: 'websocket', sid: 'unknown' }), eioUrl({ transport: 'x' }), '/engine.io/', eioUrl({ mount: SIO, transport: 'polling' }),
        '/elsewhere', '/engine.io', eioUrl({ transport: 'websocket', version: 9 })];
    for (let round = 0; round < 10; ++round) {
        for (const url of urls) {
            const connection = await Connection.open(server);
            await connection.flush(requestText(server, 'GET', url, { headers: handshakeHeaders() }));
            connection.reset();
        }
    }
    await roundTrips(server);
});

attack('CVE-2023-31125: transports named as what objects have', async () => {
    for (const transport of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '%00', 'polling%00']) {
        const url = eioUrl({ transport });
        assertError(await ask(server, 'GET', url), 0);
        const [answer] = await answersUntilEnd(server, requestText(server, 'GET', url, { headers: handshakeHeaders() }));
        assert.deepEqual([answer.status, answer.body], [400, 'Transport unknown']);
    }
});

attack('CVE-2022-2421, CVE-2023-32695, CVE-2026-33151, CVE-2026-69185: packets that are none', async () => {
    const attacks = [
        ['451-["x",{"_placeholder":true,"num":"splice"}]', DATA],
        ['451-["x",{"_placeholder":true,"num":-1}]', DATA],
        ['42[{"toString":"x"}]'], ['42[null]'], ['42{"toString":"foo"}'],
        ['459999999-["x"]', ...Array(100).fill(DATA)], ['450-["x"]', ...Array(100).fill(DATA)], ['4511-["x"]', ...Array(11).fill(DATA)],
        ['4510-["x"]', ...Array(11).fill(DATA)], ['46999-7[]', DATA],
    ];
    for (const messages of attacks) {
        const client = await join();
        client.send(...messages);
        await closed(client);
        const session = await EioSession.open(server, { mount: SIO });
        await session.send('40');
        await session.take(2);
        const poll = await session.pending();
        await session.send(...messages.map((one) => (typeof one === 'string' ? one : `b${one.toString('base64')}`)));
        assert.equal((await session.answerOf(poll)).at(-1), '1', messages[0]);
        await session.isGone();
    }
});

attack('CVE-2024-38355: an event named error', async () => {
    const client = await join();
    for (const text of ['42["error"]', '42["error",{"message":"x"}]', '421["error"]', '42["uncaughtException"]']) {
        client.send(text);
        await client.echoes();
    }
    client.destroy();
});

attack('CVE-2024-37890: more fields than a server keeps', async () => {
    for (const count of [2000, 3000]) {
        const fields = Array.from({ length: count }, (_, i) => `X-${i}: y\r\n`).join('');
        for (const text of [`GET ${eioUrl({ transport: 'websocket' })} HTTP/1.1\r\nHost: x\r\n${fields}`
            + Object.entries(handshakeHeaders()).map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\n']) {
            const connection = await Connection.open(server);
            connection.send(text);
            assert.match(await connection.takeUntil('\r\n', 'an answer'), /^HTTP\/1\.1 4\d\d /);
            connection.destroy();
        }
    }
});

attack('CVE-2026-59725: octet-stream in revision 4, again and again', async () => {
    for (let i = 0; i < 100; ++i) {
        const session = await EioSession.open(server);
        const answer = await session.post('4x', { headers: { 'Content-Type': 'application/octet-stream' } });
        assert.deepEqual([answer.status, answer.body], [400, '']);
        assertError(await session.poll(), 1);
    }
});

attack('CVE-2026-48779: tiny fragments without end', async () => {
    for (const piece of ['x', '']) {
        const socket = await eioSocket(server);
        socket.frame(TEXT, '4', { fin: false });
        const block = Buffer.concat(Array.from({ length: 1000 }, () => frame(0, piece, { fin: false })));
        for (let sent = 0; sent < 200 && !socket.connection.over; ++sent) {
            await socket.connection.flush(block);
        }
        socket.frame(0, 'y');
        const got = await socket.read(20_000);
        assert.ok(got.opcode === CLOSE || got.payload.at(-1) === 0x79);
        socket.destroy();
    }
});

attack('CVE-2021-32640: a long list of subprotocols', async () => {
    for (const value of [`b${' '.repeat(7000)}x`, `${'a,'.repeat(3000)}a`, ','.repeat(5000)]) {
        const answer = await within(ask(server, 'GET', eioUrl({ transport: 'websocket' }),
            { headers: handshakeHeaders({ 'Sec-WebSocket-Protocol': value }) }), 'an answer');
        assert.ok([101, 400, 431].includes(answer.status), answer.text);
    }
});

attack('CVE-2026-48802: pongs without end', async () => {
    const socket = await eioSocket(server);
    const block = Buffer.concat(Array.from({ length: 1000 }, () => frame(TEXT, '3')));
    for (let sent = 0; sent < 300; ++sent) {
        await socket.connection.flush(block);
    }
    await socketEchoes(socket);
    socket.destroy();
    const session = await EioSession.open(server);
    assert.equal((await session.post('3\x1e'.repeat(400_000) + '3')).body, 'ok');
    await session.echoes();
});

attack('base64 of one revision is nothing special in the other', async () => {
    const session = await EioSession.open(server);
    await session.send('b4AQI'); // four characters that are base64
    assert.deepEqual(await session.packets(), ['b4AQI']);
    const old = await EioSession.open(server, { version: 3, query: 'b64=1' });
    await old.send('b4AQID');
    assert.deepEqual(await old.packets(), ['b4AQID']);
    const poll = await old.pending();
    assert.equal((await old.post('5:bAQID')).body, 'ok'); // type A is none
    await roundTrips(server);
    poll.destroy();
});

// --- JSON

for (const depth of [200, 5000, 400_000]) {
    attack(`JSON ${depth} arrays deep is refused`, async () => {
        const deep = '['.repeat(depth) + ']'.repeat(depth);
        const objects = '{"a":'.repeat(Math.min(depth, 150_000)) + '1' + '}'.repeat(Math.min(depth, 150_000));
        for (const text of [`421["echo",${deep}]`, `42["message",${deep}]`, `42["bcast",${objects}]`, `431[${deep}]`, `42["message",${'['.repeat(depth)}`]) {
            const client = await join();
            client.send(text);
            await closed(client);
        }
        const client = await SioClient.connect(server);
        client.send(`40{"a":${deep}}`);
        await closed(client);
    });
}

attack('JSON a hundred arrays deep is taken', async () => {
    const client = await join();
    const deep = '['.repeat(100) + ']'.repeat(100);
    client.send(`421["echo",${deep}]`);
    assert.deepEqual((await client.ack(1)).data, [JSON.parse(deep)]);
    client.destroy();
});

attack('JSON of a megabyte that is all structure', async () => {
    for (const json of [`${'[],'.repeat(300_000)}1`, `${'{},'.repeat(300_000)}1`, `{${'"a":1,'.repeat(140_000)}"b":2}`, `"${'\\u0000'.repeat(160_000)}"`,
        '9'.repeat(900_000), `1e${'9'.repeat(900_000)}`, `0.${'0'.repeat(900_000)}1`, `"${'\\'.repeat(900_000)}"`, `${PLACEHOLDER},`.repeat(25_000) + '1']) {
        const client = await join();
        client.send(`42["nothing",${json}]`);
        await settled(client);
    }
}, { memory: 256 * MB });

// --- names

attack('names of a megabyte are not sent back', async () => {
    for (const version of [4, 3]) {
        for (const text of [`40/${'a'.repeat(900_000)},`, `40/${'a'.repeat(900_000)}`, `40/a?${'b'.repeat(900_000)},`, `40/${'€'.repeat(300_000)},{"a":1}`]) {
            const client = version === 4 ? await SioClient.connect(server) : await join({ version });
            const before = client.connection.total;
            client.send(text);
            await settled(client);
            assert.ok(client.connection.total - before < 100_000, `${client.connection.total - before} bytes`);
        }
    }
});

attack('thousands of unknown namespaces', async () => {
    const client = await join();
    for (let i = 0; i < 5000; ++i) {
        client.send(`40/n${i},`);
    }
    await settled(client);
    const posted = await EioSession.open(server, { mount: SIO });
    const many = Array.from({ length: 5000 }, (_, i) => `40/${'x'.repeat(100)}${i},`);
    assert.equal((await posted.post(many.join('\x1e'))).body, 'ok');
});

attack('thousands of rooms, and rooms of half a megabyte', async () => {
    const client = await join();
    for (let i = 0; i < 5000; ++i) {
        client.send(`42["join","r${i}"]`);
    }
    client.send(`42["join","${'r'.repeat(500_000)}"]`);
    await settled(client);
    const odd = await join();
    for (const room of ['""', 'null', '1', '{}', '[]', '"*"', '"a?[b]*"', '"__proto__"', 'true']) {
        odd.send(`421["join",${room}]`, `42["room",${room},"x"]`, `422["leave",${room}]`);
    }
    odd.send('42["room"]', '42["join"]', '42["leave"]');
    await settled(odd);
});

attack('joining and leaving without end', async () => {
    const client = await SioClient.connect(server);
    for (let i = 0; i < 500; ++i) {
        await client.join('/custom');
        await client.event('auth', '/custom');
        await client.leave('/custom');
    }
    client.destroy();
});

attack('a thousand guesses are answered alike', async () => {
    const http = await HttpConnection.open(server);
    for (let i = 0; i < 1000; ++i) {
        const sid = Buffer.from(`${i}`.padStart(15, 'x')).toString('base64url');
        assertError(await http.ask(i % 2 ? 'GET' : 'POST', eioUrl({ sid })), 1);
    }
    http.destroy();
});

// --- floods

attack('events without end', async () => {
    const client = await join();
    const block = Buffer.concat(Array.from({ length: 1000 }, (_, i) => frame(TEXT, `42["nothing",${i}]`)));
    for (let sent = 0; sent < 100; ++sent) {
        await client.connection.flush(block);
    }
    const acks = Buffer.concat(Array.from({ length: 1000 }, (_, i) => frame(TEXT, `43${i}[]`)));
    for (let sent = 0; sent < 50; ++sent) {
        await client.connection.flush(acks);
    }
    await client.echoes();
    client.destroy();
});

attack('a client that sends and never reads', async () => {
    for (const [open, text] of [[() => eioSocket(server), `4${'x'.repeat(50_000)}`], [join, `42["echo","${'x'.repeat(50_000)}"]`]]) {
        const client = await open();
        const { connection } = client;
        connection.pause();
        const bytes = frame(TEXT, text);
        for (let sent = 0; sent < 60 * MB && !connection.socket.destroyed && connection.socket.writableLength < 2 * MB; sent += bytes.length) {
            connection.send(bytes);
            await new Promise(setImmediate);
        }
        connection.reset();
    }
}, { memory: 150 * MB });

attack('a polling session that sends and never polls', async () => {
    const session = await EioSession.open(server);
    for (let i = 0; i < 50; ++i) {
        const answer = await session.post(`4${'x'.repeat(900_000)}`);
        assert.ok([200, 400].includes(answer.status), answer.text);
        if (answer.status === 400) {
            break;
        }
    }
}, { memory: 150 * MB });

attack('attachments of nine megabytes', async () => {
    const client = await join();
    client.send('4510-["nothing"]');
    for (let i = 0; i < 10; ++i) {
        await client.connection.flush(frame(BINARY, Buffer.alloc(900_000)));
    }
    await settled(client);
    const waiting = await Promise.all(Array.from({ length: 20 }, () => join()));
    waiting.forEach((one) => one.send('4510-["nothing"]', Buffer.alloc(100_000)));
    await roundTrips(server);
    waiting.forEach((one) => one.connection.reset());
}, { memory: 150 * MB });

attack('sessions that are opened and left', async () => {
    const http = await HttpConnection.open(server);
    for (const mount of ['/engine.io/', SIO]) {
        for (let i = 0; i < 1000; i += 100) {
            const many = requestText(server, 'GET', eioUrl({ mount, version: i % 200 ? 3 : 4 })).repeat(100);
            http.send(many);
            for (let k = 0; k < 100; ++k) {
                assert.equal((await http.response()).status, 200);
            }
        }
    }
    http.destroy();
});

// --- cut off, at every point

const request = (method, url, options) => requestText(server, method, url, options);
const points = {
    'in the head of a handshake': async () => ['GET /engine.io/?EIO=4&transport=poll'],
    'after a handshake': async () => [request('GET', eioUrl())],
    'after a handshake of Socket.IO': async () => [request('GET', eioUrl({ mount: SIO }))],
    'while a GET waits': async (session) => [request('GET', session.url())],
    'in the head of a POST': async (session) => [`POST ${session.url()} HTTP/1.1\r\nHost: x\r\nContent-`],
    'in the body of a POST': async (session) => [`POST ${session.url()} HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n4hel`],
    'after a POST': async (session) => [request('POST', session.url(), { body: '4hello' })],
    'after a POST that closes': async (session) => [request('POST', session.url(), { body: '4x\x1e1' })],
    'after two requests at once': async (session) => [request('POST', session.url(), { body: '4hello' }) + request('GET', session.url())],
    'after an upgrade request': async (session) => [request('GET', session.url({ transport: 'websocket' }), { headers: handshakeHeaders() })],
    'after a probe': async (session) => [request('GET', session.url({ transport: 'websocket' }), { headers: handshakeHeaders() }), frame(TEXT, '2probe')],
    'in the midst of a probe': async (session) => [request('GET', session.url({ transport: 'websocket' }), { headers: handshakeHeaders() }), frame(TEXT, '2probe').subarray(0, 5)],
    'after the 5': async (session) => [request('GET', session.url({ transport: 'websocket' }), { headers: handshakeHeaders() }), frame(TEXT, '5'), frame(TEXT, '4x')],
    'after a WebSocket handshake': async () => [request('GET', eioUrl({ transport: 'websocket' }), { headers: handshakeHeaders() })],
    'after messages': async () => [request('GET', eioUrl({ transport: 'websocket' }), { headers: handshakeHeaders() }), ...Array(100).fill(frame(TEXT, '4x'))],
    'after joining': async () => [request('GET', eioUrl({ mount: SIO, transport: 'websocket' }), { headers: handshakeHeaders() }), frame(TEXT, '40'), frame(TEXT, '40/custom,')],
    'while attachments are owed': async () => [request('GET', eioUrl({ mount: SIO, transport: 'websocket' }), { headers: handshakeHeaders() }), frame(TEXT, '40'),
        frame(TEXT, `452-["message",${PLACEHOLDER}]`), frame(BINARY, DATA)],
    'after what closes': async () => [request('GET', eioUrl({ mount: SIO, transport: 'websocket' }), { headers: handshakeHeaders() }), frame(TEXT, '4rubbish')],
};

for (const [name, bytes] of Object.entries(points)) {
    attack(`cut off ${name}, by a reset or an end`, async () => {
        for (const how of ['reset', 'destroy', 'finishSending', 'reset']) {
            for (const prepared of [false, true]) {
                const session = await EioSession.open(server);
                if (prepared) { // something to lose
                    await session.send(`4${'x'.repeat(300_000)}`);
                }
                const connection = await Connection.open(server);
                for (const part of await bytes(session)) {
                    await connection.flush(part);
                }
                if (prepared) {
                    await roundTrips(server);
                }
                connection[how]();
            }
        }
        await roundTrips(server);
    });
}

// --- two of everything

attack('two of everything at once', async () => {
    const twice = (action) => Promise.allSettled([action(), action()]);
    const kinds = {
        GET: (session) => within(session.poll(), 'an answer', 20_000),
        POST: (session) => session.post('4x'),
        'the closing POST': (session) => session.post('1'),
        'the wrong POST': (session) => session.post(''),
        upgrade: async (session) => {
            const socket = await session.probe();
            socket.send('2probe').send('5').send('4x');
            socket.connection.finishSending();
            await drain(socket.connection);
        },
        preflight: (session) => ask(server, 'OPTIONS', session.url()),
        'the wrong method': (session) => ask(server, 'PUT', session.url(), { length: 0 }),
    };
    for (const [one, first] of Object.entries(kinds)) {
        for (const [two, second] of Object.entries(kinds)) {
            const session = await EioSession.open(server);
            await session.send('4queued');
            const results = await Promise.all([twice(() => first(session)), twice(() => second(session)),
                session.send('1').catch(() => { /* it may be gone already */ })]); // so that nobody waits for ever
            const answers = results.slice(0, 2).flat().filter(({ status }) => status === 'fulfilled').map(({ value }) => value).filter(Boolean);
            assert.ok(answers.every(({ status }) => [200, 204, 400, 500].includes(status)), `${one} and ${two}`);
            await eventually(() => session.gone('websocket').catch(() => false), `${one} and ${two}: the session is still there`);
        }
    }
});

attack('two of everything in one segment', async () => {
    for (const messages of [['40', '40'], ['41', '41'], ['1', '1'], ['5', '5'], ['2', '2'], ['40/custom,', '40/custom,'], ['1', '40'], ['40', '1', '42["echo",1]'],
        ['40', '41', '40', '41'], ['4rubbish', '4rubbish'], ['x', 'x'], ['40', '42["join","a"]', '41', '42["room","a"]']]) {
        for (const version of [4, 3]) {
            const early = Buffer.concat(messages.map((text) => frame(TEXT, text)));
            const socket = await RawWebSocket.open(server, eioUrl({ mount: SIO, transport: 'websocket', version }), { early });
            socket.connection.finishSending();
            await drain(socket.connection);
        }
    }
});

// --- sessions that stall

test('a hundred upgrades that stall die by ping timeout and leave nothing', { timeout: 60_000 }, async () => {
    await assertServesEio(brisk);
    const descriptors = brisk.descriptors();
    const sockets = [];
    for (let i = 0; i < 100; ++i) {
        const session = await EioSession.open(brisk, { mount: i % 2 ? SIO : '/engine.io/', version: i % 3 ? 4 : 3 });
        const socket = await session.probe();
        if (i % 5) {
            socket.send('2probe');
        }
        sockets.push(socket);
    }
    for (const socket of sockets) {
        assert.equal((await socket.closeFrame(20_000)).code, 1005);
        socket.frame(CLOSE, '');
        await socket.connection.ended();
        socket.destroy();
    }
    await eventually(() => brisk.descriptors() <= descriptors + 2, 'descriptors are kept');
    await assertServesEio(brisk);
});

attack('handshakes that say nothing further', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => RawWebSocket.open(server, eioUrl({ transport: 'websocket' }))));
    for (const socket of sockets) {
        assert.match(await message(socket), /^0\{/);
    }
    sockets.forEach((socket) => socket.connection.reset());
});
