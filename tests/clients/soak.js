'use strict';

// Clients of every dialect come and go through a gateway, over networks that break, while it is told
// other settings and its backends go away: node soak.js [--seconds N]. In the end nothing may have
// been lost or have come twice within a session, and no session, descriptor or byte may be left.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { run_checker, torture } = require('./lib/checker');
const { counting_socketio, counting_ws } = require('./lib/counting_servers');
const { start_gateway } = require('./lib/gateway');
const { until_idle } = require('./lib/gateway_numbers');

const flags = (name, values) => values.flatMap((value) => [name, value]);
const transports = (...names) => flags('--transport', names);
const engine = (...more) => ['--dialect', 'engineio', ...more];
const sockjs = (name) => ['--dialect', 'sockjs', ...transports(name)];

// Faults that each dialect has to take; of what is lost without a word SockJS over HTTP hears only
// when it speaks.
const cut = ['--cut', 60];
const slow = ['--jitter', 20];
const lost = ['--drop', 700];
const refused = ['--refuse', 403];
const buffered = ['--buffer'];
const ways = [
    [['--dialect', 'websocket'], [cut, slow, lost]],
    [sockjs('websocket'), [cut, slow, lost]],
    [sockjs('xhr-streaming'), [cut, slow, refused]],
    [sockjs('eventsource'), [cut, slow]],
    [sockjs('xhr-polling'), [cut, slow, buffered]],
    [engine(...transports('polling')), [cut, slow, lost, buffered]],
    [engine(...transports('websocket')), [cut, slow, lost]],
    [engine(...transports('polling', 'websocket')), [cut, slow, lost, refused]],
    [engine('--revision', 3, ...transports('polling', 'websocket')), [cut, slow]],
    [['--dialect', 'socketio', ...transports('polling', 'websocket')], [['--cut', 150], slow]],
];

const settings = (live, io, i) => `
threads = 2
[limits]
max_handshakes_per_second_per_address = 0
[log]
access_file = "off"
[admin]
address = "127.0.0.1"
[[route]]
path = "/live"
backends = ["${live}"]
heartbeat = "300ms"
heartbeat_timeout = "2s"
connect_timeout = "60s"
[route.limits]
max_message = ${1_000_000 + i}
[[route]]
path = "/socket.io"
fronts = ["engineio"]
backends = ["engineio://${io}/socket.io/"]
heartbeat = "300ms"
heartbeat_timeout = "2s"
connect_timeout = "60s"
`;

// One lap: each way with the next of its faults.
const runs_of = (gateway, lap) => ways.map(([args, faults]) => [
    '--url', `${gateway.url}${args.includes('socketio') ? '' : '/live'}`, ...args,
    ...faults[lap % faults.length],
    '--for', 1500, '--clients', 6, '--sessions', 2, '--numbers', 200,
]);

class Soak {
    async start() {
        const heartbeat = { pingInterval: 300, pingTimeout: 500 };
        this.live = await counting_ws();
        this.io = await counting_socketio(null, { connectionStateRecovery: {}, ...heartbeat });
        this.gateway = await start_gateway([], { config: this.config(0) });
        [, this.admin] = await this.gateway.log.until(/status and metrics on (\S+)/);
        this.at_first = await until_idle(this.gateway, this.admin);
        this.totals = {};
    }

    config(i) {
        return settings(this.live.ws_url, new URL(this.io.url).host, i);
    }

    async run(args) {
        if (args.includes('socketio')) this.io.last.clear();
        const what = args.join(' ');
        const { code, said } = await run_checker(torture, args, 240000).catch((error) => {
            throw new Error(`${what}\n${error.message}`);
        });
        assert.equal(code, 0, `${what}\n${said}`);
        for (const [, name, n] of said.matchAll(/([a-z ]+) (\d+)(?:,|\n)/g)) {
            this.totals[name.trim()] = (this.totals[name.trim()] || 0) + Number(n);
        }
    }

    // A reload each second; after some of them a backend breaks off all that it has.
    async disturb(is_over) {
        for (let i = 1; !is_over(); ++i) {
            const { log } = this.gateway;
            const from = log.all.length;
            fs.writeFileSync(this.gateway.file, this.config(i));
            this.gateway.signal('SIGHUP');
            await log.until(/max_message/, from);
            log.all.length = 0;
            if (i % 5 === 0) this.live.cut();
            await new Promise((resolve) => setTimeout(resolve, 1000));
        }
    }

    // Two at a time. What is left when all clients have gone.
    async lap(n, end) {
        const runs = runs_of(this.gateway, n);
        let is_over = false;
        const work = async () => {
            while (runs.length > 0 && Date.now() < end) await this.run(runs.shift());
        };
        const clients = Promise.all([work(), work()]).finally(() => { is_over = true; });
        await Promise.all([clients, this.disturb(() => is_over)]);
        assert.deepEqual([...this.live.wrong, ...this.io.wrong], []);
        return until_idle(this.gateway, this.admin, this.at_first.descriptors);
    }

    async stop() {
        for (const one of [this.gateway, this.live, this.io]) if (one) await one.stop();
    }
}

async function main(seconds) {
    const soak = new Soak();
    await soak.start();
    const end = Date.now() + seconds * 1000;
    const left = [];
    for (let n = 0; Date.now() < end; ++n) {
        left.push(await soak.lap(n, end));
        console.log(`lap ${n}: ${JSON.stringify(soak.totals)}, left ${JSON.stringify(left[n])}`);
    }
    await soak.stop();
    // What the allocator keeps is known after some laps: the same ones cost nothing more.
    const most = Math.max(...left.slice(0, 3).map((one) => one.resident));
    const grown = left[left.length - 1].resident - most;
    assert.ok(grown < 8e6, `${grown} bytes more than after the first laps`);
}

const at = process.argv.indexOf('--seconds');
main(at < 0 ? 600 : Number(process.argv[at + 1])).catch((error) => {
    console.error(error);
    process.exit(1);
});
