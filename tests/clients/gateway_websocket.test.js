'use strict';

// anywire-gateway in front of WebSocket servers that know nothing of it: npm's ws.

const assert = require('node:assert/strict');
const http = require('node:http');
const { start_gateway } = require('./lib/gateway');
const need = require('./lib/need');
const { start_ws } = require('./lib/node_servers');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');
const { WsClient } = require('./lib/ws_client');

// The next connection that the server takes, with its request.
const next_connection = (server) => within(new Promise((resolve) => {
    server.sockets.once('connection', (ws, request) => resolve({ ws, request }));
}), 'connection of the gateway');

describe('a WebSocket through the gateway', () => {
    let backend;
    let gateway;
    before(async () => {
        backend = await start_ws(undefined, {
            handleProtocols: (offered) => (offered.has('two') ? 'two' : false),
            verifyClient: ({ req }, done) => {
                const status = Number(new URL(req.url, 'http://x').searchParams.get('refuse'));
                if (status) done(false, status, 'no', { 'WWW-Authenticate': 'Bearer' });
                else done(true);
            },
        });
        gateway = await start_gateway(['--websocket', '/live', '--backend', backend.ws_url]);
    });
    after(async () => {
        if (gateway) await gateway.stop();
        if (backend) await backend.stop();
    });
    const url = (rest = '') => `${gateway.ws_url}/live${rest}`;

    it('carries text and bytes, in order', async () => {
        const client = await WsClient.open(url());
        const sent = [];
        for (let i = 0; i < 2000; ++i) sent.push(i % 3 ? `message ${i}` : Buffer.from([i & 255, 0, 255]));
        for (const one of sent) client.send(one);
        assert.deepEqual(await client.receive(sent.length), sent);
        await client.close();
    });

    it('carries a message of a megabyte both ways', async () => {
        const client = await WsClient.open(url());
        const long = 'x'.repeat(1_000_000);
        client.send(long);
        assert.deepEqual(await client.receive(1), [long]);
        await client.close();
    });

    for (const [code, reason] of [[1000, 'bye'], [1001, ''], [1011, 'broken'], [4321, 'its own']]) {
        it(`has the client hear of ${code} ${reason}`, async () => {
            const taken = next_connection(backend);
            const client = await WsClient.open(url());
            (await taken).ws.close(code, reason);
            assert.deepEqual(await client.end(), { code, reason });
        });
        it(`has the backend hear of ${code} ${reason}`, async () => {
            const taken = next_connection(backend);
            const client = await WsClient.open(url());
            const { ws } = await taken;
            const end = within(new Promise((resolve) => {
                ws.on('close', (...all) => resolve([all[0], all[1].toString()]));
            }), 'end at the backend');
            await client.close(code, reason);
            assert.deepEqual(await end, [code, reason]);
        });
    }

    it('has the backend see 1006 where the client goes without a word', async () => {
        const taken = next_connection(backend);
        const client = await WsClient.open(url());
        const { ws } = await taken;
        const end = within(new Promise((resolve) => { ws.on('close', resolve); }), 'end');
        client.ws.terminate();
        assert.equal(await end, 1006);
    });

    it('asks for the client\'s subprotocols, and says which was chosen', async () => {
        const client = await WsClient.open(url(), ['one', 'two']);
        assert.equal(client.ws.protocol, 'two');
        await client.close();
    });

    it('passes on path, query and fields, and says whom it is for', async () => {
        const taken = next_connection(backend);
        const client = await WsClient.open(url('/deep/er?a=1&b=%20'), [], {
            headers: { Cookie: 'k=v', Authorization: 'Basic YTpi', 'User-Agent': 'tester',
                'X-Forwarded-For': '6.6.6.6' },
        });
        const { request: { url: target, headers } } = await taken;
        assert.equal(target, '/deep/er?a=1&b=%20');
        assert.equal(headers.cookie, 'k=v');
        assert.equal(headers.authorization, 'Basic YTpi');
        assert.equal(headers['user-agent'], 'tester');
        assert.equal(headers['x-forwarded-for'], '127.0.0.1');
        assert.equal(headers['x-forwarded-proto'], 'http');
        assert.equal(headers['anywire-transport'], 'websocket');
        assert.match(headers['anywire-session'], /^[\w-]{22}$/);
        await client.close();
    });

    for (const status of [401, 403, 404]) {
        it(`answers ${status} as the backend did`, async () => {
            const client = new WsClient(url(`?refuse=${status}`));
            assert.match((await client.failed).message, new RegExp(`${status}`));
        });
    }
    it('passes on why a client was refused', async () => {
        const answer = await within(new Promise((resolve, reject) => {
            http.get(`${gateway.url}/live?refuse=401`, { headers: {
                Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13,
                'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
            } }, resolve).on('error', reject);
        }), 'answer');
        assert.equal(answer.statusCode, 401);
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
    });
});

describe('a backend that is not there', () => {
    it('is 502, and the log says why', async () => {
        const { free_port } = require('./lib/nginx');
        const gateway = await start_gateway(
            ['--websocket', '/live', '--backend', `ws://127.0.0.1:${await free_port()}`]);
        const client = new WsClient(`${gateway.ws_url}/live`);
        assert.match((await client.failed).message, /502/);
        await gateway.log.until(/could not|refused|Connection refused/);
        await gateway.stop();
    });
});

describe('bytes over SockJS, which has none', () => {
    const SockJS = need('sockjs-client');
    const ask = (gateway) => within(new Promise((resolve) => {
        const socket = new SockJS(`${gateway.url}/live`, null, { transports: 'xhr-polling' });
        socket.onopen = () => socket.send('bytes');
        socket.onmessage = ({ data }) => { resolve(data); socket.close(); };
        socket.onclose = ({ code }) => resolve(code);
    }), 'answer');
    async function with_backend(route, check) {
        const backend = await start_ws();
        backend.sockets.removeAllListeners('connection');
        backend.sockets.on('connection', (ws) => {
            ws.on('message', () => ws.send(Buffer.from([0, 255])));
        });
        const gateway = await start_gateway([], { config: `[[route]]
path = "/live"
backends = ["${backend.ws_url}"]
${route}` });
        await check(gateway);
        await gateway.stop();
        await backend.stop();
    }
    it('end the session with 1003', () => with_backend('', async (gateway) => {
        assert.equal(await ask(gateway), 1003);
    }));
    it('are base64 where that is wanted', () => with_backend('sockjs_base64 = true',
        async (gateway) => { assert.equal(await ask(gateway), 'AP8='); }));
});

describe('several backends', () => {
    it('share the sessions, and the rest takes over when one goes', async () => {
        const two = [await start_ws(), await start_ws()];
        const gateway = await start_gateway(['--websocket', '/live',
            '--backend', two[0].ws_url, '--backend', two[1].ws_url]);
        const clients = [];
        for (let i = 0; i < 10; ++i) clients.push(await WsClient.open(`${gateway.ws_url}/live`));
        assert.deepEqual(two.map((one) => one.sockets.clients.size), [5, 5]);
        await two[0].stop();
        const more = [];
        for (let i = 0; i < 5; ++i) more.push(await WsClient.open(`${gateway.ws_url}/live`));
        assert.equal(two[1].sockets.clients.size, 10);
        for (const one of more) await one.close();
        await gateway.stop();
        await two[1].stop();
        for (const one of clients) await one.end();
    });
});
