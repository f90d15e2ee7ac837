'use strict';

const assert = require('node:assert/strict');
const { start_server } = require('./lib/server');
const { carriers, clients } = require('./lib/stomp_clients');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const args = ['--profile', 'stomp'];
const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain' };
let names = 0;
const fresh = (kind) => `/${kind}/c${++names}`;

// What a client of any kind has to do over any carrier; `open` gives one that is connected.
function conversation_tests(open) {
    it('subscribes, sends and hears, and no more after it has unsubscribed', async () => {
        const client = await open();
        const topic = fresh('topic');
        const box = await client.listen(topic);
        const bodies = ['hello', '', 'на \u{1f680} "\\', 'line\nline\r\n', 'x'.repeat(100_000)];
        for (const body of bodies) await client.send(topic, body, { own: 'kept', odd: 'a b' });
        for (const body of bodies) {
            const message = await box.next();
            assert.equal(message.body, body);
            assert.equal(message.headers.destination, topic);
            assert.equal(message.headers.own, 'kept');
        }
        box.stop();
        await client.send(topic, 'nobody hears');
        assert.deepEqual(box.all, []);
        await client.close();
    });

    it('keeps 500 messages in order', async () => {
        const client = await open();
        const topic = fresh('topic');
        const box = await client.listen(topic);
        const all = Array.from({ length: 500 }, (_, i) => `message ${i}`);
        for (const body of all) client.publish(topic, body, {});
        assert.deepEqual(await box.bodies(500), all);
        await client.close();
    });

    it('acknowledges; what it has not is delivered to another, as what it refuses', async () => {
        const queue = fresh('queue');
        const [first, second] = [await open(), await open()];
        const mine = await first.listen(queue, { ack: 'client-individual' });
        for (const body of ['1', '2', '3']) await first.send(queue, body);
        const [one] = [await mine.next(), await mine.next(), await mine.next()];
        await first.sure((more) => one.ack(more));
        const its = await second.listen(queue, { ack: 'client-individual' });
        await first.close();
        const again = [await its.next(), await its.next()];
        assert.deepEqual(again.map(({ body, headers }) => [body, headers.redelivered]),
            [['2', 'true'], ['3', 'true']]);
        await second.sure((more) => again[0].nack(more));
        const refused = await its.next();
        assert.equal(refused.body, '2');
        await second.sure((more) => again[1].ack(more));
        await second.sure((more) => refused.ack(more));
        await second.close();
    });

    it('has transactions', async () => {
        const client = await open();
        const topic = fresh('topic');
        const box = await client.listen(topic);
        const [kept, dropped] = [client.begin(), client.begin()];
        client.publish(topic, '1', { transaction: kept.id });
        client.publish(topic, 'no', { transaction: dropped.id });
        await client.send(topic, 'outside');
        client.publish(topic, '2', { transaction: kept.id });
        dropped.abort();
        kept.commit();
        await client.send(topic, 'behind');
        assert.deepEqual(await box.bodies(4), ['outside', '1', '2', 'behind']);
        await client.close();
    });

    it('has its own destinations, handlers, the state at subscription, and errors', async () => {
        const client = await open({ login: `c${++names}`, passcode: 'x' });
        const own = await client.listen('/user/queue/echo');
        client.publish('/app/echo', 'mine', {});
        assert.deepEqual(await own.bodies(1), ['mine']);
        const errors = await client.listen('/user/queue/errors');
        client.publish('/app/throw', '', {});
        assert.deepEqual(await errors.bodies(1), ['it is said so']);
        const answers = await client.listen(`/topic/value/${names}`);
        await client.send(`/app/value/${names}`, 'x', text);
        assert.deepEqual(await answers.bodies(1), [`${names}: x`]);
        const greetings = await client.listen('/topic/greetings');
        client.publish('/app/hello', JSON.stringify({ name: `Ann ${names}` }), json);
        while (JSON.parse((await greetings.next()).body).content !== `Hello, Ann ${names}!`);
        assert.deepEqual(await client.hear('/app/state').bodies(1), ['[1,2,3]']);
        client.publish(`/user/c${names}/queue/echo`, 'by name', {});
        assert.deepEqual(await own.bodies(1), ['by name']);
        await client.close();
    });
}

function end_tests(open, start) {
    it('is told of a wrong login, and that the connection ends', async () => {
        const client = start({ passcode: 'wrong' });
        const { headers, body } = await client.errors.next();
        assert.equal(headers.message, 'Bad login');
        assert.equal(body, 'Bad login');
        await client.lost.next();
        assert.deepEqual(client.connected.all, []);
        assert.deepEqual(client.errors.all, []);
    });

    it('is told of what it may not, and that the connection ends', async () => {
        const client = await open();
        client.publish('/other/x', '', { receipt: 'r' });
        const { headers } = await client.errors.next();
        assert.equal(headers['receipt-id'], 'r');
        await client.lost.next();
    });

    it('beats, and hears beats', async () => {
        const client = await open({ beat: 1000 });
        const box = await client.listen('/topic/beats');
        for (const name of ['PONG', 'PING', 'PONG', 'PING', 'PONG', 'PING']) await client.beats[name].next();
        await client.send('/topic/beats', 'still here');
        assert.deepEqual(await box.bodies(1), ['still here']);
        await client.close();
    });
}

// A server dies under a client, and comes back. In Node sockjs-client does not hear of a stream that
// is cut; heart-beats that do not come tell.
async function outlive(Kind, carrier) {
    let server = await start_server(...args);
    const { port } = server;
    try {
        const reconnects = Kind.prototype.configuration !== undefined;
        const first = await Kind.open(
            server, carrier, reconnects ? { beat: 1000, reconnectDelay: 100 } : { beat: 1000 });
        const before_end = await first.listen('/topic/before');
        await server.kill();
        await first.lost.next();
        server = await start_server('--port', String(port), ...args);
        // The old clients leave it to the page.
        const client = reconnects ? first : await Kind.open(server, carrier);
        if (reconnects) await first.connected.next();
        const resubscribes = first.rx !== undefined;
        const box = resubscribes ? before_end : await client.listen('/topic/before');
        // What rx-stomp subscribes to again has its receipt come unawaited.
        await client.listen('/topic/fence');
        await client.send('/topic/before', 'after');
        assert.deepEqual(await box.bodies(1), ['after']);
        await client.close();
    } finally {
        await server.kill();
    }
}

for (const [title, Kind] of Object.entries(clients)) {
    describe(title, () => {
        let server;
        before(async () => { server = await start_server(...args); });
        after(() => server?.stop());

        for (const carrier of carriers) {
            describe(`over ${carrier}`, () => {
                const open = (options) => Kind.open(server, carrier, options);
                const start = (options) => {
                    const client = new Kind(server, carrier, options);
                    client.start();
                    return client;
                };
                conversation_tests(open);
                end_tests(open, start);
                it('survives a server that dies and comes back', () => outlive(Kind, carrier));
            });
        }

        // Over SockJS there is only text; the old clients have no binary bodies at all.
        if (Kind.prototype.configuration !== undefined) {
            it('sends and hears bytes over a WebSocket', async () => {
                const client = await Kind.open(server, 'websocket');
                const box = await client.listen('/topic/bytes');
                const all = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
                for (const body of [all, Uint8Array.of(0), Uint8Array.of(0xc3, 0x28)]) {
                    await client.send('/topic/bytes', body, { 'content-type': 'application/octet-stream' });
                    assert.deepEqual((await box.next()).binaryBody, body);
                }
                await client.close();
            });
        }
    });
}

describe('clients of each kind and carrier', () => {
    it('are one audience', async () => {
        const server = await start_server(...args);
        const all = [];
        for (const Kind of Object.values(clients)) {
            for (const carrier of carriers) all.push(await Kind.open(server, carrier));
        }
        const boxes = [];
        for (const client of all) boxes.push(await client.listen('/topic/all'));
        for (const [i, client] of all.entries()) await client.send('/topic/all', `${i}`);
        const expected = all.map((_, i) => `${i}`);
        for (const box of boxes) assert.deepEqual(await within(box.bodies(all.length), 'messages'), expected);
        for (const client of all) await client.close();
        await server.stop();
    });
});
