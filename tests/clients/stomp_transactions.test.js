'use strict';

const assert = require('node:assert/strict');
const { RawStomp } = require('./lib/raw_stomp');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');

// Claims of transactions, over both carriers.

let names = 0;
const fresh = (kind) => `/${kind}/x${++names}`;

function transaction_tests(connected) {
    async function pair() {
        const topic = fresh('topic');
        const [reader, writer] = [await connected(), await connected()];
        await reader.subscribe('s', topic);
        const inside = (body, headers) => writer.send(topic, body, { transaction: 't', ...headers });
        await writer.ask('BEGIN', { transaction: 't' });
        return { topic, reader, writer, inside };
    }

    it('shows nothing of a transaction before COMMIT, then all of it in order', async () => {
        const { topic, reader, writer, inside } = await pair();
        inside('1', { receipt: 'one' });
        await writer.ask('SEND', { destination: topic }, 'outside');
        inside('2', { receipt: 'two' });
        assert.deepEqual(await writer.seen(), []);
        assert.deepEqual(await reader.bodies(), ['outside']);
        writer.frame('COMMIT', { transaction: 't', receipt: 'all' });
        for (const id of ['one', 'two', 'all']) await writer.expect('RECEIPT', { 'receipt-id': id });
        assert.deepEqual(await reader.bodies(), ['1', '2']);
        await reader.leave();
        await writer.leave();
    });

    const ends = [['ABORT', (writer) => writer.ask('ABORT', { transaction: 't' })],
        ['DISCONNECT', (writer) => writer.leave()], ['a cut', (writer) => writer.cut()],
        ['an ERROR', async (writer) => { writer.frame('FOO'); await writer.fails(); }]];
    for (const [title, end] of ends) {
        it(`shows nothing of a transaction that ends by ${title}`, async () => {
            const { reader, writer, inside } = await pair();
            inside('1');
            await end(writer);
            assert.deepEqual(await reader.bodies(), []);
            await reader.leave();
        });
    }

    it('settles at COMMIT, and not where it aborts', async () => {
        const queue = fresh('queue');
        const client = await connected();
        await client.subscribe('s', queue, { ack: 'client' });
        client.send(queue, 'x');
        const { headers } = await client.expect('MESSAGE');
        for (const end of ['ABORT', 'COMMIT']) {
            await client.ask('BEGIN', { transaction: 't' });
            client.frame('NACK', { id: headers.ack, transaction: 't' });
            assert.deepEqual(await client.seen(), []);
            await client.ask(end, { transaction: 't' }, '', { others: true });
        }
        await client.expect('MESSAGE', { redelivered: 'true' }, 'x');
        await client.leave();
    });

    it('does nothing of a transaction of which a part is wrong', async () => {
        for (const [code, command, headers] of [[1002, 'ACK', { id: '7-7' }], [1008, 'SEND', { destination: '/no' }]]) {
            const { reader, writer, inside } = await pair();
            inside('1');
            writer.frame(command, { ...headers, transaction: 't', receipt: 'bad' });
            writer.frame('COMMIT', { transaction: 't' });
            await writer.fails({ code, receipt: 'bad' });
            assert.deepEqual(await reader.bodies(), []);
            await reader.leave();
        }
    });

    const refused = [['BEGIN twice', 1002, (w) => w.frame('BEGIN', { transaction: 't', receipt: 'r' })],
        ['an unknown id', 1002, (w) => w.send('/topic/x', '', { transaction: 'u', receipt: 'r' })],
        ['no id', 1002, (w) => w.frame('BEGIN', { receipt: 'r' })],
        ['COMMIT of an unknown id', 1002, (w) => w.frame('COMMIT', { transaction: 'u', receipt: 'r' })],
        ['ABORT twice', 1002, (w) => {
            w.frame('ABORT', { transaction: 't' });
            w.frame('ABORT', { transaction: 't', receipt: 'r' });
        }],
        ['more than 8 at a time', 1008, (w) => {
            for (let i = 1; i < 8; ++i) w.frame('BEGIN', { transaction: i });
            w.frame('BEGIN', { transaction: 8, receipt: 'r' });
        }],
        ['more than 256 frames', 1008, (w) => {
            for (let i = 0; i < 256; ++i) w.send('/topic/x', '', { transaction: 't' });
            w.send('/topic/x', '', { transaction: 't', receipt: 'r' });
        }],
        ['more than 256 KiB', 1008, (w) => {
            w.send('/topic/x', 'x'.repeat(200_000), { transaction: 't' });
            w.send('/topic/x', 'x'.repeat(100_000), { transaction: 't', receipt: 'r' });
        }]];
    for (const [title, code, act] of refused) {
        it(`refuses ${title}`, async () => {
            const writer = await connected();
            writer.frame('BEGIN', { transaction: 't' });
            act(writer);
            await writer.fails({ code, receipt: 'r' });
        });
    }
}

for (const carrier of ['websocket', 'xhr-polling']) {
    describe(`STOMP's transactions over ${carrier}`, () => {
        let server;
        before(async () => { server = await start_server('--profile', 'stomp'); });
        after(() => server?.stop());
        transaction_tests((headers) => RawStomp.connected(server, carrier, headers));
    });
}
