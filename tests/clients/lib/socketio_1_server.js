'use strict';

const http = require('node:http');
const need = require('./need');

// The server that socket.io-client 1.7 was made for, with the events of the profile `default` that
// legacy/cases.js wants.
async function start_socketio_1() {
    const server = http.createServer();
    const io = need('socket.io-1')(server, { transports: ['polling', 'websocket'] });
    io.on('connection', (socket) => {
        socket.emit('auth', {});
        socket.on('echo', (value, answer) => {
            if (typeof answer === 'function') answer(value);
            else socket.emit('echo', value);
        });
        socket.on('bcast', (...args) => io.emit('message', ...args));
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        stop: () => new Promise((resolve) => {
            io.close();
            server.closeAllConnections();
            server.on('close', resolve);
            if (!server.listening) resolve();
        }),
    };
}

module.exports = { start_socketio_1 };
