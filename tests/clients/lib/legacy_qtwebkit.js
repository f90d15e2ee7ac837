'use strict';

// An engine of 2016 (QtWebKit 5.212: no fetch, no modules) with the clients that old pages ship,
// over each of their transports and as they choose themselves.

const assert = require('node:assert/strict');
const { start_legacy } = require('./legacy_suite');
const { start_qtwebkit } = require('./qtwebkit');
const { after, before, describe, it } = require('./testing');

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

function sockjs_tests(get, transports, origin) {
    const page = { other: origin === 'foreign', timeout: 30000 };
    for (const transport of transports) {
        it(`${transport}, ${origin} page: every class of text, 200 KB, the server's goodbye`, async () => {
            const asked = { ...page, transports: [transport] };
            assert.equal(await get().run({ case: 'sockjs_echo', ...asked }), transport);
            assert.equal(await get().run({ case: 'sockjs_close', ...asked }), transport);
        });
    }
    it(`chooses websocket, ${origin} page`, async () => {
        assert.equal(await get().run({ case: 'sockjs_choose', ...page }), 'websocket');
    });
}

// A server that answers 200 where it is 204 otherwise.
function without_204_tests(client, engine, origin) {
    describe('a server that avoids 204', () => {
        let at;
        before(async () => { at = await start_legacy(client, engine(), ['--avoid-204']); });
        after(() => at && at.stop());
        for (const transport of ['xhr-polling', 'iframe-xhr-polling']) {
            it(`${transport}: the same`, async () => {
                const asked = { other: origin === 'foreign', timeout: 30000, transports: [transport] };
                assert.equal(await at.run({ case: 'sockjs_echo', ...asked }), transport);
            });
        }
    });
}

function socketio_tests(get, list, origin) {
    const page = { other: origin === 'foreign' };
    for (const mode of list) {
        it(`${mode}, ${origin} page: every class of text, 200 KB, a broadcast, bytes`, async () => {
            const found = await get().run({ case: 'socketio_echo', ...page, ...modes[mode] });
            assert.equal(found, modes[mode].transports[0]);
        });
    }
    it(`polls, then goes on over WebSocket, ${origin} page`, async () => {
        assert.equal(await get().run({ case: 'socketio_choose', ...page }), 'websocket');
    });
}

// Registers the tests of the clients in `wanted`: each with where its page is from, 'own' or 'foreign'
// or both.
function qtwebkit_suite(wanted) {
    describe('QtWebKit', () => {
        let engine;
        before(async () => { engine = await start_qtwebkit(); });
        after(() => engine && engine.stop());
        for (const [client, origins] of Object.entries(wanted)) {
            describe(client, () => {
                let at;
                before(async () => { at = await start_legacy(client, engine); });
                after(() => at && at.stop());
                if (sockjs[client]) without_204_tests(client, () => engine, origins.at(-1));
                for (const origin of origins) {
                    if (sockjs[client]) sockjs_tests(() => at, sockjs[client][origin], origin);
                    else socketio_tests(() => at, socketio[client], origin);
                }
            });
        }
    });
}

module.exports = { qtwebkit_suite };
