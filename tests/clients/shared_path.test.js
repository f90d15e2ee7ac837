'use strict';
// The clients that people have, on one path.

const assert = require('node:assert/strict');
const { EngineClient, modes } = require('./lib/engineio_client');
const need = require('./lib/need');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');
const { WsClient } = require('./lib/ws_client');

const SockJS = need('sockjs-client');

// What one SockJS client is told in answer to `text`.
function ask_sockjs(url, transport, text) {
    const socket = new SockJS(url, null, { transports: transport });
    return within(new Promise((resolve, reject) => {
        socket.onopen = () => socket.send(text);
        socket.onmessage = ({ data }) => resolve({ data, transport: socket.transport });
        socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`));
    }), `an answer over ${transport}`).finally(() => {
        socket.onclose = () => {};
        socket.close();
    });
}

for (const threads of [1, 4]) {
    describe(`one path, ${threads} threads`, () => {
        let server;
        before(async () => { server = await start_server('--threads', String(threads)); });
        after(() => server && server.stop());

        for (const path of ['/shared', '/shared/', '/shared?a=b']) {
            it(`ws at ${path} speaks WebSocket`, async () => {
                const client = await WsClient.open(server.ws_url + path);
                client.send('hello');
                assert.deepEqual(await client.receive(1), ['websocket: hello']);
                assert.equal((await client.close(1000)).code, 1000);
            });
        }

        for (const transport of ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling']) {
            it(`sockjs-client over ${transport} speaks SockJS`, async () => {
                const got = await ask_sockjs(`${server.url}/shared`, transport, 'hello');
                assert.deepEqual(got, { data: 'sockjs: hello', transport });
            });
        }

        for (const mode of modes) {
            it(`engine.io-client, ${mode}, speaks Engine.IO`, async () => {
                const client = await new EngineClient(server.url, { mode, path: '/shared/' }).open();
                await client.settled();
                client.send('hello');
                assert.deepEqual(await client.receive(1), ['engineio: hello']);
                await client.close();
            });
        }
    });
}
