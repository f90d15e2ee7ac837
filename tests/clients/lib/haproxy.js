'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { find_program, free_port, ready } = require('./nginx');
const { start_child } = require('./server');
const { temp_dir } = require('./temp');
const { within } = require('./within');

// A listener `front` with `lines`, and one that lists the checks' results.
function configuration(port, stats, lines, { timeout, bind }) {
    return `global
    stats timeout 5s
defaults
    mode http
    timeout connect 5s
    timeout client ${timeout}
    timeout server ${timeout}
    timeout tunnel ${timeout}
listen stats
    bind 127.0.0.1:${stats}
    stats enable
    stats uri /
listen front
    bind 127.0.0.1:${port} ${bind}
    ${lines.join('\n    ')}
`;
}

// Starts an HAProxy of our own; `lines` are those of its listener, its servers among them, and `bind`
// is what its address is followed by. With `tls`, files of a certificate, it speaks TLS.
async function start_balancer(lines, { timeout = '30s', tls, bind = '' } = {}) {
    const dir = temp_dir('haproxy');
    const config = path.join(dir, 'haproxy.cfg');
    const port = await free_port();
    const stats = await free_port();
    if (tls) {
        const both = path.join(dir, 'both.pem');
        fs.writeFileSync(both, fs.readFileSync(tls.cert) + fs.readFileSync(tls.key, 'utf8'));
        bind = `ssl crt ${both}`;
    }
    fs.writeFileSync(config, configuration(port, stats, lines, { timeout, bind }));
    const child = start_child(find_program('haproxy'), ['-db', '-f', config]);
    try {
        await within(ready(child, port, 'haproxy'), 'answer of haproxy');
    } catch (error) {
        child.kill('SIGKILL');
        throw error;
    }
    // What it says of a server: "UP", "DOWN" or "NOLB", and the last check's result.
    const state = async (server) => {
        const csv = await (await fetch(`http://127.0.0.1:${stats}/;csv`)).text();
        const [names, ...rows] = csv.trim().split('\n').map((line) => line.split(','));
        const row = rows.find((fields) => fields[0] === 'front' && fields[1] === server);
        return Object.fromEntries(names.map((name, i) => [name.replace('# ', ''), row[i]]));
    };
    const reaches = async (is, server) => {
        for (;;) {
            const now = await state(server);
            if (is(now)) return now;
            if (child.exitCode !== null) throw new Error(`haproxy has ended: ${child.output}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    };
    return {
        port,
        url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
        ws_url: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
        // Waits until the state of a server makes `is(state)` true.
        reaches: (is, what, server = 'one') =>
            within(reaches(is, server), `${what} in haproxy`),
        stop: async () => {
            child.kill('SIGTERM');
            await within(child.ended, 'end of haproxy');
        },
    };
}

const names = ['one', 'two', 'three', 'four'];

// The same before `server`, which may be several. `lines` say how it is checked, and what else is
// done.
function start_haproxy(server, lines,
    { check = 'check inter 100ms fall 1 rise 1', ...options } = {}) {
    const servers = [].concat(server).map(
        ({ port }, i) => `server ${names[i]} 127.0.0.1:${port} ${check}`);
    return start_balancer([...lines, ...servers], options);
}

module.exports = { start_balancer, start_haproxy };
