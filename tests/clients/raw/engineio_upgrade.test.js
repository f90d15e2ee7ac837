'use strict';
// From polling to WebSocket: a probe beside a session that goes on, and only a `5` makes it the session's own. Whatever
// else happens on the new connection costs that connection alone.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, ask, handshakeHeaders, RawWebSocket, frame, TEXT, EioSession, eioUrl, eioSocket, message,
    closesBare, socketEchoes, within, assertError, assertUpgradeError, assertServesEio,
} = require('./lib.js');

const server = useServer();
const brisk = useServer({ args: ['--profile', 'protocol'] }); // pings every 300 ms, 200 ms to answer
const patient = useServer({ args: ['--profile', 'protocol', '--ping-timeout', '20000'] });

const versions = [4, 3];
const NOOP = { 4: '6', 3: '1:6' };

/// A WebSocket that has been probed.
async function probed(session, options) {
    const socket = await session.probe(options);
    socket.send('2probe');
    assert.equal(await socket.text(), '3probe');
    return socket;
}

const stalled = {};

test('two upgrades are begun and left, to be looked at last', async () => {
    for (const [name, open] of [['silent', (session) => session.probe()], ['probed', probed]]) {
        const session = await EioSession.open(server);
        const socket = await open(session);
        const start = Date.now();
        stalled[name] = { session, closed: closesBare(socket, 30_000).then(() => Date.now() - start) };
        stalled[name].closed.catch(() => {}); // until it is awaited
    }
});

// --- the way over

for (const version of versions) {
    test(`a session goes over to WebSocket (revision ${version})`, async () => {
        const session = await EioSession.open(server, { version });
        assert.deepEqual(session.handshake.upgrades, ['websocket']);
        const poll = await session.pending();
        const socket = await probed(session);
        assert.equal((await poll.response()).body, NOOP[version], 'a waiting GET is let go');
        poll.destroy();
        socket.send('5');
        await socketEchoes(socket);
        socket.destroy();
    });
}

test('until the 5 the session stays on polling', async () => {
    const session = await EioSession.open(server);
    const socket = await probed(session);
    await session.send('4a');
    assert.deepEqual((await session.take(1)).filter((packet) => packet !== '6'), ['4a']);
    await session.send('4b', '4c');
    await session.send('4d');
    socket.send('5');
    assert.deepEqual([await message(socket), await message(socket), await message(socket)], ['4b', '4c', '4d'],
        'what found no GET comes on the WebSocket');
    await socketEchoes(socket);
    socket.destroy();
});

test('a long queue is flushed in order', async () => {
    const session = await EioSession.open(server);
    const socket = await probed(session);
    const texts = Array.from({ length: 1000 }, (_, i) => `4${i}`);
    await session.send(...texts);
    socket.send('5').send('4last');
    for (const text of [...texts, '4last']) {
        assert.equal(await message(socket), text);
    }
    socket.destroy();
});

test('binary in the queue comes as binary', async () => {
    const session = await EioSession.open(server);
    const socket = await probed(session);
    await session.send('bAQID', '4x');
    socket.send('5');
    assert.deepEqual(await message(socket), Buffer.of(1, 2, 3));
    assert.equal(await message(socket), '4x');
    socket.destroy();
});

test('each GET during an upgrade is let go soon', async () => {
    const session = await EioSession.open(server);
    const socket = await probed(session);
    for (let i = 0; i < 3; ++i) {
        assert.deepEqual(await within(session.packets(), 'a noop', 2000), ['6']);
    }
    socket.send('5');
    await socketEchoes(socket);
    socket.destroy();
});

test('each probe is answered', async () => {
    const session = await EioSession.open(server);
    const socket = await session.probe();
    for (let i = 0; i < 3; ++i) {
        socket.send('2probe');
        assert.equal(await socket.text(), '3probe');
    }
    socket.send('5');
    await socketEchoes(socket);
    socket.destroy();
});

test('a 5 is enough, a probe is not needed', async () => {
    const session = await EioSession.open(server);
    const socket = await session.probe();
    socket.send('5');
    await socketEchoes(socket);
    assertError(await session.poll(), 3);
    socket.destroy();
});

test('a GET that waits when the 5 comes is let go by a 6', async () => {
    for (const version of versions) {
        const session = await EioSession.open(server, { version });
        const socket = await session.probe();
        const http = await session.pending();
        socket.send('5');
        assert.equal((await http.response()).body, NOOP[version]);
        http.destroy();
        await socketEchoes(socket);
        socket.destroy();
    }
});

test('probe and 5 may come in the segment of the handshake', async () => {
    const session = await EioSession.open(server);
    const socket = await session.probe({ early: Buffer.concat([frame(TEXT, '2probe'), frame(TEXT, '5'), frame(TEXT, '4early')]) });
    assert.equal(await socket.text(), '3probe');
    assert.equal(await message(socket), '4early');
    socket.destroy();
});

// --- what does not lead over

test('an unknown session is refused', async () => {
    await assertUpgradeError(server, eioUrl({ transport: 'websocket', sid: 'unknown' }), 1);
    const session = await EioSession.open(server);
    await session.send('1');
    await assertUpgradeError(server, session.url({ transport: 'websocket' }), 1);
});

test('a second WebSocket while one is under way is closed at once, the first goes on', async () => {
    const session = await EioSession.open(server);
    const first = await probed(session);
    const second = await session.probe();
    await closesBare(second);
    first.send('5');
    await socketEchoes(first);
    first.destroy();
});

test('of many at once exactly one is let in', async () => {
    const session = await EioSession.open(server);
    const sockets = await Promise.all(Array.from({ length: 8 }, () => session.probe()));
    const told = await Promise.all(sockets.map(async (socket) => {
        socket.send('2probe');
        const got = await socket.read();
        return got.payload.toString();
    }));
    assert.deepEqual(told.filter((text) => text === '3probe').length, 1, told.join());
    const winner = sockets[told.indexOf('3probe')];
    winner.send('5');
    await socketEchoes(winner);
    sockets.forEach((socket) => socket.destroy());
});

test('anything but a probe or a 5 closes the WebSocket, and the session lives', async () => {
    const session = await EioSession.open(server);
    for (const wrong of ['2', '2x', '2probes', '3', '3probe', '4x', '4', '6', '0', '1', 'x', '', '7', Buffer.of(4, 1, 2), 'bAQID']) {
        const socket = await session.probe();
        socket.send(wrong);
        await closesBare(socket);
        await session.echoes();
    }
    for (const wrong of ['2', '4x', 'x']) {
        const socket = await probed(session);
        socket.send(wrong);
        await closesBare(socket);
        await session.echoes();
    }
    const socket = await session.upgrade();
    await socketEchoes(socket);
    socket.destroy();
});

test('frames that are none close the WebSocket, and the session lives', async () => {
    const session = await EioSession.open(server);
    for (const bytes of ['test', Buffer.of(0xf1, 0x80, 1, 2, 3, 4), Buffer.of(0x81, 1, 0x32), Buffer.of(0x83, 0x80, 1, 2, 3, 4)]) {
        const socket = await session.probe();
        socket.raw(Buffer.from(bytes));
        await socket.connection.ended();
        socket.destroy();
        await session.echoes();
    }
});

test('a message over the limit closes the WebSocket, and the session lives', async () => {
    const session = await EioSession.open(server);
    const socket = await session.probe();
    socket.send(`2${'x'.repeat(1_000_000)}`);
    await socket.closeFrame();
    socket.destroy();
    await session.echoes();
});

test('a WebSocket that dies on the way is nothing to the session', async () => {
    const session = await EioSession.open(server);
    for (const how of ['destroy', 'reset', 'finishSending']) {
        for (const open of [(one) => one.probe(), probed]) {
            const socket = await open(session);
            socket.connection[how]();
            if (how === 'finishSending') {
                await socket.connection.ended();
                socket.destroy();
            }
            await session.echoes();
        }
    }
    // It takes the server a moment to see the end; until then another WebSocket is one too many.
    for (;;) {
        const socket = await session.probe();
        socket.send('2probe');
        const got = await socket.read();
        if (got.payload.toString() === '3probe') {
            socket.send('5');
            await socketEchoes(socket);
            socket.destroy();
            return;
        }
        socket.destroy();
    }
});

// --- closing on the way

test('a session that is closed on the way takes the WebSocket with it', async () => {
    for (const [version, body] of [[4, '1'], [4, 'x'], [3, '1:1'], [3, 'x']]) {
        for (const open of [(session) => session.probe(), probed]) {
            const session = await EioSession.open(server, { version });
            const socket = await open(session);
            assert.equal((await session.post(body)).body, 'ok');
            await closesBare(socket);
            await session.isGone();
        }
    }
});

test('a session that the server closes on the way is closed on the WebSocket once it is over', async () => {
    const session = await EioSession.open(server, { mount: '/socket.io/' });
    await session.send('40');
    await session.take(1);
    const socket = await probed(session);
    const packets = await session.packets(); // whatever is queued
    assert.ok(packets.length > 0);
    await session.send('42["echo","last"]');
    await session.send('4rubbish'); // ends the connection, orderly
    socket.send('5');
    const got = await message(socket);
    assert.match(got, /^42\["echo","last"/, 'what is queued comes first');
    await closesBare(socket);
    await session.isGone();
});

test('a session that the server closes on the way is closed on polling when there is no 5', async () => {
    const session = await EioSession.open(server, { mount: '/socket.io/' });
    const socket = await probed(session);
    await session.send('4rubbish');
    assert.deepEqual(await session.packets(), ['6', '1']);
    await closesBare(socket);
    await session.isGone();
});

// --- afterwards

for (const version of versions) {
    test(`polling is over after an upgrade (revision ${version})`, async () => {
        const session = await EioSession.open(server, { version });
        const socket = await session.upgrade();
        await socketEchoes(socket);
        assertError(await session.poll(), 3);
        assertError(await session.post(version === 3 ? '2:4x' : '4x'), 3);
        assertError(await ask(server, 'PUT', session.url(), { body: '4x' }), 3);
        await socketEchoes(socket);
        socket.destroy();
        await session.isGone();
    });

    test(`a second WebSocket after an upgrade is closed at once (revision ${version})`, async () => {
        const session = await EioSession.open(server, { version });
        const socket = await session.upgrade();
        await socketEchoes(socket);
        for (let i = 0; i < 3; ++i) {
            const second = await session.probe();
            second.send('2probe');
            await closesBare(second);
            await socketEchoes(socket);
        }
        socket.destroy();
    });

    test(`nobody takes a session over that began on WebSocket (revision ${version})`, async () => {
        const socket = await eioSocket(server, { version });
        const url = eioUrl({ version, transport: 'websocket', sid: socket.sid });
        const answer = await ask(server, 'GET', url, { headers: handshakeHeaders() });
        assert.ok([101, 400].includes(answer.status), answer.text);
        if (answer.status === 101) { // let in, to be closed
            await socketEchoes(socket);
            const thief = await RawWebSocket.open(server, url);
            thief.send('2probe').send('5').send('4stolen');
            await closesBare(thief);
        }
        await socketEchoes(socket);
        socket.destroy();
    });
}

// --- heartbeats

test('heartbeats go on during an upgrade and after it', async () => {
    const session = await EioSession.open(patient);
    const socket = await probed(session);
    let packets;
    do {
        packets = await session.packets();
    } while (packets.every((packet) => packet === '6'));
    assert.deepEqual(packets.filter((packet) => packet !== '6'), ['2']);
    await session.send('3');
    socket.send('5');
    for (let i = 0; i < 2; ++i) {
        assert.equal(await message(socket), '2');
        socket.send('3');
    }
    await socketEchoes(socket);
    socket.destroy();
});

test('a ping sent before the upgrade may be answered after it', async () => {
    const session = await EioSession.open(patient);
    assert.deepEqual(await session.packets(), ['2']);
    const socket = await session.upgrade();
    socket.send('3');
    assert.equal(await message(socket), '2');
    socket.destroy();
});

test('the deadline of a ping sent before the upgrade holds after it', async () => {
    const session = await EioSession.open(brisk);
    assert.deepEqual(await session.packets(), ['2']);
    const socket = await session.upgrade();
    await closesBare(socket, 5000);
});

test('an upgrade begun and never finished saves no session', async () => {
    for (const open of [(session) => session.probe(), probed]) {
        const session = await EioSession.open(brisk);
        const socket = await open(session);
        await closesBare(socket, 5000);
        await session.isGone();
    }
});

test('an upgrade that is not finished in ten seconds is closed, and the session lives', async () => {
    for (const [name, { session, closed }] of Object.entries(stalled)) {
        const time = await closed;
        assert.ok(time > 9000 && time < 20_000, `${name}: closed after ${time} ms`);
        await session.echoes();
        const socket = await session.upgrade();
        await socketEchoes(socket);
        socket.destroy();
    }
});

test('the server still serves', () => assertServesEio(server));
