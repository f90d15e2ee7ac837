'use strict';

const { once } = require('node:events');
const net = require('node:net');

// A TCP proxy to `port` on loopback that cuts all connections at the nth piece that goes by since
// the last cut, with n from 1 to `steps`, each `rounds` times; then it cuts no more. So a client that
// comes back at once loses its connection at every step of what it does first.
async function start_step_cutter(port, steps, rounds = 2) {
    const sockets = new Set();
    let step = 1;
    let seen = 0;
    let cuts = 0;
    const is_due = () => {
        if (step > steps || ++seen < step) return false;
        seen = 0;
        if (++cuts % rounds === 0) ++step;
        return true;
    };
    const cut = () => { for (const socket of sockets) socket.destroy(); };
    const proxy = net.createServer((client) => {
        const server = net.connect(port, '127.0.0.1');
        for (const [from, to] of [[client, server], [server, client]]) {
            sockets.add(from);
            from.setNoDelay(true);
            // The piece that the cut happens at arrives, or does not.
            from.on('data', (piece) => {
                const due = is_due();
                if (!due || cuts % 2) to.write(piece);
                if (due) setImmediate(cut);
            });
            from.on('end', () => to.end());
            from.on('error', () => {});
            from.on('close', () => {
                sockets.delete(from);
                to.destroy();
            });
        }
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    return {
        url: `http://127.0.0.1:${proxy.address().port}`,
        port: proxy.address().port,
        is_done: () => step > steps,
        cuts: () => cuts,
        stop: () => {
            proxy.close();
            cut();
        },
    };
}

module.exports = { start_step_cutter };
