'use strict';
// How Engine.IO sessions end when the server ends them. Nothing on the wire asks the Engine.IO mount for that, so
// most of it is driven by Socket.IO, which closes its connection, in good order, on a packet it cannot read.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, startServer, ask, HttpConnection, requestText, EioSession, eioSocket, encodePackets, eventually, roundTrips, message, closesBare,
    socketEchoes, within, assertError, assertServesEio, CLOSE,
} = require('./lib.js');

const server = useServer();
const lasting = useServer({ args: ['--ping-interval', '300000'] });
const brisk = useServer({ args: ['--profile', 'protocol'] }); // pings every 300 ms, 200 ms to answer
const unpinged = useServer({ args: ['--profile', 'protocol', '--ping-interval', '25000'] }); // one second to join

const SIO = '/socket.io/';
const RUBBISH = '4rubbish'; // a Socket.IO packet of no type: the server closes

/// A Socket.IO session on polling that has joined and has nothing queued.
async function joined({ version = 4, on = server } = {}) {
    const session = await EioSession.open(on, { mount: SIO, version });
    if (version === 4) {
        await session.send('40');
    }
    const packets = [...session.rest];
    while (!packets.some((packet) => packet.startsWith('42["auth"'))) {
        packets.push(...await session.packets());
    }
    return session;
}

/// Begun first and looked at last: half a minute goes by meanwhile.
const slow = {};

test('sessions are closed and left alone, to be looked at last', async () => {
    const session = await EioSession.open(lasting, { mount: SIO });
    await session.send(RUBBISH);
    const start = Date.now();
    slow.polling = eventually(() => session.gone(), 'a closed session is kept', 45_000).then(() => Date.now() - start);
    const socket = await eioSocket(lasting, { mount: SIO });
    socket.send(RUBBISH);
    assert.equal((await socket.read()).opcode, CLOSE);
    slow.websocket = socket.connection.ended('the end', 45_000);
    slow.polling.catch(() => {});
    slow.websocket.catch(() => {});
});

// --- polling

test('a waiting GET is told by a 1', async () => {
    for (const version of [4, 3]) {
        const session = await joined({ version });
        const poll = await session.pending();
        await session.send(RUBBISH);
        assert.deepEqual(await session.answerOf(poll), ['1']);
        await session.isGone();
    }
});

test('without a GET the close waits for the next one', async () => {
    for (const version of [4, 3]) {
        const session = await joined({ version });
        await session.send(RUBBISH);
        assert.equal(await session.gone(), false);
        const answer = await session.poll();
        assert.equal(answer.status, 200);
        assert.equal(answer.body, encodePackets(['6', '1'], version));
        assertError(await session.poll(), 1);
        assertError(await session.post(encodePackets(['4x'], version)), 1);
    }
});

test('what is queued goes first, in a poll of its own', async () => {
    for (const version of [4, 3]) {
        const session = await joined({ version });
        await session.send('42["echo","a"]', '42["echo","b"]');
        await session.send(RUBBISH);
        const packets = await session.packets();
        assert.deepEqual(packets.map((packet) => packet.slice(0, 12)), ['42["echo","a', '42["echo","b']);
        const answer = await session.poll();
        assert.equal(answer.body, encodePackets(['6', '1'], version));
        assertError(await session.poll(), 1);
    }
});

test('nothing is taken from a client after the close', async () => {
    const other = await eioSocket(server, { mount: SIO });
    other.send('40');
    while (!(await message(other)).startsWith('42["auth"')) { /* the answer to CONNECT comes first */ }
    const session = await joined();
    await session.send('42["bcast","before"]', RUBBISH, '42["bcast","after"]');
    await session.post('42["bcast","after"]');
    assert.match(await message(other), /^42\["message","before"/);
    other.send('42["echo","end"]');
    assert.match(await message(other), /^42\["echo","end"/);
    other.destroy();
});

test('a GET that is cut off while closing ends it', async () => {
    const session = await joined();
    const http = await HttpConnection.open(server);
    await session.send(RUBBISH);
    http.request('GET', session.url());
    http.connection.reset();
    await eventually(() => session.gone(), 'a closed session is kept');
});

test('a POST that is still coming is cut off by the end of its session', async () => {
    const session = await EioSession.open(brisk);
    const post = await session.receiving();
    await session.isGone(); // nobody answers its pings
    await post.connection.endsHere();
    post.destroy();
});

test('a POST that is still coming is cut off when the server closes', async () => {
    const session = await EioSession.open(unpinged, { mount: SIO }); // it joins no namespace
    const post = await session.receiving();
    await post.connection.endsHere();
    post.destroy();
});

// --- WebSocket

test('queued frames are written, then a close without a code', async () => {
    for (const version of [4, 3]) {
        const socket = await eioSocket(server, { mount: SIO, version });
        if (version === 4) {
            socket.send('40');
        }
        while (!(await message(socket)).startsWith('42["auth"')) { /* the answer to CONNECT comes first */ }
        const text = 'x'.repeat(900_000);
        const begun = new Promise((resolve) => { socket.connection.socket.once('data', resolve); });
        socket.send(`42["echo","${text}"]`);
        await begun;
        socket.connection.pause();
        socket.send(RUBBISH);
        await roundTrips(server);
        socket.connection.resume();
        assert.ok((await message(socket)).startsWith(`42["echo","${text}"`));
        await closesBare(socket);
    }
});

test('a session that never polled nor spoke is closed alike', async () => {
    const socket = await eioSocket(server, { mount: SIO });
    socket.send(RUBBISH);
    await closesBare(socket);
});

test('the close of a client is answered, and its session is gone', async () => {
    const socket = await eioSocket(server);
    socket.frame(CLOSE, Buffer.of(3, 232));
    assert.ok([1000, 1005].includes((await socket.closeFrame()).code));
    await socket.connection.ended();
    socket.destroy();
    await eventually(async () => (await ask(server, 'GET', `/engine.io/?EIO=4&transport=polling&sid=${socket.sid}`)).body.includes('"code":1'),
        'the session is kept');
});

// --- the end of the server

test('at its end the server tells every session, and says nothing more', async () => {
    const own = await startServer();
    const polling = await EioSession.open(own);
    const poll = await polling.pending();
    const sio = await joined({ on: own });
    const sioPoll = await sio.pending();
    const old = await joined({ version: 3, on: own });
    const oldPoll = await old.pending();
    const idle = await EioSession.open(own); // no GET waits
    await idle.send('4dropped');
    const sockets = [await eioSocket(own), await eioSocket(own, { mount: SIO }), await idle.upgrade()];
    assert.equal(await message(sockets[2]), '4dropped');
    sockets[1].send('40');
    while (!(await message(sockets[1])).startsWith('42["auth"')) { /* the answer to CONNECT comes first */ }
    const probe = await (await EioSession.open(own)).probe();

    const stopped = own.stop();
    assert.deepEqual(await polling.answerOf(poll), ['1']);
    assert.deepEqual(await sio.answerOf(sioPoll), ['1'], 'no DISCONNECT packets');
    assert.deepEqual(await old.answerOf(oldPoll), ['1']);
    for (const socket of [...sockets, probe]) {
        const got = await socket.read();
        assert.equal(got.opcode, CLOSE, got.payload.toString());
        assert.ok(got.payload.length === 0 || got.payload.readUInt16BE() === 1001, got.payload.toString('hex'));
        socket.frame(CLOSE, got.payload);
        await socket.connection.ended();
        socket.destroy();
    }
    assert.deepEqual(await within(stopped, 'the end of the server', 15_000), { code: 0, signal: null });
});

test('sessions that answer nothing do not keep the server', async () => {
    const own = await startServer();
    const session = await EioSession.open(own);
    const closing = await EioSession.open(own, { mount: SIO });
    await closing.send(RUBBISH);
    const post = await session.receiving();
    const socket = await eioSocket(own);
    socket.connection.pause();
    assert.deepEqual(await within(own.stop(), 'the end of the server', 15_000), { code: 0, signal: null });
    post.destroy();
    socket.destroy();
});

// --- what takes long

test('a close that nobody fetches ends the session after half a minute', async () => {
    const time = await slow.polling;
    assert.ok(time > 25_000 && time < 40_000, `after ${time} ms`);
});

test('a close that nobody answers ends the connection after at most half a minute', () => slow.websocket);

test('a connection that joins no namespace is closed', async () => {
    const socket = await eioSocket(unpinged, { mount: SIO });
    await closesBare(socket);
    const session = await EioSession.open(unpinged, { mount: SIO });
    assert.deepEqual(await session.packets(), ['1']);
    await session.isGone();
});

test('the server still serves', async () => {
    await assertServesEio(server);
    const socket = await eioSocket(lasting);
    await socketEchoes(socket);
    socket.destroy();
    const http = await HttpConnection.open(server);
    http.send(requestText(server, 'GET', '/elsewhere'));
    assert.equal((await http.response()).status, 404);
    http.destroy();
});
