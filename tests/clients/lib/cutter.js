'use strict';

const { once } = require('node:events');
const net = require('node:net');

// A TCP proxy to `port` on loopback. cut() ends all connections at once, as a lost network does:
// what is on its way is gone, and both sides hear of it. Nothing gets through until mend(), because
// a client that polls may have no connection just now and would notice nothing.
async function start_cutter(port) {
    const sockets = new Set();
    let whole = true;
    const proxy = net.createServer((client) => {
        if (!whole) {
            client.on('error', () => {});
            client.resetAndDestroy();
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
        cut,
        mend: () => { whole = true; },
        close: () => {
            proxy.close();
            cut();
        },
    };
}

module.exports = { start_cutter };
