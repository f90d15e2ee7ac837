'use strict';

// What clients end on by themselves, in Chromium without what older browsers lack.

const assert = require('node:assert/strict');
const { start_legacy_chromium } = require('./legacy_chromium');
const { start_legacy } = require('./legacy_suite');
const { after, before, describe, it } = require('./testing');

const no_websocket = ['websocket', 'fetch'];
const no_streaming = [...no_websocket, 'streaming'];
const no_cors = [...no_websocket, 'cors', 'streaming', 'binary'];

// Which browser each step stands for.
const steps = {
    'all there': [],
    'no WebSocket (or a proxy without)': no_websocket,
    'no streaming by XMLHttpRequest': no_streaming,
    'no EventSource either (IE 10 and 11 behind a proxy that holds back)': [...no_streaming, 'eventsource'],
    'no CORS but EventSource (Opera 11, Safari 4)': no_cors,
    'no CORS, no EventSource (IE 8 and 9 on pages of the other scheme)': [...no_cors, 'eventsource'],
    'XDomainRequest in their place (IE 8 and 9)': ['add_xdr', ...no_cors, 'eventsource'],
    'no postMessage either (IE 7)': [...no_cors, 'eventsource', 'postmessage'],
};

// Each page and mount: with all that is for old browsers, and as mounts are by default.
const places = {
    'own page': {}, 'own page, defaults': { path: '/shared' },
    'foreign page': { other: true }, 'foreign page, defaults': { other: true, path: '/shared' },
};

const all_the_same = (transport) => [transport, transport, transport, transport];
// sockjs-client 1.x, by steps and places.
const sockjs_1 = [
    all_the_same('websocket'), all_the_same('xhr-streaming'), all_the_same('eventsource'),
    ['htmlfile', 'xhr-polling', 'iframe-htmlfile', 'xhr-polling'],
    ['eventsource', 'eventsource', 'iframe-eventsource', 'closed 1002'],
    ['htmlfile', 'xhr-polling', 'iframe-htmlfile', 'closed 1002'], all_the_same('xdr-streaming'),
    ['xhr-polling', 'xhr-polling', 'jsonp-polling', 'closed 2000'],
];
const sockjs_0 = [
    all_the_same('websocket'), all_the_same('xhr-streaming'), all_the_same('xhr-polling'),
    all_the_same('xhr-polling'),
    ['iframe-eventsource', 'closed 2000', 'iframe-eventsource', 'closed 1002'],
    ['iframe-htmlfile', 'closed 2000', 'iframe-htmlfile', 'closed 1002'], all_the_same('xdr-streaming'),
    ['jsonp-polling', 'closed 2000', 'jsonp-polling', 'closed 2000'],
];
// Those of Engine.IO 3 poll other origins by script elements where there is no CORS; 4.8 cannot.
// What it streams by is nothing to them.
const polling = (without_cors) => [
    ['websocket', 'websocket'], ['polling', 'polling'], null, null, null, ['polling', without_cors], null, null,
];
const by_script = polling('polling by script elements');

const expected = {
    'sockjs-1.6': sockjs_1, 'sockjs-1.0': sockjs_1, 'sockjs-0.3': sockjs_0,
    'socketio-4.8': polling('failed'), 'socketio-2.5': by_script, 'socketio-1.7': by_script,
};

// Registers a test for each step and place; the pages of one step and client run at once.
function negotiation_suite(clients) {
    Object.entries(steps).forEach(([step, removed], n) => describe(`Chromium: ${step}`, () => {
        let engine;
        before(async () => { engine = await start_legacy_chromium(removed); });
        after(() => engine && engine.stop());
        for (const client of clients.filter((one) => expected[one][n])) {
            const is_sockjs = client.startsWith('sockjs');
            const asked = is_sockjs ? { case: 'sockjs_choose', timeout: 2000 } : { case: 'socketio_choose' };
            const wheres = Object.entries(places).filter(([, { path }]) => is_sockjs || !path);
            describe(client, () => {
                let at;
                let found;
                before(async () => {
                    at = await start_legacy(client, engine);
                    found = wheres.map(([, place]) => at.run({ ...asked, ...place }));
                    for (const one of found) one.catch(() => {});
                });
                after(() => at && at.stop());
                wheres.forEach(([where], place) => {
                    const wanted = expected[client][n][place];
                    it(`${where}: ${wanted}`, async () => {
                        if (wanted === 'failed') await assert.rejects(found[place], /failed: /);
                        else assert.equal(await found[place], wanted);
                    });
                });
                if (!is_sockjs || !removed.includes('add_xdr')) return;
                for (const transport of ['xdr-streaming', 'xdr-polling']) {
                    it(`${transport}: every class of text, 200 KB, the server's goodbye`, async () => {
                        const one = { transports: [transport], other: true, timeout: 30000 };
                        assert.equal(await at.run({ case: 'sockjs_echo', ...one }), transport);
                        assert.equal(await at.run({ case: 'sockjs_close', ...one }), transport);
                    });
                }
            });
        }
    }));
}

module.exports = { negotiation_suite };
