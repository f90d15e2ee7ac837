'use strict';

// Four nodes behind an HAProxy that gives each request to the next one, as if they were one server.

const assert = require('node:assert/strict');
const checks = require('./lib/checks');
const { EngineClient, modes } = require('./lib/engineio_client');
const { start_haproxy } = require('./lib/haproxy');
const need = require('./lib/need');
const { start_server } = require('./lib/server');
const socketio = require('./lib/socketio_checks');
const { modes: socketio_modes, versions } = require('./lib/socketio_clients');
const { temp_dir } = require('./lib/temp');
const { after, before, describe, it } = require('./lib/testing');

const SockJS = need('sockjs-client');

const transports = ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'];

// Four nodes, and the balancer in front of them: all in one process, or each in one of its own.
async function start_cluster({ processes = 1, threads = 1 } = {}) {
    const nodes = ['--nodes', String(4 / processes), '--threads', String(threads)];
    if (processes > 1) nodes.push('--folder', temp_dir('nodes'));
    const servers = [];
    try {
        for (let i = 0; i < processes; ++i) servers.push(await start_server(...nodes));
        const ports = servers.flatMap(
            ({ port, also }) => [{ port }, ...also.map((url) => new URL(url))]);
        const proxy = await start_haproxy(
            ports, ['balance roundrobin', 'option http-no-delay'], { check: '' });
        return {
            url: proxy.url,
            stop: async () => {
                await Promise.all(servers.map((server) => server.stop()));
                await proxy.stop();
            },
        };
    } catch (error) {
        for (const server of servers) await server.kill();
        throw error;
    }
}

for (const kind of [{ threads: 1 }, { threads: 2 }, { processes: 4 }]) {
    describe(`no sticky sessions, nodes with ${JSON.stringify(kind)}`, () => {
        let cluster;
        before(async () => { cluster = await start_cluster(kind); });
        after(() => cluster && cluster.stop());

        for (const transport of transports) {
            describe(`sockjs-client over ${transport}`, () => {
                it('echoes', () => checks.echo(SockJS, cluster.url, { transport }));
                it('carries every class of code point',
                    () => checks.unicode(SockJS, cluster.url, { transport }));
                it('carries a message of 900 000 bytes',
                    () => checks.big(SockJS, cluster.url, { transport }));
                it('keeps 2 000 messages in order',
                    () => checks.many(SockJS, cluster.url, { transport, count: 2000 }));
                it('hands over the close code and reason',
                    () => checks.closed_by_server(SockJS, cluster.url, { transport }));
                it('serves ten clients at once', () => {
                    const options = { transport, count: 200, waves: 5 };
                    return Promise.all(Array.from(
                        { length: 10 }, () => checks.many(SockJS, cluster.url, options)));
                });
            });
        }

        for (const mode of modes) {
            it(`engine.io-client over ${mode} keeps 500 messages in order`, async () => {
                const client = await new EngineClient(cluster.url, { mode }).open();
                let sent = 0;
                const wave = () => {
                    for (const end = Math.min(sent + 50, 500); sent < end; ++sent) {
                        const text = `message ${sent}`;
                        client.send(sent % 7 ? text : Buffer.from(text));
                    }
                };
                wave();
                for (let seen = 0; seen < 500; ++seen) {
                    const [message] = await client.receive(1);
                    assert.equal(String(message), `message ${seen}`);
                    if (seen % 25 === 0) wave();
                }
                await client.settled();
                client.send('last');
                assert.deepEqual(await client.receive(1), ['last']);
                assert.equal((await client.close()).reason, 'forced close');
            });
        }

        for (const [version, io] of Object.entries(versions)) {
            for (const mode of socketio_modes) {
                const options = { version, mode };
                it(`socket.io-client ${version} over ${mode}`, async () => {
                    await socketio.greeting(io, cluster.url, options);
                    await socketio.settles(io, cluster.url, options);
                    await socketio.events(io, cluster.url, options);
                    await socketio.acks(io, cluster.url, options);
                    await socketio.binaries(io, cluster.url, options);
                });
            }
        }
    });
}

describe('no sticky sessions when nodes go', () => {
    it('a client of each transport hears the goodbye of its node, whichever it came by', async () => {
        const cluster = await start_cluster();
        const clients = await Promise.all(transports.map((transport) => new checks.Connection(
            SockJS, `${cluster.url}/echo`, { transport }).open()));
        for (const client of clients) {
            client.send('hello');
            await client.receive(1);
        }
        const engine = await new EngineClient(cluster.url, { mode: 'polling' }).open();
        await cluster.stop();
        for (const client of clients) {
            const end = await client.closed();
            assert.ok([1001, 1006].includes(end.code), `${client.transport}: ${end.code}`);
        }
        assert.match((await engine.ended()).reason, /^transport (close|error)$/);
    });
});
