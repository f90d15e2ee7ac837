'use strict';

const assert = require('node:assert/strict');
const { EngineClient } = require('./engineio_client');
const { RawSession, next_frame } = require('./raw_engineio');
const { Client } = require('./socketio_checks');
const { start_server } = require('./server');
const { versions } = require('./socketio_clients');
const { after, before, describe, it } = require('./testing');
const { UpgradePump } = require('./upgrade_pump');
const { within } = require('./within');

const gone = (socket) => within(socket.gone, 'end of the WebSocket');

// How an upgrade fails, one name a way. Polling has to go on as if nothing had been.
const failures = {
    'opened, then closed': async (pump) => {
        const socket = await pump.session.websocket();
        socket.close();
        await gone(socket);
    },
    'opened, then cut': async (pump) => {
        const socket = await pump.session.websocket();
        socket.terminate();
    },
    'probed, then cut': async (pump) => {
        const socket = await pump.session.websocket();
        socket.send('2probe');
        socket.terminate();
    },
    'answered, then closed': async (pump) => {
        const socket = await pump.probed();
        socket.close();
        await gone(socket);
    },
    'answered, then cut': async (pump) => {
        const socket = await pump.probed();
        await pump.seen_more(100);
        socket.terminate();
    },
    'probed three times, then closed': async (pump) => {
        const socket = await pump.probed();
        for (let n = 0; n < 2; ++n) {
            socket.send('2probe');
            assert.equal(await next_frame(socket), '3probe');
        }
        socket.close();
        await gone(socket);
    },
    'a second WebSocket beside the first': async (pump) => {
        const first = await pump.probed();
        const second = await pump.session.websocket();
        await gone(second);
        first.close();
        await gone(first);
    },
    ...Object.fromEntries(['4hello', '2', '2other', 'x', '', Buffer.from('binary')].map(
        (packet) => [`answered, then the wrong packet ${JSON.stringify(String(packet))}`,
            async (pump) => {
                const socket = await pump.probed();
                socket.send(packet);
                await gone(socket);
            }])),
    'a wrong packet at once': async (pump) => {
        const socket = await pump.session.websocket();
        socket.send('4hello');
        await gone(socket);
    },
};

// Registers the tests against a server with `threads` threads.
function upgrade_suite(threads) {
    describe(`upgrades under load, server threads: ${threads}`, () => {
        let server;
        before(async () => { server = await start_server('--threads', String(threads)); });
        after(() => server && server.stop());

        // `count` sessions at once; `body` works on each while it pumps.
        async function each_of(count, body) {
            const pumps = await Promise.all(
                Array.from({ length: count }, () => UpgradePump.open(server.url)));
            await Promise.all(pumps.map((pump, i) => Promise.race([body(pump, i), pump.failure])));
            await Promise.all(pumps.map((pump) => pump.finish()));
        }

        it('20 sessions lose nothing by upgrading',
            () => each_of(20, async (pump) => {
                await pump.seen_more(100);
                await pump.upgrade();
            }));

        it('20 sessions lose nothing when every upgrade fails',
            () => each_of(20, async (pump) => {
                for (const fail of Object.values(failures)) {
                    await fail(pump);
                    await pump.seen_more(100);
                }
            }));

        for (const [name, fail] of Object.entries(failures)) {
            it(`5 sessions upgrade after one that failed: ${name}`,
                () => each_of(5, async (pump) => {
                    await fail(pump);
                    await pump.seen_more(20);
                    await pump.upgrade();
                }));
        }

        it('a WebSocket that stays silent is closed, and polling goes on', () => each_of(
            4, async (pump, i) => {
                const silent = i % 2 ? await pump.probed() : await pump.session.websocket();
                await gone(silent);
                await pump.seen_more(100);
                await pump.upgrade();
            }));

        it('20 engine.io-clients lose nothing while they upgrade', () => Promise.all(
            Array.from({ length: 20 }, async () => {
                const client = await new EngineClient(server.url, { mode: 'upgrade' }).open();
                let sent = 0;
                const send = (count) => {
                    for (let n = 0; n < count; ++n) client.send(`message ${sent++}`);
                };
                send(500);
                let seen = 0;
                let after_upgrade = 0;
                while (seen < sent) {
                    for (const text of await client.receive(1)) {
                        assert.equal(text, `message ${seen++}`);
                    }
                    if (client.transport === 'websocket') ++after_upgrade;
                    if (after_upgrade < 500) send(1);
                }
                await client.close();
            })));

        it('20 socket.io-clients hear everything while they upgrade', async () => {
            const io = versions['4.8'];
            const options = { greeting: false, events: ['message'] };
            const sender = await new Client(io, server.url, { ...options, mode: 'websocket' }).open();
            let sent = 0;
            const send = (count) => {
                for (let n = 0; n < count; ++n) sender.emit('bcast', sent++);
            };
            send(50);
            let busy = true;
            const sending = (async () => {
                while (busy) {
                    await sender.next('message', sent - 50);
                    send(1);
                }
            })();
            sending.catch(() => {});  // it is awaited below
            const clients = Array.from({ length: 20 }, (_, i) => {
                const version = i % 2 ? '4.8' : '3.1';
                return new Client(versions[version], server.url, {
                    greeting: false, events: ['message', 'echo'], version,
                });
            });
            await Promise.all(clients.map(async (client) => {
                for (let n = 0; n < 100; ++n) client.emit('echo', n);
                await client.open();
                await client.settled();
                await client.until(() => client.events.length >= 300 || client.still_alive('events'),
                    () => '300 events');
            }));
            busy = false;
            await sending;
            send(1);
            await Promise.all(clients.map(async (client) => {
                // Whenever it came: from its first number on there is no gap to the last.
                let expected;
                let echoes = 0;
                while (expected !== sent) {
                    const [[name, n]] = await client.receive(1);
                    if (name === 'echo') {
                        assert.equal(n, echoes++, client.name);
                    } else {
                        assert.equal(n, expected ?? n, client.name);
                        expected = n + 1;
                    }
                }
                assert.equal(echoes, 100, client.name);
                await client.close();
            }));
            await sender.close();
        });
    });

    describe(`sessions that go silent while they upgrade, server threads: ${threads}`, () => {
        it('end with their WebSocket when they answer no ping', async () => {
            const server = await start_server(
                '--threads', String(threads), '--ping-interval', '300', '--ping-timeout', '200');
            try {
                await Promise.all(Array.from({ length: 10 }, async (_, i) => {
                    const session = await RawSession.open(server.url);
                    const socket = await session.websocket();
                    if (i % 2) {
                        socket.send('2probe');
                        assert.equal(await next_frame(socket), '3probe');
                    }
                    // It never polls again and never says a word.
                    await gone(socket);
                    const { status, body } = await session.get();
                    assert.equal(status, 400);
                    assert.equal(body, '{"code":1,"message":"Session ID unknown"}');
                    session.release();
                }));
            } finally {
                await server.stop();
            }
        });
    });
}

module.exports = { upgrade_suite };
