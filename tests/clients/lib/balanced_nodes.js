'use strict';

// Nodes of a cluster as processes, behind an HAProxy that gives each request to the next one. What
// they share is in Redis, or in a folder.

const { start_cpp } = require('./cluster_server');
const { start_haproxy } = require('./haproxy');
const { start_redis } = require('./redis');
const { temp_dir } = require('./temp');

// `shared`: 'Redis' or 'a folder'. `options_of` makes the options of a node from its place.
async function start_balanced_nodes(shared, names, options_of) {
    const redis = shared === 'Redis' ? await start_redis() : null;
    const where = redis ? { adapter: 'pubsub', redis } : { adapter: 'unix', folder: temp_dir('nodes') };
    const start = (i, port) => start_cpp({
        ...where, name: names[i], cluster: 'test', port, ...options_of(i),
    });
    const nodes = await Promise.all(names.map((_, i) => start(i)));
    const proxy = await start_haproxy(nodes, [
        'balance roundrobin', 'option http-no-delay', 'option redispatch 1', 'retries 3',
        'retry-on conn-failure',
    ], { check: 'check inter 500ms fall 2 rise 1' });
    const is_up = (i) => proxy.reaches(({ status }) => status === 'UP', 'the node', names[i]);
    for (const i of names.keys()) await is_up(i);
    return {
        nodes,
        url: proxy.url,
        ws_url: proxy.ws_url,
        // Starts a node again where it was.
        async restart(i) {
            nodes[i] = await start(i, nodes[i].port);
            await is_up(i);
        },
        async stop() {
            for (const node of nodes) await node.stop();
            await proxy.stop();
            await redis?.stop();
        },
    };
}

module.exports = { start_balanced_nodes };
