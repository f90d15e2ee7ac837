'use strict';

// Our clients and the servers of others send each other numbers while transports are upgraded, cut,
// refused, held back and lost without a word: within a session nothing is missing, and nothing
// comes twice.

const assert = require('node:assert/strict');
const { run_checker, torture } = require('./lib/checker');
const {
    counting_engineio, counting_socketio, counting_sockjs, counting_ws,
} = require('./lib/counting_servers');
const { start_nginx } = require('./lib/nginx');
const { start_step_cutter } = require('./lib/step_cutter');
const { describe, it } = require('./lib/testing');

// Servers that notice soon who has gone, and say so soon.
const heartbeat = { pingInterval: 300, pingTimeout: 500 };
const upgrade = [
    'proxy_http_version 1.1;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $http_connection;',
];

// Runs the program: nothing may be wrong on either side. What it has counted.
async function tortured(server, args) {
    const { code, said } = await run_checker(torture, args, 110000);
    assert.deepEqual(server.wrong, [], said);
    assert.equal(code, 0, said);
    return Object.fromEntries(
        [...said.matchAll(/([a-z ]+) (\d+)(?:,|\n)/g)].map((m) => [m[1].trim(), Number(m[2])]));
}

// Starts one of the servers for `body` alone: what runs beside it has another.
async function with_server(start, body) {
    const server = await start();
    try {
        return await body(server);
    } finally {
        await server.stop();
    }
}

// The ways of one server: `path` of its URL, arguments, the name in the test's claim.
const flags = (names) => names.flatMap((name) => ['--transport', name]);
const engine = ['--dialect', 'engineio'];
const kinds = {
    'engine.io 4': {
        start: () => counting_engineio(null, heartbeat),
        path: '/engine.io/',
        ways: [['polling'], ['polling', 'websocket'], ['websocket'], ['websocket', 'polling']]
            .map((names) => [names.join(' and '), [...engine, ...flags(names)]]),
    },
    'engine.io of socket.io 2': {
        start: () => counting_engineio(null, { revision: 3, ...heartbeat }),
        path: '/engine.io/',
        ways: [['polling'], ['polling', 'websocket']].map(
            (names) => [names.join(' and '), [...engine, '--revision', '3', ...flags(names)]]),
    },
    'sockjs-node': {
        start: () => counting_sockjs(null, { response_limit: 4096 }),
        path: '/echo',
        ways: [['websocket'], ['xhr-streaming'], ['eventsource'], ['xhr-polling']].map(
            (names) => [names[0], ['--dialect', 'sockjs', ...flags(names)]]),
    },
    ws: { start: () => counting_ws(), path: '/', ways: [['websocket', ['--dialect', 'websocket']]] },
};
const ways = Object.entries(kinds).flatMap(([name, { start, path, ways: all }]) => all.map(
    ([over, args]) => ({ name, claim: `with ${name} over ${over}`, start, path, args })));

// What takes the time of a processor runs two at a time; what waits, all together.
describe('numbers while connections are cut', { concurrency: 2 }, () => {
    for (const { claim, start, path, args } of ways) {
        it(claim, () => with_server(start, async (server) => {
            const all = await tortured(server, ['--url', `${server.url}${path}`, ...args,
                '--cut', 45, '--for', 1500, '--numbers', 400]);
            assert.ok(all.complete >= 30, JSON.stringify(all));
            assert.ok(all['cut short'] + all.failures > 10, JSON.stringify(all));
        }));
    }
});

describe('numbers cut at each step', { concurrency: 6 }, () => {
    for (const { claim, start, path, args } of ways) {
        it(claim, () => with_server(start, async (server) => {
            const cutter = await start_step_cutter(server.port, 60);
            try {
                while (!cutter.is_done())
                    await tortured(server, ['--url', `${cutter.url}${path}`, ...args,
                        '--clients', 1, '--sessions', 5, '--numbers', 60]);
                assert.equal(cutter.cuts(), 120);
            } finally {
                cutter.stop();
            }
        }));
    }
});

// Not with SockJS, whose heartbeats are 25 s apart.
describe('numbers lost without a word', { concurrency: 8 }, () => {
    for (const { claim, start, path, args } of ways.filter((w) => w.name !== 'sockjs-node')) {
        it(claim, () => with_server(start, async (server) => {
            const all = await tortured(server, ['--url', `${server.url}${path}`, ...args,
                '--drop', 1000, '--for', 6000, '--numbers', 1000]);
            assert.ok(all['cut short'] + all.failures >= 10, JSON.stringify(all));
        }));
    }
});

describe('upgrades', { concurrency: 2 }, () => {
    for (const revision of [4, 3]) {
        const args = [...engine, '--revision', revision];
        const its = (claim, body) => it(`${claim}, revision ${revision}`,
            () => with_server(() => counting_engineio(null, { revision }), body));

        its('200 under load lose nothing', async (server) => {
            const all = await tortured(server, ['--url', `${server.url}/engine.io/`, ...args,
                '--clients', 20, '--sessions', 10]);
            assert.equal(all.complete, 200);
            assert.equal(all['cut short'], 0);
            assert.equal(all.upgrades, 200);
        });
        its('through a slow network lose nothing', async (server) => {
            const all = await tortured(server, ['--url', `${server.url}/engine.io/`, ...args,
                '--clients', 20, '--sessions', 2, '--jitter', 20, '--for', 1]);
            assert.equal(all['cut short'], 0);
            assert.ok(all.upgrades >= 40, JSON.stringify(all));
        });
        its('through nginx lose nothing', async (server) => {
            const proxy = await start_nginx(`http://127.0.0.1:${server.port}`, upgrade);
            const all = await tortured(server, ['--url', `${proxy.url}/engine.io/`, ...args,
                '--clients', 20, '--sessions', 5]);
            await proxy.stop();
            assert.equal(all.complete, 100);
            assert.equal(all['cut short'], 0);
            assert.equal(all.upgrades, 100);
        });
        its('that are refused lose nothing', async (server) => {
            const all = await tortured(server, ['--url', `${server.url}/engine.io/`, ...args,
                '--refuse', 403, '--for', 1]);
            assert.equal(all['cut short'], 0);
            assert.equal(all.upgrades, 0);
        });
        its('behind what buffers lose nothing', async (server) => {
            const all = await tortured(server, ['--url', `${server.url}/engine.io/`, ...args,
                '--buffer', '--for', 1]);
            assert.equal(all['cut short'], 0);
        });
    }
});

describe('socket.io 4 with recovery', { concurrency: 3 }, () => {
    // A session over polling can be recovered when the server was waiting with a poll as it was cut:
    // it has to wait now and then.
    const start = () => counting_socketio(
        null, { every: 25, connectionStateRecovery: {}, ...heartbeat });
    for (const names of [['polling'], ['websocket'], ['polling', 'websocket']]) {
        it(`has every event over ${names.join(' and ')}, while connections are cut`,
            () => with_server(start, async (server) => {
                const all = await tortured(server, ['--url', server.url, '--dialect', 'socketio',
                    ...flags(names), '--cut', 150, '--for', 2500, '--recoveries', 11]);
                assert.equal(all.complete, 10);
                assert.ok(all.recoveries > 10, JSON.stringify(all));
            }));
    }
});
