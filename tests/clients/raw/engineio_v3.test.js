'use strict';
// Engine.IO, revision 3, and JSONP: lengths before packets, binary payloads, heartbeats the other way round, scripts
// for browsers that know nothing better.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const vm = require('node:vm');
const zlib = require('node:zlib');
const {
    useServer, ask, EioSession, eioUrl, eioSocket, decodePackets, message, closesBare, socketEchoes, assertError, assertServesEio, FORM,
} = require('./lib.js');

const server = useServer();
const brisk = useServer({ args: ['--ping-interval', '300', '--ping-timeout', '200'] });
const small = useServer({ args: ['--profile', 'engine.io-client', '--ping-interval', '25000'] }); // 100 bytes at most

const OCTETS = 'application/octet-stream';
const V3 = { version: 3 };
const open = (options) => EioSession.open(server, { ...V3, ...options });

/// One packet of a binary payload. A string's length counts bytes; binary carries its own type byte.
function octetPacket(packet, { flag = typeof packet === 'string' ? 0 : 1, length } = {}) {
    const bytes = Buffer.from(packet);
    const digits = [...String(length ?? bytes.length)].map(Number);
    return Buffer.concat([Buffer.of(flag, ...digits, 255), bytes]);
}

const octets = (...packets) => Buffer.concat(packets.map((packet) => octetPacket(packet)));
const postOctets = (session, body) => session.post(body, { headers: { 'Content-Type': OCTETS } });

/// The session ends by this body, which is answered ok all the same.
async function endsBy(body, { headers = {}, query } = {}) {
    const session = await open({ query });
    const poll = await session.pending();
    const answer = await session.post(body, { headers });
    assert.equal(answer.status, 200, String(body));
    assert.equal(answer.body, 'ok');
    assert.deepEqual(await session.answerOf(poll), ['1'], JSON.stringify(body.toString('latin1')));
    await session.isGone();
}

// --- handshake and text payloads

test('the handshake has its length in front', async () => {
    const answer = await ask(server, 'GET', eioUrl(V3), { encoding: 'utf8' });
    const [, length, packet] = /^(\d+):(.*)$/.exec(answer.body);
    assert.equal(Number(length), packet.length);
    assert.match(packet,
        /^0\{"sid":"[^"]+","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\}$/);
    assert.match(answer.get('content-type').replaceAll(' ', ''), /^text\/plain;charset=UTF-8$/i);
    const socket = await eioSocket(server, V3);
    assert.deepEqual(Object.keys(socket.handshake), ['sid', 'upgrades', 'pingInterval', 'pingTimeout', 'maxPayload']);
    assert.deepEqual(socket.handshake.upgrades, []);
    socket.destroy();
});

test('lengths count UTF-16 units, with the type', async () => {
    const session = await open();
    assert.equal((await session.post('2:4€3:4😀6:4a:1:b1:4')).body, 'ok');
    assert.equal((await session.poll()).body, '2:4€3:4😀6:4a:1:b1:4');
});

test('an empty packet is skipped', async () => {
    const session = await open();
    assert.equal((await session.post('0:2:4a0:2:4b0:')).body, 'ok');
    assert.equal((await session.poll()).body, '2:4a2:4b');
});

test('binary travels in base64 with its type inside', async () => {
    const session = await open({ query: 'b64=1' });
    assert.equal((await session.post('10:b4AQID/w==')).body, 'ok');
    const answer = await session.poll();
    assert.equal(answer.body, '10:b4AQID/w==');
    assert.match(answer.get('content-type'), /^text\/plain/);
});

test('who sends no b64 gets binary as such, mixed with text', async () => {
    const session = await open();
    assert.equal((await session.post('10:b4AQID/w==6:4hello')).body, 'ok');
    const answer = await session.poll({ encoding: 'latin1' });
    assert.match(answer.get('content-type'), /^application\/octet-stream$/);
    assert.equal(Buffer.from(answer.body, 'latin1').toString('hex'), Buffer.concat([
        Buffer.of(1, 5, 0xff, 4, 1, 2, 3, 0xff), Buffer.of(0, 6, 0xff), Buffer.from('4hello')]).toString('hex'));
});

test('text alone stays text', async () => {
    const session = await open();
    assert.equal((await postOctets(session, octets('4hello'))).body, 'ok');
    const answer = await session.poll();
    assert.equal(answer.body, '6:4hello');
    assert.match(answer.get('content-type'), /^text\/plain/);
});

test('a client may POST binary payloads: strings in UTF-8, lengths in bytes', async () => {
    const session = await open();
    assert.equal((await postOctets(session, octets('4€', Buffer.of(4, 1, 2, 3, 255), '4😀x'))).body, 'ok');
    const answer = await session.poll({ encoding: 'latin1' });
    assert.equal(Buffer.from(answer.body, 'latin1').toString('hex'), octets('4€', Buffer.of(4, 1, 2, 3, 255), '4😀x').toString('hex'));
});

test('lengths of many digits are digits, one a byte', async () => {
    const session = await open();
    const data = Buffer.alloc(12_345, 7);
    data[0] = 4;
    assert.equal((await postOctets(session, octets(data))).body, 'ok');
    const answer = await session.poll({ encoding: 'latin1' });
    const bytes = Buffer.from(answer.body, 'latin1');
    assert.deepEqual(bytes.subarray(0, 7), Buffer.of(1, 1, 2, 3, 4, 5, 255));
    assert.ok(bytes.subarray(7).equals(data));
});

test('binary payloads are compressed as text is', async () => {
    const session = await open();
    const data = Buffer.concat([Buffer.of(4), Buffer.alloc(2000, 1)]);
    await postOctets(session, octets(data));
    const answer = await session.poll({ encoding: 'latin1', headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(answer.get('content-encoding'), 'gzip');
    assert.ok(zlib.gunzipSync(Buffer.from(answer.body, 'latin1')).equals(octets(data)));
});

test('a POST over the limit is a 413 and nothing to the session', async () => {
    const session = await EioSession.open(small, V3);
    await session.take(session.rest.length ? 0 : 1);
    const answer = await session.post(`101:4${'x'.repeat(100)}`);
    assert.equal(answer.status, 413);
    assert.equal(answer.body, '');
    const binary = await postOctets(session, octets(Buffer.alloc(100, 4)));
    assert.equal(binary.status, 413);
    await session.echoes();
});

// --- what is none

test('a text payload that is none ends the session', async () => {
    for (const body of ['', 'x', '4hello', ':4x', '3:4x', '2:4xx', '2:4x5', '-1:4x', 'x:4x', '1:x', '1:7', '1:9', '2:4x:',
        '99999999999999999999:4x', '2', `${'9'.repeat(400)}:4`]) {
        const answered = /^2:4x./.test(body); // the first packet is one
        if (answered) {
            const session = await open();
            const poll = await session.pending();
            assert.equal((await session.post(body)).body, 'ok', body);
            assert.match((await session.answerOf(poll))[0], /^(4x|1)$/, body);
            await session.isGone();
        } else {
            await endsBy(body);
        }
    }
});

test('lengths are decimal digits and nothing else', async () => {
    const ten = `4${'x'.repeat(9)}`;
    for (const body of [`1e1:${ten}`, ` 10:${ten}`, `10 :${ten}`, `\t10:${ten}`, `1_0:${ten}`, `0xa:${ten}`, `10.:${ten}`, `+10:${ten}`, `0b1010:${ten}`, '2.0:4x', '0x2:4x', '+2:4x']) {
        await endsBy(body);
    }
});

test('a binary payload that is none ends the session', async () => {
    const headers = { 'Content-Type': OCTETS };
    const bodies = {
        'a length without end': Buffer.of(0, ...Array(311).fill(9)),
        'a length of a thousand digits': Buffer.concat([Buffer.of(0), Buffer.alloc(1000, 1), Buffer.of(255), Buffer.from('4x')]),
        'a text packet of no type': octets('x'),
        'a text packet of type 7': octets('7'),
    };
    for (const [name, body] of Object.entries(bodies)) {
        await endsBy(body, { headers }).catch((error) => { throw new Error(`${name}: ${error.message}`); });
    }
});

test('a binary payload is read strictly: lengths within the data, flags 0 and 1, types that are', async () => {
    const headers = { 'Content-Type': OCTETS };
    const bodies = {
        'longer than the data': octetPacket('4hello', { length: 20 }),
        'binary longer than the data': octetPacket(Buffer.of(4, 1, 2), { length: 4 }),
        'flag 2': octetPacket(Buffer.of(4, 1, 2), { flag: 2 }),
        'flag 255': octetPacket(Buffer.of(4, 1, 2), { flag: 255 }),
        'binary of type 9': octetPacket(Buffer.of(9, 1, 2)),
        'binary of type "4"': octetPacket(Buffer.from('4x')),
        'a digit of 10': Buffer.of(1, 10, 255, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9),
        'a length without its end': Buffer.of(1, 5),
        'no length': Buffer.of(1),
    };
    for (const [name, body] of Object.entries(bodies)) {
        await endsBy(body, { headers }).catch((error) => { throw new Error(`${name}: ${error.message}`); });
    }
});

test('a close packet ends the session and the reading', async () => {
    const session = await open();
    const poll = await session.pending();
    assert.equal((await session.post('1:12:4xrubbish')).body, 'ok');
    assert.deepEqual(await session.answerOf(poll), ['6']);
    await session.isGone();
});

test('overlapping GETs release the first with 1:1', async () => {
    const session = await open();
    const polls = [await session.pending(), await session.pending()];
    const first = await polls[0].response();
    const second = await polls[1].response();
    assert.deepEqual([first.status, first.body], [200, '1:1']);
    assert.deepEqual([second.status, second.body], [400, '']);
    polls.forEach((poll) => poll.destroy());
    await session.isGone();
});

// --- heartbeats

test('the client pings, the server answers without repeating', async () => {
    const session = await open();
    await session.send('2');
    assert.deepEqual(await session.packets(), ['3']);
    await session.send('2probe');
    assert.deepEqual(await session.packets(), ['3']);
    const socket = await eioSocket(server, V3);
    for (const ping of ['2', '2probe', '2hello']) {
        socket.send(ping);
        assert.equal(await message(socket), '3', ping);
    }
    socket.destroy();
});

test('a pong from a client is the wrong way round', async () => {
    await endsBy('1:3');
    const socket = await eioSocket(server, V3);
    socket.send('3');
    await closesBare(socket);
});

test('a client that does not ping is dropped after interval and timeout', async () => {
    const start = Date.now();
    const socket = await eioSocket(brisk, V3);
    await closesBare(socket);
    assert.ok(Date.now() - start >= 450, `closed after ${Date.now() - start} ms`);
    const session = await EioSession.open(brisk, V3);
    assert.deepEqual(await session.packets(), ['1']);
    await session.isGone();
});

test('a client that pings is kept', async () => {
    const socket = await eioSocket(brisk, V3);
    const pings = setInterval(() => socket.send('2'), 50);
    const end = Date.now() + 1200;
    try {
        while (Date.now() < end) {
            assert.equal(await message(socket), '3');
        }
    } finally {
        clearInterval(pings);
    }
    assert.equal((await socket.closeFrame()).code, 1005, 'silence ends it');
    socket.destroy();
});

// --- WebSocket

test('a binary message begins with its type as a byte', async () => {
    const socket = await eioSocket(server, V3);
    socket.send(Buffer.of(4, 1, 2, 255));
    assert.deepEqual(await message(socket), Buffer.of(4, 1, 2, 255));
    socket.send('b4AQID/w==');
    assert.deepEqual(await message(socket), Buffer.of(4, 1, 2, 3, 255), 'base64 is taken, too');
    await socketEchoes(socket);
    socket.destroy();
});

test('with b64 binary is sent in base64', async () => {
    const socket = await eioSocket(server, { ...V3, query: 'b64=1' });
    socket.send(Buffer.of(4, 1, 2, 3, 255));
    assert.equal(await message(socket), 'b4AQID/w==');
    socket.destroy();
});

test('a packet that is none closes the WebSocket without a code', async () => {
    for (const wrong of ['x', '7', '']) {
        const socket = await eioSocket(server, V3);
        socket.send(wrong);
        await closesBare(socket);
    }
});

test('an upgrade is the same, the noop has its length', async () => {
    const session = await open();
    const poll = await session.pending();
    const socket = await session.probe();
    socket.send('2probe');
    assert.equal(await socket.text(), '3probe');
    const answer = await poll.response();
    assert.equal(answer.body, '1:6');
    poll.destroy();
    socket.send('5');
    await socketEchoes(socket);
    socket.send(Buffer.of(4, 9));
    assert.deepEqual(await message(socket), Buffer.of(4, 9));
    assertError(await session.poll(), 3);
    socket.destroy();
});

// --- JSONP

/// What the script of an answer hands to the function, run as a browser would.
function called(answer, index) {
    assert.equal(answer.status, 200, answer.body);
    let got;
    vm.runInNewContext(answer.body, { ___eio: { [index]: (text) => { got = text; } } });
    assert.equal(typeof got, 'string', answer.body);
    assert.ok(answer.body.startsWith(`___eio[${index}]("`) && answer.body.endsWith('");'), answer.body);
    assert.doesNotMatch(answer.body, /[\u2028\u2029]/, 'line ends to old engines');
    return got;
}

/// A session over JSONP; both revisions know it.
class JsonpSession {
    static async open(version = 3, j = '0') {
        const session = new JsonpSession();
        const answer = await ask(server, 'GET', eioUrl({ version, query: `j=${j}&b64=1` }), { encoding: 'utf8' });
        session.index = j.replace(/[^0-9]/g, '');
        session.version = version;
        session.answer = answer;
        const [packet] = decodePackets(called(answer, session.index), version);
        session.sid = JSON.parse(packet.slice(1)).sid;
        session.url = (query) => eioUrl({ version, sid: session.sid, query });
        return session;
    }

    async poll(j = this.index) {
        this.last = await ask(server, 'GET', this.url(`j=${j}&b64=1`), { encoding: 'utf8' });
        return decodePackets(called(this.last, this.index), this.version);
    }

    post(body) {
        return ask(server, 'POST', this.url('j=1'), { body, headers: { 'Content-Type': FORM } });
    }

    /// Sends text as it is, in the field of the form.
    async send(text) {
        const answer = await this.post(`d=${encodeURIComponent(text)}`);
        assert.equal(answer.status, 200);
        assert.equal(answer.body, 'ok');
    }
}

test('JSONP answers are scripts that call the function of the handshake', async () => {
    const session = await JsonpSession.open();
    for (const answer of [session.answer, (await session.send('2:4x'), await session.poll(), session.last)]) {
        assert.match(answer.get('content-type').replaceAll(' ', ''), /^text\/javascript;charset=UTF-8$/i);
        assert.equal(answer.get('x-content-type-options'), 'nosniff');
        assert.equal(answer.get('cache-control'), 'no-store');
    }
});

test('the index is digits, and stays that of the handshake', async () => {
    const session = await JsonpSession.open(3, 'alert(1)//2');
    assert.equal(session.index, '12');
    await session.send('2:4x');
    assert.deepEqual(await session.poll('99'), ['4x']);
    await JsonpSession.open(3, '7');
});

test('an index with script in it leaves none in the answer', async () => {
    for (const j of ['<script>1', '1;alert(1)', '1](1);x[0', '%0d%0a1', '\u20281'].map(encodeURIComponent)) {
        const answer = await ask(server, 'GET', eioUrl({ ...V3, query: `j=${j}` }), { encoding: 'utf8' });
        assert.match(answer.body, /^___eio\[\d+\]\("[^]*"\);$/);
        assert.doesNotMatch(answer.body, /script|alert/);
    }
});

test('JSONP text is escaped for scripts', async () => {
    const session = await JsonpSession.open();
    const text = '4a"\\\n\u2028\u2029€😀</script>';
    await session.send(`${text.length}:${text.replaceAll('\\', '\\\\')}`.replace('\\\\', '\\')); // a lone backslash stays
    const packets = await session.poll();
    assert.deepEqual(packets, [text]);
    assert.match(session.last.body, /\\u2028\\u2029/);
});

test('in a JSONP form a backslash and n are a newline, two backslashes and n a backslash and n', async () => {
    const session = await JsonpSession.open();
    await session.send('4:4a\\nb');
    assert.deepEqual(await session.poll(), ['4a\nb']);
    await session.send('5:4a\\\\nb');
    assert.deepEqual(await session.poll(), ['4a\\nb']);
    await session.send('4:4a\nb');
    assert.deepEqual(await session.poll(), ['4a\nb']);
});

test('a JSONP form is a form', async () => {
    const session = await JsonpSession.open();
    assert.equal((await session.post('d=4:4a+b')).body, 'ok');
    assert.deepEqual(await session.poll(), ['4a b']);
    assert.equal((await session.post('x=y&d=2%3A4%2B&z')).body, 'ok');
    assert.deepEqual(await session.poll(), ['4+']);
    assert.equal((await session.post('d=2:4%E2%82%AC')).body, 'ok');
    assert.deepEqual(await session.poll(), ['4€']);
});

test('a JSONP form without its field is nothing', async () => {
    const session = await JsonpSession.open();
    for (const body of ['', 'x=2:4x', 'D=2:4x', '2:4x']) {
        const answer = await session.post(body);
        assert.equal(answer.status, 200, body);
        assert.equal(answer.body, 'ok');
    }
    await session.send('2:4y');
    assert.deepEqual(await session.poll(), ['4y']);
});

test('JSONP binary is base64', async () => {
    const session = await JsonpSession.open();
    await session.send('10:b4AQID/w==');
    assert.deepEqual(await session.poll(), ['b4AQID/w==']);
});

test('JSONP works in revision 4, too', async () => {
    const session = await JsonpSession.open(4, '3');
    await session.send('4a\x1e4b');
    assert.deepEqual(await session.poll(), ['4a', '4b']);
    await session.send('bAQID/w==');
    assert.deepEqual(await session.poll(), ['bAQID/w==']);
});

test('a JSONP session upgrades like any other', async () => {
    const session = await JsonpSession.open();
    const upgraded = new EioSession(server, V3);
    upgraded.sid = session.sid;
    const socket = await upgraded.upgrade();
    await socketEchoes(socket);
    socket.destroy();
});

test('the server still serves', () => assertServesEio(server));
