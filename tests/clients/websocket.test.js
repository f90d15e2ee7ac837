'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const http = require('node:http');
const https = require('node:https');
const { start_browser } = require('./lib/browser');
const { browser_suite } = require('./lib/browser_suite');
const { make_certificate } = require('./lib/certificate');
const checks = require('./lib/checks');
const { upgrade } = require('./lib/http_client');
const need = require('./lib/need');
const { start_server } = require('./lib/server');
const { make_site } = require('./lib/site');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');
const { WsClient } = require('./lib/ws_client');

const SockJS = need('sockjs-client');
const mebibyte = 1024 * 1024;
const message_limit = 16 * mebibyte;

// What has to hold with and without compression, in the clear and over TLS.
function echo_tests(get, options) {
    const open = () => WsClient.open(`${get().ws_url}/ws`, [], { ...options, ...get().tls });

    async function echoes(...messages) {
        const client = await open();
        for (const message of messages) client.send(message);
        const got = await client.receive(messages.length);
        messages.forEach((message, i) => assert.ok(
            Buffer.isBuffer(message) ? message.equals(got[i]) : message === got[i],
            `message ${i} came back changed`));
        assert.equal((await client.close(1000)).code, 1000);
    }

    it('echoes text', () => echoes('hello', '', 'пойду спать', '\u0000\u{1f680}\uffff'));

    it('echoes binary as binary', () => echoes(
        Buffer.from([0, 1, 2, 255]), Buffer.alloc(0), Buffer.from('text, but sent as binary')));

    it('keeps text and binary apart', () => echoes('a', Buffer.from('a'), 'b', Buffer.from('b')));

    it('echoes messages of every length around the frame header forms',
        () => echoes(...[1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537]
            .map((length) => randomBytes(length))));

    it('echoes 1 MiB of binary and of text',
        () => echoes(randomBytes(mebibyte), checks.big_text(mebibyte), Buffer.alloc(mebibyte)));

    it('keeps 10 000 messages in order', async () => {
        const client = await open();
        const messages = Array.from({ length: 10000 }, (_, i) => `message ${i}`);
        for (const message of messages) client.send(message);
        assert.deepEqual(await client.receive(messages.length), messages);
        await client.close(1000);
    });

    it('joins fragments, with pings between them', async () => {
        const client = await open();
        const text = Buffer.from('дело 🚀 мастера');  // a frame a byte: cuts code points
        for (let at = 0; at < text.length; ++at) {
            client.send(text.subarray(at, at + 1), { binary: false, fin: at + 1 === text.length });
            if (at % 8 === 0) assert.equal((await client.ping(`at ${at}`)).toString(), `at ${at}`);
        }
        const parts = Array.from({ length: 2000 }, (_, i) => randomBytes(i % 7 ? i % 97 : 0));
        parts.forEach((part, i) => client.send(
            part, { binary: true, fin: i + 1 === parts.length }));
        const [got_text, got_binary] = await client.receive(2);
        assert.equal(got_text, text.toString());
        assert.ok(Buffer.concat(parts).equals(got_binary));
        await client.close(1000);
    });

    it('answers pings with their own data', async () => {
        const client = await open();
        for (const data of ['', 'x', randomBytes(125)]) {
            assert.ok((await client.ping(data)).equals(Buffer.from(data)));
        }
        await client.close(1000);
    });
}

function close_tests(get) {
    const open = () => WsClient.open(`${get().ws_url}/ws`);

    for (const [code, reason] of [[1000, ''], [1000, 'bye'], [1001, 'going'], [1011, 'отказ'],
        [3000, 'x'.repeat(123)], [4999, 'last']]) {
        it(`answers a close with ${code} by the same code and reason`, async () => {
            const client = await open();
            assert.deepEqual(await client.close(code, reason), { code, reason });
        });
    }

    it('answers a close without a code', async () => {
        const client = await open();
        const { code } = await client.close();
        assert.ok(code === 1005 || code === 1000, `closed with ${code}`);
    });

    it('closes well after a hundred echoes', async () => {
        const client = await open();
        for (let i = 0; i < 100; ++i) client.send(`last words ${i}`);
        await client.receive(100);
        assert.equal((await client.close(1000)).code, 1000);
    });

    it('closes with 1007 on text that is not UTF-8', async () => {
        const client = await open();
        client.send(Buffer.from([0x61, 0xc0, 0xaf]), { binary: false });
        assert.equal((await client.end()).code, 1007);
    });

    it('echoes a message of the limit, closes with 1009 above it', async () => {
        const client = await WsClient.open(`${get().ws_url}/ws`, [], {
            maxPayload: 2 * message_limit, perMessageDeflate: false,
        });
        const message = randomBytes(message_limit);
        client.send(message);
        assert.ok((await client.receive(1))[0].equals(message));
        client.send(Buffer.alloc(message_limit + 1));
        assert.equal((await client.end()).code, 1009);
    });

    it('counts the limit over all fragments', async () => {
        const client = await open();
        const quarter = Buffer.alloc(message_limit / 4);
        for (let i = 0; i < 5; ++i) client.send(quarter, { fin: i === 4 });
        assert.equal((await client.end()).code, 1009);
    });

    it('counts the limit after decompression', async () => {
        const client = await WsClient.open(
            `${get().ws_url}/ws`, [], { perMessageDeflate: { threshold: 0 } });
        client.send(Buffer.alloc(message_limit + 1));  // some kilobytes on the wire
        assert.equal((await client.end()).code, 1009);
    });
}

function compression_tests(get) {
    const text = checks.big_text(4096);

    // How many bytes the echo of `count` times `text` takes on the wire.
    async function wire_bytes(count, deflate) {
        const client = await WsClient.open(
            `${get().ws_url}/ws`, [], { perMessageDeflate: deflate });
        const socket = client.ws._socket;
        const extensions = client.answer['sec-websocket-extensions'] || '';
        const start = socket.bytesRead;
        for (let i = 0; i < count; ++i) client.send(text);
        assert.deepEqual(await client.receive(count), Array(count).fill(text));
        const bytes = socket.bytesRead - start;
        await client.close(1000);
        return { bytes, extensions };
    }

    it('compresses when offered, and keeps the context between messages', async () => {
        const { bytes, extensions } = await wire_bytes(50, { threshold: 0 });
        assert.match(extensions, /permessage-deflate/);
        assert.ok(bytes < 8 * 4096, `the echo of 50 equal messages took ${bytes} bytes`);
    });

    it('obeys no_context_takeover', async () => {
        const { extensions } = await wire_bytes(10, {
            threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true,
        });
        assert.match(extensions, /server_no_context_takeover/);
    });

    it('obeys smaller windows, or declines the extension',
        () => wire_bytes(10, { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 10 }));

    it('answers long lists of similar records, some of them uncompressed', async () => {
        const records = (from) => JSON.stringify(Array.from({ length: 8000 }, (_, i) => ({
            id: from + i, type: 'measurement', unit: 'celsius', station: 'north', valid: true,
            of: 'the air two metres above the ground, in the shade', value: (from + i) % 8,
        })));
        const client = await WsClient.open(
            `${get().ws_url}/ws`, [], { perMessageDeflate: { threshold: 0 } });
        const socket = client.ws._socket;
        for (let i = 0; i < 5; ++i) {
            // What is short is compressed, unless it comes right behind what was long.
            for (const each of [records(i * 8000), records(0), `${text}${i}`]) {
                client.send(each);
                assert.equal((await client.receive(1))[0], each);
            }
        }
        assert.ok(socket.bytesWritten < 500_000, `${socket.bytesWritten} bytes were sent`);
        assert.ok(socket.bytesRead > 5_000_000, `${socket.bytesRead} bytes came back`);
        await client.close(1000);
    });

    it('does not compress unasked', async () => {
        const { bytes, extensions } = await wire_bytes(10, false);
        assert.equal(extensions, '');
        assert.ok(bytes >= 10 * 4096);
    });
}

function subprotocol_tests(get) {
    for (const [offer, choice] of [
        [['echo.v1'], 'echo.v1'], [['echo.v2'], 'echo.v2'], [['echo.v1', 'echo.v2'], 'echo.v1'],
        [['echo.v2', 'echo.v1'], 'echo.v2'], [['other', 'echo.v1'], 'echo.v1'],
    ]) {
        it(`chooses ${choice} of ${offer.join(', ')}`, async () => {
            const client = await WsClient.open(`${get().ws_url}/ws`, offer);
            assert.equal(client.ws.protocol, choice);
            client.send('hello');
            assert.deepEqual(await client.receive(1), ['hello']);
            await client.close(1000);
        });
    }

    it('names no subprotocol when none is offered, nor one it does not know', async () => {
        for (const headers of [{}, { 'Sec-WebSocket-Protocol': 'unknown' }]) {
            const response = await upgrade(`${get().ws_url}/ws`, headers);
            assert.equal(response.headers['sec-websocket-protocol'], undefined);
        }
    });
}

describe('the ws client', () => {
    let server;
    const get = () => server;
    before(async () => { server = await start_server(); });
    after(() => server && server.stop());

    describe('without compression', () => echo_tests(get, { perMessageDeflate: false }));
    describe('with permessage-deflate',
        () => echo_tests(get, { perMessageDeflate: { threshold: 0 } }));
    describe('compression', () => compression_tests(get));
    describe('subprotocols', () => subprotocol_tests(get));
    describe('closing', () => close_tests(get));

    it('is refused outside the mounts', async () => {
        const response = await upgrade(`${server.ws_url}/nowhere`);
        assert.equal(response.status, 404);
    });

    it('gets every broadcast, its own too, in the order of each sender', async () => {
        const url = `${server.ws_url}/ws/broadcast`;
        const members = await Promise.all(Array.from({ length: 4 }, () => WsClient.open(url)));
        for (const [i, member] of members.entries()) {  // whoever hears itself is a member
            member.send(`ready:${i}`);
            while ((await member.receive(1))[0] !== `ready:${i}`);
        }
        for (let n = 0; n < 50; ++n) members.forEach((member, i) => member.send(`${i}:${n}`));
        for (const member of members) {
            const log = [];
            while (log.length < 200) {
                const [text] = await member.receive(1);
                if (!text.startsWith('ready')) log.push(text);
            }
            members.forEach((_, i) => assert.deepEqual(
                log.filter((text) => text.startsWith(`${i}:`)),
                Array.from({ length: 50 }, (__, n) => `${i}:${n}`)));
        }
        const [gone, ...rest] = members;
        await gone.close(1000);
        rest[0].send(Buffer.from('still here'));
        for (const member of rest) {
            assert.equal((await member.receive(1))[0].toString(), 'still here');
            await member.close(1000);
        }
    });

    it('serves 50 connections that come and go', () => Promise.all(
        Array.from({ length: 50 }, async (_, i) => {
            const client = await WsClient.open(`${server.ws_url}/ws`);
            client.send(`from ${i}`);
            assert.deepEqual(await client.receive(1), [`from ${i}`]);
            if (i % 2) client.ws.terminate();
            else await client.close(1000);
        })));
});

// Runs in the page: one WebSocket; resolves with what it saw.
function browse(page, url, { protocols = [], sends = [], close = [] }) {
    return page.evaluate(([target, names, texts, code]) => new Promise((resolve, reject) => {
        const ws = new WebSocket(target, names);
        ws.binaryType = 'arraybuffer';
        const seen = { messages: [], opened: false };
        const timer = setTimeout(() => reject(new Error('no end of the WebSocket')), 60000);
        const as_data = (text) => (text.startsWith('binary:')
            ? new TextEncoder().encode(text.slice(7)) : text);
        ws.onopen = () => {
            seen.opened = true;
            seen.protocol = ws.protocol;
            seen.extensions = ws.extensions;
            for (const text of texts) ws.send(as_data(text));
            if (!texts.length) ws.close(...code);
        };
        ws.onmessage = ({ data }) => {
            seen.messages.push(typeof data === 'string'
                ? data : `binary:${new TextDecoder().decode(data)}`);
            if (seen.messages.length === texts.length) ws.close(...code);
        };
        ws.onclose = ({ code: end, reason, wasClean }) => {
            clearTimeout(timer);
            resolve({ ...seen, code: end, reason, wasClean });
        };
    }), [url, protocols, sends, close]);
}

function chromium_tests(title, args, flags) {
    describe(`Chromium's WebSocket, ${title}`, () => {
        let browser;
        let page;
        let server;
        before(async () => {
            server = await start_server('--static', make_site(), ...args());
            browser = await start_browser(...flags);
            page = await browser.open(`${server.url}/static/page.html`);
        });
        after(async () => {
            if (browser) await browser.close();
            if (server) await server.stop();
        });

        it('echoes text and binary, compressed', async () => {
            const sends = ['hello', '', 'binary:', 'binary:\u0001\u0002', 'пойду \u{1f680}',
                `binary:${checks.big_text(mebibyte)}`, checks.big_text(mebibyte)];
            const seen = await browse(page, `${server.ws_url}/ws`, { sends });
            assert.ok(seen.messages.every((text, i) => text === sends[i]));
            assert.equal(seen.messages.length, sends.length);
            assert.match(seen.extensions, /permessage-deflate/);
            assert.equal(seen.wasClean, true);
        });

        it('keeps 10 000 messages in order', async () => {
            const sends = Array.from({ length: 10000 }, (_, i) => `message ${i}`);
            const seen = await browse(page, `${server.ws_url}/ws`, { sends });
            assert.deepEqual(seen.messages, sends);
        });

        it('agrees on a subprotocol', async () => {
            const protocols = ['echo.v2', 'echo.v1'];
            const seen = await browse(page, `${server.ws_url}/ws`, { protocols });
            assert.equal(seen.protocol, 'echo.v2');
        });

        it('gets its close code back', async () => {
            for (const code of [1000, 3000, 4999]) {
                const seen = await browse(page, `${server.ws_url}/ws`, { close: [code, 'bye'] });
                assert.equal(seen.opened, true);
                assert.equal(seen.code, code);
                assert.equal(seen.wasClean, true);
            }
        });

        it('hears its own broadcast', async () => {
            const seen = await browse(page, `${server.ws_url}/ws/broadcast`, { sends: ['a', 'b'] });
            assert.deepEqual(seen.messages, ['a', 'b']);
        });
    });
}

chromium_tests('in the clear', () => [], []);

describe('over TLS', () => {
    const certificate = make_certificate();
    const args = ['--tls', certificate.cert, certificate.key];
    const tls = { ca: certificate.ca };

    describe('the clients in Node', () => {
        let server;
        before(async () => { server = await start_server(...args); });
        after(() => server && server.stop());

        describe('ws', () => echo_tests(
            () => ({ ...server, tls }), { perMessageDeflate: { threshold: 0 } }));

        it('a client that does not trust the certificate gets no connection', async () => {
            await assert.rejects(WsClient.open(`${server.ws_url}/ws`), /self.signed/i);
        });

        it('plain HTTP on the TLS port does not disturb the others', async () => {
            const request = http.get(`${server.url.replace('https', 'http')}/echo`);
            const answer = new Promise((resolve) => {
                request.on('error', () => resolve('error'));
                request.on('response', ({ statusCode }) => resolve(statusCode));
            });
            assert.notEqual(await within(answer, 'end of the plain request'), 200);
            const client = await WsClient.open(`${server.ws_url}/ws`, [], tls);
            await client.close(1000);
        });

        for (const transport of ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling']) {
            it(`sockjs-client over ${transport}`, async () => {
                // The client has no option for its HTTP requests; they go through the global agent.
                https.globalAgent.options.ca = certificate.ca;
                const options = { transport, transportOptions: { websocket: { tls } } };
                await checks.unicode(SockJS, server.url, options);
                await checks.big(SockJS, server.url, options);
                await checks.closed_by_server(SockJS, server.url, options);
            });
        }
    });

    const flags = ['--ignore-certificate-errors'];
    chromium_tests('over TLS', () => args, flags);
    browser_suite('over TLS', { args, flags, checks: ['echo', 'big'], origins: ['same'] });
});
