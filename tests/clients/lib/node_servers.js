'use strict';

// Servers of others that echo, each on a port of its own. `tls` is what https.createServer takes.

const http = require('node:http');
const https = require('node:https');
const need = require('./need');

async function listen(server, more = {}, address = '127.0.0.1') {
    const sockets = new Set();
    server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
    });
    await new Promise((resolve) => server.listen(0, address, resolve));
    const { port } = server.address();
    const scheme = server instanceof https.Server ? 'https' : 'http';
    const host = address === '127.0.0.1' ? 'localhost' : `[${address}]`;
    return {
        port,
        url: `${scheme}://${host}:${port}`,
        ws_url: `${scheme.replace('http', 'ws')}://${host}:${port}`,
        ...more,
        // Cuts every connection.
        cut: () => { for (const socket of sockets) socket.destroy(); },
        stop: () => new Promise((resolve) => {
            for (const socket of sockets) socket.destroy();
            server.close(resolve);
        }),
    };
}

const make_server = (tls) => (tls ? https.createServer(tls) : http.createServer());

async function start_ws(tls, options = {}) {
    const { WebSocketServer } = need('ws');
    const server = make_server(tls);
    const sockets = new WebSocketServer({ server, ...options });
    sockets.on('connection', (ws) => {
        ws.on('message', (data, binary) => ws.send(data, { binary }));
        ws.on('error', () => {});
    });
    return listen(server, { sockets });
}

async function start_sockjs(tls, options = {}) {
    const sockjs = need('sockjs');
    const service = sockjs.createServer({ log: () => {}, ...options });
    service.on('connection', (session) => {
        session.on('data', (message) => session.write(message));
    });
    const server = make_server(tls);
    service.installHandlers(server, { prefix: '/echo' });
    return listen(server);
}

// `revision` 3 is that of socket.io 2.
async function start_engineio(tls, { revision = 4, ...options } = {}) {
    const engine = revision === 4
        ? need('engine.io')
        : require(require.resolve('engine.io', {
            paths: [require.resolve('socket.io-2/package.json')],
        }));
    const server = make_server(tls);
    const attached = engine.attach(server, options);
    attached.on('connection', (socket) => {
        socket.on('message', (data) => socket.send(data));
    });
    return listen(server, { engine: attached });
}

module.exports = { listen, make_server, start_engineio, start_sockjs, start_ws };
