'use strict';

const assert = require('node:assert/strict');
const { EngineClient, modes } = require('./lib/engineio_client');
const { RawSession } = require('./lib/raw_engineio');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');

const final_transport = { polling: 'polling', websocket: 'websocket', upgrade: 'websocket' };
const texts = ['hello', '', '4', '\u0000\n\r"\\', '\u00e9\u20ac\u{1f680}\u2028\ufeff', 'b64', ' '];

function octets(length) {
    return Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
}

// Opens, runs `body`, and closes from the client's side.
async function connected(url, options, body) {
    const client = await new EngineClient(url, options).open();
    await body(client);
    const { reason } = await client.close();
    assert.equal(reason, 'forced close');
}

describe('engine.io-client against the echo', () => {
    let server;
    before(async () => { server = await start_server(); });
    after(() => server && server.stop());

    for (const mode of modes) {
        describe(mode, () => {
            it('ends on the transport that it should',
                () => connected(server.url, { mode }, async (client) => {
                    await client.settled();
                    client.send('hello');
                    assert.deepEqual(await client.receive(1), ['hello']);
                    assert.equal(client.transport, final_transport[mode]);
                }));

            it('echoes text as text', () => connected(server.url, { mode }, async (client) => {
                for (const text of texts) client.send(text);
                // The client makes undefined of a message that has no text.
                const got = await client.receive(texts.length);
                assert.deepEqual(got.map((text) => text ?? ''), texts);
            }));

            it('echoes binary as binary', () => connected(server.url, { mode }, async (client) => {
                const lengths = [0, 1, 2, 3, 125, 126, 127, 65535, 65536, 100001];
                for (const length of lengths) client.send(octets(length));
                client.send('text between');
                client.send(octets(4));
                const got = await client.receive(lengths.length + 2);
                lengths.forEach((length, i) => assert.deepEqual(
                    Buffer.from(got[i]), octets(length), `${length} bytes`));
                assert.equal(got[lengths.length], 'text between');
                assert.deepEqual(Buffer.from(got[lengths.length + 1]), octets(4));
            }));

            it('keeps 500 messages in order from the first moment on',
                () => connected(server.url, { mode }, async (client) => {
                    let sent = 0;
                    const wave = () => {
                        for (const end = Math.min(sent + 50, 500); sent < end; ++sent) {
                            const text = `message ${sent}`;
                            client.send(sent % 7 ? text : Buffer.from(text));
                        }
                    };
                    wave();
                    for (let seen = 0; seen < 500; ++seen) {
                        const [message] = await client.receive(1);
                        assert.equal(typeof message === 'string', seen % 7 !== 0);
                        assert.equal(String(message), `message ${seen}`);
                        if (seen % 25 === 0) wave();
                    }
                    await client.settled();
                    client.send('last');
                    assert.deepEqual(await client.receive(1), ['last']);
                }));

            it('may close at once, and all was sent', async () => {
                const client = new EngineClient(server.url, { mode });
                await client.open();
                client.send('a');
                client.send('b');
                await client.receive(2);
                await client.close();
                assert.equal(client.socket.readyState, 'closed');
            });

            it('serves ten clients at once', () => Promise.all(Array.from({ length: 10 },
                (_, i) => connected(server.url, { mode }, async (client) => {
                    const wanted = Array.from({ length: 50 }, (_, n) => `client ${i}: ${n}`);
                    for (const text of wanted) client.send(text);
                    assert.deepEqual(await client.receive(50), wanted);
                }))));
        });
    }

    it('takes a session away from whoever closed it', async () => {
        const client = await new EngineClient(server.url, { mode: 'polling' }).open();
        const { id } = client.socket;
        await client.close();
        const raw = new RawSession(server.url, '/engine.io/');
        raw.sid = id;
        // The client says nothing when its goodbye has arrived: ask until it has.
        let answer;
        do answer = await raw.post('4x'); while (answer.status === 200);
        assert.equal(answer.status, 400);
        assert.equal(answer.body, '{"code":1,"message":"Session ID unknown"}');
        raw.release();
    });
});

describe('engine.io-client and the end of the server', () => {
    for (const mode of modes) {
        it(`${mode} closes when the server stops`, async () => {
            const server = await start_server();
            const client = await new EngineClient(server.url, { mode }).open();
            await client.settled();
            await server.stop();
            assert.match((await client.ended()).reason, /^transport (close|error)$/);
        });

        it(`${mode} lives on heartbeats`, async () => {
            const server = await start_server('--ping-interval', '100', '--ping-timeout', '1000');
            try {
                await connected(server.url, { mode }, async (client) => {
                    let beats = 0;
                    client.socket.on('ping', () => {
                        ++beats;
                        client.wake();
                    });
                    // Longer than client or server lives without.
                    await client.until(() => beats >= 15, () => '15 heartbeats');
                    client.send('alive');
                    assert.deepEqual(await client.receive(1), ['alive']);
                });
            } finally {
                await server.stop();
            }
        });

        it(`${mode} calls a server dead that has stopped answering`, async () => {
            const server = await start_server('--ping-interval', '100', '--ping-timeout', '100');
            try {
                const client = await new EngineClient(server.url, { mode }).open();
                await client.settled();
                process.kill(server.pid, 'SIGSTOP');
                assert.equal((await client.ended()).reason, 'ping timeout');
            } finally {
                await server.kill();
            }
        });

        it(`${mode} is closed by Socket.IO when it joins no namespace`, async () => {
            const server = await start_server('--profile', 'protocol');
            try {
                const client = await new EngineClient(
                    server.url, { mode, path: '/socket.io/' }).open();
                assert.equal((await client.ended()).reason, 'transport close');
            } finally {
                await server.stop();
            }
        });
    }
});

describe('engine.io-client against the profile `engine.io-client`', () => {
    let server;
    before(async () => { server = await start_server('--profile', 'engine.io-client'); });
    after(() => server && server.stop());

    for (const mode of modes) {
        it(`answers as the profile says over ${mode}`,
            () => connected(server.url, { mode }, async (client) => {
                assert.deepEqual(await client.receive(1), ['hi']);
                client.send('give binary');
                assert.deepEqual([...(await client.receive(1))[0]], [0, 1, 2, 3, 4]);
                client.send('give utf8');
                assert.deepEqual(await client.receive(1), ['пойду спать всем спокойной ночи']);
                client.send('echo');
                client.send(octets(20));
                const [text, binary] = await client.receive(2);
                assert.equal(text, 'echo');
                assert.deepEqual(Buffer.from(binary), octets(20));
            }));

        it(`takes messages up to the limit over ${mode}`,
            () => connected(server.url, { mode }, async (client) => {
                await client.settled();
                await client.receive(1);
                for (let n = 0; n < 5; ++n) client.send('x'.repeat(95 + n));
                assert.deepEqual(
                    (await client.receive(5)).map((text) => text.length), [95, 96, 97, 98, 99]);
            }));

        it(`refuses a handshake with the key deny over ${mode}`, async () => {
            const client = new EngineClient(server.url, { mode, query: { deny: '1' } });
            const { reason } = await client.ended();
            assert.equal(reason, 'transport error');
            // The WebSocket client tells no status, only that it was not 101.
            if (mode !== 'websocket') assert.equal(client.error.context.status, 403);
        });
    }

    it('shows the headers of the POST that carried a message',
        () => connected(server.url, { mode: 'polling', extraHeaders: { 'X-Custom': 'yes' } },
            async (client) => {
                await client.receive(1);
                client.send('sendHeaders');
                const headers = JSON.parse((await client.receive(1))[0]);
                assert.equal(headers['x-custom'], 'yes');
                assert.equal('cookie' in headers, false);
            }));

    it('sets cookies that the client hands back', () => connected(
        server.url, { mode: 'polling', withCredentials: true }, async (client) => {
            await client.receive(1);
            client.send('sendHeaders');
            const headers = JSON.parse((await client.receive(1))[0]);
            assert.equal(headers.cookie, '1=1; 2=2');
        }));

    it('answers a POST that is too long with 413, which ends the client', async () => {
        const client = await new EngineClient(server.url, { mode: 'polling' }).open();
        await client.receive(1);
        client.send('x'.repeat(100));
        assert.equal((await client.ended()).reason, 'transport error');
        assert.equal(client.error.context.status, 413);
        assert.equal(client.error.context.responseText, '');
    });

    it('keeps the session of a POST that was too long', async () => {
        const raw = await RawSession.open(server.url);
        const { status, body } = await raw.post(`4${'x'.repeat(100)}`);
        assert.equal(status, 413);
        assert.equal(body, '');
        await raw.send(['4still here']);
        const packets = [...raw.early];
        while (!packets.includes('4still here')) packets.push(...await raw.poll());
        assert.deepEqual(packets.filter((packet) => packet[0] === '4'), ['4hi', '4still here']);
        await raw.send(['1']);
        raw.release();
    });

    for (const mode of ['websocket', 'upgrade']) {
        it(`closes with 1009 on a message that is too long, over ${mode}`, async () => {
            const client = await (await new EngineClient(server.url, { mode }).open()).settled();
            const code = new Promise((resolve) => {
                client.socket.transport.ws.on('close', (number, reason) =>
                    resolve(`${number} ${reason}`));
            });
            client.send('x'.repeat(100));
            assert.equal((await client.ended()).reason, 'transport close');
            assert.equal(await code, '1009 ');
        });
    }
});
