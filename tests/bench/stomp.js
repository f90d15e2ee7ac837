'use strict';

// `./run bench stomp [rounds]`: CPU of a STOMP server's process a message, over WebSocket, in turns:
// Anywire, and RabbitMQ's web_stomp where its package is installed. Echo: 50 clients, each on a topic
// of its own, one message in flight each. Fan-out: one sender, 1 000 subscribers, for each MESSAGE
// that came. Medians, and those of the ratios of each round with their range.

const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const clients = path.resolve(__dirname, '../clients');
const { listening, start_child, stop } = require(path.join(clients, 'lib/server'));
const { start_rabbitmq } = require(path.join(clients, 'lib/rabbitmq'));
const WebSocket = require(path.join(clients, 'node_modules/ws'));

const programs = process.env.ANYWIRE_PROGRAMS || path.resolve(__dirname, '../../build/bin');
const rounds = Number(process.argv[2] ?? 3);

// Seconds of CPU that a process's threads have had; none of these servers ends any.
function cpu_of(pid) {
    const threads = fs.readdirSync(`/proc/${pid}/task`);
    const had = (thread) => Number(
        fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    return threads.reduce((all, thread) => all + had(thread), 0) / 1e9;
}

// A client that counts what comes, and no more: it shall cost little beside the server.
async function connect(url, on_message) {
    const socket = new WebSocket(url, ['v12.stomp'], { perMessageDeflate: false });
    await once(socket, 'open');
    socket.send('CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\n\n\0');
    const [first] = await once(socket, 'message');
    if (!String(first).startsWith('CONNECTED')) throw new Error(String(first));
    socket.on('message', (data) => { if (data.length > 2) on_message(data); });
    return socket;
}
const subscribe = (socket, to) => new Promise((resolve) => {
    const look = (data) => {
        if (!String(data).startsWith('RECEIPT')) return;
        socket.off('message', look);
        resolve();
    };
    socket.on('message', look);
    socket.send(`SUBSCRIBE\nid:0\ndestination:${to}\nreceipt:s\n\n\0`);
});
const body = 'x'.repeat(64);
const send = (socket, to) => socket.send(`SEND\ndestination:${to}\n\n${body}\0`);
const is_message = (data) => data[0] === 'M'.charCodeAt(0);

async function echo(server) {
    const all = 50;
    const each = 1000;
    let left = all * each;
    let done;
    const finished = new Promise((resolve) => { done = resolve; });
    const sockets = [];
    for (let i = 0; i < all; ++i) {
        const to = `/topic/echo-${i}`;
        let sent = 1;
        const socket = await connect(server.url, (data) => {
            if (!is_message(data)) return;
            if (--left === 0) done();
            if (sent++ < each) send(socket, to);
        });
        await subscribe(socket, to);
        sockets.push([socket, to]);
    }
    const before = cpu_of(server.pid);
    for (const [socket, to] of sockets) send(socket, to);
    await finished;
    const cpu = cpu_of(server.pid) - before;
    for (const [socket] of sockets) socket.terminate();
    return cpu * 1e6 / (all * each);
}

async function fan_out(server) {
    const all = 1000;
    const each = 100;
    let left = 0;
    let done = () => {};
    const sockets = [];
    for (let i = 0; i < all; ++i) {
        const socket = await connect(server.url, (data) => { if (is_message(data) && --left === 0) done(); });
        await subscribe(socket, '/topic/all');
        sockets.push(socket);
    }
    const sender = await connect(server.url, () => {});
    const before = cpu_of(server.pid);
    for (let i = 0; i < each; ++i) {
        left = all;
        const came = new Promise((resolve) => { done = resolve; });
        send(sender, '/topic/all');
        await came;
    }
    const cpu = cpu_of(server.pid) - before;
    for (const socket of [...sockets, sender]) socket.terminate();
    return cpu * 1e6 / (all * each);
}

async function start_anywire() {
    const child = start_child(path.join(programs, 'anywire-conformance'), ['--profile', 'stomp']);
    const { url } = await listening(child);
    return { name: 'Anywire', pid: child.pid, url: `${url.replace('http', 'ws')}/stomp`, end: () => stop(child) };
}
async function start_web_stomp() {
    const rabbit = await start_rabbitmq({ web: true });
    return { name: 'RabbitMQ', pid: rabbit.beam_pid(), url: rabbit.web_url, end: () => rabbit.end() };
}

const workloads = { 'echo': echo, 'fan-out to 1 000': fan_out };
const row = (...cells) => console.log(cells.map((cell, at) => at ? cell.padStart(24) : cell.padEnd(20)).join(''));
const middle = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

// Runs the rounds: for each server its numbers by workload.
async function measure(servers) {
    const seen = servers.map(() => Object.fromEntries(Object.keys(workloads).map((name) => [name, []])));
    row('us of CPU', ...Object.keys(workloads));
    for (let round = 0; round < rounds; ++round) {
        for (const [at, server] of servers.entries()) {
            for (const [name, run] of Object.entries(workloads)) seen[at][name].push(await run(server));
            row(server.name, ...Object.keys(workloads).map((name) => seen[at][name].at(-1).toFixed(1)));
        }
    }
    return seen;
}

function report(servers, seen) {
    const of_each = (say) => Object.keys(workloads).map(say);
    for (const [at, { name }] of servers.entries())
        row(`${name}, median`, ...of_each((load) => middle(seen[at][load]).toFixed(1)));
    if (servers.length < 2) return;
    row('ratio', ...of_each((load) => {
        const ratios = seen[0][load].map((one, round) => one / seen[1][load][round]);
        const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((r) => r.toFixed(3));
        return `${middle(ratios).toFixed(3)} (${least}-${most})`;
    }));
}

async function main() {
    const servers = [await start_anywire()];
    try {
        servers.push(await start_web_stomp());
    } catch (e) {
        console.log(`without RabbitMQ: ${e.message}`);
    }
    report(servers, await measure(servers));
    for (const server of servers) await server.end();
}

main().catch((e) => { console.error(e); process.exit(1); });
