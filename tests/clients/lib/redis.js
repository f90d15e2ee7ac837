'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const { accepts, free_port } = require('./ports');
const { temp_dir } = require('./temp');
const { within } = require('./within');

// A redis-server with nothing on disk, on a port of the loopback that it keeps over restarts. `more`
// are further words of its command line.
async function start_redis(more = []) {
    const port = await free_port();
    const dir = temp_dir('redis');
    let child;
    const redis = {
        port,
        url: `redis://127.0.0.1:${port}`,
        async start() {
            child = spawn('redis-server', [
                '--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '',
                '--appendonly', 'no', '--unixsocket', path.join(dir, 'redis.sock'), ...more,
            ], { stdio: 'ignore' });
            const failed = once(child, 'exit');
            failed.catch(() => {});
            const listening = (async () => { while (!await accepts(port)); })();
            await within(Promise.race([listening, failed]), 'redis-server (package redis-server)');
            if (child.exitCode !== null) throw new Error('redis-server has ended at once');
        },
        async stop() {
            const ended = once(child, 'exit');
            child.kill('SIGKILL');
            await within(ended, 'end of redis-server');
        },
        // It keeps its connections, and says nothing until it may go on.
        pause: () => child.kill('SIGSTOP'),
        resume: () => child.kill('SIGCONT'),
        get pid() { return child.pid; },
    };
    process.on('exit', () => child && child.kill('SIGKILL'));
    await redis.start();
    return redis;
}

// Sends one command by itself; its answer as text.
async function ask(port, ...words) {
    const socket = net.connect(port, '127.0.0.1');
    socket.setEncoding('utf8');
    socket.end(`*${words.length}\r\n${words.map((w) => `$${w.length}\r\n${w}\r\n`).join('')}`);
    let text = '';
    for await (const piece of socket) text += piece;
    if (text.startsWith('-')) throw new Error(`${words.join(' ')}: ${text}`);
    return text;
}

// A cluster of three masters, a third of the slots each. `url` lists the addresses of all.
async function start_redis_cluster() {
    const bounds = [0, 5461, 10923, 16384];
    const nodes = await Promise.all([0, 1, 2].map(async () => {
        const bus = String(await free_port());
        const node = await start_redis([
            '--cluster-enabled', 'yes', '--cluster-node-timeout', '5000', '--cluster-port', bus,
        ]);
        return { ...node, bus };
    }));
    for (const [i, { port }] of nodes.entries()) {
        await ask(port, 'CLUSTER', 'ADDSLOTSRANGE', String(bounds[i]), String(bounds[i + 1] - 1));
        if (i === 0) continue;
        await ask(nodes[0].port, 'CLUSTER', 'MEET', '127.0.0.1', String(port), nodes[i].bus);
    }
    const is_up = async ({ port }) =>
        (await ask(port, 'CLUSTER', 'INFO')).includes('cluster_state:ok') &&
        (await ask(port, 'CLUSTER', 'SLOTS')).startsWith('*3');
    await within((async () => {
        for (const node of nodes) while (!await is_up(node));
    })(), 'cluster of Redis');
    return {
        url: nodes.map(({ port }) => `127.0.0.1:${port}`).join(','),
        stop: () => Promise.all(nodes.map((node) => node.stop())),
    };
}

module.exports = { start_redis, start_redis_cluster };
