'use strict';
// Socket.IO: every row of the packet grammar, the life of a client in its namespaces, acknowledgements, binary, and the
// clients of 1.x and 2.x on Engine.IO revision 3.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const {
    useServer, EioSession, SioClient, parsePacket, assertServesSio, within, PLACEHOLDER, closesBare,
} = require('./lib.js');

const server = useServer();
const timed = useServer({ args: ['--profile', 'protocol', '--ping-timeout', '20000'] }); // a second to join
const client = useServer({ args: ['--profile', 'socket.io-client', '--ping-interval', '25000'] });

const open = (options) => SioClient.open(server, options);
const DATA = Buffer.of(1, 2, 3);
const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;

/// Each of these - a text, or several messages - closes a client that has joined `/`, and nothing comes before.
const closes = (name, inputs, { joined = true } = {}) => test(name, async () => {
    for (const input of inputs) {
        const one = joined ? await open() : await SioClient.connect(server);
        const messages = [input].flat();
        one.send(...messages);
        await one.closes(5000).catch((error) => { throw new Error(`${JSON.stringify(messages)}: ${error.message}`); });
    }
});

/// Each of these is taken, and the client goes on.
const lives = (name, inputs) => test(name, async () => {
    const one = await open();
    for (const input of inputs) {
        one.send(...[input].flat());
        await one.echoes().catch((error) => { throw new Error(`${JSON.stringify(input)}: ${error.message}`); });
    }
    one.destroy();
});

/// `message` with this JSON behind its name comes back as `message-back` with the very same.
async function comesBack(one, json, attachments = [], backs = attachments) {
    const count = attachments.length ? `5${attachments.length}-` : '2';
    one.send(`4${count}["message"${json && `,${json}`}]`, ...attachments);
    const packet = await one.event('message-back');
    assert.deepEqual(packet.args, JSON.parse(`[${json}]`));
    assert.deepEqual(packet.attachments, backs);
    return packet;
}

// --- 6.1 the grammar

closes('a type is a digit from 0 to 6', ['47', '48', '49', '4a', '4-', '4/', '4[', '4{', '4"', '4€', '4\0', '4+', '4.', '4x["message"]']);
closes('a space is no type', ['4 ', '4 {}', '4 2["message"]', '4\t', '4\n'], { joined: false });
closes('a message without data is no packet', ['4'], { joined: false });

closes('binary packets announce from 1 to 10 attachments', ['45["message"]', '45-["message"]', '451["message"]', '45x-["message"]',
    '45-1-["message"]', '4511-["message"]', '45100-["message"]', '451.5-["message"]', '45', '455', '45-', '46-7[]', '46x-7[]', '4611-7[]', '467[]',
    '45999999999999999999-["message"]', '45Infinity-["message"]', '45NaN-["message"]', '45null-["message"]'].map((text) => [text, DATA]));
closes('zero attachments are no number of attachments', [['450-["message"]', DATA, DATA, DATA], ['460-7[]', DATA], ['4500-["message"]', DATA]]);
closes('the number of attachments is written in digits', ['1.0', '1e0', ' 1', '1 ', '+1', '0x1', '0b1', '\t1', '1.']
    .map((count) => [`45${count}-["message",${PLACEHOLDER}]`, DATA]));

test('ten attachments are taken', async () => {
    const one = await open();
    const attachments = Array.from({ length: 10 }, (_, i) => Buffer.of(i, 255 - i));
    await comesBack(one, attachments.map((_, i) => placeholder(i)).join(), attachments);
    one.destroy();
});

test('a namespace ends at a comma or the end', async () => {
    const one = await SioClient.connect(server);
    for (const text of ['40/custom', '40/unknown', '40/unknown2,', '40/a/b']) {
        one.send(text);
        const nsp = text.slice(2).replace(',', '');
        const packet = await one.packet();
        if (nsp === '/custom') {
            assert.deepEqual([packet.type, packet.nsp], [0, nsp]);
            assert.equal((await one.packet()).data[0], 'auth');
        } else {
            assert.equal(packet.text, `44${nsp},{"message":"Invalid namespace"}`);
        }
    }
    one.destroy();
});

test('a query is part of the name', async () => {
    const one = await SioClient.connect(server);
    one.send('40/custom?token=abc,');
    assert.equal((await one.packet()).text, '44/custom?token=abc,{"message":"Invalid namespace"}');
    one.send('40/?token=abc,{"a":1}');
    assert.equal((await one.packet()).text, '44/?token=abc,{"message":"Invalid namespace"}');
    await one.join('/');
    one.destroy();
});

test('names of namespaces are taken as they are', async () => {
    const one = await SioClient.connect(server);
    for (const nsp of ['/Custom', '/custom/', '/custom#x', '//', '/__proto__', '/constructor', '/toString', '/€😀', '/"', '/a b', '/%2f', '/*', '/\\']) {
        one.send(`40${nsp},`);
        assert.equal((await one.packet()).text, `44${nsp},{"message":"Invalid namespace"}`);
    }
    await one.join('/');
    one.destroy();
});

test('an ack id is what comes back', async () => {
    const one = await open();
    for (const [sent, back] of [['0', '0'], ['7', '7'], ['007', '7'], ['123456', '123456'], ['9007199254740991', '9007199254740991']]) {
        one.send(`42${sent}["echo",${sent.length}]`);
        assert.deepEqual((await one.ack(back)).data, [sent.length]);
    }
    one.destroy();
});

test('ack ids are whole numbers of 64 bits', async () => {
    const one = await open();
    for (const id of ['9007199254740993', '18446744073709551615']) {
        one.send(`42${id}["echo",1]`);
        assert.deepEqual((await one.ack(id)).data, [1]);
    }
    one.destroy();
});

closes('an ack id that does not fit is none', ['18446744073709551616', '99999999999999999999', '9'.repeat(1000)].map((id) => `42${id}["echo",1]`));

closes('broken JSON', ['42{', '42["message"', "42['message']", '42["message",]', '42["message"]x', '42["message",undefined]', '42["message",NaN]',
    '42["message",01]', '42["message",+1]', '42["message",.5]', '42["message"] x', '42[,"message"]', '42["message",{"a"}]', '42["message",{a:1}]',
    '42["message","\\x"]', '42["message","\\u12"]', '42["message","\x01"]', '42["message"]["message"]', '42]', '42x', '42/custom,["message"', '437[', '43[',
    `451-["message",${PLACEHOLDER}`, '42["message",/*c*/1]', '42["message",tru]', '42["message",1e]', '42["message",-]']);
closes('a byte order mark is no part of JSON', ['42\ufeff["message"]', '427\ufeff["message"]']);
closes('an event is an array', ['42{}', '42{"a":1}', '42"message"', '42null', '42true', '42{"0":"message"}', '427{}', '451-{}', '451-"message"']);
closes('the name of an event is a text or a number', ['42[]', '42[null]', '42[true]', '42[false]', '42[{}]', '42[[]]', '42[["message"]]', '427[]', '451-[]',
    '42[{"toString":"x"}]', '42{"toString":"foo"}', '451-[null]']);
closes('an acknowledgement is an array', ['437{}', '437"x"', '437null', '437true', '461-7{}']);
closes('a DISCONNECT carries nothing', ['41{}', '41[]', '41"x"', '41null']);
closes('what a client sends to join is an object', ['40[]', '40"x"', '40null', '40true', '40{', '40/custom,[]', '40/custom,"x"', '40/custom,null',
    '40/unknown,[]', '40custom'], { joined: false });
closes('an event without JSON is none', ['42', '427', ['451-', DATA]]);
lives('a name may be empty or a number', ['42[""]', '42[1]', '42[1.5]', '42[-1]', '42[0,"message"]']);
closes('reserved names', ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']
    .flatMap((name) => [`42["${name}"]`, `427["${name}",1]`, [`451-["${name}",${PLACEHOLDER}]`, DATA]]));
closes('reserved names in escapes', ['42["\\u0063onnect"]', '42["disconnec\\u0074"]']);
lives('error, connection and the like are events', ['42["error"]', '42["error",{"message":"x"}]', '42["connection"]', '42["Connect"]', '42["connect "]',
    '42["toString"]', '42["__proto__"]', '42["constructor",1]', '42["hasOwnProperty"]', '42["new_namespace"]', '42["ping"]', '42["close"]', '42["data"]']);

closes('text while attachments are owed', [
    [`451-["message",${PLACEHOLDER}]`, '42["message"]'], [`451-["message",${PLACEHOLDER}]`, `451-["message",${PLACEHOLDER}]`],
    [`452-["message",${PLACEHOLDER},${placeholder(1)}]`, DATA, '41'], [`451-["message",${PLACEHOLDER}]`, '40/custom,'], [`451-["message",${PLACEHOLDER}]`, '437[]']]);
closes('binary while none is owed', [[DATA], ['bAQID'], [Buffer.alloc(0)]]);
closes('binary before anything', [[DATA]], { joined: false });

test('more attachments than announced close, after the event', async () => {
    const one = await open();
    one.send(`451-["message",${PLACEHOLDER}]`, DATA);
    assert.deepEqual((await one.event('message-back')).attachments, [DATA]);
    one.send(DATA);
    await one.closes();
});

closes('a placeholder names an attachment', ['"splice"', '-1', '1', '99', 'null', 'true', '"0"', '[0]', '{}', '1e99', '"__proto__"', '"length"']
    .map((num) => [`451-["message",${placeholder(num)}]`, DATA]));
closes('a placeholder names an attachment, deep inside too', [[`451-["message",{"a":[{"b":${placeholder(1)}}]}]`, DATA],
    ['451-["message",{"_placeholder":true}]', DATA]]);
closes('half an attachment is none', [[`451-["message",${placeholder(0.5)}]`, DATA]]);

test('an attachment may be named twice, or never', async () => {
    const one = await open();
    one.send('451-["message","x"]', DATA);
    assert.equal((await one.event('message-back')).args[0], 'x');
    one.send(`451-["message",${PLACEHOLDER},${PLACEHOLDER}]`, DATA);
    const packet = await one.event('message-back');
    assert.deepEqual(packet.attachments, [DATA, DATA]);
    assert.deepEqual(packet.args, [{ _placeholder: true, num: 0 }, { _placeholder: true, num: 1 }]);
    one.destroy();
});

// Each time may become a copy: a few bytes of text do not multiply megabytes.
closes('an attachment of 100 KB has no ten copies', [
    [`451-["message"${`,${PLACEHOLDER}`.repeat(10)}]`, Buffer.alloc(100_000)],
    [`451-["message"${`,${PLACEHOLDER}`.repeat(11)}]`, DATA]]);

test('what looks like a placeholder in a packet without attachments is an object', async () => {
    const one = await open();
    const packet = await comesBack(one, `${PLACEHOLDER},{"a":${placeholder('"x"')}}`);
    assert.equal(packet.type, 2);
    await comesBack(one, '{"_placeholder":false,"num":0},{"num":0}');
    one.destroy();
});

closes('the name of an event is no attachment', [[`451-[${PLACEHOLDER}]`, DATA], [`451-[${PLACEHOLDER},"message"]`, DATA]]);

test('attachments are numbered depth first and follow in that order', async () => {
    const one = await open();
    const three = [Buffer.of(1), Buffer.alloc(0), Buffer.alloc(70_000, 3)];
    await comesBack(one, `{"a":${placeholder(0)},"b":[[${placeholder(1)}]]},${placeholder(2)}`, three);
    one.send(`452-["message",${placeholder(1)},${placeholder(0)}]`, three[0], three[2]);
    const packet = await one.event('message-back');
    assert.deepEqual(packet.args.map(({ num }) => num), [0, 1]);
    assert.deepEqual(packet.attachments, [three[2], three[0]]);
    one.destroy();
});

test('attachments of many senders do not mix', async () => {
    const ones = await Promise.all(Array.from({ length: 4 }, () => open()));
    for (let i = 0; i < 25; ++i) {
        ones.forEach((one, at) => one.send(`452-["bcast",${placeholder(0)},${placeholder(1)}]`, Buffer.of(at, 0), Buffer.of(at, 1)));
    }
    for (const one of ones) {
        for (let i = 0; i < 100; ++i) {
            const { attachments: [first, second] } = await one.event('message'); // which checks that nothing comes between
            assert.deepEqual([first[0], first[1], second[1]], [second[0], 0, 1]);
        }
        one.destroy();
    }
});

test('arguments come back as they were', async () => {
    const one = await open();
    for (const json of ['1,"2",{"3":[true]}', 'null', 'null,null', '', '[]', '{}', '""', '"€😀"', '"\\ud83d\\ude00"', '"\\u0000\\u001f\\u007f"', '"\\u2028</script>"',
        '0', '-0.5', '1.5', '123456789012', '-9007199254740991', 'true,false', '[[[[1]]]]', '{"a":{"b":{"c":null}}}', '{"__proto__":{"x":1}}', '{"":0}',
        '"\\"\\\\\\/\\b\\f\\n\\r\\t"', `"${'x'.repeat(100_000)}"`, ` [ 1 , 2 ] , { "a" : 1 } `]) {
        await comesBack(one, json);
    }
    one.destroy();
});

test('half an emoji is nothing that breaks', async () => {
    const one = await open();
    for (const text of ['\\ud800', '\\udc00', 'a\\ud83d', '\\ude00\\ud83d']) {
        one.send(`42["message","${text}"]`);
        await one.event('message-back'); // which checks that it is UTF-8
        await one.echoes();
    }
    one.destroy();
});

test('all of it works by polling', async () => {
    const session = await EioSession.open(server, { mount: '/socket.io/' });
    await session.send('40{"token":"x"}');
    const [connect, auth] = await session.take(2);
    assert.equal(parsePacket(connect).type, 0);
    assert.deepEqual(parsePacket(auth).data.slice(0, 2), ['auth', { token: 'x' }]);
    await session.send(`451-7["echo",${PLACEHOLDER}]`, 'bAQID', '428["echo","y"]');
    assert.deepEqual(await session.take(3), [`461-7[${PLACEHOLDER}]`, 'bAQID', '438["y"]']);
});

test('a packet and its attachment may come by different transports', async () => {
    const session = await EioSession.open(server, { mount: '/socket.io/' });
    await session.send('40');
    await session.take(2);
    await session.send(`451-7["echo",${PLACEHOLDER}]`);
    const one = new SioClient(await session.upgrade());
    one.send(DATA);
    assert.deepEqual((await one.ack(7)).attachments, [DATA]);
    one.destroy();
});

// --- 6.2 the life of a client

test('joining is answered by an id of its own, then comes the greeting', async () => {
    const one = await SioClient.connect(server);
    const packet = await one.join('/');
    assert.match(packet.text, /^40\{"sid":"[^"]+"(,"pid":"[^"]+")?\}$/);
    assert.notEqual(one.sid, one.eioSid);
    assert.deepEqual((await one.event('auth')).args, [{}]);
    one.destroy();
});

test('what a client sends to join is its auth', async () => {
    for (const [nsp, auth, expected] of [['/', undefined, {}], ['/', {}, {}], ['/', { token: '123' }, { token: '123' }],
        ['/custom', undefined, {}], ['/custom', { a: [1, { b: null }] }, { a: [1, { b: null }] }]]) {
        const one = await open({ nsp, auth });
        assert.deepEqual(one.greeting.args, [expected]);
        one.destroy();
    }
});

test('an unknown namespace is refused, the connection goes on', async () => {
    const one = await SioClient.connect(server);
    one.send('40/random');
    assert.equal((await one.packet()).text, '44/random,{"message":"Invalid namespace"}');
    await one.join('/');
    await one.event('auth');
    one.send('40/random,{"a":1}');
    assert.equal((await one.packet()).text, '44/random,{"message":"Invalid namespace"}');
    await one.echoes();
    one.destroy();
});

test('what the application refuses is told why, and may try again', async () => {
    const one = await SioClient.connect(client);
    for (let i = 0; i < 2; ++i) {
        one.send('40/no,');
        assert.equal((await one.packet()).text, '44/no,{"message":"Auth failed (custom namespace)"}');
    }
    await one.join('/');
    one.destroy();
    const failing = await SioClient.connect(client, { query: 'fail=true' });
    failing.send('40');
    assert.equal((await failing.packet()).text, '44{"message":"Auth failed (main namespace)"}');
    failing.send('40/foo,');
    assert.equal((await failing.packet()).nsp, '/foo');
    failing.destroy();
});

closes('joining twice', ['40', '40{}']);

test('joining another namespace twice closes', async () => {
    const one = await open({ nsp: '/custom' });
    one.send('40/custom,');
    await one.closes();
});

closes('anything but joining before one has joined', ['42["message"]', '41', '437[]', `451-["message",${PLACEHOLDER}]`, '44{"message":"x"}', '44"x"', '41/custom,'].map((text) =>
    (text.startsWith('45') ? [text, DATA] : text)), { joined: false });
closes('anything but joining in a namespace that one has not joined', ['42/custom,["message"]', '41/custom,', '41/unknown', '43/custom,7[]', '42/unknown,["message"]']);
closes('a CONNECT_ERROR from a client', ['44{"message":"x"}', '44"x"', '44', '44/custom,{"message":"x"}']);

test('anything but joining behind a goodbye closes', async () => {
    for (const text of ['42["message"]', '437[]', '41']) {
        const one = await open();
        await one.leave();
        one.send(text);
        await one.closes();
    }
});

test('an event straight behind the joining is taken, or closes', async () => {
    const one = await SioClient.connect(server);
    one.send('40', '427["echo","early"]');
    let seen = '';
    for (let got = await one.socket.read(); ; got = await one.socket.read()) {
        if (got.opcode === 8) {
            assert.equal(got.payload.length, 0);
            break;
        }
        seen = got.payload.toString();
        if (seen === '437["early"]') {
            await one.echoes();
            break;
        }
    }
    one.destroy();
});

test('joining twice at once closes', async () => {
    for (const nsp of ['', '/custom,']) {
        const one = await SioClient.connect(server);
        one.send(`40${nsp}`, `40${nsp}`);
        assert.equal((await one.socket.closeFrame()).code, 1005);
        one.destroy();
    }
});

test('several namespaces may be joined at once', async () => {
    const one = await SioClient.connect(server);
    one.send('40', '40/custom,{"a":1}', '40/unknown,');
    const packets = [];
    for (let i = 0; i < 5; ++i) {
        packets.push(await one.packet());
    }
    const seen = packets.map(({ type, nsp }) => `${type}${nsp}`).sort();
    assert.deepEqual(seen, ['0/', '0/custom', '2/', '2/custom', '4/unknown']);
    const ids = packets.filter(({ type }) => type === 0).map(({ data }) => data.sid);
    assert.notEqual(ids[0], ids[1]);
    await one.echoes();
    one.destroy();
});

test('a goodbye is not answered, the connection goes on, one may join again', async () => {
    const one = await open();
    const first = one.sid;
    await one.leave();
    await one.join('/');
    assert.notEqual(one.sid, first);
    await one.event('auth');
    await one.echoes();
    for (const goodbye of ['41/custom,', '41/custom']) {
        one.send('40/custom,');
        assert.equal((await one.packet()).nsp, '/custom');
        assert.equal((await one.packet()).nsp, '/custom');
        one.send(goodbye);
        await one.echoes();
    }
    one.destroy();
});

test('who has left a namespace gets nothing of it', async () => {
    const one = await open();
    const other = await open();
    await one.send('40/custom,');
    await one.packet();
    await one.packet();
    await one.leave();
    other.emit('bcast', 'x');
    await other.event('message');
    one.send('40/unknown,');
    assert.equal((await one.packet()).nsp, '/unknown');
    one.destroy();
    other.destroy();
});

test('put out of one namespace, a client is told, and may stay and come back', async () => {
    const one = await open();
    one.send('40/custom,');
    assert.equal((await one.packet()).nsp, '/custom');
    assert.equal((await one.event('auth', '/custom')).nsp, '/custom');
    one.send('42/custom,["kick",false]');
    assert.equal(await one.message(), '41/custom,');
    await one.echoes();
    one.send('40/custom,');
    assert.equal((await one.packet()).nsp, '/custom');
    await one.event('auth', '/custom');
    one.emit('kick', false);
    assert.equal(await one.message(), '41');
    const first = one.sid;
    await one.join('/');
    assert.notEqual(one.sid, first);
    await one.event('auth');
    await one.echoes();
    one.destroy();
});

test('what a client sends to a namespace that it was put out of closes', async () => {
    const one = await open();
    one.send('42["kick",false]', '42["echo","too late"]');
    assert.equal(await one.message(), '41');
    await one.closes();
});

test('put out of all namespaces, a client is told of each, then the connection ends', async () => {
    for (const version of [3, 4]) {
        for (const kick of ['42["kick",true]', '42/custom,["kick",true]']) {
            const one = await SioClient.open(server, { version });
            one.send('40/custom,');
            assert.equal((await one.packet()).nsp, '/custom');
            await one.event('auth', '/custom');
            one.send(kick, '42["echo","too late"]');
            assert.deepEqual([await one.message(), await one.message()].sort(), ['41', '41/custom,']);
            await one.closes();
        }
    }
});

test('put out of all namespaces by polling, a client is told the end of the session, too', async () => {
    const session = await EioSession.open(server, { mount: '/socket.io/' });
    await session.send('40');
    const packets = [];
    while (packets.length < 2) {
        packets.push(...await session.packets());
    }
    await session.send('42["kick",true]');
    const last = [];
    while (last.at(-1) !== '1') {
        last.push(...await session.packets());
    }
    assert.deepEqual(last.filter((one) => one !== '6'), ['41', '1']);
});

test('a client has a second to join', async () => {
    const start = Date.now();
    const one = await SioClient.connect(timed);
    for (let got = await one.socket.read(); got.opcode !== 8; got = await one.socket.read()) {
        one.send('3');
    }
    assert.ok(Date.now() - start >= 900, `closed after ${Date.now() - start} ms`);
    one.destroy();
});

test('being refused is no joining', async () => {
    const one = await SioClient.connect(timed);
    one.send('40/unknown,');
    assert.equal((await one.packet()).type, 4);
    assert.equal((await one.socket.closeFrame()).code, 1005);
    one.destroy();
});

test('having joined once is enough', async () => {
    const one = await SioClient.open(timed);
    one.send('41');
    for (let i = 0; i < 6; ++i) { // six pings: almost two seconds
        assert.equal(await within(one.socket.text(), 'a ping'), '2');
        one.send('3');
    }
    await one.join('/');
    await one.event('auth');
    await one.echoes();
    one.destroy();
});

test('what a handshake was is told', async () => {
    const one = await SioClient.connect(client, { query: 'a=b&c=%20d' });
    await one.join('/abc', { token: 'x' });
    const { args: [handshake] } = await one.event('handshake', '/abc');
    assert.deepEqual(Object.keys(handshake).sort(), ['address', 'auth', 'headers', 'issued', 'query', 'secure', 'time', 'url', 'xdomain']);
    assert.deepEqual(handshake.auth, { token: 'x' });
    assert.equal(handshake.query.a, 'b');
    assert.equal(handshake.query.c, ' d');
    assert.equal(handshake.query.EIO, '4');
    assert.equal(handshake.query.transport, 'websocket');
    assert.match(handshake.url, /^\/socket\.io\/\?EIO=4&transport=websocket&a=b/);
    assert.deepEqual([handshake.secure, handshake.xdomain], [false, false]);
    assert.match(handshake.headers.host, /^127\.0\.0\.1:/);
    assert.match(handshake.address, /127\.0\.0\.1$/);
    assert.ok(Math.abs(handshake.issued - Date.now()) < 60_000);
    assert.equal(typeof handshake.time, 'string');
    one.destroy();
});

// --- 6.4 acknowledgements, rooms

test('an event with an id is acknowledged, with what binary there is', async () => {
    const one = await open();
    one.send('421["message-with-ack",1,"2",{"3":[false]}]');
    assert.equal((await one.packet()).text, '431[1,"2",{"3":[false]}]');
    one.send('422["message-with-ack"]');
    assert.equal((await one.packet()).text, '432[]');
    one.send(`452-3["message-with-ack",${placeholder(0)},${placeholder(1)}]`, DATA, Buffer.of(4));
    const packet = await one.packet();
    assert.equal(packet.text, `462-3[${placeholder(0)},${placeholder(1)}]`);
    assert.deepEqual(packet.attachments, [DATA, Buffer.of(4)]);
    one.destroy();
});

test('the server asks for acknowledgements, and takes one', async () => {
    const one = await SioClient.connect(client);
    await one.join('/');
    for (const answer of [(id) => [`43${id}[5,{"test":true}]`], (id) => [`43${id}[5,{"test":true}]`, `43${id}[5,{"test":true}]`]]) {
        one.emit('ack');
        const packet = await one.packet();
        assert.deepEqual([packet.type, packet.data], [2, ['ack']], 'no offset on what asks for an acknowledgement');
        assert.notEqual(packet.id, undefined);
        one.send(...answer(packet.id));
        await one.event('got it');
    }
    one.send('427["getId"]');
    assert.deepEqual((await one.ack(7)).data, [one.sid], 'the second answer was nothing');
    one.destroy();
});

lives('an acknowledgement that nobody waits for is nothing', ['430[]', '4399999[1]', '4318446744073709551615[]', '431', '43[]',
    [`461-5[${PLACEHOLDER}]`, DATA]]);

test('an acknowledgement may be empty', async () => {
    const one = await SioClient.connect(client);
    await one.join('/');
    one.emit('ack');
    const { id } = await one.packet();
    one.send(`43${id}`); // not what it waits for, but an answer
    one.send(`43${id}[5,{"test":true}]`); // too late
    one.send('427["getId"]');
    assert.equal((await one.packet()).type, 3);
    one.destroy();
});

test('rooms: who is in gets it, who sends does not', async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    for (const each of [one, two]) {
        each.send('421["join","den"]');
        await each.ack(1);
    }
    one.emit('room', 'den', 'x', 1);
    assert.deepEqual((await two.event('room')).args, ['x', 1]);
    three.emit('room', 'den', 'from outside');
    assert.deepEqual((await one.event('room')).args, ['from outside']);
    assert.deepEqual((await two.event('room')).args, ['from outside']);
    two.send('422["leave","den"]');
    await two.ack(2);
    three.emit('room', 'den', 'again');
    assert.deepEqual((await one.event('room')).args, ['again']);
    three.emit('bcast', 'to all');
    for (const each of [one, two, three]) {
        assert.deepEqual((await each.event('message')).args, ['to all']);
        each.destroy();
    }
});

test('every socket is in a room of its own', async () => {
    const [one, two] = [await open(), await open()];
    one.emit('room', two.sid, 'psst');
    assert.deepEqual((await two.event('room')).args, ['psst']);
    two.emit('room', two.sid, 'to nobody');
    await two.echoes();
    one.destroy();
    two.destroy();
});

// --- 7 clients on Engine.IO revision 3

const old = (options) => SioClient.open(server, { version: 3, ...options });

/// The arguments of an event to an old client. With recovery on, the reference sends them an offset, too.
async function oldEvent(one, name, nsp) {
    const packet = await one.event(name, nsp);
    if (/^[0-9A-Za-z_.-]{7,12}$/.test(packet.args.at(-1))) {
        packet.args.pop();
    }
    return packet;
}

test('an old client is in the main namespace by itself', async () => {
    const one = await SioClient.connect(server, { version: 3 });
    assert.equal((await one.packet()).text, '40');
    const { args } = await oldEvent(one, 'auth');
    assert.deepEqual(args, [{}]);
    await one.echoes();
    one.destroy();
});

test('an old client that joins the main namespace is closed', async () => {
    const one = await old();
    one.send('40');
    await one.closes();
});

test('an old client joins others by name and query, the answer has neither query nor payload', async () => {
    const one = await old();
    for (const [text, auth] of [['40/custom?token=abc&x=%20y,', { token: 'abc', x: ' y' }], ['40/custom', {}], ['40/custom,', {}], ['40/custom?a', { a: '' }]]) {
        one.send(text);
        assert.equal((await one.packet()).text, '40/custom,');
        assert.deepEqual((await oldEvent(one, 'auth', '/custom')).args, [auth], text);
        one.send('41/custom,');
        await one.echoes();
    }
    one.destroy();
});

test('the query of an old client may come again, and is nothing', async () => {
    const one = await SioClient.connect(client, { version: 3 });
    assert.equal((await one.packet()).text, '40');
    one.send('40/foo?a=b,');
    assert.equal((await one.packet()).text, '40/foo,');
    one.send('42/foo?a=b,7["getId"]');
    assert.equal((await one.packet()).text, `43/foo,7["/foo#${one.eioSid}"]`);
    one.send('428["getId"]');
    assert.equal((await one.packet()).text, `438["${one.eioSid}"]`, 'the id of / is that of the connection');
    one.destroy();
});

test('an old client is refused by an ERROR', async () => {
    const one = await SioClient.connect(client, { version: 3 });
    assert.equal((await one.packet()).text, '40');
    one.send('40/no');
    assert.equal((await one.packet()).text, '44/no,"Auth failed (custom namespace)"');
    const failing = await SioClient.connect(client, { version: 3, query: 'fail=1' });
    assert.equal((await failing.packet()).text, '44"Auth failed (main namespace)"');
    one.destroy();
    failing.destroy();
});

test('an unknown namespace is an ERROR with a text to an old client', async () => {
    const one = await old();
    one.send('40/unknown');
    assert.equal((await one.packet()).text, '44/unknown,"Invalid namespace"');
    await one.echoes();
    one.destroy();
});

test('binary of an old client has its type byte', async () => {
    const one = await old();
    one.send(`451-7["echo",${PLACEHOLDER}]`, DATA);
    const packet = await one.packet(); // which checks the byte
    assert.equal(packet.text, `461-7[${PLACEHOLDER}]`);
    assert.deepEqual(packet.attachments, [DATA]);
    one.destroy();
});

test('an old client on polling', async () => {
    const session = await EioSession.open(server, { mount: '/socket.io/', version: 3, query: 'b64=1' });
    const packets = [...session.rest, ...await session.take(2 - session.rest.length)];
    assert.equal(packets[0], '40');
    assert.match(packets[1], /^42\["auth",\{\}/);
    await session.send(`451-7["echo",${PLACEHOLDER}]`, 'b4AQID');
    assert.deepEqual(await session.take(2), [`461-7[${PLACEHOLDER}]`, 'b4AQID']);
    await session.send('2');
    assert.deepEqual(await session.packets(), ['3']);
});

test('old and new clients hear each other', async () => {
    const [one, two] = [await open(), await old()];
    one.send(`451-["bcast",${PLACEHOLDER}]`, DATA);
    assert.deepEqual((await one.event('message')).attachments, [DATA]);
    assert.deepEqual((await two.event('message')).attachments, [DATA]);
    two.emit('bcast', 'x');
    assert.equal((await one.event('message')).args[0], 'x');
    assert.equal((await two.event('message')).args[0], 'x');
    one.destroy();
    two.destroy();
});

test('what closes a new client closes an old one', async () => {
    for (const text of ['47', '42[]', '42{}', '450-["x"]', '42["connect"]', '42/custom,["x"]', '44"x"']) {
        const one = await old();
        one.send(text);
        await closesBare(one.socket);
    }
});

test('the server still serves', async () => {
    for (const one of [server, timed]) {
        await assertServesSio(one);
    }
});
