'use strict';

// The servers of a cluster, each a process: anywire-cluster-node, and lib/cluster_node.js for Node.

const path = require('node:path');
const { listening, start_child, stop } = require('./server');
const { within } = require('./within');

const executable = process.env.ANYWIRE_CLUSTER_NODE ||
    path.resolve(__dirname, '../../../build/bin/anywire-cluster-node');

// What is true or has a value in `with_` becomes an option of the program: `plain: true` is
// "--plain yes".
async function start(command, args, { redis, ...with_ }) {
    const given = { key: 'socket.io', redis: redis?.url, ...with_ };
    const options = Object.entries(given).filter(([, value]) => value)
        .flatMap(([name, value]) => [`--${name}`, value === true ? 'yes' : String(value)]);
    const child = start_child(command, [...args, ...options]);
    const { url, port } = await within(listening(child), `server ${given.name}`);
    return {
        name: given.name,
        url,
        port,
        child,
        stop: () => stop(child),
        kill: async () => {
            child.kill('SIGKILL');
            await within(child.ended, `end of ${given.name} after SIGKILL`);
        },
    };
}

const start_cpp = (with_) => start(executable, [], with_);
const start_node = (with_) => start(
    process.execPath, [path.resolve(__dirname, 'cluster_node.js')], with_);

module.exports = { start_cpp, start_node };
