'use strict';

// Our client against the servers of others, over every transport, plain and TLS.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { make_certificate } = require('./lib/certificate');
const { executable, run_cli, start_cli } = require('./lib/cli');
const { start_engineio, start_sockjs, start_ws } = require('./lib/node_servers');
const { after, before, describe, it } = require('./lib/testing');

const numbered = (count) => Array.from({ length: count }, (_, i) => `message ${i} é€😀`);

// What every way has to do. `args` choose it.
function echoes(get, args, transport) {
    it('carries numbered messages in order', async () => {
        const messages = numbered(2000);
        const { code, lines, notes } = await run_cli(
            [...args, '--expect', '2000', '--timeout', '50', get()],
            { input: messages.join('\n') });
        assert.equal(code, 0, notes);
        assert.deepEqual(lines, messages);
        assert.match(notes, new RegExp(`(connected|now) over ${transport}`));
    });
    it('carries a message of 900 000 bytes', async () => {
        const long = 'x'.repeat(900000);
        const { code, lines, notes } = await run_cli(
            [...args, '--expect', '1', '--timeout', '50', get()], { input: long });
        assert.equal(code, 0, notes);
        assert.equal(lines.length, 1);
        assert.ok(lines[0] === long);
    });
}

function with_server(title, start, body) {
    for (const secure of [false, true]) {
        describe(`${title}${secure ? ' over TLS' : ''}`, () => {
            const files = secure ? make_certificate() : null;
            const tls = secure && { cert: fs.readFileSync(files.cert), key: fs.readFileSync(files.key) };
            let server;
            before(async () => { server = await start(tls); });
            after(() => server && server.stop());
            body(() => server, secure ? ['--ca', files.cert] : []);
        });
    }
}

with_server('ws', (tls) => start_ws(tls, { maxPayload: 1e6 }), (get, args) => {
    describe('plain', () => echoes(() => get().ws_url, args, 'websocket'));
    it('carries binary', async () => {
        const { code, lines, notes } = await run_cli(
            [...args, '--binary', '--send', 'abc', '--expect', '1', get().ws_url]);
        assert.equal(code, 0, notes);
        assert.deepEqual(lines, ['61 62 63']);
    });
});

with_server('ws with permessage-deflate',
    (tls) => start_ws(tls, { perMessageDeflate: { threshold: 0 }, maxPayload: 1e6 }), (get, args) => {
        describe('compressed', () => echoes(() => get().ws_url, [...args, '--compress'], 'websocket'));
    });

with_server('sockjs-node', (tls) => start_sockjs(tls), (get, args) => {
    for (const transport of ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling']) {
        describe(transport, () =>
            echoes(() => `${get().url}/echo`, [...args, '--transport', transport], transport));
    }
});

for (const revision of [4, 3]) {
    const start = (tls) => start_engineio(tls, { revision, maxHttpBufferSize: 2e6 });
    with_server(`engine.io, revision ${revision}`, start, (get, args) => {
        const more = [...args, '--dialect', 'engineio', '--revision', `${revision}`];
        const url = () => `${get().url}/engine.io/`;
        describe('polling', () => echoes(url, [...more, '--transport', 'polling'], 'polling'));
        describe('websocket', () => echoes(url, [...more, '--transport', 'websocket'], 'websocket'));
        describe('upgraded', () => echoes(url, more, 'polling'));
    });
}

describe('anywire-cli', () => {
    it('says that nothing listens, and ends with 2', async () => {
        const { code, notes } = await run_cli(['ws://127.0.0.1:1/']);
        assert.equal(code, 2);
        assert.match(notes, /connect: .*127\.0\.0\.1/);
    });
    it('says what is wrong with a URL, and ends with 1', async () => {
        for (const url of ['http://', 'ftp://example.com/', 'nonsense', 'ws://a:99999/']) {
            const { code, notes } = await run_cli([url]);
            assert.equal(code, 1, url);
            assert.match(notes, /anywire-cli: /);
        }
    });
    it('has help with examples', () => {
        const { status, stdout } = spawnSync(executable, ['--help'], { encoding: 'utf8' });
        assert.equal(status, 0);
        assert.match(stdout, /anywire-cli probe/);
        assert.match(stdout, /Exit codes/);
    });
    it('does not believe a certificate that nobody vouches for', async () => {
        const files = make_certificate();
        const server = await start_ws(
            { cert: fs.readFileSync(files.cert), key: fs.readFileSync(files.key) });
        try {
            const refused = await run_cli([server.ws_url]);
            assert.equal(refused.code, 2);
            assert.match(refused.notes, /tls: .*self.signed/);
            const careless = await run_cli(['-k', '-x', 'hi', '-n', '1', server.ws_url]);
            assert.equal(careless.code, 0, careless.notes);
        } finally {
            await server.stop();
        }
    });
    it('comes back with --reconnect', async () => {
        const server = await start_ws();
        const cli = start_cli(['--reconnect', server.ws_url]);
        try {
            await cli.until(() => /connected over websocket/.test(cli.notes), 'connection');
            server.cut();
            await cli.until(
                () => cli.notes.match(/connected over websocket/g).length === 2, 'second connection');
            cli.write('still there\n');
            await cli.until(() => cli.lines.length === 1, 'echo');
            cli.end_input();
            assert.equal((await cli.ended).code, 0);
        } finally {
            cli.child.kill('SIGKILL');
            await server.stop();
        }
    });
    it('ends with 3 when the server ends the session', async () => {
        const server = await start_ws();
        const cli = start_cli([server.ws_url]);
        await cli.until(() => /connected over websocket/.test(cli.notes), 'connection');
        for (const ws of server.sockets.clients) ws.close(3456, 'enough');
        assert.equal((await cli.ended).code, 3);
        assert.match(cli.notes, /code 3456.*enough/);
        await server.stop();
    });
    it('probes what gets through', async () => {
        const server = await start_sockjs();
        const { code, lines, notes } = await run_cli(['probe', '--watch', '0.2', `${server.url}/echo`]);
        await server.stop();
        assert.equal(code, 0, notes);
        for (const transport of ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'])
            assert.ok(lines.some((l) => new RegExp(`^${transport} +yes +[\\d.]+ ms`).test(l)), lines.join('\n'));
    });
    it('measures round trips', async () => {
        const server = await start_ws();
        const { code, lines } = await run_cli(['bench', '--messages', '50', server.ws_url]);
        await server.stop();
        assert.equal(code, 0);
        assert.match(lines[0], /^50 round trips of 64 bytes over websocket/);
    });
});
