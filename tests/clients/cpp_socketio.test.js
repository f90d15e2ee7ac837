'use strict';

// The Socket.IO client in C++ against the servers of npm: socket.io 4, 3 and 2.

const { test } = require('node:test');
const assert = require('node:assert');
const http = require('node:http');
const { spawn } = require('node:child_process');

const need = require('./lib/need');

const checker = process.env.ANYWIRE_SOCKETIO_CHECKER;

// What tests/client_checker/socketio_checker.cpp expects of a server.
function setUp(io, conn = (socket) => socket.conn) {
    io.of('/admin').use((socket, next) => {
        const given = socket.handshake.auth ?? socket.handshake.query;
        if ((given.token ?? socket.handshake.query.token) === 'right') return next();
        next(refusal());
    });
    const serve = (socket) => {
        socket.on('echo', (...args) => args.pop()(...args));
        socket.on('ask', () => socket.emit('question', 5, (n) => socket.emit('answered', n)));
        socket.on('mark me', () => socket.emit('mark'));
        socket.on('away', () => {
            conn(socket).close();
            for (let n = 0; n < 3; ++n) io.emit('missed', n);
        });
        socket.on('out', () => socket.disconnect());
    };
    io.on('connection', serve);
    io.of('/admin').on('connection', serve);
}

function refusal() {
    return Object.assign(new Error('not you'), { data: { code: 401 } });
}

function run(args) {
    return new Promise((resolve, reject) => {
        const child = spawn(checker, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        let said = '';
        child.stdout.on('data', (text) => (said += text));
        child.on('error', reject);
        child.on('exit', (code) => resolve({ code, said }));
    });
}

async function check(attach, url, args) {
    const server = http.createServer();
    const io = attach(server);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
        const { code, said } = await run([`http://127.0.0.1:${server.address().port}${url}`, ...args]);
        assert.strictEqual(code, 0, said);
    } finally {
        io.close();
        server.closeAllConnections?.();
    }
}

const transports = ['polling,websocket', 'polling', 'websocket', 'websocket,polling'];

for (const names of transports) {
    test(`socket.io 4 over ${names}`, async () => {
        const { Server } = need('socket.io');
        await check((server) => {
            const io = new Server(server);
            setUp(io);
            return io;
        }, '', ['4', names]);
    });

    test(`socket.io 4 with recovery over ${names}`, async () => {
        const { Server } = need('socket.io');
        await check((server) => {
            const io = new Server(server, { connectionStateRecovery: {}, path: '/my/path/' });
            setUp(io);
            return io;
        }, '/my/path/', ['4', names, 'recovery']);
    });

    test(`socket.io 4 for old clients over ${names}`, async () => {
        const { Server } = need('socket.io');
        await check((server) => {
            const io = new Server(server, { allowEIO3: true });
            setUp(io);
            return io;
        }, '', ['3', names]);
    });

    test(`socket.io 3 over ${names}`, async () => {
        const { Server } = need('socket.io-3');
        await check((server) => {
            const io = new Server(server);
            setUp(io);
            return io;
        }, '', ['4', names]);
    });

    test(`socket.io 2 over ${names}`, async () => {
        const create = need('socket.io-2');
        await check((server) => {
            const io = create(server);
            setUp(io);
            return io;
        }, '', ['3', names]);
    });
}

test('socket.io 4 with socket.io-msgpack-parser', async () => {
    const { Server } = need('socket.io');
    await check((server) => {
        const io = new Server(server, { parser: need('socket.io-msgpack-parser') });
        setUp(io);
        return io;
    }, '', ['4', 'polling,websocket', 'msgpack']);
});
