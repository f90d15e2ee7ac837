'use strict';

// `./run bench stomp`: CPU of a STOMP server's process a message, over WebSocket, in turns: Anywire,
// and RabbitMQ's web_stomp where its package is installed. Echo: 50 clients, one message in flight
// each. Fan-out: one sender, 1 000 subscribers, for each MESSAGE that came.

const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const clients = path.resolve(__dirname, '../clients');
const { listening, start_child, stop } = require(path.join(clients, 'lib/server'));
const { start_rabbitmq } = require(path.join(clients, 'lib/rabbitmq'));
const WebSocket = require(path.join(clients, 'node_modules/ws'));

const programs = process.env.ANYWIRE_PROGRAMS || path.resolve(__dirname, '../../build/bin');
const rounds = Number(process.argv[2] ?? 3);
const ticks_a_second = 100;

// Seconds of CPU that a process has had.
function cpu_of(pid) {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks_a_second;
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
    const each = 400;
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
    const each = 40;
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

async function main() {
    const servers = [await start_anywire()];
    try {
        servers.push(await start_web_stomp());
    } catch (e) {
        console.log(`without RabbitMQ: ${e.message}`);
    }
    console.log('CPU of the server, us             echo a message   fan-out to 1 000 a delivery');
    for (let round = 0; round < rounds; ++round)
        for (const server of servers)
            console.log(server.name.padEnd(34), (await echo(server)).toFixed(1).padStart(14),
                (await fan_out(server)).toFixed(1).padStart(29));
    for (const server of servers) await server.end();
}

main().catch((e) => { console.error(e); process.exit(1); });
