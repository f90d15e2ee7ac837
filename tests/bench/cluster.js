'use strict';

// What it costs the servers to send one message to a socket, where a broadcast goes to many over one
// server or two that share a Redis: those of the library, and those of Node with the same adapter.
//   node tests/bench/cluster.js --sockets 1000 --broadcasts 400 --rounds 3 --adapter pubsub

const fs = require('node:fs');
const { Client } = require('../clients/lib/cluster_client');
const { start_cpp, start_node } = require('../clients/lib/cluster_server');
const { start_redis } = require('../clients/lib/redis');
const { open_crowd } = require('../clients/lib/socket_crowd');
const { within } = require('../clients/lib/within');

const everybody = { rooms: [], except: [] };
const payload = 'x'.repeat(64);
const window = 8;  // broadcasts under way at most

// Microseconds of CPU that a process has taken, as the scheduler counts them.
function cpu_of(pid) {
    const threads = fs.readdirSync(`/proc/${pid}/task`);
    const taken = threads.map((thread) =>
        Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]));
    return taken.reduce((a, b) => a + b) / 1000;
}

class Bench {
    async open(start, count, { adapter, sockets }) {
        this.sockets = sockets;
        this.redis = await start_redis();
        this.servers = await Promise.all(Array.from({ length: count }, (_, i) => start({
            adapter, redis: this.redis, name: `server${i}`,
        })));
        this.control = await new Client(`${this.servers[0].url}/control`, 'control').connected();
        await within((async () => {
            while ((await this.control.ask('sse_ask', 'hello')).answers.length !== count - 1);
        })(), 'all servers');
        this.heard = 0;
        this.wake = () => {};
        this.crowd = await open_crowd(this.servers.map(({ url }) => url), sockets, (_, text) => {
            if (text.startsWith('["number"') && ++this.heard % sockets === 0) this.wake();
        });
        return this;
    }

    // Microseconds a delivered message, of all servers together and of Redis.
    async run(broadcasts) {
        const { control, redis, servers, sockets } = this;
        const pids = servers.map(({ child }) => child.pid);
        const all = () => pids.map(cpu_of).reduce((a, b) => a + b);
        this.heard = 0;
        const before = all();
        const before_redis = cpu_of(redis.pid);
        for (let sent = 0; sent < broadcasts; ++sent) {
            control.socket.emit('emit', everybody, 'number', sent, payload, () => {});
            const least = Math.max(0, sent + 1 - window) * sockets;
            await this.until(sent + 1 < broadcasts ? least : broadcasts * sockets);
        }
        const messages = broadcasts * sockets;
        return {
            servers: (all() - before) / messages, redis: (cpu_of(redis.pid) - before_redis) / messages,
        };
    }

    until(least) {
        return within(new Promise((resolve) => {
            this.wake = () => this.heard >= least && resolve();
            this.wake();
        }), `${least} messages`);
    }

    async close() {
        this.crowd.close();
        this.control.close();
        for (const server of this.servers) await server.stop();
        await this.redis.stop();
    }
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const kinds = { anywire: start_cpp, node: start_node };

async function main(given) {
    const taken = {};
    for (let round = 0; round < given.rounds; ++round) {
        for (const [kind, start] of Object.entries(kinds)) {
            for (const count of [1, 2]) {
                const bench = await new Bench().open(start, count, given);
                await bench.run(20);  // to warm up
                (taken[`${kind} ${count}`] ??= []).push(await bench.run(given.broadcasts));
                await bench.close();
            }
        }
    }
    console.log(`${given.adapter}, ${given.sockets} sockets, ${given.broadcasts} broadcasts of ` +
        `${payload.length} bytes, median (least, most) of ${given.rounds} rounds: ` +
        'microseconds of CPU a delivered message');
    const of_servers = {};
    for (const [name, rounds] of Object.entries(taken)) {
        const servers = rounds.map((r) => r.servers);
        of_servers[name] = median(servers);
        const all = [median(servers), Math.min(...servers), Math.max(...servers)];
        const [mid, least, most] = all.map((n) => n.toFixed(2));
        console.log(`${name} server(s): ${mid} (${least}, ${most}); ` +
            `Redis ${median(rounds.map((r) => r.redis)).toFixed(3)}`);
    }
    for (const kind of Object.keys(kinds)) {
        const ratio = of_servers[`${kind} 2`] / of_servers[`${kind} 1`];
        console.log(`${kind}: two servers / one: ${ratio.toFixed(2)}`);
    }
    for (const count of [1, 2]) {
        const ratio = of_servers[`node ${count}`] / of_servers[`anywire ${count}`];
        console.log(`${count} server(s): node / anywire: ${ratio.toFixed(1)}`);
    }
}

const given = { sockets: 1000, broadcasts: 400, rounds: 3, adapter: 'pubsub' };
for (let i = 2; i + 1 < process.argv.length; i += 2) {
    const name = process.argv[i].slice(2);
    given[name] = name === 'adapter' ? process.argv[i + 1] : Number(process.argv[i + 1]);
}
main(given).then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
