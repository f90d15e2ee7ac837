'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { Client } = require('./lib/cluster_client');
const { start_cpp } = require('./lib/cluster_server');
const { Cluster, everybody, operations } = require('./lib/cluster_suite');
const { it } = require('./lib/testing');
const { within } = require('./lib/within');

for (const adapter of ['pubsub', 'sharded', 'streams', 'unix']) operations(adapter);

it('a server that is killed is missed by the others of its host at once, and its file removed', async () => {
    const cluster = await new Cluster().start('unix');
    const sorted = (list) => [...list].sort();
    try {
        assert.equal(fs.readdirSync(cluster.folder).length, cluster.servers.length);
        const [killed, ...left] = cluster.servers;
        await killed.kill();
        const [, control] = cluster.controls;
        // Nobody waits for it: the timeout is longer than the test may take.
        for (;;) {
            const { answers } = await control.ask('sse_ask', 'question', 'x');
            if (answers.length === left.length - 1) break;
        }
        const all = await control.ask('fetch', everybody);
        assert.deepEqual(
            sorted(all.map((s) => s.id)), sorted(cluster.clients.slice(1).map((c) => c.id)));
        await control.ask('emit', everybody, 'still');
        for (const client of cluster.clients.slice(1))
            await client.until(() => client.events.some(([name]) => name === 'still'), 'still');
        await within((async () => {
            while (fs.readdirSync(cluster.folder).length !== left.length)
                await new Promise((resolve) => setTimeout(resolve, 20));
        })(), 'the file of the dead is gone');
        const again = await start_cpp(
            { adapter: 'unix', folder: cluster.folder, name: 'again' });
        cluster.servers = [again, ...left];
        const late = await new Client(again.url, 'again').open();
        cluster.clients.push(late);
        await control.ask('emit', everybody, 'welcome');
        await late.until(() => late.events.some(([name]) => name === 'welcome'), 'welcome');
    } finally {
        await cluster.stop();
    }
});

