'use strict';
// Clients that take and give nothing back: abandoned sessions, readers that do not read, connections that say nothing,
// more connections than there are descriptors. Memory stays bounded, the others notice nothing, and all is released.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    startServer, useServer, ask, Connection, HttpConnection, RawWebSocket, Session, frame, freshId, requestText, assertServes, within,
    closePayload, CLOSE, TEXT, GO_AWAY,
} = require('./lib.js');

const server = useServer();

const MB = 1_000_000;

/// Asks again and again until `probe` gives true; `why` is what did not come true in time.
async function eventually(probe, why, limit = 20_000) {
    const end = Date.now() + limit;
    while (!await probe()) {
        assert.ok(Date.now() < end, why);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
}

/// Opens `count` polling sessions over a few connections and leaves them; returns the ids.
async function abandonSessions(count, prefix = '/echo') {
    const ids = Array.from({ length: count }, freshId);
    const connections = await Promise.all(Array.from({ length: 8 }, () => HttpConnection.open(server)));
    const share = Math.ceil(count / connections.length);
    await Promise.all(connections.map(async (http, index) => {
        const mine = ids.slice(index * share, (index + 1) * share);
        for (let at = 0; at < mine.length; at += 100) {
            const some = mine.slice(at, at + 100);
            http.send(some.map((id) => requestText(server, 'POST', `${prefix}/000/${id}/xhr`)).join(''));
            for (const id of some) {
                assert.equal((await http.response()).body, 'o\n', id);
            }
        }
        http.destroy();
    }));
    return ids;
}

const lives = async (id, prefix = '/echo') =>
    (await ask(server, 'POST', `${prefix}/000/${id}/xhr_send`, { body: '[]' })).status === 204;

test('76: ten thousand abandoned sessions are cheap, disturb nobody and are given back', { timeout: 120_000 }, async () => {
    const stream = await new Session(server, '/close').stream();
    assert.equal(await stream.chunk(), 'o\n');
    assert.equal(await stream.chunk(), `${GO_AWAY}\n`);
    stream.destroy();
    const neighbour = await RawWebSocket.open(server, '/echo/websocket');
    const rest = server.rss();
    const descriptors = server.descriptors();

    const rounds = [];
    for (let round = 0; round < 2; ++round) {
        const ids = await abandonSessions(10_000);
        rounds.push(server.rss() - rest);
        neighbour.send('in the midst');
        assert.equal(await neighbour.text(), 'in the midst');
        // The last one to be opened is the last one to go.
        const probes = [ids[0], ids[5000], ids[9999]];
        await eventually(async () => {
            for (const id of probes) {
                if (await lives(id)) {
                    return false;
                }
            }
            return true;
        }, 'abandoned sessions are still there after 20 seconds');
        neighbour.send('afterwards');
        assert.equal(await neighbour.text(), 'afterwards');
    }
    assert.ok(rounds[0] < 100 * MB, `${rounds[0]} bytes for ten thousand sessions`);
    assert.ok(rounds[1] < rounds[0] + 20 * MB, `the second round took ${rounds[1]}, the first ${rounds[0]}`);
    assert.ok(server.descriptors() <= descriptors + 5);
    neighbour.destroy();
});

/// Floods /broadcast with `total` bytes in messages of 64 KB, never further ahead of `witness` than a few of them, and
/// checks that the witness gets each one in order. The sender is a member, too, and waited for like the witness: Node
/// reads up to two megabytes from one socket before it looks at the next, and a sender that far behind was closed.
async function flood(total, witness, sender) {
    const size = 64_000;
    const count = Math.ceil(total / size);
    let received = 0;
    for (let sent = 0; sent < count || received < count;) {
        if (sent < count && sent - received < 4) {
            sender.send(`${String(sent).padStart(8, '0')}${'x'.repeat(size - 8)}`);
            ++sent;
        } else {
            for (const member of [witness, sender]) {
                const text = await member.text(20_000);
                assert.equal(Number(text.slice(0, 8)), received);
                assert.equal(text.length, size);
            }
            ++received;
        }
    }
    return count * size;
}

/// A reader of /broadcast that never reads: how it joins, and the path of those who do read.
const sleepers = {
    'a plain websocket': ['/ws/broadcast', '/ws/broadcast'],
    'a raw websocket': ['/broadcast/websocket', '/broadcast/websocket'],
    'a framed websocket': [`/broadcast/000/${freshId()}/websocket`, '/broadcast/websocket'],
};

for (const [name, [path, others]] of Object.entries(sleepers)) {
    test(`77: ${name} that never reads is closed, the others get everything`, { timeout: 60_000 }, async () => {
        const witness = await RawWebSocket.open(server, others);
        const sender = await RawWebSocket.open(server, others);
        const sleeper = await RawWebSocket.open(server, path, { paused: true });
        const descriptors = server.descriptors();
        const before = server.rss();
        let peak = 0;
        const watch = setInterval(() => { peak = Math.max(peak, server.rss()); }, 50);
        let total;
        try {
            total = await flood(40 * MB, witness, sender);
        } finally {
            clearInterval(watch);
        }
        assert.ok(peak - before < 40 * MB, `${peak - before} bytes for one reader that does not read`);
        sleeper.connection.resume();
        const close = await sleeper.closeFrame(20_000).catch((error) => {
            assert.ok(sleeper.connection.over, error.message);
            return undefined; // ended without a close frame: also an end
        });
        if (close) {
            sleeper.frame(CLOSE, closePayload(close.code));
            await sleeper.connection.ended('the end of a slow consumer', 20_000);
        }
        assert.ok(sleeper.connection.total < total, 'the slow one cannot have got everything');
        sleeper.destroy();
        await eventually(() => server.descriptors() < descriptors, 'its descriptor is still open');
        witness.destroy();
        sender.destroy();
    });
}

for (const kind of ['xhr_streaming', 'eventsource', 'htmlfile']) {
    test(`77: a ${kind} stream that never reads costs bounded memory`, { timeout: 60_000 }, async () => {
        const witness = await RawWebSocket.open(server, '/broadcast/websocket');
        const sender = await RawWebSocket.open(server, '/broadcast/websocket');
        const session = new Session(server, '/broadcast');
        const sleeper = await session.stream(kind);
        await sleeper.chunk();
        sleeper.connection.pause();
        const before = server.rss();
        const total = await flood(20 * MB, witness, sender);
        assert.ok(server.rss() - before < 40 * MB);
        // Its response ended at the limit; what came after waited for the next request, up to a bound.
        const poll = await session.poll();
        assert.ok(poll.body.length < total / 2, `${poll.body.length} bytes were kept`);
        assert.match(poll.body.slice(0, 1), /^[oca]$/);
        sleeper.destroy();
        witness.destroy();
        sender.destroy();
    });
}

test('77: a session that never polls is bounded too', { timeout: 60_000 }, async () => {
    const witness = await RawWebSocket.open(server, '/broadcast/websocket');
    const sender = await RawWebSocket.open(server, '/broadcast/websocket');
    const sleeper = await new Session(server, '/broadcast').open();
    const before = server.rss();
    await flood(20 * MB, witness, sender);
    assert.ok(server.rss() - before < 30 * MB, `${server.rss() - before} bytes more`);
    const poll = await sleeper.poll();
    assert.ok(poll.body.length < 4 * MB, `${poll.body.length} bytes were kept`);
    witness.destroy();
    sender.destroy();
});

test('77: an echo whose answers nobody reads stops or ends, and costs bounded memory', { timeout: 60_000 }, async () => {
    const socket = await RawWebSocket.open(server, '/ws', { paused: true });
    const before = server.rss();
    const block = Buffer.concat(Array.from({ length: 16 }, () => frame(TEXT, 'x'.repeat(60_000))));
    for (let i = 0; i < 40 && !socket.connection.over; ++i) {
        const taken = await Promise.race([
            socket.connection.flush(block).then(() => true),
            new Promise((resolve) => { setTimeout(resolve, 1000, false); }),
        ]);
        if (!taken) {
            break;
        }
    }
    assert.ok(server.rss() - before < 40 * MB, `${server.rss() - before} bytes more`);
    socket.connection.reset();
});

test('78: requests and answers cut off by resets leave nothing open', async () => {
    const session = await new Session(server).open();
    const big = `["${'x'.repeat(500_000)}"]`;
    const descriptors = server.descriptors();
    const acts = [
        async (c) => c.flush('GET /ec'),
        async (c) => c.flush(requestText(server, 'GET', '/echo/info')),
        async (c) => c.flush(requestText(server, 'POST', `/echo/000/${freshId()}/xhr_streaming`)),
        async (c) => c.flush(requestText(server, 'POST', `/echo/000/${freshId()}/xhr`)),
        async (c) => c.flush(requestText(server, 'GET', `/echo/000/${freshId()}/eventsource`)),
        async (c) => c.flush(requestText(server, 'POST', `${session.url}/xhr_send`, { body: big }).slice(0, 100_000)),
        async (c) => c.flush(requestText(server, 'GET', '/echo/iframe.html').repeat(50)),
    ];
    for (const act of acts) {
        for (let i = 0; i < 20; ++i) {
            const connection = await Connection.open(server, { paused: i % 2 === 0 });
            await act(connection);
            connection.reset();
        }
    }
    await eventually(() => server.descriptors() <= descriptors + 2, 'descriptors are still open');
    await assertServes(server);
});

test('half-open connections cost nothing to the others', async () => {
    const silent = await Promise.all(Array.from({ length: 200 }, () => Connection.open(server)));
    const halves = await Promise.all(Array.from({ length: 100 }, () => Connection.open(server)));
    halves.forEach((connection) => connection.send('POST /echo/000/x/xhr HTTP/1.1\r\nHo'));
    const started = Date.now();
    await assertServes(server);
    assert.ok(Date.now() - started < 3000);
    for (const connection of [...silent, ...halves]) {
        connection.finishSending();
    }
    for (const connection of [...silent, ...halves]) {
        await connection.ended('the answer to a half-close');
        connection.destroy();
    }
});

test('a websocket whose peer has finished sending ends', async () => {
    for (const path of ['/ws', '/echo/websocket', `/echo/000/${freshId()}/websocket`]) {
        const socket = await RawWebSocket.open(server, path);
        socket.connection.finishSending();
        await socket.connection.ended();
        socket.destroy();
    }
});

test('79: eight hundred idle connections are cheap, alive and given back', { timeout: 60_000 }, async () => {
    const descriptors = server.descriptors();
    const before = server.rss();
    const idle = [];
    for (let i = 0; i < 16; ++i) {
        idle.push(...await Promise.all(Array.from({ length: 50 }, () => RawWebSocket.open(server, '/echo/websocket'))));
    }
    const each = (server.rss() - before) / idle.length;
    assert.ok(each < 64_000, `${each} bytes for an idle connection`);
    idle.forEach((socket, i) => socket.send(String(i)));
    await Promise.all(idle.map(async (socket, i) => assert.equal(await socket.text(20_000), String(i))));
    idle.forEach((socket) => socket.destroy());
    await eventually(() => server.descriptors() <= descriptors + 2, 'descriptors are still open');
});

test('80: without descriptors left the server waits, does not spin, and serves again', { timeout: 60_000 }, async (t) => {
    if (server.sanitized) {
        t.skip('the sanitizer needs descriptors for its own checks');
        return;
    }
    const small = await startServer({ descriptors: 64 });
    try {
        // Two seconds by the server's own clock, before and during: its ticks are the measure.
        const ticker = await RawWebSocket.open(small, '/ticker/websocket');
        assert.equal(await ticker.text(), 'tick!');
        const crowd = (await Promise.allSettled(Array.from({ length: 150 }, () => Connection.open(small))))
            .filter((result) => result.status === 'fulfilled').map((result) => result.value);
        crowd.forEach((connection) => connection.send(requestText(small, 'GET', '/echo')));
        assert.equal(await ticker.text(), 'tick!');
        const used = small.cpu();
        assert.equal(await ticker.text(), 'tick!', 'who is connected is still served');
        assert.equal(await ticker.text(), 'tick!');
        assert.ok(small.cpu() - used < 1, `${small.cpu() - used} s of processor time within two`);
        assert.ok(small.alive);
        crowd.forEach((connection) => connection.destroy());
        await eventually(async () => {
            try {
                return (await within(ask(small, 'GET', '/echo'), 'an answer', 2000)).status === 200;
            } catch {
                return false;
            }
        }, 'no service after the descriptors came back');
        await assertServes(small);
        ticker.destroy();
    } finally {
        const { code } = await small.stop();
        assert.equal(code, 0);
    }
});

test('SIGTERM says goodbye to everyone and ends cleanly', async () => {
    const leaving = await startServer();
    const stream = await new Session(leaving).stream();
    assert.equal(await stream.chunk(), 'o\n');
    const session = await new Session(leaving).open();
    const poll = await session.attachedPoll();
    const framed = await new Session(leaving).websocket();
    assert.equal(await framed.text(), 'o');
    const raw = await RawWebSocket.open(leaving, '/echo/websocket');
    const plain = await RawWebSocket.open(leaving, '/ws');
    const stopped = leaving.stop();
    assert.match(await stream.chunk(), /^c\[\d+,"[^"]*"\]\n$/);
    assert.equal(await stream.chunk(), '');
    assert.match((await poll.response()).body, /^c\[\d+,"[^"]*"\]\n$/);
    assert.match(await framed.text(), /^c\[\d+,"[^"]*"\]$/);
    await framed.closesWith([1000, 1001]);
    await raw.closesWith(1001);
    await plain.closesWith(1001);
    const { code, signal } = await stopped;
    assert.equal(signal, null);
    assert.equal(code, 0);
});
