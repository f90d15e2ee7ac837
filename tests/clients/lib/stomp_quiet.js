'use strict';

// A client that polls and says nothing, behind a proxy that cuts what is silent for `cut` seconds: it
// lives on heart-beats, those of STOMP or of SockJS, each every `beat` seconds, and without any it is cut.

const assert = require('node:assert/strict');
const { start_haproxy } = require('./haproxy');
const { start_nginx } = require('./nginx');
const { start_server } = require('./server');
const { clients } = require('./stomp_clients');

const proxies = {
    nginx: (server, cut) => start_nginx(server.url, [
        'proxy_http_version 1.1;', 'proxy_set_header Connection "";', `proxy_read_timeout ${cut}s;`,
    ]),
    HAProxy: (server, cut) => start_haproxy(
        server, ['option http-no-delay'], { timeout: `${cut}s` }),
};

// Whose heart-beats there are, and whether it lives.
const ways = [
    { title: "STOMP's heart-beats both ways", sends: true, hears: true, lives: true },
    { title: "STOMP's heart-beats from the server", hears: true, lives: true },
    { title: "SockJS's heart-beats", sockjs: true, lives: true },
    { title: "SockJS's, and STOMP's from the client", sockjs: true, sends: true, lives: true },
    { title: 'no heart-beats', lives: false },
];

// Counts the `h` of its connection.
class Quiet extends clients['stompjs 7'] {
    constructor(...args) {
        super(...args);
        this.h = 0;
        const { socket } = this;
        this.socket = () => {
            const one = socket();
            one.onheartbeat = () => { ++this.h; };
            return one;
        };
    }
}

async function open_one(proxy, way, beat) {
    const each = (is) => (is ? beat.stomp * 1000 : 0);
    const client = await Quiet.open(proxy, 'sockjs xhr-polling', {
        reconnectDelay: 200, heartbeatOutgoing: each(way.sends), heartbeatIncoming: each(way.hears),
    });
    client.box = await client.listen('/topic/quiet');
    return client;
}

// What becomes of one after the silence: one message, in the session that it has had all the time.
async function check(client, { title, lives }, say) {
    const beats = `heart-beats: ${client.beats.PING.all.length} sent, ` +
        `${client.beats.PONG.all.length} heard, ${client.h} of SockJS`;
    if (lives) {
        assert.deepEqual(await client.box.bodies(1), ['after all'], title);
        assert.deepEqual([client.lost.all, client.connected.all, client.box.all], [[], [], []], title);
    } else {
        assert.ok(client.lost.all.length > 0, `${title}: it is cut`);
    }
    const ends = client.lost.all.map(({ code }) => code);
    say(`${title}: ${lives ? 'never cut' : `cut ${ends.length} times (${ends})`}; ${beats}`);
}

// A server without SockJS's heart-beats and one with them, each behind a proxy.
async function start_both(name, { cut, beat }) {
    const servers = [];
    const fronts = [];
    for (const ms of [3600000, beat.sockjs * 1000]) {
        servers.push(await start_server('--profile', 'stomp', '--sockjs-heartbeat', String(ms)));
        fronts.push(await proxies[name](servers.at(-1), cut));
    }
    return {
        servers,
        fronts,
        stop: async () => {
            for (const each of [...fronts, ...servers]) await each.stop();
        },
    };
}

// `say` is told what each has seen.
async function outlive_silence(name, times, say) {
    const { servers, fronts, stop } = await start_both(name, times);
    const all = [];
    try {
        for (const way of ways) all.push(await open_one(fronts[way.sockjs ? 1 : 0], way, times.beat));
        // The silence itself is what is tried.
        await new Promise((resolve) => setTimeout(resolve, times.quiet * 1000));
        for (const server of servers) {
            const sender = await clients['stompjs 7'].open(server, 'websocket');
            await sender.send('/topic/quiet', 'after all');
            await sender.close();
        }
        for (const [i, client] of all.entries()) await check(client, ways[i], say);
    } finally {
        for (const client of all) await client.close();
        await stop();
    }
}

module.exports = { outlive_silence, proxies };
