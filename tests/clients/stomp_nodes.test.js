'use strict';

// STOMP on three nodes behind an HAProxy that gives each request to the next one: topics, queues,
// users and the list of who is there are those of all nodes, also when one is ended by SIGKILL. What
// the nodes share is in Redis, or in a folder.

const assert = require('node:assert/strict');
require('./lib/broken_streams');
const { start_balanced_nodes } = require('./lib/balanced_nodes');
const { carriers, clients } = require('./lib/stomp_clients');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const names = ['one', 'two', 'three'];
const users = ['ann', 'bob', 'cat'];
const mark = /^mark (\d+)$/;

function until(is, what) {
    return within((async () => {
        while (!await is()) await new Promise((resolve) => setTimeout(resolve, 20));
    })(), what);
}

// A stompjs that subscribes each time that it is connected, and asks where it is. Marks, and what
// flows while a node is killed, are kept apart from what else it hears.
class Member extends clients['stompjs 7'] {
    constructor(at, carrier, login) {
        super(at, carrier, { login, reconnectDelay: 100 });
        this.user = login;
        this.what = `${login} over ${carrier}`;
        this.carrier = carrier;
        this.comes = 0;
        this.last_mark = -1;
        this.heard = [];
        this.flow = [];
        this.own = [];
        this.answers = [];
    }

    static async come(...args) {
        const member = new Member(...args);
        member.start();
        await until(() => member.comes === 1, `${member.what} on a node`);
        return member;
    }

    start() {
        super.start();
        const to = (destination, take) => this.client.subscribe(destination, ({ body }) => take(body));
        this.client.onConnect = () => {
            to('/topic/all', (text) => this.take(text));
            to('/user/queue/x', (text) => this.own.push(text));
            to('/user/queue/answers', (text) => this.answers.push(JSON.parse(text)));
            // In order: whoever has this answer is subscribed to the others.
            to('/app/self', (text) => {
                [this.node, this.id] = JSON.parse(text);
                ++this.comes;
            });
        };
    }

    take(text) {
        const found = mark.exec(text);
        if (found) this.last_mark = Number(found[1]);
        else if (text.startsWith('flow ')) this.flow.push(text.slice(5));
        else this.heard.push(text);
    }

    async ask(destination) {
        this.publish(destination, '', {});
        await until(() => this.answers.length > 0, `answer of ${destination}`);
        return this.answers.shift().sort();
    }
}

// What each has heard since the last time, once `count` are there.
async function all_heard(members, box, count) {
    for (const member of members)
        await until(() => member[box].length >= count, `${count} messages at ${member.what}`);
    return members.map((member) => member[box].splice(0));
}

// Of each sender the same numbers, from 0 on.
function assert_in_order(texts, senders, count, what) {
    const numbers = Array.from({ length: count }, (_, n) => n);
    for (let i = 0; i < senders; ++i) {
        const of_sender = texts.map((text) => text.split(' ').map(Number)).filter(([from]) => from === i);
        assert.deepEqual(of_sender.map(([, n]) => n), numbers, what);
    }
}

// Each sends numbers at once: all hear them all, those of each sender in their order.
async function crossfire(senders, members, count) {
    for (let n = 0; n < count; ++n)
        senders.forEach((sender, i) => sender.publish('/topic/all', `${i} ${n}`, {}));
    const all = await all_heard(members, 'heard', count * senders.length);
    all.forEach((texts, k) => assert_in_order(texts, senders.length, count, members[k].what));
}

// The same until it is stopped, which says how many there were of each.
function keep_sending(senders) {
    let count = 0;
    const sending = setInterval(() => {
        senders.forEach((sender, i) => sender.publish('/topic/all', `flow ${i} ${count}`, {}));
        ++count;
    }, 5);
    return () => {
        clearInterval(sending);
        return count;
    };
}

const ids_of = (members, user) => members.filter((m) => m.user === user).map(({ id }) => id).sort();

for (const shared of ['Redis', 'a folder']) {
    describe(`STOMP on three nodes that share ${shared}, without sticky sessions`, () => {
        let balanced;
        let nodes = [];
        let marks = 0;
        const members = [];

        const on = (name) => members.find((m) => m.node === name && m.carrier === 'websocket');

        // Whoever is there says who all are, until all nodes know of all.
        async function all_known() {
            for (const name of names.filter((each) => on(each)))
                for (const user of users)
                    await until(async () => {
                        const ids = await on(name).ask(`/app/clients/${user}`);
                        return String(ids) === String(ids_of(members, user));
                    }, `${user}'s clients, asked of node ${name}`);
        }

        // Sends marks until each has heard one of them.
        async function all_hear() {
            const first = marks;
            await until(() => {
                members.find((m) => m.client.connected).publish('/topic/all', `mark ${marks++}`, {});
                return members.every(({ last_mark }) => last_mark >= first);
            }, 'mark at all members');
        }

        before(async () => {
            balanced = await start_balanced_nodes(
                shared, names, (i) => ({ stomp: true, threads: i === 2 ? 2 : 1 }));
            nodes = balanced.nodes;
            // One after the other: each user has a WebSocket to each node. Then SockJS, whose requests
            // go to whichever node is next.
            for (const user of users)
                for (let i = 0; i < names.length; ++i)
                    members.push(await Member.come(balanced, 'websocket', user));
            for (const user of users)
                for (const carrier of carriers.filter((each) => each !== 'websocket'))
                    members.push(await Member.come(balanced, carrier, user));
            for (const user of users)
                assert.deepEqual(new Set(members.filter((m) => m.user === user).map(({ node }) => node)),
                    new Set(names), `${user} is on each node`);
            await all_known();
        });
        after(async () => {
            for (const member of members) await member.close();
            await balanced?.stop();
        });

        it('a topic reaches all, in the order of each sender', async () => {
            const polling = members.find(({ carrier }) => carrier === 'sockjs xhr-polling');
            await crossfire([...names.map(on), polling], members, 200);
        });

        it('a user is reached in all of his sessions, from each node, and nobody else is', async () => {
            for (const name of names)
                for (const user of users)
                    on(name).publish(`/user/${user}/queue/x`, `${name} to ${user}`, {});
            const all = await all_heard(members, 'own', names.length);
            all.forEach((texts, k) => assert.deepEqual(
                texts.sort(), names.map((name) => `${name} to ${members[k].user}`).sort()));
        });

        it('one session of a user is reached alone, from each node', async () => {
            for (const name of names)
                for (const [k, { id }] of members.entries())
                    on(name).publish(`/app/tell/${id}`, `${name} to ${k}`, {});
            const all = await all_heard(members, 'own', names.length);
            all.forEach((texts, k) => assert.deepEqual(
                texts.sort(), names.map((name) => `${name} to ${k}`).sort()));
        });

        it('a queue is worked off by clients of all nodes, each message once', async () => {
            const polling = members.find(({ carrier }) => carrier === 'sockjs xhr-polling');
            const senders = [...names.map(on), polling];
            const done = new Map(names.map((name) => [name, []]));
            const workers = names.map((name) => on(name).client.subscribe('/queue/jobs', (job) => {
                done.get(name).push(job.body);
                job.ack();
            }, { ack: 'client-individual' }));
            for (let n = 0; n < 200; ++n)
                senders.forEach((sender, i) => sender.publish('/queue/jobs', `${i} ${n}`, {}));
            const all = () => [...done.values()].flat();
            await until(() => all().length >= 800, 'all jobs done');
            for (const worker of workers) worker.unsubscribe();
            assert_in_order(all().sort((a, b) => a.localeCompare(b, 'en', { numeric: true })), 4, 200, 'jobs');
            assert.equal(all().length, 800);
        });

        it('what waits in a queue finds the only subscriber there is, in its order', async () => {
            const alone = members.find(({ carrier }) => carrier === 'sockjs xhr-streaming');
            const got = [];
            for (let n = 0; n < 200; ++n) on('one').publish('/queue/waiting', `0 ${n}`, {});
            // In order: whoever has this answer has sent the others.
            await on('one').ask('/app/users');
            const subscription = alone.client.subscribe('/queue/waiting', ({ body }) => got.push(body));
            for (let n = 200; n < 300; ++n) on('one').publish('/queue/waiting', `0 ${n}`, {});
            await until(() => got.length >= 300, 'all that was sent');
            assert_in_order(got, 1, 300, alone.what);
            subscription.unsubscribe();
        });

        it('all sessions of a user are ended, and come back', async () => {
            const his = members.filter(({ user }) => user === 'cat');
            const others = members.filter(({ user }) => user !== 'cat');
            on('one').publish('/app/end/cat', 'enough', {});
            for (const member of his)
                assert.equal((await member.errors.next()).headers.message, 'enough', member.what);
            await until(() => his.every(({ comes }) => comes === 2), 'all of them anew');
            assert.ok(others.every(({ comes }) => comes === 1), 'the others stay');
            await all_known();
            await crossfire(names.map(on), members, 20);
        });

        it('a node is killed: its clients come to others, and hear all from then on', async (t) => {
            const at_two = { ws_url: nodes[1].url.replace('http', 'ws') };
            const dan = new Member(at_two, 'websocket', 'dan');
            dan.options.reconnectDelay = 0;
            dan.start();
            await until(() => dan.comes === 1, 'dan on node two');
            for (const name of names)
                await until(async () => (await on(name).ask('/app/users')).includes('dan'), 'dan among all');
            const mortal = members.filter(({ node }) => node === 'two');
            const stay = members.filter((m) => m.node !== 'two' && m.carrier === 'websocket');
            const came = new Map(members.map((m) => [m, m.comes]));
            const stop_sending = keep_sending([on('one'), on('three')]);
            const killed = performance.now();
            const since = () => (performance.now() - killed).toFixed(0);
            await nodes[1].kill();
            await dan.lost.next();
            await until(() => mortal.every((m) => m.comes > came.get(m)), "the dead node's clients anew");
            t.diagnostic(`its ${mortal.length} clients of ${members.length} are back after ${since()} ms`);
            const flown = stop_sending();
            await all_hear();
            const anew = members.filter((m) => m.comes > came.get(m)).length;
            t.diagnostic(`all hear after ${since()} ms; ${anew} have connected anew`);
            assert.ok(stay.every((m) => m.comes === came.get(m)), 'WebSockets of other nodes stay');
            assert.ok(members.every(({ node }) => node !== 'two'));
            const flows = await all_heard(stay, 'flow', 2 * flown);
            flows.forEach((texts, k) => assert_in_order(texts, 2, flown, stay[k].what));
            t.diagnostic(`WebSockets of other nodes have missed none of ${2 * flown} messages meanwhile`);
            for (const name of ['one', 'three'])
                await until(async () => String(await on(name).ask('/app/users')) === String(users),
                    'the users, without dan');
            await all_known();
            t.diagnostic(`nobody lists them any more after ${since()} ms`);
            await crossfire([on('one'), on('three')], members, 200);
            on('one').publish('/user/ann/queue/x', 'to ann', {});
            const anns = members.filter(({ user }) => user === 'ann');
            for (const texts of await all_heard(anns, 'own', 1)) assert.deepEqual(texts, ['to ann']);
        });

        it('it comes back, and is one of them again', async () => {
            await balanced.restart(1);
            for (let i = 0; i < names.length; ++i)
                members.push(await Member.come(balanced, 'websocket', 'ann'));
            assert.ok(on('two'));
            await all_known();
            await crossfire(names.map(on), members, 50);
            assert.deepEqual(members.flatMap(({ own }) => own), []);
        });
    });
}
