'use strict';

const assert = require('node:assert/strict');
const { Client, all_connected, connected } = require('./lib/socketio_checks');
const { start_server } = require('./lib/server');
const { modes, versions } = require('./lib/socketio_clients');
const { after, before, describe, it } = require('./lib/testing');

const io = versions['4.8'];

// What the client shows to recover its state: the ids that the server told it.
function ticket({ socket }) {
    return { pid: socket._pid, offset: socket._lastOffset };
}

describe('connection state recovery', () => {
    let server;
    before(async () => { server = await start_server(); });
    after(() => server && server.stop());

    // Whether a new client with this auth payload gets the session of `id`.
    async function recovers(auth, id) {
        let taken;
        const client = new Client(io, server.url, { auth, mode: 'websocket' });
        try {
            await client.open();
            taken = client.socket.id === id;
            await client.flushed();
        } finally {
            await client.close();
        }
        return taken;
    }

    for (const mode of modes) {
        it(`recovers again and again over ${mode}`, async () => {
            await all_connected(io, server.url, { mode }, 2, async ([client, other]) => {
                const { id } = client.socket;
                let next = 0;
                await client.settled();
                for (let round = 0; round < 5; ++round) {
                    client.socket.io.engine.close();
                    await client.ended();
                    const first = next;
                    for (; next < first + 3; ++next) other.emit('bcast', next);
                    await other.flushed();
                    client.socket.connect();
                    for (let n = first; n < next; ++n) await client.next('message', n);
                    assert.equal((await client.receive(1))[0][0], 'auth');
                    assert.equal(client.socket.recovered, true);
                    assert.equal(client.socket.id, id);
                    await client.settled();
                }
                // The other one has heard all of them as well, once.
                for (let n = 0; n < next; ++n) await other.next('message', n);
            });
        });

        it(`recovers 1000 missed events over ${mode}`, async () => {
            await all_connected(io, server.url, { mode }, 2, async ([client, other]) => {
                await client.settled();
                client.socket.io.engine.close();
                await client.ended();
                for (let n = 0; n < 1000; ++n) other.emit('bcast', n, 'x'.repeat(100));
                await other.flushed();
                client.socket.connect();
                for (let n = 0; n < 1000; ++n) await client.next('message', n, 'x'.repeat(100));
                assert.equal((await client.receive(1))[0][0], 'auth');
                assert.equal(client.socket.recovered, true);
            });
        });
    }

    it('recovers by itself when the client reconnects', async () => {
        const options = { reconnection: true, reconnectionDelay: 50 };
        await all_connected(io, server.url, options, 2, async ([client, other]) => {
            client.reconnects = true;
            const { id } = client.socket;
            // In the middle of an upgrade the client would keep an event that arrives with the
            // end, and hand it out a second time once it has recovered.
            await client.settled();
            client.socket.io.engine.close();
            for (let n = 0; n < 20; ++n) other.emit('bcast', n);
            const seen = [];
            while (seen.length < 20) {
                const [[name, n]] = await client.receive(1);
                if (name === 'message') seen.push(n);
            }
            assert.deepEqual(seen, Array.from({ length: 20 }, (_, n) => n));
            await client.until(() => client.connects === 2, () => 'second connect');
            assert.equal(client.socket.recovered, true);
            assert.equal(client.socket.id, id);
        });
    });

    it('brings back the rooms that it was in, and not those that it had left', async () => {
        await all_connected(io, server.url, {}, 2, async ([client, other]) => {
            await client.ask('join', 'stays');
            await client.ask('join', 'goes');
            await client.ask('leave', 'goes');
            await client.settled();
            client.socket.io.engine.close();
            await client.ended();
            other.emit('room', 'goes', 'not for me');
            other.emit('room', 'stays', 'for me');
            other.emit('room', 'elsewhere', 'not for me');
            other.emit('bcast', 'for all');
            await other.flushed();
            client.socket.connect();
            await client.next('room', 'for me');
            await client.next('message', 'for all');
            assert.equal((await client.receive(1))[0][0], 'auth');
            assert.equal(client.socket.recovered, true);
        });
    });

    it('does not recover a client that left on purpose', async () => {
        const client = await new Client(io, server.url).open();
        const { id } = client.socket;
        const shown = ticket(client);
        await client.close();
        assert.equal(await recovers(shown, id), false);
    });

    it('does not recover what it does not know, nor fails at it', async () => {
        const client = await new Client(io, server.url).open();
        const { id } = client.socket;
        const { pid, offset } = ticket(client);
        client.socket.io.engine.close();
        await client.ended();
        for (const auth of [
            { pid: 'unknown', offset }, { pid, offset: 'unknown' }, { pid }, { offset },
            { pid: 1, offset: 2 }, { pid: [pid], offset }, { pid: '', offset: '' },
            { pid: 'x'.repeat(10000), offset: 'x'.repeat(10000) },
        ]) {
            assert.equal(await recovers(auth, id), false, JSON.stringify(auth).slice(0, 80));
        }
    });

    it('recovers a state for the one who asks last', async () => {
        const client = await new Client(io, server.url).open();
        const { id } = client.socket;
        const shown = ticket(client);
        client.socket.io.engine.close();
        await client.ended();
        client.socket.connect();
        await client.open();
        assert.equal(client.socket.recovered, true);
        assert.equal(await recovers(shown, id), true);
        await client.ended();
    });

    it('ends a connection whose client has come back on another', async () => {
        const client = await new Client(io, server.url).open();
        assert.equal(await recovers(ticket(client), client.socket.id), true);
        await client.ended();
    });

    it('leaves clients alone that know nothing of it', async () => {
        for (const version of ['3.1', '2.5']) {
            const options = { version, mode: 'websocket' };
            await connected(versions[version], server.url, options, async (client) => {
                const { id } = client.socket;
                client.socket.io.engine.close();
                await client.ended();
                client.socket.connect();
                await client.open();
                assert.notEqual(client.socket.id, id);
                await client.flushed();
            });
        }
    });
});
