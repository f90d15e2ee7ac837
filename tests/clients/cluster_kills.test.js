'use strict';

// Nodes as processes behind an HAProxy that gives each request to the next one. One after the other
// is ended by SIGKILL while clients of each transport are connected, and begins anew. What they
// share is in Redis, or in a folder.

const assert = require('node:assert/strict');
require('./lib/broken_streams');
const { start_balanced_nodes } = require('./lib/balanced_nodes');
const { Client } = require('./lib/cluster_client');
const need = require('./lib/need');
const { RawSession, request } = require('./lib/raw_engineio');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');
const { WsClient } = require('./lib/ws_client');

const SockJS = need('sockjs-client');

const everybody = { rooms: [], except: [] };
const transports = ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'];
const ways = { polling: ['polling'], upgrade: ['polling', 'websocket'], websocket: ['websocket'] };
const names = ['one', 'two', 'three'];

// Numbers that may be missed, but neither come twice nor out of order.
class Numbers {
    constructor(what) {
        this.what = what;
        this.last = -1;
        this.wrong = [];
    }

    take(n) {
        if (n <= this.last) this.wrong.push(`${this.what}: ${n} after ${this.last}`);
        this.last = n;
    }
}

// A sockjs-client that connects again when it is closed, as pages do.
class Returning extends Numbers {
    constructor(url, transport) {
        super(`sockjs-client over ${transport}`);
        this.opens = 0;
        this.connect = () => {
            this.sock = new SockJS(url, null, { transports: [transport], timeout: 30000 });
            this.sock.onopen = () => { ++this.opens; };
            this.sock.onmessage = ({ data }) => {
                if (data.startsWith('number ')) this.take(Number(data.slice(7)));
            };
            this.sock.onclose = () => {
                if (!this.is_done) setTimeout(this.connect, 20);
            };
        };
        this.connect();
    }

    close() {
        this.is_done = true;
        this.sock.close();
    }
}

// A socket.io-client, which does so by itself.
class Staying extends Numbers {
    constructor(url, way) {
        super(`socket.io-client over ${way}`);
        this.opens = 0;
        this.client = new Client(url, way, {
            transports: ways[way], reconnectionDelay: 20, reconnectionDelayMax: 100,
        });
        this.client.socket.on('connect', () => { ++this.opens; });
        this.client.socket.on('number', (n) => this.take(n));
    }

    close() {
        this.client.close();
    }
}

for (const shared of ['Redis', 'a folder']) {
    describe(`nodes that share ${shared} and are killed behind a balancer without sticky sessions`, () => {
        let balanced;
        let nodes = [];
        let clients = [];
        let number = 0;

        before(async () => {
            balanced = await start_balanced_nodes(shared, names, () => ({ plain: true }));
            nodes = balanced.nodes;
            clients = Object.keys(ways).flatMap((way) => names.map(() => new Staying(balanced.url, way)));
            clients.push(...transports.flatMap((transport) => names.map(
                () => new Returning(`${balanced.url}/texts/sockjs`, transport))));
        });
        after(async () => {
            for (const client of clients) client.close();
            await balanced?.stop();
        });

        // Sends numbers from a node until each client has heard one of them.
        async function all_hear(at) {
            const control = await new Client(`${at.url}/control`, 'control').connected();
            const plain = await WsClient.open(`${at.url.replace('http', 'ws')}/texts/ws`);
            const first = number;
            const behind = () => clients.filter(({ last }) => last < first).map(({ what }) => what);
            try {
                await within((async () => {
                    while (behind().length) {
                        await control.ask('emit', everybody, 'number', number);
                        plain.send(`all number ${number++}`);
                        await new Promise((resolve) => setTimeout(resolve, 20));
                    }
                })(), 'number at all clients').catch((error) => {
                    throw new Error(`${error.message}; without: ${behind()}`);
                });
            } finally {
                control.close();
                await plain.close();
            }
            assert.deepEqual(clients.flatMap(({ wrong }) => wrong), []);
        }

        // What a node says to requests for sessions that another one had, and how long that takes.
        async function strays(at, engine, sockjs) {
            const times = [];
            for (let i = 0; i < 20; ++i) {
                const started = performance.now();
                const poll = await request(
                    `${at.url}/socket.io/?EIO=4&transport=polling&sid=${engine}`);
                times.push(performance.now() - started);
                assert.equal(poll.status, 400);
                assert.equal(JSON.parse(poll.body).code, 1);
                const middle = performance.now();
                const send = await request(
                    `${at.url}${sockjs}/xhr_send`, { method: 'POST', body: '["x"]' });
                times.push(performance.now() - middle);
                assert.equal(send.status, 404);
            }
            return times.sort((a, b) => a - b);
        }

        for (const [i, name] of names.entries()) {
            it(`clients come back when node ${name} is killed; its sessions are refused at once`, async (t) => {
                const other = nodes[(i + 1) % nodes.length];
                await all_hear(other);
                const engine = await RawSession.open(nodes[i].url, '/socket.io/');
                const sockjs = `/texts/sockjs/000/killed${i}`;
                await request(`${nodes[i].url}${sockjs}/xhr`, { method: 'POST' });
                const quiet = `/texts/sockjs/000/quiet${i}`;
                await request(`${nodes[i].url}${quiet}/xhr`, { method: 'POST' });
                // The other node brings them there, and has a poll under way when it happens.
                const hello = await request(`${other.url}${sockjs}/xhr`, { method: 'POST' });
                assert.match(hello.body, /^a\["hello /);
                const waiting = request(`${other.url}${sockjs}/xhr`, { method: 'POST' });
                const polling = request(
                    `${other.url}/socket.io/?EIO=4&transport=polling&sid=${engine.sid}`);
                const opens = clients.map((client) => client.opens);
                const killed = performance.now();
                await nodes[i].kill();
                // Redis believes in a node for a while. What is in a folder ends with its process: the
                // poll may open a session anew, which tells its client that the old one is lost.
                const { status, body } = await waiting;
                const is_anew = shared === 'a folder' && status === 200 && body === 'o\n';
                assert.ok(status === 404 || is_anew, `${status} ${body}`);
                assert.equal((await polling).status, 400);
                const ended = performance.now() - killed;
                const times = await strays(other, engine.sid, quiet);
                assert.ok(times[times.length / 2] < 1000, `strays take ${times} ms`);
                await all_hear(other);
                const back = performance.now() - killed;
                const again = clients.filter((client, k) => client.opens > opens[k]).length;
                assert.ok(again > 0);
                t.diagnostic(`polls under way ended after ${ended.toFixed(0)} ms; strays: median ` +
                    `${times[times.length / 2].toFixed(1)}, longest ${times.at(-1).toFixed(1)} ms; ` +
                    `${again} of ${clients.length} clients came back, all after ${back.toFixed(0)} ms`);
                await balanced.restart(i);
            });
        }

        it('none is lost while no node goes', async () => {
            await all_hear(nodes[0]);
            const control = await new Client(`${nodes[0].url}/control`, 'control').connected();
            const plain = await WsClient.open(`${nodes[0].url.replace('http', 'ws')}/texts/ws`);
            const heard = clients.map(() => []);
            clients.forEach((client, k) => {
                const take = client.take.bind(client);
                client.take = (n) => {
                    heard[k].push(n);
                    take(n);
                };
            });
            const sent = Array.from({ length: 200 }, () => number++);
            for (const n of sent) {
                control.socket.emit('emit', everybody, 'number', n, () => {});
                plain.send(`all number ${n}`);
            }
            await within((async () => {
                while (clients.some(({ last }) => last < sent.at(-1)))
                    await new Promise((resolve) => setTimeout(resolve, 20));
            })(), 'the last number at all clients');
            for (const [k, client] of clients.entries())
                assert.deepEqual(heard[k].filter((n) => n >= sent[0]), sent, client.what);
            control.close();
            await plain.close();
        });
    });
}
