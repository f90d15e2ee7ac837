'use strict';

// An engine of 2016 (QtWebKit 5.212: no fetch, no modules) with the clients that old pages ship,
// over each of their transports and as they choose themselves.

const assert = require('node:assert/strict');
const { start_legacy } = require('./lib/legacy_suite');
const { start_qtwebkit } = require('./lib/qtwebkit');
const { after, before, describe, it } = require('./lib/testing');

const cross = ['websocket', 'xhr-streaming', 'xhr-polling', 'jsonp-polling'];
const framed = ['iframe-eventsource', 'iframe-htmlfile', 'iframe-xhr-polling'];

// By client: its transports on a page of the server's own origin, and those on a foreign one.
const sockjs = {
    'sockjs-1.6': { own: [...cross, ...framed, 'eventsource', 'htmlfile'],
        foreign: [...cross, ...framed, 'eventsource'] },
    'sockjs-1.0': { own: [...cross, ...framed, 'eventsource', 'htmlfile'],
        foreign: [...cross, ...framed, 'eventsource'] },
    'sockjs-0.3': { own: [...cross, ...framed], foreign: [...cross, ...framed] },
};
const modes = {
    'polling': { transports: ['polling'] },
    'polling without binary': { transports: ['polling'], base64: true, bytes: false },
    'script elements': { transports: ['polling'], jsonp: true, bytes: false },
    'websocket': { transports: ['websocket'] },
};
const socketio = {
    'socketio-4.8': ['polling', 'websocket'],
    'socketio-2.5': Object.keys(modes),
    'socketio-1.7': Object.keys(modes),
};

describe('QtWebKit', () => {
    let engine;
    before(async () => { engine = await start_qtwebkit(); });
    after(() => engine && engine.stop());

    for (const [client, { own, foreign }] of Object.entries(sockjs)) {
        describe(client, () => {
            let at;
            before(async () => { at = await start_legacy(client, engine); });
            after(() => at && at.stop());
            for (const [other, list] of [[false, own], [true, foreign]]) {
                const where = other ? 'page of another origin' : 'page of the same origin';
                for (const transport of list) {
                    it(`${transport}, ${where}: every class of text, 200 KB, the server's goodbye`,
                        async () => {
                            const asked = { other, transports: [transport], timeout: 30000 };
                            assert.equal(await at.run({ case: 'sockjs_echo', ...asked }), transport);
                            assert.equal(await at.run({ case: 'sockjs_close', ...asked }), transport);
                        });
                }
                it(`chooses websocket, ${where}`, async () => {
                    assert.equal(await at.run({ case: 'sockjs_choose', other, timeout: 30000 }), 'websocket');
                });
            }
        });
    }

    for (const [client, list] of Object.entries(socketio)) {
        describe(client, () => {
            let at;
            before(async () => { at = await start_legacy(client, engine); });
            after(() => at && at.stop());
            for (const other of [false, true]) {
                const where = other ? 'page of another origin' : 'page of the same origin';
                for (const mode of list) {
                    it(`${mode}, ${where}: every class of text, 200 KB, a broadcast, bytes`, async () => {
                        const found = await at.run({ case: 'socketio_echo', other, ...modes[mode] });
                        assert.equal(found, modes[mode].transports[0]);
                    });
                }
                it(`polls, then goes on over WebSocket, ${where}`, async () => {
                    assert.equal(await at.run({ case: 'socketio_choose', other, until: 'websocket' }),
                        'websocket');
                });
            }
        });
    }
});
