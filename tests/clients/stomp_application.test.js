'use strict';

const assert = require('node:assert/strict');
const { RawStomp } = require('./lib/raw_stomp');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');

// Claims of what clients may do, of what they may name, and of the application's handlers.

let names = 0;
const fresh = (kind) => `/${kind}/a${++names}`;

function handler_tests(connected) {
    it('answers to the topic of the same name, and sends the receipt after that', async () => {
        const client = await connected();
        await client.subscribe('s', '/topic/value/x');
        const seen = await client.ask(
            'SEND', { destination: '/app/value/x', 'content-type': 'text/plain' }, 'hello', { others: true });
        assert.deepEqual(seen.map(({ body }) => body), ['x: hello']);
        await client.leave();
    });

    it('takes and gives JSON', async () => {
        const client = await connected();
        await client.subscribe('s', '/topic/sum');
        for (const type of [{}, { 'content-type': 'application/json' },
            { 'content-type': 'application/json;charset=UTF-8' }]) {
            client.send('/app/sum', '[1,2,3]', type);
            const { headers } = await client.expect('MESSAGE', {}, '[6]');
            assert.match(headers['content-type'], /^application\/json/);
        }
        await client.leave();
    });

    it('tells of what a handler throws, and of what does not fit it, and goes on', async () => {
        const client = await connected();
        await client.subscribe('s', '/user/queue/errors');
        const wrong = [['/app/throw', '', /^it is said so$/], ['/app/sum', '[1,', /./],
            ['/app/sum', '{"a":1}', /./], ['/app/slow/soon', 'x', /integer/], ['/app/nobody', '', /./],
            ['/app/fail/10', '', /^it is said late$/]];
        for (const [destination, body, text] of wrong) {
            client.send(destination, body);
            assert.match((await client.expect('MESSAGE')).body, text);
        }
        assert.deepEqual(await client.seen(), []);
        await client.leave();
    });

    it('has each of them be an ERROR where a receipt was asked for', async () => {
        for (const [destination, code] of [['/app/throw', 1011], ['/app/sum', 1011],
            ['/app/nobody', 1008], ['/app/refuse', 1008], ['/app/fail/10', 1011]]) {
            const client = await connected();
            client.send(destination, '{', { receipt: 'r' });
            const { headers, body } = await client.fails({ code, receipt: 'r' });
            assert.doesNotMatch(headers.message + body, /said/);
        }
    });

    it('ends the session where a handler refuses, with or without a receipt', async () => {
        const client = await connected();
        client.send('/app/refuse');
        await client.fails({ code: 1008, message: /^refused by the handler$/ });
    });

    it('keeps the order of receipts over a slow handler, and has DISCONNECT wait for it', async () => {
        const client = await connected();
        await client.subscribe('s', '/topic/slow/200');
        client.send('/app/slow/200', 'slow', { receipt: '1', 'content-type': 'text/plain' });
        client.send('/topic/x', '', { receipt: '2' });
        client.frame('DISCONNECT', { receipt: '3' });
        await client.expect('MESSAGE', {}, 'slow');
        for (const id of ['1', '2', '3']) await client.expect('RECEIPT', { 'receipt-id': id });
        assert.equal((await client.ended()).code, 1000);
    });

    it('comes to the end of DISCONNECT behind a handler that fails late', async () => {
        const client = await connected();
        client.send('/app/fail/100');
        client.frame('DISCONNECT', { receipt: 'bye' });
        await client.expect('RECEIPT', { 'receipt-id': 'bye' });
        assert.equal((await client.ended()).code, 1000);
    });

    it('answers SUBSCRIBE under the application once', async () => {
        const client = await connected();
        const seen = await client.ask('SUBSCRIBE', { id: 's', destination: '/app/state' }, '', { others: true });
        assert.deepEqual(seen.map(({ body, headers }) => [body, headers.subscription, headers.destination]),
            [['[1,2,3]', 's', '/app/state']]);
        // Nothing is kept: the id is free.
        await client.ask('SUBSCRIBE', { id: 's', destination: '/app/state/x' }, '', { others: true });
        await client.leave();
    });
}

function user_tests(connected) {
    const as = (login) => connected({ login, passcode: 'x' });

    it('reaches all sessions of a user, and no other', async () => {
        const [ann, bob] = [`ann${++names}`, `bob${names}`];
        const all = [await as(ann), await as(ann), await as(bob), await as(bob)];
        for (const client of all) await client.subscribe('s', '/user/queue/x');
        await all[2].ask('SEND', { destination: `/user/${ann}/queue/x` }, 'to ann', { others: true });
        for (const client of all.slice(0, 2)) {
            const [{ headers, body }] = await client.seen();
            assert.equal(body, 'to ann');
            assert.equal(headers.destination, '/user/queue/x');
        }
        for (const client of all.slice(2)) assert.deepEqual(await client.seen(), []);
        // To herself: both of hers.
        await all[0].ask('SEND', { destination: `/user/${ann}/queue/x` }, 'me', { others: true });
        assert.deepEqual(await all[1].bodies(), ['me']);
        for (const client of all) await client.leave();
    });

    it('reaches one session by the handler that answers it', async () => {
        const user = `ann${++names}`;
        const all = [await as(user), await as(user)];
        for (const client of all) await client.subscribe('s', '/user/queue/echo');
        all[0].send('/app/echo', 'just me');
        await all[0].expect('MESSAGE', { subscription: 's', destination: '/user/queue/echo' }, 'just me');
        assert.deepEqual(await all[1].seen(), []);
        for (const client of all) await client.leave();
    });

    it('has user destinations for a session without a user', async () => {
        const all = [await as('anonymous'), await as('anonymous')];
        for (const client of all) {
            assert.equal(client.connected.headers['user-name'], undefined);
            await client.subscribe('s', '/user/queue/echo');
        }
        all[0].send('/app/echo', 'mine');
        await all[0].expect('MESSAGE', {}, 'mine');
        assert.deepEqual(await all[1].seen(), []);
        for (const client of all) await client.leave();
    });

    it('knows a name with a slash, and says it in CONNECTED as it is', async () => {
        const user = `an/n ${++names}`;
        const client = await as(user);
        assert.equal(client.connected.headers['user-name'], user);
        await client.subscribe('s', '/user/queue/x');
        client.send(`/user/an%2Fn ${names}/queue/x`, 'hello');
        await client.expect('MESSAGE', {}, 'hello');
        await client.leave();
    });

    it("lets nobody name what is another's", async () => {
        const user = `ann${++names}`;
        const ann = await as(user);
        const { session } = ann.connected.headers;
        await ann.subscribe('s', '/user/queue/x');
        const spy = await as('spy');
        for (const [id, destination] of [`/queue/x-user${session}`, `/user/${user}/queue/x`,
            `/user/${session}/queue/x`, `/topic/x-user${session}`, '/topic/**', '/topic/*'].entries()) {
            await spy.subscribe(id, destination);
        }
        await spy.ask('SEND', { destination: `/user/${user}/queue/x` }, 'secret', { others: true });
        await ann.expect('MESSAGE', {}, 'secret');
        assert.deepEqual(await spy.seen(), []);
        await spy.leave();
        await ann.leave();
    });
}

function right_tests(connected, strict) {
    for (const destination of ['/queue/**', '/queue/*', '/user/*', '/user/**', '/user/..', '/user/queue/../x', '/topic/../x', '/topic//x',
        '/topic/x/', '/topic', '/topicx/y', '/appx/y', '/userx/y', 'topic/x', '', '/', '/other/x', '/topic/a\\nb',
        '/app/state/..', '/app//state', '/app', `/topic/${'x'.repeat(300)}`, `/topic${'/x'.repeat(20)}`]) {
        it(`refuses SUBSCRIBE to ${JSON.stringify(destination.slice(0, 40))}`, async () => {
            const client = await connected();
            client.frame('SUBSCRIBE', { id: 's', destination, receipt: 'r' });
            await client.fails({ code: 1008, receipt: 'r' });
        });
    }

    for (const destination of ['/user/ann', '/user//queue/x', '/user/ann/../x', '/topicx/y', '/topic', '/other',
        '', '/topic/../x', '/topic/a\\nb', `/topic/${'x'.repeat(300)}`]) {
        it(`refuses SEND to ${JSON.stringify(destination.slice(0, 40))}`, async () => {
            const client = await connected();
            client.send(destination, '', { receipt: 'r' });
            await client.fails({ code: 1008, receipt: 'r' });
        });
    }

    it('judges and uses the first of two destinations', async () => {
        const topic = fresh('topic');
        const [reader, writer] = [await connected(), await connected()];
        await reader.subscribe('s', topic);
        writer.frame('SEND', [['destination', topic], ['destination', '/other/x']], 'a');
        assert.deepEqual(await writer.seen(), []);
        writer.frame('SEND', [['destination', '/other/x'], ['destination', topic], ['receipt', 'r']], 'b');
        await writer.fails({ code: 1008, receipt: 'r' });
        assert.deepEqual(await reader.bodies(), ['a']);
        await reader.leave();
    });

    it('takes a pattern in SEND for a name', async () => {
        const [reader, writer] = [await connected(), await connected()];
        const topic = fresh('topic');
        await reader.subscribe('s', `${topic}/a`);
        await writer.ask('SEND', { destination: `${topic}/*` }, 'no');
        assert.deepEqual(await reader.seen(), []);
        await reader.leave();
        await writer.leave();
    });

    it("passes on headers of the client's own, and none that are the server's", async () => {
        const topic = fresh('topic');
        const client = await connected();
        await client.subscribe('s', topic);
        await client.ask('BEGIN', { transaction: 't' });
        client.frame('SEND', {
            destination: topic, 'message-id': 'mine', subscription: 'theirs', ack: 'mine', redelivered: 'true',
            simpOrigDestination: '/topic/forged', 'simpAnything': 'x', 'user-name': 'root', receipt: 'r',
            'receipt-id': 'x', transaction: 't', 'heart-beat': '1,1', own: 'kept', priority: '9',
        }, 'x');
        client.frame('COMMIT', { transaction: 't' });
        const message = await client.next();
        await client.expect('RECEIPT', { 'receipt-id': 'r' });
        const { 'message-id': id, ...headers } = message.headers;
        assert.notEqual(id, 'mine');
        assert.deepEqual(headers, { subscription: 's', destination: topic, own: 'kept', priority: '9' });
        await client.leave();
    });

    it('ignores a selector', async () => {
        const topic = fresh('topic');
        const client = await connected();
        await client.subscribe('s', topic, { selector: "T(java.lang.Runtime).getRuntime().exec('x')" });
        client.send(topic, 'x');
        await client.expect('MESSAGE', {}, 'x');
        await client.leave();
    });

    it('refuses by default what clients send to the broker, and patterns', async () => {
        for (const destination of ['/topic/x', '/queue/x', '/user/guest/queue/x']) {
            const client = await strict();
            client.send(destination, 'forged', { receipt: 'r' });
            await client.fails({ code: 1008, receipt: 'r' });
        }
        for (const destination of ['/topic/*', '/topic/**', '/topic/a?c', '/topic/{x}']) {
            const client = await strict();
            client.frame('SUBSCRIBE', { id: 's', destination, receipt: 'r' });
            await client.fails({ code: 1008, receipt: 'r' });
        }
        const client = await strict();
        await client.subscribe('s', '/topic/value/x');
        client.send('/app/value/x', 'heard', { 'content-type': 'text/plain' });
        await client.expect('MESSAGE', {}, 'x: heard');
        await client.leave();
    });
}

for (const carrier of ['websocket', 'xhr-polling']) {
    describe(`STOMP's application over ${carrier}`, () => {
        let server;
        let strict;
        before(async () => {
            server = await start_server('--profile', 'stomp');
            strict = await start_server('--profile', 'stomp', '--stomp-strict');
        });
        after(async () => {
            await strict?.stop();
            await server?.stop();
        });
        const connected = (headers) => RawStomp.connected(server, carrier, headers);

        describe('handlers', () => handler_tests(connected));
        describe('user destinations', () => user_tests(connected));
        describe('rights', () => right_tests(connected, () => RawStomp.connected(strict, carrier)));
    });
}

describe('a body that is not UTF-8', () => {
    let server;
    before(async () => { server = await start_server('--profile', 'stomp'); });
    after(() => server?.stop());

    it('goes as bytes over a WebSocket, and is told of where there is only text', async () => {
        const [reader, texts, writer] = [await RawStomp.connected(server),
            await RawStomp.connected(server, 'xhr-polling'), await RawStomp.connected(server)];
        await reader.subscribe('s', '/topic/bytes');
        await texts.subscribe('s', '/topic/bytes');
        await texts.subscribe('e', '/user/queue/errors');
        const body = Buffer.from([0, 0xff, 0xc0, 0x80, 0]);
        writer.below.send(Buffer.concat([
            Buffer.from('SEND\ndestination:/topic/bytes\ncontent-length:5\n\n'), body, Buffer.from('\0')]));
        const message = await reader.next();
        assert.ok(message.binary && message.bytes.equals(body));
        const { headers, body: text } = await texts.expect('MESSAGE');
        assert.equal(headers.subscription, 'e');
        assert.match(text, /UTF-8/);
        // The next message comes as ever; text that is sent as bytes is text.
        writer.below.send(Buffer.from('SEND\ndestination:/topic/bytes\n\nна\0'));
        for (const client of [reader, texts]) {
            const next = await client.expect('MESSAGE', { subscription: 's' }, 'на');
            assert.equal(next.binary, false);
        }
        for (const client of [reader, texts, writer]) await client.leave();
    });
});
