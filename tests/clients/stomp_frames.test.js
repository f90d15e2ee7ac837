'use strict';

const assert = require('node:assert/strict');
const { upgrade } = require('./lib/http_client');
const { RawStomp, frame_text } = require('./lib/raw_stomp');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { WsClient } = require('./lib/ws_client');

// Claims of the wire: frames, versions, escapes, how they are cut; each over both carriers.

const login = { login: 'guest', passcode: 'guest' };
const connect_text = frame_text('CONNECT', { 'accept-version': '1.2', ...login });
// Those with a version of their own in ERROR or CONNECTED, as a client of 1.2 that knows nothing.
const every = '1.0,1.1,1.2';

function connect_tests(open, connected) {
    for (const [offer, version] of [[every, '1.2'], ['1.2,1.1,1.0', '1.2'], ['1.1', '1.1'],
        ['1.0', '1.0'], [undefined, '1.0'], [' 1.1 , 1.2 ', '1.2'], ['1.1, 1.2', '1.2'],
        ['1.0,9.9', '1.0']]) {
        it(`agrees on ${version} of ${offer === undefined ? 'nothing' : `"${offer}"`}`, async () => {
            const client = await open();
            const { headers, body } = await client.connect(
                offer === undefined ? {} : { 'accept-version': offer });
            assert.equal(headers.version, version);
            assert.equal(headers['heart-beat'], '0,0');
            assert.match(headers.session, /^[A-Za-z0-9._/-]+$/);
            assert.equal(headers['user-name'], 'guest');
            assert.match(headers.server, /^anywire/);
            assert.equal(body, '');
            await client.leave();
        });
    }

    it('takes STOMP for CONNECT, behind line feeds and NULs, in CR LF', async () => {
        for (const text of [connect_text.replace('CONNECT', 'STOMP'), `\n\n\0\0\n${connect_text}`,
            `\r\n\r\n${connect_text}`, connect_text.replaceAll('\n', '\r\n'),
            frame_text('CONNECT', { 'accept-version': '1.2', ...login, 'content-length': 0 })]) {
            const client = await open();
            client.write(text);
            await client.expect('CONNECTED', { version: '1.2' });
            await client.leave();
        }
    });

    it('reads CONNECT without escapes', async () => {
        const client = await open();
        client.write(frame_text('CONNECT', { 'accept-version': '1.2', login: 'a\\nb\\tc:d\\' }));
        const { headers } = await client.expect('CONNECTED');
        assert.equal(headers['user-name'], 'a\\nb\\tc:d\\');
        await client.leave();
    });

    it('says which versions it has where none is common', async () => {
        for (const offer of ['2.0', '', '12', '1.20,1', 'a,b']) {
            const client = await open();
            client.frame('CONNECT', { 'accept-version': offer, ...login });
            const frame = await client.fails();
            assert.equal(frame.headers.version, every);
        }
    });

    it('refuses whatever comes before CONNECT, and all behind it', async () => {
        const other = await connected();
        await other.subscribe('s', '/topic/before');
        const send = frame_text('SEND', { destination: '/topic/before' }, 'no');
        for (const early of [send, frame_text('SUBSCRIBE', { id: 0, destination: '/topic/before' }),
            frame_text('FOO'), frame_text('DISCONNECT', { receipt: 'd' }), frame_text('connect', login),
            frame_text('BEGIN', { transaction: 't' }), frame_text('ACK', { id: '1-1' })]) {
            const client = await open();
            client.write(early + connect_text + send);
            await client.fails(early.includes('receipt') ? { receipt: 'd' } : {});
        }
        assert.deepEqual(await other.bodies(), []);
        await other.leave();
    });

    it('refuses a wrong login, and runs nothing of what comes with it', async () => {
        const other = await connected();
        await other.subscribe('s', '/topic/refused');
        const client = await open();
        const send = frame_text('SEND', { destination: '/topic/refused' }, 'no');
        client.write(frame_text('CONNECT', { 'accept-version': '1.2', login: 'guest', passcode: 'x' }) +
            send + connect_text + send);
        await client.fails({ code: 1008, message: /^Bad login$/ });
        assert.deepEqual(await other.bodies(), []);
        await other.leave();
    });

    it('refuses a second CONNECT', async () => {
        for (const again of [connect_text, connect_text.replace('CONNECT', 'STOMP')]) {
            const client = await connected();
            client.write(again);
            await client.fails();
        }
    });

    it('ignores host, and demands none', async () => {
        const client = await open();
        await client.connect({ 'accept-version': '1.2', host: 'elsewhere' });
        await client.leave();
    });
}

function cut_tests(open, connected) {
    const text = frame_text('SEND', { destination: '/topic/cut', key: 'a\\cb\\n' }, 'на 🚀\n');

    async function heard(pieces, count = 1) {
        const client = await connected();
        await client.subscribe('s', '/topic/cut');
        client.write(...pieces);
        for (let i = 0; i < count; ++i) {
            const { headers } = await client.expect('MESSAGE', { key: 'a:b\n' }, 'на 🚀\n');
            assert.equal(headers.subscription, 's');
        }
        assert.deepEqual(await client.bodies(), []);
        await client.leave();
    }

    it('joins a frame of one character a message', () => heard([...text]));

    it('takes ten frames, and beats between them, in one message',
        () => heard([`\n${`${text}\n\r\n\n`.repeat(10)}`], 10));

    it('joins what is cut in CR LF, and in an escape', () => {
        const lines = text.replace('SEND\n', 'SEND\r\n').replace('\n\n', '\r\n\r\n');
        return heard(lines.split(/(?<=\r|\\)/));
    });

    it('joins frames over the seams of messages', () => {
        const all = text.repeat(9);
        const pieces = [];
        for (let at = 0, n = 1; at < all.length; at += n, n = (n * 7) % 61 + 1) {
            pieces.push(all.slice(at, at + n));
        }
        return heard(pieces, 9);
    });

    it('takes empty messages for nothing', () => heard(['', text.slice(0, 9), '', text.slice(9), '']));

    it('ends at connect_timeout where half a CONNECT has come', async () => {
        const client = await open(['--short']);
        client.write('CONNECT\naccept-version:1.2\n');
        await client.fails({ code: 1008 });
    });

    it('ends at connect_timeout where nothing but beats has come', async () => {
        const client = await open(['--short']);
        client.write('\n', '\n');
        await client.fails({ code: 1008 });
    });
}

function body_tests(connected) {
    it('delivers a body with NULs', async () => {
        const client = await connected();
        await client.subscribe('s', '/topic/nul');
        client.send('/topic/nul', 'a\0b\0\0', { 'content-length': 5 });
        await client.expect('MESSAGE', {}, 'a\0b\0\0');
        await client.leave();
    });

    const wrong = [['short', 2], ['long, with another frame behind it', 4], ['-1', -1], ['abc', 'abc'],
        ['1e3', '1e3'], ['0x3', '0x3'], ['empty', ''], ['+3', '+3'], ['2^64', '18446744073709551616'],
        ['2^64 + 3', '18446744073709551619'], ['3.0', '3.0'], ['"3 "', '3 ']];
    for (const [title, length] of wrong) {
        it(`refuses a content-length that is ${title}`, async () => {
            const other = await connected();
            await other.subscribe('s', '/topic/length');
            const client = await connected();
            const frame = frame_text(
                'SEND', { destination: '/topic/length', 'content-length': length }, 'abc');
            client.write(frame + frame_text('SEND', { destination: '/topic/length' }, 'behind'));
            await client.fails({ code: 1002 });
            assert.deepEqual(await other.bodies(), []);
            await other.leave();
        });
    }

    it('refuses a body above the limit by its length alone', async () => {
        for (const length of [2 ** 21 + 1, 1e15]) {
            const client = await connected();
            client.write(`SEND\ndestination:/topic/big\nreceipt:r\ncontent-length:${length}\n\n`);
            await client.fails({ code: 1009, receipt: 'r' });
        }
    });

    it('counts a frame over its messages', async () => {
        const client = await connected();
        const piece = 'x'.repeat(2 ** 19);
        client.write('SEND\ndestination:/topic/big\n\n', piece, piece, piece, piece, piece);
        await client.fails({ code: 1009 });
    });

    it('obeys the first content-length of two', async () => {
        const client = await connected();
        await client.subscribe('s', '/topic/length');
        client.frame('SEND', [['destination', '/topic/length'], ['content-length', 3],
            ['content-length', 99]], 'a\0b');
        await client.expect('MESSAGE', {}, 'a\0b');
        await client.leave();
    });

    it('refuses a body where a frame has none, but in 1.0', async () => {
        for (const version of ['1.1', '1.2']) {
            const client = await connected({ version });
            client.frame('BEGIN', { transaction: 't', receipt: 'b' }, 'body');
            await client.fails({ receipt: 'b' });
        }
        const old = await connected({ version: '1.0' });
        await old.ask('BEGIN', { transaction: 't' }, 'body');
        await old.leave();
    });

    it('refuses too many headers, a long one and many of them', async () => {
        const many = Array.from({ length: 100 }, (_, i) => [`h${i}`, 'x']);
        for (const headers of [many, [['h', 'x'.repeat(5000)]],
            many.slice(0, 20).map(([name]) => [name, 'x'.repeat(1000)])]) {
            const client = await connected();
            client.frame('SEND', [['destination', '/topic/x'], ...headers]);
            await client.fails({ code: 1009 });
        }
    });
}

function head_tests(connected) {
    for (const bad of ['send\ndestination:/topic/x\n\n\0', 'FOO\n\n\0', 'MESSAGE\n\n\0', 'RECEIPT\n\n\0',
        'CONNECTED\n\n\0', 'ERROR\n\n\0', ' SEND\n\n\0', 'SEND \n\n\0', 'X'.repeat(17), 'SEND\nno colon\n\n\0',
        'SEND\n:no name\n\n\0', 'SEND\na:b\rc\n\n\0', '\rSEND\n', 'SEND\na:b\0\n\n', 'SEND\0',
        'GET / HTTP/1.1\r\nHost: x\r\n\r\n']) {
        it(`refuses ${JSON.stringify(bad.slice(0, 30))}`, async () => {
            const client = await connected();
            client.write(bad + frame_text('SEND', { destination: '/topic/x', receipt: 'behind' }));
            await client.fails();
        });
    }

    // What arrives of a header `name:value` written by hand, with this version at both ends.
    async function through(version, line, reader_version = version) {
        const reader = await connected({ version: reader_version });
        await reader.subscribe('s', '/topic/escapes');
        const writer = await connected({ version });
        writer.write(`SEND\ndestination:/topic/escapes\n${line}\n\nbody\0`);
        await writer.leave();
        const { headers } = await reader.next();
        await reader.leave();
        for (const name of ['destination', 'subscription', 'message-id']) delete headers[name];
        return headers;
    }

    it('reads and writes the escapes of 1.2, in names, too', async () => {
        assert.deepEqual(await through('1.2', 'a\\cb:\\n \\r \\\\ \\c\\\\n'), { 'a:b': '\n \r \\ :\\n' });
    });

    it('reads and writes those of 1.1, which has no carriage return', async () => {
        assert.deepEqual(await through('1.1', 'a\\cb:\\n \\\\ \\c\\\\n'), { 'a:b': '\n \\ :\\n' });
        assert.deepEqual(await through('1.2', 'key:a\\rb', '1.1'), { key: 'a b' });
    });

    it('has none in 1.0, and no second header there', async () => {
        assert.deepEqual(await through('1.0', 'key:\\n \\c \\t\\'), { key: '\\n \\c \\t\\' });
        assert.deepEqual(await through('1.2', 'ke\\cy:a\\nb:c\\r', '1.0'), { 'ke y': 'a b:c ' });
    });

    it('trims in 1.0 only, before the value', async () => {
        assert.deepEqual(await through('1.2', 'key:  a '), { key: '  a ' });
        assert.deepEqual(await through('1.0', 'key:  a '), { key: 'a ' });
    });

    it('takes a raw colon, an empty value and the first of two', async () => {
        assert.deepEqual(await through('1.2', 'key:a:b:c'), { key: 'a:b:c' });
        assert.deepEqual(await through('1.2', 'key:'), { key: '' });
    });

    for (const version of ['1.1', '1.2']) {
        for (const line of ['key:\\t', 'key:\\', 'key:a\\', 'k\\ey:v', 'key:\\N', 'key:\\\\\\']) {
            it(`refuses ${JSON.stringify(line)} in ${version}`, async () => {
                const client = await connected({ version });
                client.write(`SEND\ndestination:/topic/x\n${line}\n\n\0`);
                await client.fails();
            });
        }
    }

    it('echoes receipts as they are meant', async () => {
        const client = await connected();
        client.write(frame_text('BEGIN', { transaction: 't', receipt: 'a\\cb\\nc\\\\' }));
        assert.equal((await client.message()), 'RECEIPT\nreceipt-id:a\\cb\\nc\\\\\n\n\0');
        await client.leave();
    });

    it('makes no header and no frame of what the application says', async () => {
        const evil = 'x\nevil:1\n\nbody\0MESSAGE\na:b\r';
        for (const version of ['1.2', '1.1', '1.0']) {
            const client = await connected({ version });
            client.send('/app/close', evil, { 'content-length': evil.length });
            const frame = await client.fails({ code: 1000 });
            assert.deepEqual(
                Object.keys(frame.headers).sort(), ['content-type', 'message']);
            const blank = { '1.2': /\0/g, '1.1': /[\0\r]/g, '1.0': /[\0\r\n]/g }[version];
            assert.equal(frame.headers.message, evil.replace(blank, ' '));
            assert.equal(frame.body, evil);
        }
    });

    it('makes none of a content-type that comes back', async () => {
        const client = await connected();
        await client.subscribe('s', '/user/queue/echo');
        client.send('/app/echo', 'body', { 'content-type': 'text/plain\\nevil\\cyes\\r' });
        const { headers } = await client.expect('MESSAGE', {}, 'body');
        assert.equal(headers['content-type'], 'text/plain\nevil:yes\r');
        assert.equal(headers.evil, undefined);
        await client.leave();
    });
}

for (const carrier of ['websocket', 'xhr-polling']) {
    describe(`STOMP over ${carrier}`, () => {
        let server;
        let hasty;
        before(async () => {
            server = await start_server('--profile', 'stomp');
            hasty = await start_server('--profile', 'stomp', '--stomp-connect-timeout', '500');
        });
        after(async () => {
            await hasty?.stop();
            await server?.stop();
        });
        const open = (flags) => RawStomp.open(flags ? hasty : server, carrier);
        const connected = (headers) => RawStomp.connected(server, carrier, headers);

        describe('connecting', () => connect_tests(open, connected));
        describe('cuts', () => cut_tests(open, connected));
        describe('bodies', () => body_tests(connected));
        describe('heads', () => head_tests(connected));
    });
}

describe('STOMP over WebSocket alone', () => {
    let server;
    before(async () => { server = await start_server('--profile', 'stomp'); });
    after(() => server?.stop());

    it('joins text and binary messages that cut characters', async () => {
        const client = await RawStomp.connected(server);
        await client.subscribe('s', '/topic/mixed');
        const bytes = Buffer.from(frame_text('SEND', { destination: '/topic/mixed' }, 'на 🚀'));
        for (let at = 0; at < bytes.length; ++at) {
            const piece = bytes.subarray(at, at + 1);
            client.below.send(piece[0] < 0x80 && at % 2 ? piece.toString() : piece);
        }
        await client.expect('MESSAGE', {}, 'на 🚀');
        await client.leave();
    });

    it('refuses a header that is not UTF-8', async () => {
        const client = await RawStomp.connected(server);
        client.below.send(Buffer.concat(
            [Buffer.from('SEND\ndestination:/topic/x\nkey:'), Buffer.from([0xff]), Buffer.from('\n\n\0')]));
        await client.fails();
    });

    for (const [offer, choice] of [[['v12.stomp', 'v11.stomp', 'v10.stomp'], 'v12.stomp'],
        [['v10.stomp', 'v11.stomp', 'v12.stomp'], 'v12.stomp'], [['v10.stomp'], 'v10.stomp'],
        [['v11.stomp', 'v10.stomp'], 'v11.stomp'], [['foo', 'v11.stomp'], 'v11.stomp']]) {
        it(`chooses ${choice} of ${offer.join(', ')}`, async () => {
            const client = await WsClient.open(`${server.ws_url}/stomp`, offer);
            assert.equal(client.ws.protocol, choice);
            // It does not bind the version.
            client.send(connect_text);
            assert.match((await client.receive(1))[0], /^CONNECTED\nversion:1\.2\n/);
            await client.close(1000);
        });
    }

    it('names no sub-protocol where none or an unknown one is offered', async () => {
        for (const headers of [{}, { 'Sec-WebSocket-Protocol': 'foo' }]) {
            const response = await upgrade(`${server.ws_url}/stomp`, headers);
            assert.equal(response.status, 101);
            assert.equal(response.headers['sec-websocket-protocol'], undefined);
        }
    });
});
