'use strict';

const assert = require('node:assert/strict');
const { Client, all_connected, binary, connected, same } = require('./lib/socketio_checks');
const checks = require('./lib/socketio_checks');
const { RawSession, next_frame, separator } = require('./lib/raw_engineio');
const { start_server } = require('./lib/server');
const { modes, versions } = require('./lib/socketio_clients');
const { after, before, describe, it } = require('./lib/testing');

const io = versions['4.8'];

// A session by hand that has joined the main namespace.
async function join_by_hand(url) {
    const session = await RawSession.open(url, '/socket.io/');
    await session.send(['40']);
    const packets = [];
    while (packets.length < 2) packets.push(...await session.poll());
    assert.match(packets[0], /^40\{"sid":/);
    assert.match(packets[1], /^42\["auth",/);
    return session;
}

// Expects the echoes `42["echo",n…]` from `first` on among `packets`; returns the number after.
function count_echoes(packets, first) {
    let next = first;
    for (const packet of packets) {
        if (packet === '2') continue;
        const [name, n] = JSON.parse(packet.slice(2));
        assert.equal(`${packet.slice(0, 2)} ${name} ${n}`, `42 echo ${next}`);
        ++next;
    }
    return next;
}

// `text` with a replacement for each lone surrogate.
function paired(text) {
    const first = /[\ud800-\udbff](?![\udc00-\udfff])/g;
    const second = /(?<![\ud800-\udbff])[\udc00-\udfff]/g;
    return text.replace(first, '\ufffd').replace(second, '\ufffd');
}

// A value of so many arrays and objects in each other.
function nested(depth) {
    let value = 'deep';
    for (let i = 0; i < depth; ++i) value = i % 2 ? { a: value } : [value];
    return value;
}

describe('Socket.IO at its limits', () => {
    let server;
    before(async () => { server = await start_server(); });
    after(() => server && server.stop());

    it('answers 50 000 packets of one POST, in order', async () => {
        const session = await join_by_hand(server.url);
        const packets = Array.from({ length: 50000 }, (_, n) => `42["echo",${n}]`);
        const posted = session.send(packets);
        for (let next = 0; next < packets.length;) next = count_echoes(await session.poll(), next);
        await posted;
        await session.send(['1']);
        session.release();
    });

    it('answers 50 000 frames of a WebSocket, in order', async () => {
        const session = new RawSession(server.url, '/socket.io/');
        const socket = await session.websocket();
        assert.equal((await next_frame(socket))[0], '0');
        socket.send('40');
        assert.match(await next_frame(socket), /^40/);
        assert.match(await next_frame(socket), /^42\["auth"/);
        for (let n = 0; n < 50000; ++n) socket.send(`42["echo",${n}]`);
        for (let next = 0; next < 50000;) {
            const frame = await next_frame(socket);
            next = count_echoes([frame, ...socket.texts.splice(0)], next);
        }
        socket.close();
        await socket.gone;
        session.release();
    });

    it('puts no more packets into a poll than it was told to', async () => {
        const limited = await start_server('--max-packets-per-poll', '16');
        try {
            const session = await join_by_hand(limited.url);
            await session.send(Array.from({ length: 200 }, (_, n) => `42["echo",${n}]`));
            for (let next = 0; next < 200;) {
                const packets = await session.poll();
                assert.ok(packets.length <= 16, `${packets.length} packets in one poll`);
                next = count_echoes(packets, next);
            }
            await session.send(['1']);
            session.release();
            for (const mode of modes) await checks.many(io, limited.url, { mode }, 300);
        } finally {
            await limited.stop();
        }
    });

    for (const [version, client_io] of Object.entries(versions)) {
        for (const mode of modes) {
            it(`carries events of 900 000 bytes both ways, ${version} over ${mode}`,
                () => checks.big(client_io, server.url, { mode, version }));

            it(`carries binary of 700 000 bytes both ways, ${version} over ${mode}`,
                () => connected(client_io, server.url, { mode, version }, async (client) => {
                    const data = binary(700000);
                    client.emit('echo', data);
                    await client.next('echo', data);
                    same(await client.ask('echo', data), [data], client.name);
                }));

            it(`carries attachments of odd sizes, ten at a time, ${version} over ${mode}`,
                () => connected(client_io, server.url, { mode, version }, async (client) => {
                    const sizes = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 1023, 1024, 1025,
                        32767, 65534, 65535, 65536, 65537, 99999];
                    for (const size of sizes) client.emit('echo', binary(size));
                    for (const size of sizes) await client.next('echo', binary(size));
                    const ten = sizes.slice(0, 10).map((size) => binary(size));
                    client.emit('message', ...ten);
                    await client.next('message-back', ...ten);
                    const nest = { list: ten.slice(1), last: { last: ten[0] } };
                    same(await client.ask('message-with-ack', nest), [nest], client.name);
                    const more = sizes.slice(10).map((size) => binary(size));
                    same(await client.ask('message-with-ack', ...more), more, client.name);
                }));
        }
    }

    for (const mode of modes) {
        it(`survives lone surrogates over ${mode}`,
            () => connected(io, server.url, { mode }, async (client) => {
                const texts = ['\ud800', '\udbff', '\udc00', '\udfff', 'a\ud800b', '\udc00\ud800',
                    '\ud83d \ude80', '\ud800\ud800\udc00'];
                for (const text of texts) {
                    const [back] = await client.ask('echo', text);
                    // One that has no partner comes back, or a replacement for it.
                    same(paired(back), paired(text), client.name);
                    client.emit(`no such event ${text}`, { [text]: text });
                }
                await client.flushed();
            }));

        it(`takes event, room and namespace names of any characters, over ${mode}`,
            () => connected(io, server.url, { mode }, async (client) => {
                const names = ['', ' ', '\u00e7a va \u{1f680}', '__proto__', 'constructor', 'error',
                    'connection', '[', '"', '\\', '\u0000', 'x'.repeat(10000), ',', '/', '4'];
                for (const name of names) {
                    client.emit(name, name);
                    same(await client.ask('join', name), [], client.name);
                    same(await client.ask('leave', name), [], client.name);
                }
                for (const name of ['/\u00fcn\u00ef', '/a b', '/"', '/custom/', '/%2f']) {
                    const stranger = new Client(() => client.socket.io.socket(name), '', { mode });
                    const { message } = await stranger.refused();
                    assert.equal(message, 'Invalid namespace', name);
                }
                await client.flushed();
            }));

        it(`takes JSON that is 127 deep and closes at 129, over ${mode}`, async () => {
            await connected(io, server.url, { mode }, async (client) => {
                // The array of the event itself is one level.
                same(await client.ask('echo', nested(126)), [nested(126)], client.name);
                client.emit('echo', nested(126));
                await client.next('echo', nested(126));
            });
            const client = await (await new Client(io, server.url, { mode }).open()).settled();
            client.emit('echo', nested(129));
            assert.equal(await client.ended(), 'transport close');
        });

        it(`closes at eleven attachments, over ${mode}`, async () => {
            const client = await (await new Client(io, server.url, { mode }).open()).settled();
            client.emit('echo', Array.from({ length: 11 }, (_, i) => binary(i)));
            assert.match(await client.ended(), /^transport (close|error)$/);
        });
    }

    it('lets 200 clients connect at once', () => all_connected(
        io, server.url, modes.map((mode) => ({ mode })), 200, async (clients) => {
            await Promise.all(clients.map((client) => client.settled()));
            await Promise.all(clients.map((client) => client.flushed()));
            clients[0].emit('bcast', 'to all 200');
            await Promise.all(clients.map((client) => client.next('message', 'to all 200')));
        }));

    it('lets a client join 2000 rooms', () => connected(io, server.url, {}, async (client) => {
        for (let n = 0; n < 2000; ++n) client.emit('join', `room ${n}`);
        await client.flushed();
        await connected(io, server.url, {}, async (other) => {
            for (let n = 0; n < 2000; n += 100) other.emit('room', `room ${n}`, n);
            for (let n = 0; n < 2000; n += 100) await client.next('room', n);
        });
    }));

    it('ends a session whose packet holds the separator', async () => {
        // JSON never holds it raw; this client writes it, and the server has to take it as the end
        // of a packet, which makes the first half wrong.
        const session = await join_by_hand(server.url);
        await session.send([`42["echo","a${separator}b"]`]);
        let answer;
        do answer = await session.get(); while (answer.status === 200);
        assert.equal(answer.body, '{"code":1,"message":"Session ID unknown"}');
        session.release();
    });
});
