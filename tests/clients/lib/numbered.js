'use strict';

// Many sockets over two servers of the library and two of Node, and numbered broadcasts of all four:
// each socket has to hear each number of each server once, in order.

const { Client } = require('./cluster_client');
const { start_cpp, start_node } = require('./cluster_server');
const { start_redis } = require('./redis');
const { open_crowd } = require('./socket_crowd');
const { within } = require('./within');

const everybody = { rooms: [], except: [] };
const window = 8;  // broadcasts of one server that are under way at most

async function start_servers(adapter, redis) {
    const each = (name) => ({ adapter, redis, name });
    return Promise.all([
        start_cpp(each('cpp1')), start_cpp(each('cpp2')),
        start_node(each('node1')), start_node(each('node2')),
    ]);
}

// What one of them says that nobody may miss: it waits until all servers hear each other.
async function meet(controls) {
    for (const control of controls) {
        const seen = async () => {
            const { answers } = await control.ask('sse_ask', 'hello');
            return answers.length;
        };
        await within((async () => {
            while (await seen() !== controls.length - 1);
        })(), 'all servers');
    }
}

// Throws what has gone wrong; else what it has seen.
async function run_numbered({ adapter, sockets, numbers }) {
    const redis = await start_redis();
    const servers = await start_servers(adapter, redis);
    const controls = await Promise.all(servers.map(
        ({ url }) => new Client(`${url}/control`, 'control').connected()));
    let crowd;
    try {
        await meet(controls);
        const wrong = [];
        // How many sockets have heard number n of server i, and who waits for that.
        const heard = controls.map(() => new Uint32Array(numbers));
        const waiting = controls.map(() => () => {});
        let delivered = 0;
        const on_event = (member, text) => {
            const [name, i, n] = JSON.parse(text);
            if (name !== 'number') return;
            member.next ??= controls.map(() => 0);
            if (n !== member.next[i]) wrong.push(`number ${n} of ${i} instead of ${member.next[i]}`);
            member.next[i] = n + 1;
            ++delivered;
            if (++heard[i][n] === sockets) waiting[i]();
        };
        const opening = Date.now();
        crowd = await open_crowd(servers.map(({ url }) => url), sockets, on_event);
        const started = Date.now();
        await Promise.all(controls.map(async (control, i) => {
            for (let n = 0; n < numbers; ++n) {
                if (n >= window) {
                    await within(new Promise((resolve) => {
                        waiting[i] = () => heard[i][n - window] === sockets && resolve();
                        waiting[i]();
                    }), `number ${n - window} of ${i} at all sockets (${delivered} deliveries)`);
                }
                control.socket.emit('emit', everybody, 'number', i, n, () => {});
            }
            await within(new Promise((resolve) => {
                waiting[i] = () => heard[i][numbers - 1] === sockets && resolve();
                waiting[i]();
            }), `the last number of ${i} at all sockets (${delivered} deliveries)`);
        }));
        const gone = crowd.members.filter((member) => member.gone).length;
        if (gone) wrong.push(`${gone} sockets were closed`);
        if (wrong.length) throw new Error(`${wrong.length} wrong: ${wrong.slice(0, 5).join('; ')}`);
        return { delivered, opening: started - opening, ms: Date.now() - started };
    } finally {
        crowd?.close();
        for (const control of controls) control.close();
        for (const server of servers) await server.stop();
        await redis.stop();
    }
}

module.exports = { run_numbered };
