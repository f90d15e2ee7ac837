'use strict';
// Connection state recovery: who was cut off comes back as the same socket, in the same rooms, and is told first what
// it has missed. Whoever cannot prove what it claims is a new client, without further ado.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, ask, EioSession, SioClient, eioUrl, eventually, assertServesSio, PLACEHOLDER,
} = require('./lib.js');

const server = useServer();
const brisk = useServer({ args: ['--ping-interval', '300', '--ping-timeout', '200'] });

const open = (options) => SioClient.open(server, options);
const DATA = Buffer.of(1, 2, 3);

/// Waits until the server knows that the connection is over.
async function gone(client, on = server) {
    await eventually(async () => (await ask(on, 'GET', eioUrl({ mount: '/socket.io/', sid: client.eioSid }))).body.includes('"code":1'),
        'the connection is kept');
}

/// Cuts a client off; what proves who it was.
async function cut(client, how = 'destroy') {
    client.connection[how]();
    await gone(client);
    client.destroy();
    return { pid: client.pid, offset: client.offset };
}

/// A new connection with this auth: `missed` are the packets before the answer, `recovered` whether it is the old one.
async function back(auth, was, { nsp = '/', on = server } = {}) {
    const client = await SioClient.connect(on);
    client.send(`40${nsp === '/' ? '' : `${nsp},`}${JSON.stringify(auth)}`);
    client.missed = [];
    let packet;
    for (packet = await client.packet(); packet.type !== 0; packet = await client.packet()) {
        client.missed.push(packet);
    }
    ({ sid: client.sid, pid: client.pid } = packet.data);
    assert.equal(typeof client.pid, 'string');
    client.recovered = client.sid === was.sid;
    assert.equal(client.pid === was.pid, client.recovered, 'both are as before, or neither');
    await client.event('auth', nsp);
    return client;
}

/// The names and arguments of what was missed, and the last offset.
const missed = (client) => client.missed.map(({ data }) => data.slice(0, -1));

async function assertNew(auth, was, options) {
    const client = await back(auth, was, options);
    assert.equal(client.recovered, false, `recovered by ${JSON.stringify(auth)}`);
    assert.deepEqual(client.missed, []);
    client.destroy();
}

// --- what recovery adds to packets

test('the answer to joining carries a secret, its own for each socket', async () => {
    const one = await SioClient.connect(server);
    const packet = await one.join('/');
    assert.match(packet.text, /^40\{"sid":"[^"]{16,}","pid":"[^"]{16,}"\}$/);
    assert.notEqual(one.pid, one.sid);
    await one.event('auth');
    const first = one.pid;
    one.send('40/custom,');
    const custom = await one.packet();
    assert.notEqual(custom.data.pid, first);
    one.destroy();
});

test('every event ends in its offset, direct or to all, and none is like another', async () => {
    const one = await open();
    const offsets = [one.greeting.offset];
    for (let i = 0; i < 20; ++i) {
        one.emit('message', i);
        one.emit('bcast', i);
        offsets.push((await one.event('message-back')).offset, (await one.event('message')).offset);
    }
    assert.equal(new Set(offsets).size, offsets.length);
    one.destroy();
});

test('with binary the offset is the last argument in the JSON', async () => {
    const one = await open();
    one.send(`451-["message","x",${PLACEHOLDER}]`, DATA);
    const packet = await one.packet();
    assert.match(packet.text, /^451-\["message-back","x",\{"_placeholder":true,"num":0\},"[^"]+"\]$/);
    assert.deepEqual(packet.attachments, [DATA]);
    one.destroy();
});

test('acknowledgements have no offset', async () => {
    const one = await open();
    one.send('427["echo",1]');
    assert.equal((await one.packet()).text, '437[1]');
    one.destroy();
});

// --- coming back

for (const how of ['destroy', 'reset', 'finishSending']) {
    test(`who is cut off by ${how} comes back and is told what it has missed, first and in order`, async () => {
        const other = await open();
        const one = await open();
        one.emit('message', 'before');
        await one.event('message-back');
        const was = { sid: one.sid, pid: one.pid };
        const auth = await cut(one, how);
        for (const i of [1, 2, 3]) {
            other.emit('bcast', 'missed', i);
            await other.event('message');
        }
        const again = await back(auth, was);
        assert.equal(again.recovered, true);
        assert.deepEqual(missed(again), [['message', 'missed', 1], ['message', 'missed', 2], ['message', 'missed', 3]]);
        await again.echoes();
        again.emit('bcast', 'live');
        assert.deepEqual((await again.event('message')).args, ['live']);
        other.destroy();
        again.destroy();
    });
}

test('who has missed nothing is told nothing', async () => {
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    const again = await back(await cut(one), was);
    assert.equal(again.recovered, true);
    assert.deepEqual(again.missed, []);
    again.destroy();
});

test('what was sent to it alone and did not arrive is told as well', async () => {
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    const auth = { pid: one.pid, offset: one.offset };
    one.emit('message', 'unheard');
    one.connection.finishSending();
    await gone(one);
    one.destroy();
    const again = await back(auth, was);
    assert.equal(again.recovered, true);
    assert.deepEqual(missed(again), [['message-back', 'unheard']]);
    again.destroy();
});

test('binary is missed and told with its attachments', async () => {
    const other = await open();
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    const auth = await cut(one);
    other.send(`451-["bcast",${PLACEHOLDER},"x"]`, DATA);
    await other.event('message');
    const again = await back(auth, was);
    assert.equal(again.recovered, true);
    assert.deepEqual(missed(again), [['message', { _placeholder: true, num: 0 }, 'x']]);
    assert.deepEqual(again.missed[0].attachments, [DATA]);
    other.destroy();
    again.destroy();
});

test('rooms are as they were, and what was said in them meanwhile is told', async () => {
    const other = await open();
    const one = await open();
    one.send('421["join","den"]');
    await one.ack(1);
    const was = { sid: one.sid, pid: one.pid };
    const auth = await cut(one);
    other.emit('room', 'den', 'missed');
    other.emit('room', 'elsewhere', 'not for it');
    other.emit('room', was.sid, 'for it alone');
    await other.echoes();
    const again = await back(auth, was);
    assert.equal(again.recovered, true);
    assert.deepEqual(missed(again), [['room', 'missed'], ['room', 'for it alone']]);
    other.emit('room', 'den', 'live');
    assert.deepEqual((await again.event('room')).args, ['live']);
    other.destroy();
    again.destroy();
});

test('what one has said to others is not told to oneself', async () => {
    const other = await open();
    const one = await open();
    for (const each of [one, other]) {
        each.send('421["join","hall"]');
        await each.ack(1);
    }
    const was = { sid: one.sid, pid: one.pid };
    one.emit('room', 'hall', 'mine');
    await other.event('room');
    const auth = await cut(one);
    const again = await back(auth, was);
    assert.equal(again.recovered, true);
    assert.deepEqual(again.missed, []);
    other.destroy();
    again.destroy();
});

test('another namespace is recovered by itself', async () => {
    const one = await open({ nsp: '/custom' });
    const was = { sid: one.sid, pid: one.pid };
    const auth = await cut(one);
    await assertNew(auth, was); // what belongs to one namespace proves nothing in another
    const again = await back(auth, was, { nsp: '/custom' });
    assert.equal(again.recovered, true);
    again.destroy();
});

test('one comes back again and again, each time with what came last', async () => {
    const other = await open();
    let one = await open();
    const was = { sid: one.sid, pid: one.pid };
    for (let i = 0; i < 3; ++i) {
        const auth = await cut(one);
        other.emit('bcast', i);
        await other.event('message');
        one = await back(auth, was);
        assert.equal(one.recovered, true);
        assert.deepEqual(missed(one), [['message', i]]);
        one.emit('message', 'live');
        await one.event('message-back');
    }
    one.destroy();
    other.destroy();
});

test('one may come back by polling', async () => {
    const other = await open();
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    const auth = await cut(one);
    other.emit('bcast', 'missed');
    await other.event('message');
    const session = await EioSession.open(server, { mount: '/socket.io/' });
    await session.send(`40${JSON.stringify(auth)}`);
    const packets = await session.take(2);
    assert.match(packets[0], /^42\["message","missed","[^"]+"\]$/);
    assert.deepEqual(JSON.parse(packets[1].slice(2)), was);
    other.destroy();
});

test('a polling session that is cut off is recovered, too', async () => {
    const session = await EioSession.open(server, { mount: '/socket.io/' });
    await session.send('40');
    const [connect, auth] = await session.take(2);
    const was = JSON.parse(connect.slice(2));
    const offset = JSON.parse(auth.slice(2)).at(-1);
    await session.send('1');
    await session.isGone();
    const again = await back({ pid: was.pid, offset }, was);
    assert.equal(again.recovered, true);
    again.destroy();
});

test('a client that did not answer pings may come back', async () => {
    const one = await SioClient.open(brisk);
    const was = { sid: one.sid, pid: one.pid };
    assert.equal((await one.socket.closeFrame()).code, 1005);
    one.destroy();
    await gone(one, brisk);
    const again = await back({ pid: was.pid, offset: one.offset }, was, { on: brisk });
    assert.equal(again.recovered, true);
    again.destroy();
});

test('a client that was closed for what it sent may come back', async () => {
    for (const text of ['4rubbish', '42/nowhere,["x"]']) {
        const one = await open();
        const was = { sid: one.sid, pid: one.pid };
        one.send(text);
        await one.closes();
        const again = await back({ pid: was.pid, offset: one.offset }, was);
        assert.equal(again.recovered, true, text);
        again.destroy();
    }
});

test('a client that has received nothing yet comes back by its secret alone', async () => {
    const other = await open();
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    await cut(one);
    other.emit('bcast', 'missed');
    await other.event('message');
    const again = await back({ pid: was.pid }, was);
    assert.equal(again.recovered, true);
    assert.ok(missed(again).some(([name, arg]) => name === 'message' && arg === 'missed'), 'all it has missed is told');
    other.destroy();
    again.destroy();
});

test('its own auth goes with it', async () => {
    const one = await open({ auth: { token: 'x' } });
    assert.deepEqual(one.greeting.args, [{ token: 'x' }]);
    const was = { sid: one.sid, pid: one.pid };
    const again = await back({ ...await cut(one), token: 'y' }, was);
    assert.equal(again.recovered, true);
    again.destroy();
});

// --- being new

test('who names nothing that is known is new', async () => {
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    const { pid, offset } = await cut(one);
    for (const auth of [{ pid: 'unknown', offset }, { pid: `${pid}x`, offset }, { pid: pid.slice(0, -1), offset }, { pid: was.sid, offset }, { pid: '', offset },
        { offset }, { pid: '__proto__', offset }, { pid: 'constructor', offset }, { pid: 'a'.repeat(100_000), offset: 'b'.repeat(100_000) }]) {
        await assertNew(auth, was);
    }
});

test('an auth beyond its bound is refused, and the connection goes on', async () => {
    const client = await SioClient.connect(server);
    client.send(`40${JSON.stringify({ pid: 'a'.repeat(150_000), offset: 'b'.repeat(150_000) })}`);
    const packet = await client.packet();
    assert.equal(packet.type, 4);
    assert.deepEqual(packet.data, { message: 'The auth is too big' });
    client.send('40');
    assert.equal((await client.packet()).type, 0);
    client.destroy();
});

test('an offset that nobody has sent recovers nothing', async () => {
    for (const offset of ['unknown', '0', '$', '-', '~', '__proto__', 'zzzzzzz', 'zzzzzzz.1', '9'.repeat(1000)]) {
        const one = await open();
        const was = { sid: one.sid, pid: one.pid };
        await cut(one);
        await assertNew({ pid: was.pid, offset }, was);
    }
});

test('secret and offset are texts', async () => {
    for (const change of [(auth) => ({ ...auth, pid: [auth.pid] }), (auth) => ({ ...auth, pid: 1 }), (auth) => ({ ...auth, pid: null }), (auth) => ({ ...auth, pid: {} }),
        (auth) => ({ ...auth, offset: [auth.offset] }), (auth) => ({ ...auth, offset: 1 }), (auth) => ({ ...auth, offset: {} })]) {
        const one = await open();
        const was = { sid: one.sid, pid: one.pid };
        await assertNew(change(await cut(one)), was);
    }
});

test('who has said goodbye is new', async () => {
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    await one.leave();
    const auth = await cut(one);
    await assertNew(auth, was);
});

test('a session is recovered for the one who asks last', async () => {
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    const auth = await cut(one);
    const again = await back(auth, was);
    assert.equal(again.recovered, true);
    const last = await back(auth, was);
    assert.equal(last.recovered, true);
    await gone(again);
    again.destroy();
    await last.echoes();
    last.destroy();
});

test('of two who come back at once one keeps the session', async () => {
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    const auth = await cut(one);
    const both = await Promise.all([back(auth, was), back(auth, was)]);
    // The first may have lost it again, or the second may have come between.
    assert.ok(both.some(({ recovered }) => recovered));
    await Promise.any(both.map((each) => each.echoes()));
    both.forEach((each) => each.destroy());
});

test('a recovered session that says goodbye is over', async () => {
    const one = await open();
    const was = { sid: one.sid, pid: one.pid };
    const auth = await cut(one);
    const again = await back(auth, was);
    assert.equal(again.recovered, true);
    await again.leave();
    await cut(again);
    await assertNew(auth, was);
});

test('a client that comes back while its old connection seems alive is recovered, and that one ended', async () => {
    const one = await open();
    const again = await back({ pid: one.pid, offset: one.offset }, one);
    assert.equal(again.recovered, true);
    await gone(one);
    await again.echoes();
    one.destroy();
    again.destroy();
});

test('the server still serves', () => assertServesSio(server));
