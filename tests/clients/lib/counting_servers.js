'use strict';

// Servers of others for tests/client_checker/torture.hpp. Each looks at the numbers that come and
// sends its own; what was wrong with those that came is in `wrong`. They listen at `address`.

const need = require('./need');
const { listen, make_server } = require('./node_servers');

// One session of torture_numbers.cpp: "go N", then 0 to N - 1.
function count(wrong, name, send, on_end) {
    let next = 0;
    let pushed = 0;
    let timer;
    on_end(() => clearTimeout(timer));
    const push = (most) => {
        for (let n = 0; n < 3 && pushed < most; ++n) send(`s${pushed++}`);
        if (pushed < most) timer = setTimeout(push, 1, most);
    };
    return (text) => {
        if (text.startsWith('go ')) {
            push(Number(text.slice(3)));
        } else {
            if (text !== `${next}`) wrong.push(`${name}: ${text} instead of ${next}`);
            ++next;
            send(`e${text}`);
        }
    };
}

async function counting_engineio(tls, { revision = 4, address, ...options } = {}) {
    const engine = revision === 4
        ? need('engine.io')
        : require(require.resolve('engine.io', {
            paths: [require.resolve('socket.io-2/package.json')],
        }));
    const server = make_server(tls);
    const wrong = [];
    engine.attach(server, options).on('connection', (socket) => {
        const take = count(wrong, `engine.io ${socket.id}`, (text) => socket.send(text),
            (end) => socket.on('close', end));
        socket.on('message', (data) => take(String(data)));
    });
    return listen(server, { wrong }, address);
}

async function counting_sockjs(tls, { address, ...options } = {}) {
    const server = make_server(tls);
    const wrong = [];
    const service = need('sockjs').createServer({ log: () => {}, ...options });
    service.on('connection', (session) => {
        session.on('data', count(wrong, `sockjs ${session.pathname}`, (text) => session.write(text),
            (end) => session.on('close', end)));
    });
    service.installHandlers(server, { prefix: '/echo' });
    return listen(server, { wrong }, address);
}

async function counting_ws(tls, { address, ...options } = {}) {
    const server = make_server(tls);
    const wrong = [];
    new (need('ws').WebSocketServer)({ server, ...options }).on('connection', (ws) => {
        const take = count(wrong, 'ws', (text) => ws.send(text), (end) => ws.on('close', end));
        ws.on('message', (data) => take(String(data)));
        ws.on('error', () => {});
    });
    return listen(server, { wrong }, address);
}

// For torture_socketio.cpp: "n" with a number, acknowledged, each client's in order, where one may
// come again; and "count" with numbers for all, one each `every` ms.
async function counting_socketio(tls, { every = 3, address, ...options } = {}) {
    const { Server } = need('socket.io');
    const server = make_server(tls);
    const wrong = [];
    const io = new Server(server, { serveClient: false, ...options });
    const last = new Map();
    io.on('connection', (socket) => {
        const { id } = socket.handshake.auth;
        socket.on('n', (n, done) => {
            const before = last.has(id) ? last.get(id) : -1;
            if (n > before + 1) wrong.push(`${id}: ${n} after ${before}`);
            last.set(id, Math.max(before, n));
            done();
        });
    });
    let next = 0;
    const timer = setInterval(() => { io.emit('count', next++); }, every);
    const listening = await listen(server, { wrong, last }, address);
    const { stop } = listening;
    listening.stop = async () => {
        clearInterval(timer);
        io.close();
        await stop();
    };
    return listening;
}

module.exports = { counting_engineio, counting_socketio, counting_sockjs, counting_ws };
