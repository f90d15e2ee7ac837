'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { Client } = require('./lib/cluster_client');
const { start_cpp } = require('./lib/cluster_server');
const { Cluster, everybody, operations } = require('./lib/cluster_suite');
const { it } = require('./lib/testing');
const { within } = require('./lib/within');

for (const adapter of ['pubsub', 'sharded', 'streams', 'unix']) operations(adapter);

it('what is asked when a server of the host dies is answered by the others at once', async () => {
    const cluster = await new Cluster().start('unix');
    const sorted = (list) => [...list].sort();
    try {
        const [dying, ...left] = cluster.servers;
        const [, control] = cluster.controls;
        await cluster.settled();
        for (const client of cluster.clients.slice(1))
            client.socket.on('question', (done) => done(client.id));
        // It takes the questions, and has no time to answer them.
        dying.child.kill('SIGSTOP');
        const asked = Promise.all([
            control.ask('fetch', everybody),
            control.ask('sse_ask', 'question', 'x'),
            control.ask('ask', { ...everybody, timeout: 3600000 }, 'question'),
        ]);
        await control.ask('emit', everybody, 'asked');
        for (const client of cluster.clients.slice(1))
            await client.until(() => client.events.some(([name]) => name === 'asked'), 'asked');
        const killed = performance.now();
        await dying.kill();
        const [all, servers, clients] = await within(asked, 'the answers');
        const took = performance.now() - killed;
        assert.ok(took < 4000, `answers after ${took} ms`);  // `requests_timeout` is 5 s
        const there = sorted(cluster.clients.slice(1).map((c) => c.id));
        assert.deepEqual(sorted(all.map((s) => s.id)), there);
        assert.equal(servers.failed, true);
        assert.equal(servers.answers.length, left.length - 1);
        assert.equal(clients.failed, true);
        assert.deepEqual(sorted(clients.answers), there);
        cluster.servers = left;
    } finally {
        await cluster.stop();
    }
});

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

