'use strict';

// Our Socket.IO client against the Socket.IO servers of Node: 4, 3 and 2.

const assert = require('node:assert/strict');
const { run_cli, start_cli } = require('./lib/cli');
const { listen, make_server } = require('./lib/node_servers');
const need = require('./lib/need');
const { after, before, describe, it } = require('./lib/testing');

function start_socketio(version, options = {}) {
    const server = make_server(null);
    let io;
    if (version === 2) {
        io = need('socket.io-2')(server, { serveClient: false, ...options });
    } else {
        const { Server } = need(version === 4 ? 'socket.io' : 'socket.io-3');
        io = new Server(server, { serveClient: false, ...options });
    }
    for (const name of ['/', '/chat']) {
        io.of(name).on('connection', (socket) => {
            socket.on('echo', (...args) => {
                const done = typeof args[args.length - 1] === 'function' ? args.pop() : () => {};
                socket.emit('echoed', ...args);
                done(...args);
            });
            socket.on('auth', (done) => done(socket.handshake.auth || {}));
            socket.on('leave', () => socket.disconnect());
            socket.on('cut', () => socket.conn.close());
        });
    }
    const guarded = io.of('/guarded');
    guarded.use((socket, next) => {
        const error = new Error('not you');
        error.data = { because: 'of the name' };
        next(error);
    });
    return listen(server, { io });
}

// The answers and the events of one run: each event is echoed, and acknowledged.
async function echoes(args, url, count = 300) {
    const lines = Array.from({ length: count }, (_, i) => `["echo",${i},{"text":"é€😀"},null]`);
    const { code, lines: heard, notes } = await run_cli(
        ['--dialect', 'socketio', ...args, '--expect', `${2 * count}`, '--timeout', '50', url],
        { input: lines.join('\n') });
    assert.equal(code, 0, notes);
    const of = (name) => heard.map((l) => JSON.parse(l)).filter((e) => e[0] === name);
    for (const name of ['echoed', 'answer']) {
        assert.deepEqual(of(name).map((e) => e[1]), Array.from({ length: count }, (_, i) => i));
        assert.deepEqual(of(name)[0].slice(2), [{ text: 'é€😀' }, null]);
    }
    return notes;
}

for (const version of [4, 3, 2]) {
    describe(`socket.io ${version}`, () => {
        const revision = version === 2 ? ['--revision', '3'] : [];
        let server;
        before(async () => { server = await start_socketio(version); });
        after(() => server && server.stop());

        for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
            const args = [...revision, ...transports.flatMap((t) => ['--transport', t])];
            it(`echoes over ${transports.join(' and ')}`, () => echoes(args, server.url));
            it(`echoes in a namespace over ${transports.join(' and ')}`,
                () => echoes([...args, '--namespace', '/chat'], server.url));
        }
        it('upgrades', async () => {
            const notes = await echoes(revision, server.url, 900);  // within `max_pending_acks`
            assert.match(notes, /now over websocket/);
        });
        it('hears the refusal of a middleware', async () => {
            const { code, notes } = await run_cli(
                ['--dialect', 'socketio', ...revision, '--namespace', '/guarded', server.url]);
            assert.equal(code, 2, notes);
            if (version === 2) assert.match(notes, /refused: .*of the name|refused: not you/);
            else assert.match(notes, /refused: not you \{"because":"of the name"\}/);
        });
        it('does not come back when the server puts it out', async () => {
            const { code, notes } = await run_cli(
                ['--dialect', 'socketio', ...revision, '--reconnect', '-x', '["leave"]', '-w', '30',
                    server.url]);
            assert.equal(code, 3, notes);
            assert.match(notes, /disconnected: io server disconnect/);
        });
        it('comes back when the connection is lost', async () => {
            // Between two polls nothing is cut.
            const cli = start_cli(['--dialect', 'socketio', ...revision, '--transport', 'websocket',
                '--reconnect', server.url]);
            try {
                await cli.until(() => /connected over/.test(cli.notes), 'connection');
                server.cut();
                await cli.until(() => cli.notes.match(/^connected over/gm).length === 2,
                    'second connection');
                cli.write('["echo",1]\n');
                await cli.until(() => cli.lines.length === 2, 'answer and event');
                cli.end_input();
                assert.equal((await cli.ended).code, 0);
            } finally {
                cli.child.kill('SIGKILL');
            }
        });
        if (version !== 2) {
            it('shows its auth', async () => {
                const { lines, notes } = await run_cli(['--dialect', 'socketio',
                    '--auth', '{"token":"secret"}', '-x', '["auth"]', '-n', '1', server.url]);
                assert.deepEqual(lines, ['["answer",{"token":"secret"}]'], notes);
            });
        }
    });
}

describe('socket.io 4 with recovery', () => {
    it('goes on where it was cut off', async () => {
        const server = await start_socketio(4, { connectionStateRecovery: {} });
        const cli = start_cli(['--dialect', 'socketio', '--transport', 'websocket', '--reconnect',
            server.url]);
        try {
            await cli.until(() => /^connected over/m.test(cli.notes), 'connection');
            cli.write('["echo","before"]\n');
            await cli.until(() => cli.lines.length === 2, 'answer and event');
            server.cut();
            await cli.until(() => /disconnected/.test(cli.notes), 'cut');
            server.io.emit('missed', 1);
            server.io.emit('missed', 2);
            await cli.until(() => /, recovered/.test(cli.notes), 'recovery');
            await cli.until(() => cli.lines.length === 4, 'what was missed');
            assert.deepEqual(cli.lines.slice(2).map((l) => JSON.parse(l).slice(0, 2)),
                [['missed', 1], ['missed', 2]]);
        } finally {
            cli.child.kill('SIGKILL');
            await server.stop();
        }
    });
});
