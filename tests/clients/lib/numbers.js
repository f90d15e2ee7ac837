'use strict';

// Numbers from our client to servers of others and back, through whatever stands between them: none
// is missing, and none comes twice.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { make_certificate } = require('./certificate');
const { run_checker, torture } = require('./checker');
const {
    counting_engineio, counting_socketio, counting_sockjs, counting_ws,
} = require('./counting_servers');
const { after, before, describe, it } = require('./testing');

// Each dialect's server, the path of its URL, and the ways that its client has.
const dialects = {
    websocket: { start: counting_ws, path: '/', ways: [['websocket']] },
    sockjs: {
        start: counting_sockjs,
        path: '/echo',
        ways: [['websocket'], ['xhr-streaming'], ['eventsource'], ['xhr-polling']],
    },
    engineio: {
        start: counting_engineio,
        path: '/engine.io/',
        ways: [['polling'], ['websocket'], ['polling', 'websocket']],
    },
    socketio: {
        start: counting_socketio,
        path: '',
        ways: [['polling'], ['websocket'], ['polling', 'websocket']],
    },
};

// Tests of every dialect over each transport, plain and TLS. `stand_before(start, files)` starts one
// of the servers, which takes what https.createServer does and its options, and what is to be
// before it: the `url` of it all, `args` for the client, `server`, `stop`. With `files`, those of a
// certificate, the URL is one of https.
function numbers_through(what, stand_before) {
    for (const secure of [false, true]) {
        const files = secure ? make_certificate() : undefined;
        for (const [dialect, { start, path, ways }] of Object.entries(dialects)) {
            describe(`${dialect} through ${what}${secure ? ' over TLS' : ''}`, () => {
                let all;
                before(async () => { all = await stand_before(start, files); });
                after(() => all && all.stop());
                for (const names of ways) {
                    it(`numbers over ${names.join(' and ')}`, async () => {
                        const { url, args = [], server } = all;
                        const { code, said } = await run_checker(torture, [
                            '--url', `${url}${path}`, '--dialect', dialect, ...args,
                            ...(files ? ['--ca', files.cert] : []),
                            ...names.flatMap((name) => ['--transport', name])]);
                        assert.deepEqual(server.wrong, [], said);
                        assert.equal(code, 0, said);
                        assert.match(said, /cut short 0,/);
                        if (names[1]) assert.doesNotMatch(said, /upgrades 0,/);
                    });
                }
            });
        }
    }
}

// The same where a reverse proxy is before a plain server: `start_proxy(server, files)`.
function numbers_behind(what, start_proxy) {
    numbers_through(what, async (start, files) => {
        const server = await start();
        const proxy = await start_proxy(server, files);
        return {
            url: proxy.url,
            server,
            stop: async () => {
                await proxy.stop();
                await server.stop();
            },
        };
    });
}

// What https.createServer takes.
const read_tls = (files) =>
    files && { cert: fs.readFileSync(files.cert), key: fs.readFileSync(files.key) };

module.exports = { numbers_behind, numbers_through, read_tls };
