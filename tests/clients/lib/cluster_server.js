'use strict';

// The servers of a cluster, each a process: anywire-cluster-node, and lib/cluster_node.js for Node.

const path = require('node:path');
const { listening, start_child, stop } = require('./server');
const { within } = require('./within');

const executable = process.env.ANYWIRE_CLUSTER_NODE ||
    path.resolve(__dirname, '../../../build/bin/anywire-cluster-node');

async function start(command, args, { adapter, redis, name, recovery, key, threads, log, secret }) {
    const child = start_child(command, [
        ...args, '--adapter', adapter, '--redis', redis.url, '--name', name,
        '--key', key ?? 'socket.io', '--threads', String(threads ?? 1),
        ...(recovery ? ['--recovery', 'yes'] : []), ...(log ? ['--log', 'yes'] : []),
        ...(secret ? ['--secret', secret] : []),
    ]);
    const { url } = await within(listening(child), `server ${name}`);
    return { name, url, child, stop: () => stop(child), kill: () => child.kill('SIGKILL') };
}

const start_cpp = (with_) => start(executable, [], with_);
const start_node = (with_) => start(
    process.execPath, [path.resolve(__dirname, 'cluster_node.js')], with_);

module.exports = { start_cpp, start_node };
