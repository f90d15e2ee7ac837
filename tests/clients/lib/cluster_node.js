'use strict';

// One Socket.IO server of Node, of several that share a Redis: what anywire-cluster-node is for the
// library. What it is told on the namespace /control it does to the main one.

const http = require('node:http');
const need = require('./need');

function audience_of(io, terms) {
    let to = io.of('/');
    for (const room of terms.rooms) to = to.to(room);
    for (const room of terms.except) to = to.except(room);
    if (terms.is_volatile) to = to.volatile;
    if (terms.local) to = to.local;
    if (terms.timeout) to = to.timeout(terms.timeout);
    return to;
}

function serve_control(io, name) {
    const heard = [];
    const main = io.of('/');
    const outcome = (done) => (error, answers) => done({ failed: !!error, answers });
    // With an answer or without.
    for (const event of ['hello', 'question']) {
        main.on(event, (...args) => {
            heard.push(event);
            const done = args.at(-1);
            if (typeof done === 'function') done(name);
        });
    }
    io.of('/control').on('connection', (socket) => {
        socket.on('emit', (terms, event, ...args) => {
            const done = args.pop();
            audience_of(io, terms).emit(event, ...args);
            done();
        });
        socket.on('ask', (terms, event, done) => audience_of(io, terms).emit(event, outcome(done)));
        socket.on('fetch', async (terms, done) => {
            const all = await audience_of(io, terms).fetchSockets();
            done(all.map(({ id, rooms, data, handshake }) => (
                { id, rooms: [...rooms], data, address: handshake.address })));
        });
        const move = (what) => (terms, rooms, done) => {
            audience_of(io, terms)[what](rooms);
            done();
        };
        socket.on('join', move('socketsJoin'));
        socket.on('leave', move('socketsLeave'));
        socket.on('disconnect_all', move('disconnectSockets'));
        socket.on('sse', (event, ...args) => {
            const done = args.pop();
            main.serverSideEmit(event, ...args);
            done();
        });
        socket.on('sse_ask', (event, ...args) => {
            const done = args.pop();
            main.serverSideEmit(event, ...args, outcome(done));
        });
        socket.on('rooms', async (done) => done([...await main.adapter.allRooms()]));
        socket.on('heard', (done) => done(heard));
    });
}

// Several addresses are nodes of a cluster of Redis.
async function connect_redis(url) {
    const { createClient, createCluster } = need('redis');
    const client = url.startsWith('redis://')
        ? createClient({ url })
        : createCluster({ rootNodes: url.split(',').map((at) => ({ url: `redis://${at}` })) });
    client.on('error', () => {});  // it comes back by itself
    await client.connect();
    return client;
}

async function make_adapter(kind, redis, key) {
    const client = await connect_redis(redis);
    if (kind === 'streams') {
        const { createAdapter } = need('@socket.io/redis-streams-adapter');
        return createAdapter(client, { streamName: key, channelPrefix: key });
    }
    const { createAdapter, createShardedAdapter } = need('@socket.io/redis-adapter');
    const sub = await connect_redis(redis);
    if (kind === 'sharded') return createShardedAdapter(client, sub, { channelPrefix: key });
    return createAdapter(client, sub, { key });
}

async function serve({ adapter: kind, redis, name, recovery, key }) {
    const { Server } = need('socket.io');
    const adapter = await make_adapter(kind, redis, key);
    const server = http.createServer();
    const io = new Server(server, {
        adapter, serveClient: false, ...(recovery ? { connectionStateRecovery: {} } : {}),
    });
    io.on('connection', (socket) => {
        if (socket.handshake.auth.who) socket.data = socket.handshake.auth.who;
        socket.emit('hello', socket.recovered);
        socket.on('enter', (room, done) => {
            socket.join(room);
            done();
        });
    });
    serve_control(io, name);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
}

process.on('SIGTERM', () => process.exit(0));
// --name value, each of them.
const given = {};
for (let i = 2; i + 1 < process.argv.length; i += 2) given[process.argv[i].slice(2)] = process.argv[i + 1];
serve(given).catch((error) => {
    console.error(error);
    process.exit(1);
});
