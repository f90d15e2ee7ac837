'use strict';

// anywire-gateway in front of WebSocket servers that know nothing of it: npm's ws.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const { start_gateway } = require('./lib/gateway');
const { start_balancer } = require('./lib/haproxy');
const { head } = require('./lib/http_client');
const need = require('./lib/need');
const { free_port } = require('./lib/nginx');
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
        const gateway = await start_gateway(
            ['--websocket', '/live', '--backend', `ws://127.0.0.1:${await free_port()}`]);
        const client = new WsClient(`${gateway.ws_url}/live`);
        assert.match((await client.failed).message, /502/);
        await gateway.log.until(/could not|refused|Connection refused/);
        await gateway.stop();
    });
});

describe('HAProxy with the PROXY protocol on each side', () => {
    for (const version of ['v1', 'v2']) {
        it(`says who the client is: ${version}`, async () => {
            const backend = await start_ws();
            const port = await free_port();
            const behind = await start_balancer(
                ['option forwardfor', `server one 127.0.0.1:${backend.port}`],
                { bind: 'accept-proxy' });
            const gateway = await start_gateway([], { listen: '', config: `
trusted_proxies = ["127.0.0.1"]
[[listen]]
port = ${port}
proxy_protocol = true
[[route]]
path = "/live"
backends = ["${behind.ws_url}"]
[route.forward]
proxy = "${version}"
x_forwarded = false
` });
            const front = await start_balancer([
                `server one 127.0.0.1:${port} send-proxy${version === 'v2' ? '-v2' : ''}`]);
            const taken = next_connection(backend);
            const client = await WsClient.open(
                `${front.ws_url}/live`, [], { localAddress: '127.0.0.5' });
            assert.equal((await taken).request.headers['x-forwarded-for'], '127.0.0.5');
            client.send('hello');
            assert.deepEqual(await client.receive(1), ['hello']);
            await client.close();
            await gateway.access.until(/^127\.0\.0\.5 /);
            for (const one of [front, gateway, behind, backend]) await one.stop();
        });
    }
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

describe('one side that does not read', () => {
    const count = 1200;
    const piece = (i) => `${i} `.padEnd(50_000, 'x');
    const resident = (pid) => 1024 * Number(/VmRSS:\s+(\d+)/.exec(
        fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
    let backend;
    let gateway;
    before(async () => {
        backend = await start_ws();
        gateway = await start_gateway(['--websocket', '/live', '--backend', backend.ws_url]);
    });
    after(async () => {
        if (gateway) await gateway.stop();
        if (backend) await backend.stop();
    });
    // 60 MB would be seen. What one side is sent while the other is served shows that they share
    // nothing but the process.
    async function bounded(at_first) {
        const other = await WsClient.open(`${gateway.ws_url}/live`);
        for (let i = 0; i < 300; ++i) {
            other.send(`${i}`);
            assert.deepEqual(await other.receive(1), [`${i}`]);
        }
        await other.close();
        const more = resident(gateway.child.pid) - at_first;
        assert.ok(more < 20e6, `${more} bytes more`);
    }

    it('gets everything when it reads again: a client', async () => {
        const taken = next_connection(backend);
        const client = await WsClient.open(`${gateway.ws_url}/live`);
        const { ws } = await taken;
        const at_first = resident(gateway.child.pid);
        client.ws.pause();
        for (let i = 0; i < count; ++i) ws.send(piece(i));
        await bounded(at_first);
        client.ws.resume();
        assert.deepEqual(await client.receive(count), Array.from({ length: count }, (_, i) => piece(i)));
        await client.close();
    });

    it('gets everything before the goodbye: a backend', async () => {
        const taken = next_connection(backend);
        const client = await WsClient.open(`${gateway.ws_url}/live`);
        const { ws } = await taken;
        ws.removeAllListeners('message');
        const got = [];
        ws.on('message', (data) => got.push(data.toString()));
        const end = within(new Promise((resolve) => { ws.on('close', resolve); }), 'end');
        const at_first = resident(gateway.child.pid);
        ws.pause();
        for (let i = 0; i < count; ++i) client.send(piece(i));
        client.ws.close(4000);
        await bounded(at_first);
        ws.resume();
        assert.equal(await end, 4000);
        assert.deepEqual(got, Array.from({ length: count }, (_, i) => piece(i)));
    });

    it('passes on each cookie of the backend', async () => {
        backend.sockets.once('headers', (headers) => {
            headers.push('Set-Cookie: a=1', 'Set-Cookie: b=2; Path=/');
        });
        const client = await WsClient.open(`${gateway.ws_url}/live`);
        assert.deepEqual(client.answer['set-cookie'], ['a=1', 'b=2; Path=/']);
        await client.close();
    });
});

describe('a backend that goes without a goodbye', () => {
    const with_hold = async (hold, check) => {
        const backend = await start_ws();
        const gateway = await start_gateway([], { config: `[[route]]
path = "/live"
backends = ["${backend.ws_url}"]
[route.loss]
hold = "${hold}"
` });
        try {
            const taken = next_connection(backend);
            const client = await WsClient.open(`${gateway.ws_url}/live`);
            await check(backend, client, await taken, gateway);
        } finally {
            await gateway.stop();
            await backend.stop();
        }
    };

    it('ends the session with 1012', () => with_hold('0s', async (_, client, { ws }) => {
        ws.terminate();
        assert.equal((await client.end()).code, 1012);
    }));

    it('is connected to again, with what the client has sent meanwhile', () => with_hold('50s',
        async (backend, client, { ws, request }) => {
            assert.equal(request.headers['anywire-resume'], undefined);
            // The first attempt fails, so that messages come while there is no backend.
            const { shouldHandle } = backend.sockets;
            let refused = 0;
            backend.sockets.shouldHandle = () => { ++refused; return false; };
            ws.terminate();
            await within((async () => {
                while (refused === 0) await new Promise((resolve) => setImmediate(resolve));
            })(), 'attempt');
            for (let i = 0; i < 50; ++i) client.send(`message ${i}`);
            const again = next_connection(backend);
            backend.sockets.shouldHandle = shouldHandle;
            const { request: second } = await again;
            assert.equal(second.headers['anywire-resume'], '1');
            assert.equal(second.headers['anywire-session'], request.headers['anywire-session']);
            assert.deepEqual(
                await client.receive(50), Array.from({ length: 50 }, (_, i) => `message ${i}`));
            await client.close();
        }));

    it('ends the session when the hold is over', () => with_hold('300ms',
        async (backend, client, { ws }) => {
            backend.sockets.shouldHandle = () => false;
            ws.terminate();
            assert.equal((await client.end()).code, 1012);
        }));
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

describe('a route for browsers of long ago', () => {
    for (const [jsonp, sent] of [[true, 200], [false, 204]]) {
        it(`answers ${sent} to a message with jsonp = ${jsonp}`, async () => {
            const backend = await start_ws();
            const gateway = await start_gateway([], {
                listen: '127.0.0.1:0',
                config: `[[route]]\npath = "/live"\njsonp = ${jsonp}\nbackends = ["${backend.ws_url}"]\n`,
            });
            const session = `${gateway.url}/live/000/old`;
            const post = (url, body) => head(url, { method: 'POST', body });
            assert.equal((await post(`${session}/xhr`)).status, 200);
            assert.equal((await post(`${session}/xhr_send`, '["hello"]')).status, sent);
            const headers = { 'Sec-Fetch-Site': 'same-origin' };
            assert.equal((await head(`${session}/jsonp?c=f`, { headers })).status, jsonp ? 200 : 404);
            await gateway.stop();
            await backend.stop();
        });
    }
});
