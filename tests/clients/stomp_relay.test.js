'use strict';

// A STOMP server of ours before RabbitMQ: what is the broker's goes there and comes back, what is
// not stays here, and what goes wrong with the broker is said.

const assert = require('node:assert/strict');
const { make_certificate } = require('./lib/certificate');
const { free_port } = require('./lib/ports');
const { start_rabbitmq } = require('./lib/rabbitmq');
const { StompClient } = require('./lib/stomp_peer');
const { start_relay } = require('./lib/stomp_relay');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const range = (count) => Array.from({ length: count }, (_, i) => String(i));

// Takes so many messages, and acknowledges each.
async function work_off(client, count) {
    const bodies = [];
    while (bodies.length < count) {
        const { body, headers } = await client.message().catch((error) => {
            throw new Error(`${error.message}, after ${JSON.stringify(bodies)}`);
        });
        bodies.push(body);
        client.send('ACK', { id: headers.ack });
    }
    return bodies;
}

// Tries until the broker is there again.
async function connected_again(server) {
    for (;;) {
        const client = await StompClient.open(server);
        const answer = await client.connect();
        if (answer.command === 'CONNECTED') return client;
        assert.equal(answer.body, 'Broker not available.');
        await client.ws.end();
    }
}

describe('a relay to RabbitMQ', () => {
    let rabbit;
    let tls;
    let one;
    let other;
    before(async () => {
        tls = make_certificate();
        rabbit = await start_rabbitmq({ tls });
        [one, other] = await Promise.all([start_relay(rabbit.url), start_relay(rabbit.url)]);
    });
    after(async () => {
        for (const server of [one, other]) if (server) await server.stop();
        if (rabbit) await rabbit.end();
    });

    // A broker that was suspended may have been given up.
    async function healed() {
        for (const server of [one, other]) await (await connected_again(server)).close();
    }

    it('gives a topic to all of two servers, destinations and headers as they were', async () => {
        const clients = await Promise.all([one, one, other, other].map((s) => StompClient.connected(s)));
        for (const c of clients) await c.subscribe('s:1', '/topic/rooms/7');
        await clients[0].done('SEND',
            { destination: '/topic/rooms/7', own: 'a:b\nc', 'content-type': 'text/x' }, 'hello');
        for (const c of clients) {
            const { headers, body } = await c.message();
            assert.equal(body, 'hello');
            assert.equal(headers.destination, '/topic/rooms/7');
            assert.equal(headers.subscription, 's:1');
            assert.equal(headers.own, 'a:b\nc');
            assert.equal(headers['content-type'], 'text/x');
            assert.equal(headers.receipt, undefined);
        }
        await clients[1].done('UNSUBSCRIBE', { id: 's:1' });
        await clients[0].done('SEND', { destination: '/topic/rooms/7' }, 'again');
        assert.equal((await clients[2].message()).body, 'again');
        await clients[1].done('SEND', { destination: '/topic/other' }, '');
        assert.deepEqual(clients[1].frames, []);
        await Promise.all(clients.map((c) => c.close()));
    });

    it('serves the application here, whose messages go over its own connection', async () => {
        const a = await StompClient.connected(one, { login: 'ann' });
        const b = await StompClient.connected(other, { login: 'bob' });
        await b.subscribe('n', '/topic/news');
        await a.done('SEND', { destination: '/app/say/news' }, 'from the application');
        assert.equal((await b.message()).body, 'from the application');
        await a.subscribe('u', '/topic/upper');
        await a.done('SEND', { destination: '/app/upper' }, 'loud');
        assert.equal((await a.message()).body, 'loud!');
        a.send('SUBSCRIBE', { id: 'st', destination: '/app/state' });
        assert.equal((await a.message()).body, 'state');
        await a.subscribe('w', '/user/queue/whispers', { ack: 'client' });
        await a.done('SEND', { destination: '/app/whisper/ann' }, 'psst');
        const whisper = await a.message();
        assert.equal(whisper.headers.destination, '/user/queue/whispers');
        await a.done('ACK', { id: whisper.headers.ack });
        await a.subscribe('sn', '/topic/snapshots');
        assert.equal((await a.message()).body, 'so far');
        await Promise.all([a.close(), b.close()]);
    });

    it('works off a queue by several, redelivers by NACK and what a lost client had', async () => {
        const [a, b] = [await StompClient.connected(one), await StompClient.connected(other)];
        const more = { ack: 'client-individual', 'prefetch-count': '1' };
        await a.subscribe('q', '/queue/jobs', more);
        await a.done('SEND', { destination: '/queue/jobs', persistent: 'true' }, 'first');
        const refused = await a.message();
        await a.done('NACK', { id: refused.headers.ack });
        const again = await a.message();
        assert.equal(again.body, 'first');
        assert.equal(again.headers.redelivered, 'true');
        await b.subscribe('q', '/queue/jobs', more);
        a.ws.ws.terminate();
        const taken = await b.message();
        assert.equal(taken.body, 'first');
        await b.done('ACK', { id: taken.headers.ack });

        await b.done('SEND', { destination: '/app/count/jobs/50' });
        assert.deepEqual(await work_off(b, 50), range(50));
        await b.done('DISCONNECT');
        assert.equal((await b.ws.end()).code, 1000);
    });

    it('keeps transactions until their COMMIT', async () => {
        const a = await StompClient.connected(one);
        await a.subscribe('t', '/topic/transactions');
        for (const id of ['kept', 'dropped']) a.send('BEGIN', { transaction: id });
        const send = (transaction, body) => a.send('SEND',
            { destination: '/topic/transactions', ...transaction && { transaction } }, body);
        send('dropped', 'never');
        send('kept', '2');
        send('kept', '3');
        a.send('SEND', { destination: '/app/say/transactions', transaction: 'kept' }, '4');
        send(undefined, '1');
        assert.equal((await a.message()).body, '1');
        await a.done('ABORT', { transaction: 'dropped' });
        await a.done('COMMIT', { transaction: 'kept' });
        // The application's goes over another connection: its place among them is open.
        const bodies = [];
        while (bodies.length < 3) bodies.push((await a.message()).body);
        assert.deepEqual(bodies.filter((body) => body !== '4'), ['2', '3']);
        a.send('COMMIT', { transaction: 'kept', receipt: 'no' });
        const { headers, end } = await a.error();
        assert.equal(headers['receipt-id'], 'no');
        assert.equal(end.code, 1002);
    });

    it('refuses by on_connect whom the broker need not know', async () => {
        const a = await StompClient.open(one);
        a.send('CONNECT', { 'accept-version': '1.2', login: 'ann', passcode: 'bad-passcode' });
        assert.equal((await a.error()).body, 'Bad login');
    });

    it('answers a request by a temporary queue of the asker', async () => {
        const [a, b] = [await StompClient.connected(one), await StompClient.connected(other)];
        await b.subscribe('q', '/queue/questions');
        await a.done('SEND', { destination: '/queue/questions', 'reply-to': '/temp-queue/x' }, '?');
        const { headers } = await b.message();
        assert.match(headers['reply-to'], /^\/reply-queue\//);
        await b.done('SEND', { destination: headers['reply-to'] }, '!');
        const answer = await a.message();
        assert.equal(answer.body, '!');
        assert.equal(answer.headers.subscription, '/temp-queue/x');
        await Promise.all([a.close(), b.close()]);
    });

    it('subscribes to wildcards where a rule names them, and nowhere else', async () => {
        const a = await StompClient.connected(one);
        await a.subscribe('all', '/topic/#');
        await a.done('SEND', { destination: '/topic/any.thing' }, 'x');
        assert.equal((await a.message()).headers.destination, '/topic/any.thing');
        await a.close();
        for (const destination of ['/topic/*', '/topic/rooms/*', '/exchange/amq.topic', '/topic/secret/x']) {
            const b = await StompClient.connected(one);
            b.send('SUBSCRIBE', { id: '1', destination, receipt: 'r' });
            const { headers, end } = await b.error();
            assert.equal(headers['receipt-id'], 'r', destination);
            assert.equal(end.code, 1008);
        }
    });

    it('lets no header of SUBSCRIBE name a queue that no rule has judged', async () => {
        const a = await StompClient.connected(one);
        await a.subscribe('mine', '/topic/x', { 'x-queue-name': 'hijacked', durable: 'true', 'auto-delete': 'false' });
        const b = await StompClient.connected(one);
        await b.subscribe('q', '/queue/hijacked');
        await a.done('SEND', { destination: '/topic/x' }, 'for a');
        assert.equal((await a.message()).body, 'for a');
        await b.done('SEND', { destination: '/topic/x' }, '');
        assert.deepEqual(b.frames, []);
        await Promise.all([a.close(), b.close()]);
    });

    it('says so where what the application sends has no room', async () => {
        const server = await start_relay(rabbit.url, { held: 20000 });
        const a = await StompClient.connected(server);
        await rabbit.suspend();
        a.send('SEND', { destination: '/app/count/full/1000', receipt: 'r' });
        const { body, headers } = await a.error();
        rabbit.resume();
        assert.match(body, /^no room after \d\d+$/);
        assert.equal(headers['receipt-id'], 'r');
        await server.stop();
        await healed();
    });

    it('leaves out what the broker refuses of the application\'s, and nothing else', async () => {
        const a = await StompClient.connected(one);
        for (const name of ['before', 'after']) await a.subscribe(name, `/queue/${name}`, { ack: 'auto' });
        // RabbitMQ does not say which it refuses, and closes: others may come twice.
        for (const name of ['before', 'amq.reserved', 'after']) {
            a.send('SEND', { destination: `/app/count/${name}/20` });
        }
        const missing = new Set(['before', 'after'].flatMap((name) => range(20).map((body) => `${name} ${body}`)));
        while (missing.size !== 0) {
            const { body, headers } = await a.message();
            missing.delete(`${headers.subscription} ${body}`);
        }
        await a.close();
        assert.deepEqual([...new Set(one.child.output.match(/left out: .*\)/g))],
            ['left out: access_refused (/queue/amq.reserved)']);
    });

    it('passes the broker\'s ERROR on, and ends the session', async () => {
        const a = await StompClient.connected(one);
        a.send('ACK', { id: 'T_none@@nothing@@1' });
        const { headers, body } = await a.error();
        assert.equal(headers.message, body);
        assert.match(body, /Subscription not found|Invalid|not found/);
    });

    it('beats both ways, and holds idle clients', async () => {
        const a = await StompClient.connected(one, { 'heart-beat': '1000,1000' });
        assert.equal(a.connected.headers['heart-beat'], '1000,1000');
        await a.subscribe('b', '/topic/beats');
        while (a.beats < 4) {  // RabbitMQ allows two intervals
            await a.read();
            a.ws.send('\n');
        }
        await a.done('SEND', { destination: '/topic/beats' }, 'alive');
        assert.equal((await a.message()).body, 'alive');
        await a.close();
    });

    it('carries big and binary messages', async () => {
        const a = await StompClient.connected(one);
        await a.subscribe('b', '/topic/big');
        const body = 'x'.repeat(900000);
        await a.done('SEND', { destination: '/topic/big' }, body);
        assert.equal((await a.message()).body, body);
        a.ws.send(Buffer.from('SEND\ndestination:/topic/big\ncontent-length:4\n\n\xff\0\x01\xfe\0', 'latin1'));
        const [bytes] = await a.ws.receive(1);
        assert.ok(Buffer.isBuffer(bytes));
        assert.equal(bytes.subarray(-5).toString('latin1'), '\xff\0\x01\xfe\0');
        await a.close();
    });

    it('does not read the broker for a browser that does not read', async () => {
        const [slow, quick] = [await StompClient.connected(one), await StompClient.connected(one)];
        await slow.subscribe('s', '/topic/flood');
        await quick.subscribe('q', '/topic/flood');
        slow.ws.ws.pause();
        const piece = 'y'.repeat(60000);
        const count = 400;
        for (let i = 0; i < count; ++i) {
            quick.send('SEND', { destination: '/topic/flood' }, `${i}:${piece}`);
            assert.equal(parseInt((await quick.message()).body, 10), i);
        }
        slow.ws.ws.resume();
        for (let i = 0; i < count; ++i) assert.equal(parseInt((await slow.message()).body, 10), i);
        await Promise.all([slow.close(), quick.close()]);
    });

    it('does not read a client whose broker does not read, and loses nothing', async () => {
        const [a, b] = [await StompClient.connected(one), await StompClient.connected(other)];
        await b.subscribe('q', '/queue/slow', { ack: 'client-individual' });
        await rabbit.suspend();
        const piece = 'z'.repeat(150000);
        const count = 400;
        for (let i = 0; i < count; ++i) a.send('SEND', { destination: '/queue/slow' }, `${i}:${piece}`);
        const before_receipt = a.done('SEND', { destination: '/queue/slow' }, `${count}:`);
        await within((async () => {
            // 60 MB do not fit in what lies between: our buffers, and the kernel's.
            let last = -1;
            while (a.ws.ws.bufferedAmount !== last || last === 0) {
                last = a.ws.ws.bufferedAmount;
                await new Promise((resolve) => { setTimeout(resolve, 300); });
            }
        })(), 'a client that waits');
        assert.ok(a.ws.ws.bufferedAmount > 0);
        rabbit.resume();
        await before_receipt;
        await healed();
        const bodies = await work_off(b, count + 1);
        assert.deepEqual(bodies.map((body) => parseInt(body, 10)), range(count + 1).map(Number));
        await Promise.all([a.close(), b.close()]);
    });

    it('serves 200 clients', async () => {
        const clients = await Promise.all(range(200).map(
            (i) => StompClient.connected(i % 2 ? one : other)));
        await Promise.all(clients.map((c) => c.subscribe('all', '/topic/crowd')));
        for (let i = 0; i < 5; ++i) clients[i].send('SEND', { destination: '/topic/crowd' }, String(i));
        for (const c of clients) {
            const bodies = [];
            for (let i = 0; i < 5; ++i) bodies.push((await c.message()).body);
            assert.deepEqual(bodies.sort(), range(5));
        }
        await Promise.all(clients.map((c) => c.close()));
    });

    it('refuses all where its own login is wrong, and does not say so to clients', async () => {
        const server = await start_relay(rabbit.url, { login: 'nobody' });
        const a = await StompClient.open(server);
        const answer = await a.connect({ login: 'ann', passcode: 'secret' });
        assert.equal(answer.command, 'ERROR');
        assert.equal(answer.body, 'Broker not available.');
        await a.ws.end();
        await server.stop();
        assert.match(server.child.output, /Access refused/);
        assert.doesNotMatch(server.child.output, /secret/);
    });

    it('speaks TLS with a broker whose certificate it believes, and with no other', async () => {
        const server = await start_relay(rabbit.tls_url, { ca: tls.cert });
        const a = await StompClient.connected(server);
        await a.subscribe('t', '/topic/tls');
        await a.done('SEND', { destination: '/app/say/tls' }, 'secure');
        assert.equal((await a.message()).body, 'secure');
        await a.close();
        await server.stop();
        const wary = await start_relay(rabbit.tls_url);
        const b = await StompClient.open(wary);
        assert.equal((await b.connect()).body, 'Broker not available.');
        await b.ws.end();
        await wary.stop();
        assert.match(wary.child.output, /certificate/);
    });

    // The last: it restarts the broker.
    it('says that the broker is lost, keeps what the application sends, and heals', async () => {
        // A RabbitMQ that is killed forgets queues that it has made in its last seconds, with what
        // they keep: this one is older.
        const early = await StompClient.connected(one);
        await early.subscribe('q', '/queue/kept');
        await rabbit.stop();
        assert.equal((await early.error()).body, 'Connection to broker closed.');
        await rabbit.start();
        await healed();
        const [a, b] = [await StompClient.connected(one), await StompClient.connected(other)];
        await a.subscribe('q', '/queue/kept', { ack: 'client-individual' });
        await a.done('SEND', { destination: '/queue/kept', persistent: 'true' }, 'receipted');
        assert.equal((await a.message()).body, 'receipted');
        await rabbit.suspend();
        await a.done('SEND', { destination: '/app/count/kept/20' });  // not confirmed
        await rabbit.kill();
        for (const c of [a, b]) {
            const { body, end } = await c.error();
            assert.equal(body, 'Connection to broker closed.');
            assert.ok(end.code !== 1006);
        }
        const refused = await StompClient.open(one);
        assert.equal((await refused.connect()).body, 'Broker not available.');
        await refused.ws.end();
        await rabbit.start();
        const again = await connected_again(one);
        await again.subscribe('q', '/queue/kept', { ack: 'client-individual' });
        const bodies = await work_off(again, 21).catch((error) => {
            throw new Error(`${error.message}; the server says:\n${one.child.output}\nthe broker:\n${rabbit.log()}`);
        });
        assert.deepEqual(bodies, ['receipted', ...range(20)]);
        assert.match(one.child.output, /the broker is lost/);
        await again.close();
        let numbers;
        await within((async () => {
            // The messages have been here before the broker's receipts.
            do numbers = await (await fetch(`${one.url}/metrics`)).text();
            while (!/^anywire_stomp_broker_held_bytes 0$/m.test(numbers));
        })(), 'the receipts of all');
        assert.match(numbers, /^anywire_stomp_broker_up 1$/m);
        assert.match(numbers, /^anywire_stomp_broker_losses_total 2$/m);
        assert.match(numbers, /^anywire_stomp_broker_left_out_total 20$/m);
    });
});

describe('a relay without a broker', () => {
    it('refuses clients, and lives', async () => {
        const server = await start_relay(`stomp://127.0.0.1:${await free_port()}`);
        for (let i = 0; i < 2; ++i) {
            const a = await StompClient.open(server);
            a.send('CONNECT', { 'accept-version': '1.2' });
            a.send('SEND', { destination: '/topic/x' }, 'dropped');
            const { body } = await a.error();
            assert.equal(body, 'Broker not available.');
        }
        await server.stop();
    });
});
