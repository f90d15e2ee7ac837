'use strict';

// Endpoints of SockJS, WebSocket and Engine.IO on two servers that share a Redis: groups, members
// and counts are those of both, whatever the client speaks.

const assert = require('node:assert/strict');
const checks = require('./lib/checks');
const { start_cpp } = require('./lib/cluster_server');
const { EngineClient } = require('./lib/engineio_client');
const need = require('./lib/need');
const { start_redis } = require('./lib/redis');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');
const { WsClient } = require('./lib/ws_client');

const SockJS = need('sockjs-client');

// One client of an endpoint, whatever it speaks: send, receive(count), end().
async function open_websocket(url) {
    const client = await WsClient.open(url.replace('http', 'ws'));
    return {
        send: (data) => client.send(data),
        receive: (count) => client.receive(count),
        end: () => client.close(),
    };
}

async function open_sockjs(url, transport) {
    const client = await new checks.Connection(SockJS, url, { transport }).open();
    return {
        send: (text) => client.send(text),
        receive: (count) => client.receive(count),
        end: () => client.close(),
    };
}

async function open_engineio(url, mode) {
    const client = await new EngineClient(
        new URL(url).origin, { mode, path: new URL(url).pathname }).open();
    await client.settled();
    return {
        send: (data) => client.send(data),
        receive: (count) => client.receive(count),
        end: () => client.close(),
    };
}

const ways = {
    'websocket': (url) => open_websocket(`${url}/ws`),
    'xhr-streaming': (url) => open_sockjs(`${url}/sockjs`, 'xhr-streaming'),
    'xhr-polling': (url) => open_sockjs(`${url}/sockjs`, 'xhr-polling'),
    'engine.io': (url) => open_engineio(`${url}/engine.io/`, 'upgrade'),
    'engine.io polling': (url) => open_engineio(`${url}/engine.io/`, 'polling'),
};

// Who hears nothing is shown by what it hears next.
const hears = async (clients, ...texts) => {
    for (const [i, client] of clients.entries())
        if (texts[i]) assert.deepEqual(await client.receive(texts[i].length), texts[i]);
};

describe('plain endpoints of two servers', () => {
    let redis;
    let servers = [];
    before(async () => {
        redis = await start_redis();
        servers = await Promise.all([1, 2].map((i) => start_cpp({
            adapter: 'pubsub', redis, name: `cpp${i}`, plain: true, threads: i,
        })));
    });
    after(async () => {
        for (const server of servers) await server.stop();
        await redis?.stop();
    });

    // A client at each server, and one more at the second one, once the servers know each other.
    async function meet(below, left, right) {
        const open = async (server, way) => {
            const client = await ways[way](`${server.url}/${below}`);
            client.id = /^hello (\S+)$/.exec((await client.receive(1))[0])[1];
            return client;
        };
        const all = [
            await open(servers[0], left), await open(servers[1], right), await open(servers[1], left),
        ];
        for (const client of all) {
            client.ask = async (...words) => {
                client.send(words.join(' '));
                return (await client.receive(1))[0];
            };
            await within((async () => {
                while (await client.ask('count') !== `count ${all.length}`);
            })(), 'the sessions of both servers');
        }
        return all;
    }
    async function leave(all) {
        for (const client of all) await client.end();
        const control = await ways.websocket(`${servers[0].url}/texts`);
        await control.receive(1);
        await within((async () => {
            do control.send('count'); while ((await control.receive(1))[0] !== 'count 1');
        })(), 'the end of all sessions');
        await control.end();
    }

    for (const [left, right] of [
        ['websocket', 'xhr-streaming'], ['xhr-polling', 'engine.io'],
        ['engine.io polling', 'websocket'],
    ]) {
        it(`groups, members and counts, ${left} and ${right}`, async () => {
            const all = await meet('texts', left, right);
            const [a, b, c] = all;
            a.send('all to everybody \u00e9\u{1f680}');
            await hears(all, ...all.map(() => ['to everybody \u00e9\u{1f680}']));
            b.send('others not to b');
            await hears(all, ['not to b'], null, ['not to b']);
            await a.ask('join', 'g');
            await b.ask('join', 'g');
            await b.ask('join', 'h');
            c.send('to g to a and b');
            await hears(all, ['to a and b'], ['to a and b'], null);
            a.send('but g to c');
            await hears(all, null, null, ['to c']);
            a.send(`to ${c.id} to c alone`);
            await hears(all, null, null, ['to c alone']);
            for (const client of all) {
                assert.equal(await client.ask('count', 'g'), 'count g 2');
                assert.equal(await client.ask('members', 'g'), `members g ${[a.id, b.id].sort()}`);
                assert.match(await client.ask('groups'), /^groups (.*,)?g,h(,|$)/);
            }
            assert.equal(await b.ask('leave', 'g'), 'leave g');
            assert.equal(await a.ask('members', 'g'), `members g ${a.id}`);
            await leave(all);
        });
    }

    it('keeps the order of each session over 500 messages from both servers', async () => {
        const all = await meet('texts', 'xhr-streaming', 'websocket');
        for (let n = 0; n < 500; ++n) for (const i of [0, 1]) all[i].send(`all ${i} ${n}`);
        for (const client of all) {
            const next = [0, 0];
            for (const text of await client.receive(1000)) {
                const [i, n] = text.split(' ').map(Number);
                assert.equal(n, next[i]++);
            }
        }
        await leave(all);
    });

    it('carries bytes', async () => {
        const all = await meet('bytes', 'websocket', 'engine.io');
        const bytes = Buffer.from([0, 255, 128, 10]);
        all[0].send(bytes);
        await hears(all, [bytes], [bytes], [bytes]);
        for (const client of all) await client.end();
    });
});

describe('a plain endpoint that loses Redis', () => {
    it('serves its own sessions meanwhile, says so, and heals', async () => {
        const redis = await start_redis();
        const servers = await Promise.all([1, 2].map((i) => start_cpp({
            adapter: 'pubsub', redis, name: `cpp${i}`, plain: true,
        })));
        const clients = await Promise.all(servers.map(({ url }) => ways.websocket(`${url}/texts`)));
        try {
            for (const client of clients) await client.receive(1);
            // What was sent without Redis may come later.
            const next = async (client, expected) => {
                let text;
                do [text] = await client.receive(1); while (!text.startsWith(expected));
                return text;
            };
            const until = (client, answer) => within((async () => {
                do client.send('count'); while (!(await next(client, 'count')).startsWith(answer));
            })(), `the answer "${answer}"`);
            await until(clients[0], 'count 2');
            await redis.stop();
            await until(clients[0], 'count 1 the connection to Redis');
            clients[0].send('all alone');
            assert.deepEqual(await clients[0].receive(1), ['alone']);
            await redis.start();
            for (const client of clients) await until(client, 'count 2');
            clients[1].send('all together');
            for (const client of clients) await next(client, 'together');
        } finally {
            for (const client of clients) await client.end();
            for (const server of servers) await server.stop();
            await redis.stop();
        }
    });
});
