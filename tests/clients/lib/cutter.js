'use strict';

const { once } = require('node:events');
const net = require('node:net');

// A TCP proxy to `port` on loopback. cut() ends all connections at once, as a lost network does:
// what is on its way is gone, and both sides hear of it. part() is a network that falls apart: all
// connections stay, new ones are taken, bytes are swallowed, nobody hears of anything. Nothing gets
// through until mend(), because a client that polls may have no connection just now and would notice
// nothing; connections that were parted stay dead.
async function start_cutter(port) {
    const sockets = new Set();
    let whole = true;
    let parted = false;
    const swallow = (socket) => {
        socket.unpipe();
        socket.resume();
    };
    const proxy = net.createServer((client) => {
        if (!whole) {
            client.on('error', () => {});
            if (parted) {
                sockets.add(client);
                client.on('close', () => sockets.delete(client));
                swallow(client);
            } else {
                client.resetAndDestroy();
            }
            return;
        }
        const server = net.connect(port, '127.0.0.1');
        for (const [from, to] of [[client, server], [server, client]]) {
            sockets.add(from);
            from.setNoDelay(true);
            from.pipe(to);
            from.on('error', () => {});
            from.on('close', () => {
                sockets.delete(from);
                to.destroy();
            });
        }
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const cut = () => {
        whole = false;
        for (const socket of sockets) socket.resetAndDestroy();
    };
    return {
        url: `http://127.0.0.1:${proxy.address().port}`,
        port: proxy.address().port,
        cut,
        part: () => {
            whole = false;
            parted = true;
            for (const socket of sockets) swallow(socket);
        },
        mend: () => {
            whole = true;
            parted = false;
        },
        close: () => {
            proxy.close();
            cut();
        },
    };
}

module.exports = { start_cutter };
