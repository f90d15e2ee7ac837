'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const { temp_dir } = require('./temp');
const { within } = require('./within');

async function free_port() {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

async function accepts(port) {
    const socket = net.connect(port, '127.0.0.1');
    try {
        await once(socket, 'connect');
        return true;
    } catch {
        return false;
    } finally {
        socket.destroy();
    }
}

// A redis-server with nothing on disk, on a port of the loopback that it keeps over restarts.
async function start_redis() {
    const port = await free_port();
    const dir = temp_dir('redis');
    let child;
    const redis = {
        port,
        url: `redis://127.0.0.1:${port}`,
        async start() {
            child = spawn('redis-server', [
                '--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '',
                '--appendonly', 'no', '--unixsocket', path.join(dir, 'redis.sock'),
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
    };
    process.on('exit', () => child && child.kill('SIGKILL'));
    await redis.start();
    return redis;
}

module.exports = { start_redis };
