'use strict';

const { once } = require('node:events');
const net = require('node:net');

// A port of the loopback that nobody listens on.
async function free_port() {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

// Whether somebody does.
async function accepts(port) {
    const socket = net.connect(port, '127.0.0.1');
    try {
        await once(socket, 'connect');
        return true;
    } catch {
        return false;
    } finally {
        socket.destroy();
    }
}

module.exports = { accepts, free_port };
