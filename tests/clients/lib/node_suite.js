'use strict';

const assert = require('node:assert/strict');
const checks = require('./checks');
const need = require('./need');
const { start_server } = require('./server');
const { after, before, describe, it } = require('./testing');

const SockJS = need('sockjs-client');

// What sockjs-client 1.6.1 offers outside a browser; the others need a document.
const transports = ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'];

// Registers the SockJS tests that run in Node, against a server with `threads` threads.
function node_suite(threads) {
    describe(`sockjs-client in Node, server threads: ${threads}`, () => {
        let server;
        before(async () => { server = await start_server('--threads', String(threads)); });
        after(() => server && server.stop());

        for (const transport of transports) {
            describe(transport, () => {
                it('echoes', () => checks.echo(SockJS, server.url, { transport }));
                it('carries every class of code point',
                    () => checks.unicode(SockJS, server.url, { transport }));
                it('carries a message of 900 000 bytes',
                    () => checks.big(SockJS, server.url, { transport }));
                it('keeps 10 000 messages in order',
                    () => checks.many(SockJS, server.url, { transport }));
                it('hands over the close code and reason',
                    () => checks.closed_by_server(SockJS, server.url, { transport }));
                it('serves ten clients at once', () => {
                    const options = { transport, count: 500, waves: 5 };
                    return Promise.all(Array.from(
                        { length: 10 }, () => checks.many(SockJS, server.url, options)));
                });
            });
        }

        it('falls back when the server refuses WebSocket', async () => {
            const url = `${server.url}/disabled_websocket_echo`;
            assert.equal(await checks.chosen(SockJS, url), 'xhr-streaming');
        });

        it('prefers WebSocket', async () => {
            assert.equal(await checks.chosen(SockJS, `${server.url}/echo`), 'websocket');
        });

        it('broadcasts to every member in the order of each sender',
            () => checks.broadcast(SockJS, server.url, { transports }));
    });

    describe(`sockjs-client in Node when the server dies, server threads: ${threads}`, () => {
        for (const transport of transports) {
            it(`${transport} closes`, async () => {
                const server = await start_server('--threads', String(threads));
                let connection;
                try {
                    connection = await new checks.Connection(
                        SockJS, `${server.url}/echo`, { transport }).open();
                    connection.send('hello');
                    await connection.receive(1);
                } finally {
                    await server.kill();
                }
                // In Node the client misses the end of a broken stream; it learns when it sends.
                connection.send('anyone there?');
                const end = await connection.closed();
                assert.equal(end.code, 1006, JSON.stringify(end));
                assert.equal(end.wasClean, false);
            });
        }
    });
}

module.exports = { node_suite };
