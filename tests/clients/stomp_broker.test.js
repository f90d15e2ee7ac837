'use strict';

const assert = require('node:assert/strict');
const { RawStomp, frame_text } = require('./lib/raw_stomp');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

// Claims of the broker: subscriptions, acknowledgements, the end; each over both carriers.

let names = 0;
const fresh = (kind) => `/${kind}/t${++names}`;

function subscribe_tests(connected) {
    it('has the receipt of SUBSCRIBE come before what is sent behind it', async () => {
        const topic = fresh('topic');
        const client = await connected();
        client.write(frame_text('SUBSCRIBE', { id: 's', destination: topic, receipt: 'r' }) +
            frame_text('SEND', { destination: topic, 'content-type': 'text/x', key: 'v' }, 'hello'));
        await client.expect('RECEIPT', { 'receipt-id': 'r' });
        const message = await client.next();
        const { 'message-id': id, ...headers } = message.headers;
        assert.match(id, /^[A-Za-z0-9._/-]+$/);
        assert.deepEqual(headers, {
            subscription: 's', destination: topic, 'content-type': 'text/x', key: 'v',
        });
        assert.equal(message.body, 'hello');
        await client.leave();
    });

    const wrong = [['an id in use', { id: 's', destination: '/topic/b' }],
        ['no id', { destination: '/topic/b' }], ['no destination', { id: 't' }],
        ['an unknown ack mode', { id: 't', destination: '/topic/b', ack: 'foo' }]];
    for (const [title, headers] of wrong) {
        it(`refuses SUBSCRIBE with ${title}, and sends no receipt for it`, async () => {
            const client = await connected();
            await client.subscribe('s', '/topic/a');
            client.frame('SUBSCRIBE', { ...headers, receipt: 'r' });
            client.frame('BEGIN', { transaction: 't', receipt: 'behind' });
            await client.fails({ receipt: 'r' });
        });
    }

    it('names a subscription by an id that is empty, too', async () => {
        const topic = fresh('topic');
        const client = await connected();
        await client.subscribe('', topic);
        client.send(topic, 'a');
        assert.equal((await client.expect('MESSAGE', {}, 'a')).headers.subscription, '');
        await client.leave();
    });

    it('needs no id in 1.0, and ends such a subscription by its destination', async () => {
        const topic = fresh('topic');
        const client = await connected({ version: '1.0' });
        await client.ask('SUBSCRIBE', { destination: topic });
        client.send(topic, 'a');
        assert.equal((await client.expect('MESSAGE', {}, 'a')).headers.subscription, undefined);
        await client.ask('UNSUBSCRIBE', { destination: topic });
        client.send(topic, 'b');
        assert.deepEqual(await client.bodies(), []);
        await client.leave();
    });

    it('has two subscriptions to one topic get a message each', async () => {
        const topic = fresh('topic');
        const client = await connected();
        await client.subscribe('a', topic);
        await client.subscribe('b:b', topic);  // read as it is written, answered escaped
        client.send(topic, 'x');
        const seen = await client.seen();
        assert.deepEqual(seen.map(({ headers }) => headers.subscription).sort(), ['a', 'b:b']);
        const ids = new Set(seen.map(({ headers }) => headers['message-id']));
        assert.equal(ids.size, 2);
        await client.leave();
    });

    it('sends nothing after UNSUBSCRIBE, lets the id be used again, and takes an unknown one', async () => {
        const topic = fresh('topic');
        const [client, other] = [await connected(), await connected()];
        await client.subscribe('s', topic);
        await client.ask('UNSUBSCRIBE', { id: 's' });
        await other.ask('SEND', { destination: topic }, 'no');
        assert.deepEqual(await client.bodies(), []);
        await client.ask('UNSUBSCRIBE', { id: 's' });
        await client.subscribe('s', topic);
        await other.ask('SEND', { destination: topic }, 'yes');
        assert.deepEqual(await client.bodies(), ['yes']);
        await client.leave();
        await other.leave();
    });

    it('has a bound on subscriptions', async () => {
        const client = await connected();
        for (let i = 0; i < 128; ++i) client.frame('SUBSCRIBE', { id: i, destination: `/topic/${i}` });
        client.frame('SUBSCRIBE', { id: 128, destination: '/topic/128', receipt: 'r' });
        await client.fails({ code: 1008, receipt: 'r' });
    });

    it('gives a new subscriber the snapshot before all else', async () => {
        const topic = `/topic/snapshot/${++names}`;
        const client = await connected();
        client.frame('SUBSCRIBE', { id: 's', destination: topic });
        client.send(topic, 'then');
        assert.deepEqual(await client.bodies(), [`so far: ${names}`, 'then']);
        await client.leave();
    });
}

function settle_tests(connected) {
    // Three messages of a queue that `client` got, unsettled.
    async function three(mode, headers) {
        const queue = fresh('queue');
        const client = await connected(headers);
        await client.subscribe('s', queue, { ack: mode });
        for (const body of ['1', '2', '3']) client.send(queue, body);
        const got = [];
        while (got.length < 3) got.push(await client.expect('MESSAGE'));
        return { queue, client, ids: got.map(({ headers: h }) => h.ack ?? h['message-id']) };
    }

    // What another client gets of the queue, until it has `count`; then nothing more is there.
    async function left(queue, count) {
        const other = await connected();
        await other.subscribe('s', queue, { ack: 'client-individual' });
        const got = [];
        while (got.length < count) got.push(await other.expect('MESSAGE'));
        for (const { headers } of got) other.frame('ACK', { id: headers.ack });
        assert.deepEqual(await other.seen(), []);
        await other.leave();
        return got.map(({ headers, body }) => `${body} ${headers.redelivered}`);
    }

    const leave = (client) => client.leave();
    const cut = (client) => client.cut();
    const err = async (client) => { client.frame('FOO'); await client.fails(); };

    for (const [how, end] of [['goes', leave], ['is cut', cut], ['has an ERROR', err]]) {
        it(`redelivers what is behind a cumulative ACK when the client ${how}`, async () => {
            const { queue, client, ids } = await three('client');
            await client.ask('ACK', { id: ids[1] });
            await end(client);
            assert.deepEqual(await left(queue, 1), ['3 true']);
        });

        it(`redelivers all but what was acknowledged one by one when the client ${how}`, async () => {
            const { queue, client, ids } = await three('client-individual');
            await client.ask('ACK', { id: ids[1] });
            await end(client);
            assert.deepEqual(await left(queue, 2), ['1 true', '3 true']);
        });
    }

    it('settles by id and by message-id in each version', async () => {
        for (const version of ['1.2', '1.1', '1.0']) {
            for (const name of ['id', 'message-id']) {
                const { queue, client, ids } = await three('client', { version });
                await client.ask('ACK', { [name]: ids[2], subscription: 's' });
                await client.leave();
                assert.deepEqual(await left(queue, 0), []);
            }
        }
    });

    it('says the ack of a message in 1.2 alone, and in the modes that need one', async () => {
        for (const [version, mode, has] of [['1.2', 'client', true], ['1.2', 'auto', false],
            ['1.1', 'client', false], ['1.0', 'client', false]]) {
            const { client } = await three('client');
            await client.leave();
            const queue = fresh('queue');
            const reader = await connected({ version });
            await reader.subscribe('s', queue, { ack: mode });
            reader.send(queue, 'x');
            const { headers } = await reader.expect('MESSAGE');
            assert.equal(headers.ack !== undefined, has);
            if (has) assert.equal(headers.ack, headers['message-id']);
            await reader.leave();
        }
    });

    it('takes an ACK twice, and one after UNSUBSCRIBE, which has given the messages back', async () => {
        const { queue, client, ids } = await three('client-individual');
        await client.ask('ACK', { id: ids[0] });
        await client.ask('ACK', { id: ids[0] });
        await client.ask('UNSUBSCRIBE', { id: 's' });
        await client.ask('ACK', { id: ids[1] });
        await client.ask('NACK', { id: ids[2] });
        assert.deepEqual(await left(queue, 2), ['2 true', '3 true']);
        await client.leave();
    });

    it('refuses an ACK of what was never sent, and one without an id', async () => {
        for (const headers of [{ id: '1-9999' }, { id: '2-1' }, { id: 'x' }, { id: '' }, { id: '-1-1' },
            { id: '1-1x' }, { id: '0-0' }, {}]) {
            for (const command of ['ACK', 'NACK']) {
                const { client } = await three('client');
                client.frame(command, { ...headers, receipt: 'r' });
                await client.fails({ receipt: 'r' });
            }
        }
    });

    it('takes NACK in 1.0, too, as its clients send it', async () => {
        const { client, ids } = await three('client', { version: '1.0' });
        client.frame('NACK', { 'message-id': ids[0] });
        await client.expect('MESSAGE', { redelivered: 'true' }, '1');
        await client.leave();
    });

    it('gives a refused message to the other subscriber, and back', async () => {
        const queue = fresh('queue');
        const [writer, ...both] = [await connected(), await connected(), await connected()];
        for (const client of both) await client.subscribe('s', queue, { ack: 'client-individual' });
        await writer.ask('SEND', { destination: queue }, 'x');
        const got = [];
        for (const client of both) got.push(await client.seen());
        let at = got[0].length ? 0 : 1;
        let [{ headers }] = got[at];
        for (let i = 0; i < 4; ++i) {
            both[at].frame('NACK', { id: headers.ack });
            at = 1 - at;
            ({ headers } = await both[at].expect('MESSAGE', { redelivered: 'true' }, 'x'));
        }
        await both[at].ask('ACK', { id: headers.ack });
        for (const client of both) assert.deepEqual(await client.leave(), []);
        assert.deepEqual(await left(queue, 0), []);
        await writer.leave();
    });

    it('gives back at once what a client has that goes and does not wait for its end', async () => {
        for (const [command, headers] of [['DISCONNECT', { receipt: 'r' }], ['FOO', {}]]) {
            const { queue, client } = await three('client');
            // A client that polls does so no more.
            client.below.hold = new Promise(() => {});
            client.frame(command, headers);
            const began = Date.now();
            await client.next();
            assert.deepEqual(await left(queue, 3), ['1 true', '2 true', '3 true']);
            assert.ok(Date.now() - began < 4500, 'before the session is given up, after five seconds');
            client.cut();
        }
    });

    it('has a poison message come five times to the only subscriber, and no more', async () => {
        const queue = fresh('queue');
        const client = await connected();
        await client.subscribe('s', queue, { ack: 'client' });
        client.send(queue, 'poison');
        const flags = [];
        for (let i = 0; i < 5; ++i) {
            const { headers } = await client.expect('MESSAGE', {}, 'poison');
            flags.push(headers.redelivered);
            client.frame('NACK', { id: headers.ack });
        }
        assert.deepEqual(flags, [undefined, 'true', 'true', 'true', 'true']);
        assert.deepEqual(await client.seen(), []);
        await client.leave();
    });

    it('keeps what nobody takes, and gives each message to one', async () => {
        const queue = fresh('queue');
        const writer = await connected();
        for (let i = 0; i < 20; ++i) await writer.ask('SEND', { destination: queue }, `${i}`);
        const both = [await connected(), await connected()];
        for (const client of both) client.frame('SUBSCRIBE', { id: 's', destination: queue });
        for (let i = 20; i < 40; ++i) await writer.ask('SEND', { destination: queue }, `${i}`);
        const got = [];
        for (const client of both) got.push(await client.bodies());
        for (const list of got) {
            assert.deepEqual(list, [...list].sort((a, b) => a - b));
        }
        assert.deepEqual(got.flat().map(Number).sort((a, b) => a - b), Array.from({ length: 40 }, (_, i) => i));
        for (const client of [writer, ...both]) await client.leave();
    });

    it('holds back what is above 64 unsettled messages', async () => {
        const queue = fresh('queue');
        const client = await connected();
        await client.subscribe('s', queue, { ack: 'client' });
        for (let i = 0; i < 70; ++i) client.send(queue, `${i}`);
        const got = [];
        while (got.length < 64) got.push(await client.expect('MESSAGE', {}, `${got.length}`));
        assert.deepEqual(await client.seen(), []);
        client.frame('ACK', { id: got[63].headers.ack });
        for (let i = 64; i < 70; ++i) await client.expect('MESSAGE', {}, `${i}`);
        await client.leave();
    });
}

for (const carrier of ['websocket', 'xhr-polling']) {
    describe(`STOMP's broker over ${carrier}`, () => {
        let server;
        before(async () => { server = await start_server('--profile', 'stomp'); });
        after(() => server?.stop());
        const connected = (headers) => RawStomp.connected(server, carrier, headers);

        describe('subscriptions', () => subscribe_tests(connected));
        describe('acknowledgements', () => settle_tests(connected));

        it('answers DISCONNECT with a receipt and the end, and hears nothing behind it', async () => {
            const topic = fresh('topic');
            const [reader, writer] = [await connected(), await connected()];
            await reader.subscribe('s', topic);
            writer.write(frame_text('SEND', { destination: topic }, 'before') +
                frame_text('DISCONNECT', { receipt: 'bye' }) +
                frame_text('SEND', { destination: topic, receipt: 'r' }, 'behind') + frame_text('FOO'));
            await writer.expect('RECEIPT', { 'receipt-id': 'bye' });
            assert.equal((await writer.ended()).code, 1000);
            assert.deepEqual(await reader.bodies(), ['before']);
            reader.frame('DISCONNECT');
            assert.equal((await reader.ended()).code, 1000);  // and no ERROR for the polite
        });

        it('ends a slow subscriber by policy, and no other', async () => {
            const topic = fresh('topic');
            const [slow, other, writer] = [await connected(), await connected(), await connected()];
            await slow.subscribe('s', topic);
            await other.subscribe('s', topic);
            let go;
            if (slow.below.ws) slow.below.ws._socket.pause();
            else slow.below.hold = new Promise((resolve) => { go = resolve; });
            const body = 'x'.repeat(1_900_000);
            // 64 MiB may wait, and some are with the kernel.
            for (let i = 0; i < 45; ++i) {
                await writer.ask('SEND', { destination: topic }, body);
                assert.ok((await other.message()).length > body.length);
            }
            if (slow.below.ws) slow.below.ws._socket.resume();
            else go();
            const end = await within(slow.below.end(), 'end of the slow subscriber');
            assert.ok([1006, 1008, 3000, 1013, 0].includes(end.code), JSON.stringify(end));
            await other.leave();
            await writer.leave();
        });
    });
}
