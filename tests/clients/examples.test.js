'use strict';

// The example programs of demo/, driven by the real clients, and their pages in Chromium.
// Screenshots go to artifacts/ at the root.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { start_browser } = require('./lib/browser');
const need = require('./lib/need');
const { listening, start_child, stop } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { within, limit } = require('./lib/within');

const { io } = need('socket.io-client');
const SockJS = need('sockjs-client');
const WebSocket = need('ws');

const root = path.resolve(__dirname, '../..');
const programs = process.env.ANYWIRE_PROGRAMS || path.join(root, 'build/bin');

// Starts an example for the tests of the enclosing describe().
function example(name, ...args) {
    const running = {};
    before(async () => {
        const folder = path.join(root, 'demo');
        running.child = start_child(
            path.join(programs, name), ['--port', '0', '--folder', folder, ...args]);
        running.url = (await within(listening(running.child), `URL of ${name}`)).url;
    });
    after(() => running.child && stop(running.child));
    return running;
}

// Waits until `child` has printed a line that begins so.
function printed(child, start) {
    const has = () => child.output.split('\n').some((line) => line.startsWith(start));
    return within(new Promise((resolve) => {
        const look = () => has() && resolve();
        child.stdout.on('data', () => setImmediate(look));
        look();
    }), `line "${start}" of ${child.output}`);
}

// A network that can be cut.
async function start_cutter(t, port) {
    const open = new Set();
    const server = net.createServer((from) => {
        const to = net.connect(port, '127.0.0.1');
        for (const end of [from, to]) {
            open.add(end);
            end.on('error', () => {}).on('close', () => { open.delete(end); from.destroy(); to.destroy(); });
        }
        from.pipe(to).pipe(from);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const cut = () => { for (const end of open) end.destroy(); };
    t.after(() => { server.close(); cut(); });
    return { url: `http://127.0.0.1:${server.address().port}`, cut };
}

// The arguments of the next `name` event of any emitter.
const next = (emitter, name) => within(once(emitter, name), `event "${name}"`);

// Clients that are closed when the test ends, whatever becomes of it.
function clients(t) {
    const open = [];
    t.after(() => { for (const each of open) each.close(); });
    return (client) => { open.push(client); return client; };
}

const connect = (url, options) => io(url, { forceNew: true, reconnection: false, ...options });

// A page whose errors are kept.
async function visit(browser, url) {
    const page = await browser.open('about:blank');
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
    await page.goto(url, { timeout: limit });
    return { page, errors };
}

async function screenshot(page, name) {
    fs.mkdirSync(path.join(root, 'artifacts'), { recursive: true });
    await page.screenshot({ path: path.join(root, 'artifacts', `${name}.png`), fullPage: true });
}

describe('anywire-messages', () => {
    const desk = example('anywire-messages');

    // A client that has logged in, with what it was told of people.
    async function enter(t, name, transports) {
        const answer = await within(fetch(`${desk.url}/login`, {
            method: 'POST', body: new URLSearchParams({ name }),
        }), 'the login');
        assert.equal(answer.status, 204);
        const cookie = answer.headers.get('set-cookie').split(';')[0];
        const socket = connect(desk.url, { transports, extraHeaders: { cookie }, autoConnect: false });
        t.after(() => socket.close());
        const told = next(socket, 'people');
        socket.connect();
        return { socket, people: (await told)[1] };
    }

    it('is healthy, and lets nobody in without a login', async (t) => {
        assert.equal((await fetch(`${desk.url}/health`)).status, 200);
        assert.equal((await fetch(`${desk.url}/login`, { method: 'POST' })).status, 400);
        assert.equal((await fetch(`${desk.url}/login`)).status, 405);
        const [error] = await next(clients(t)(connect(desk.url)), 'connect_error');
        assert.equal(error.message, 'log in first');
        assert.deepEqual(error.data, { status: 401 });
    });

    it('carries a message to whom it is for, on all their pages, and keeps it', async (t) => {
        const ann = await enter(t, 'Ann', ['polling']);
        const bob = await enter(t, 'Bob', ['websocket']);
        const bob_elsewhere = await enter(t, 'Bob', ['polling', 'websocket']);
        const cid = await enter(t, 'Cid', ['websocket']);
        cid.socket.on('message', () => assert.fail('not for Cid'));
        const got = [ann, bob, bob_elsewhere].map(({ socket }) => next(socket, 'message'));
        assert.equal(await ann.socket.timeout(limit).emitWithAck('write', 'Bob', 'hello'), true);
        const message = { from: 'Ann', to: 'Bob', text: 'hello' };
        for (const [each] of await Promise.all(got)) assert.deepEqual(each, message);
        assert.equal(await ann.socket.timeout(limit).emitWithAck('write', 'nobody', 'x'), false);

        bob.socket.close();
        const gone = next(ann.socket, 'gone');
        bob_elsewhere.socket.close();
        assert.deepEqual(await gone, ['Bob']);
        const again = await enter(t, 'Bob', ['websocket']);
        const told = again.people.find(({ name }) => name === 'Ann');
        assert.deepEqual(told, { name: 'Ann', connected: true, messages: [message] });
    });

    it('serves a page that two people can write on', async (t) => {
        const browser = await start_browser();
        t.after(() => browser.close());
        const visits = [];
        for (const name of ['Eve', 'Dan']) {
            const visited = await visit(browser, desk.url);
            await visited.page.fill('#name', name);
            await visited.page.click('#login button');
            await visited.page.waitForSelector('main:not([hidden])', { timeout: limit });
            visits.push(visited);
        }
        const [eve, dan] = visits.map(({ page }) => page);
        await dan.click('#people button:has-text("Eve")');
        await dan.fill('#text', 'hello <b>Eve</b>');
        await dan.click('#write button');
        await eve.click('#people button:has-text("Dan")');
        const line = eve.locator('#log li', { hasText: 'hello <b>Eve</b>' });
        await line.waitFor({ timeout: limit });
        assert.equal(await line.innerText(), 'Dan hello <b>Eve</b>');
        await screenshot(eve, 'messages');
        for (const { errors } of visits) assert.deepEqual(errors, []);
    });
});

describe('anywire-chat', () => {
    const chat = example('anywire-chat', '--threads', '2');

    it('turns away who gives no name', async (t) => {
        const keep = clients(t);
        const [error] = await next(keep(connect(chat.url)), 'connect_error');
        assert.match(error.message, /a name/);
    });

    it('carries lines, and tells who comes, types and leaves', async (t) => {
        const keep = clients(t);
        const ann = keep(connect(chat.url, { auth: { name: 'Ann' }, transports: ['polling'] }));
        await next(ann, 'connect');
        const came = next(ann, 'came');
        const bob = keep(connect(chat.url, { auth: { name: 'Bob' }, transports: ['websocket'] }));
        await next(bob, 'connect');
        assert.equal((await came)[0], 'Bob');

        const said = next(bob, 'said');
        assert.equal(await ann.timeout(limit).emitWithAck('say', 'hello \u{1F44B}'), true);
        assert.deepEqual((await said).slice(0, 2), ['Ann', 'hello \u{1F44B}']);
        assert.equal(await ann.timeout(limit).emitWithAck('say', ''), false);
        assert.deepEqual(
            await ann.timeout(limit).emitWithAck('say', 7), { error: 'argument 1: expected string' });

        // Volatile: dropped whenever Ann has no poll waiting.
        const typing = next(ann, 'typing');
        const keys = setInterval(() => bob.emit('typing'), 50);
        t.after(() => clearInterval(keys));
        assert.equal((await typing)[0], 'Bob');
        clearInterval(keys);
        const left = next(ann, 'left');
        bob.close();
        assert.equal((await left)[0], 'Bob');
    });

    it('gives who was cut off what was said meanwhile', async (t) => {
        const keep = clients(t);
        const ann = keep(connect(chat.url, { auth: { name: 'Ann' } }));
        await next(ann, 'connect');
        const bob = keep(connect(chat.url, { auth: { name: 'Bob' }, reconnection: true }));
        await next(bob, 'connect');
        const first = next(bob, 'said');
        await ann.timeout(limit).emitWithAck('say', 'before');
        await first;

        const left = next(ann, 'left');
        bob.io.engine.close();
        await left;
        const missed = next(bob, 'said');
        await ann.timeout(limit).emitWithAck('say', 'meanwhile');
        assert.deepEqual((await missed).slice(0, 2), ['Ann', 'meanwhile']);
        assert.equal(bob.recovered, true);
    });

    it('serves a page that two people can talk on', async (t) => {
        const browser = await start_browser();
        t.after(() => browser.close());
        const visits = [];
        for (const name of ['Ann', 'Bob']) {
            const visited = await visit(browser, chat.url);
            await visited.page.fill('#name', name);
            await visited.page.click('#enter button');
            await visited.page.waitForSelector('#write:not([hidden])', { timeout: limit });
            visits.push(visited);
        }
        const [ann, bob] = visits.map(({ page }) => page);
        await ann.fill('#text', 'hello <b>Bob</b>');
        await ann.click('#write button');
        const line = bob.locator('#log li', { hasText: 'hello <b>Bob</b>' });
        await line.waitFor({ timeout: limit });
        assert.equal(await line.innerText(), 'Ann hello <b>Bob</b>');
        await bob.getByText('2 here, by websocket').waitFor({ timeout: limit });
        await screenshot(bob, 'chat');
        for (const { errors } of visits) assert.deepEqual(errors, []);
    });
});

describe('anywire-talk', () => {
    const chat = example('anywire-chat');

    // The program, its lines as they come, and how to say something.
    function talk(t, name) {
        const child = start_child(
            path.join(programs, 'anywire-talk'), ['--url', chat.url, '--name', name], 'pipe');
        t.after(() => child.kill('SIGKILL'));
        return { child, say: (line) => child.stdin.write(`${line}\n`), hears: (line) => printed(child, line) };
    }

    it('talks with a page, and ends with its input', async (t) => {
        const keep = clients(t);
        const ann = talk(t, 'Ann');
        await ann.hears('* you are in');
        const bob = keep(connect(chat.url, { auth: { name: 'Bob' } }));
        await ann.hears('* Bob has come');
        const said = next(bob, 'said');
        ann.say('hello \u{1F44B}');
        assert.deepEqual((await said).slice(0, 2), ['Ann', 'hello \u{1F44B}']);
        await bob.timeout(limit).emitWithAck('say', 'hello Ann');
        await ann.hears('Bob: hello Ann');
        ann.say('x'.repeat(2001));
        await ann.hears(`* not heard: ${'x'.repeat(2001)}`);
        const left = next(bob, 'left');
        ann.child.stdin.end();
        assert.equal((await left)[0], 'Ann');
        assert.deepEqual(await within(ann.child.ended, 'its end'), { code: 0, signal: null });
    });

    it('comes back by itself, and says what was typed meanwhile', async (t) => {
        const keep = clients(t);
        const cutter = await start_cutter(t, new URL(chat.url).port);
        const bob = keep(connect(chat.url, { auth: { name: 'Bob' } }));
        await next(bob, 'connect');
        const child = start_child(path.join(programs, 'anywire-talk'),
            ['--url', cutter.url, '--name', 'Eve'], 'pipe');
        t.after(() => child.kill('SIGKILL'));
        await printed(child, '* you are in');
        const left = next(bob, 'left');
        cutter.cut();
        await printed(child, '* cut off: ');
        await left;
        const said = next(bob, 'said');
        child.stdin.write('typed while cut off\n');
        await bob.timeout(limit).emitWithAck('say', 'said meanwhile');
        await printed(child, '* back, and nothing was missed');
        await printed(child, 'Bob: said meanwhile');
        assert.deepEqual((await said).slice(0, 2), ['Eve', 'typed while cut off']);
    });

    it('ends where it is not let in', async (t) => {
        const ann = talk(t, '');
        await ann.hears('* not let in: a name of 1 to 40 letters, please');
        assert.deepEqual(await within(ann.child.ended, 'its end'), { code: 1, signal: null });
    });
});

describe('anywire-rpc', () => {
    const running = {};
    before(async () => {
        running.child = start_child(path.join(programs, 'anywire-rpc'), ['--serve', '0']);
        running.url = (await within(listening(running.child), 'URL of anywire-rpc')).url;
    });
    after(() => running.child && stop(running.child));

    it('calls, is asked back, and hears what is refused and what never comes', async (t) => {
        const child = start_child(path.join(programs, 'anywire-rpc'), ['--call', running.url]);
        t.after(() => child.kill('SIGKILL'));
        assert.deepEqual(await within(child.ended, 'its end'), { code: 0, signal: null });
        assert.deepEqual(child.output.trim().split('\n'), [
            'tea is 2.50',
            'tea: order 1, 5.00 in all',
            'coffee: refused, there is no coffee',
            'cake: order 2, 40.00 in all',
            'cake: refused, not sure',
            'nothing: the acknowledgement did not come in time',
        ]);
    });
});

describe('anywire-train-ride', () => {
    it('loses nothing, whatever the network does', async (t) => {
        const child = start_child(path.join(programs, 'anywire-train-ride'), []);
        t.after(() => child.kill('SIGKILL'));
        const end = await within(child.ended, 'the end of the ride', 3 * limit);
        assert.deepEqual(end, { code: 0, signal: null }, child.output);
        assert.match(child.output, /^300 readings: 300 arrived, 0 lost, \d+ came twice/m);
        assert.match(child.output, /^\d+ sessions, \d+ attempts that failed, .*polling \d+, websocket \d+$/m);
    });
});

describe('anywire-dashboard', () => {
    const board = example('anywire-dashboard', '--threads', '2');

    const log_in = async (name) => {
        const answer = await within(fetch(`${board.url}/login`, {
            method: 'POST', body: new URLSearchParams({ name }),
        }), 'the login');
        assert.equal(answer.status, 204);
        return answer.headers.get('set-cookie').split(';')[0];
    };

    // What a client of either kind is told, one message at a time.
    function listener(client) {
        const heard = [];
        let wake = () => {};
        const hear = (text) => { heard.push(JSON.parse(text)); wake(); };
        if (client instanceof WebSocket) client.on('message', hear);
        else client.onmessage = ({ data }) => hear(data);
        return async function told(what, fits) {
            for (;;) {
                while (heard.length) {
                    const message = heard.shift();
                    if (fits(message)) return message;
                }
                await within(new Promise((resolve) => { wake = resolve; }), what);
            }
        };
    }

    const open_plain = (t, cookie) => {
        const client = clients(t)(new WebSocket(`${board.url.replace('http', 'ws')}/ws`, { headers: { cookie } }));
        return { client, told: listener(client), send: (wish) => client.send(JSON.stringify(wish)) };
    };
    const names = ['copper', 'load', 'memory', 'sessions', 'tin'];
    const is_whole = (message) => Object.keys(message).length === names.length;
    const is_of = (name) => (message) => Object.keys(message).join() === name;

    it('lets in whoever has logged in, and nobody else, to its figures and its metrics', async (t) => {
        assert.equal((await fetch(`${board.url}/health`)).status, 200);
        assert.equal((await fetch(`${board.url}/login`, { method: 'POST' })).status, 400);
        assert.equal((await fetch(`${board.url}/metrics`)).status, 403);
        assert.equal(await (await fetch(`${board.url}/user`)).text(), '');
        const [request, response] = await within(
            once(new WebSocket(`${board.url.replace('http', 'ws')}/ws`), 'unexpected-response'), 'the refusal');
        request.destroy();
        assert.equal(response.statusCode, 401);
        const stranger = clients(t)(new SockJS(`${board.url}/sockjs`));
        const refused = await within(new Promise((resolve) => { stranger.onclose = resolve; }), 'the end of SockJS');
        assert.equal(refused.code, 2000);  // all of its transports were refused

        const cookie = await log_in('Ann & Bob');
        assert.equal(await (await fetch(`${board.url}/user`, { headers: { cookie } })).text(), 'Ann & Bob');
        const metrics = await fetch(`${board.url}/metrics`, { headers: { cookie } });
        assert.match(await metrics.text(), /anywire_sessions/);
    });

    it('sends each what it watches, and what is set to everybody, over either wire', async (t) => {
        // sockjs-client for Node sends no cookies: its WebSocket is spoken by hand.
        const cookie = await log_in('Ann');
        const ann = open_plain(t, cookie);
        const bob = { client: clients(t)(new WebSocket(
            `${board.url.replace('http', 'ws')}/sockjs/000/bob/websocket`, { headers: { cookie: await log_in('Bob') } })) };
        const frames = [];
        bob.client.on('message', (data) => { frames.push(String(data)); bob.client.emit('frame'); });
        const bob_hears = async (pattern) => {
            while (!frames.some((frame) => pattern.test(frame)))
                await within(once(bob.client, 'frame'), `frame ${pattern} for Bob`);
        };

        assert.deepEqual(Object.keys(await ann.told('all figures', is_whole)).sort(), names);
        await bob_hears(/^a\[.*tin/);
        ann.send({ name: 'copper', watch: true });
        for (let i = 0; i < 3; ++i) {
            const { copper } = await ann.told('the price', is_of('copper'));
            assert.ok(copper.value > 0 && copper.title === 'Copper');
        }
        ann.send({ name: 'sessions', watch: true });
        const { sessions } = await ann.told('sessions', (m) => m.sessions?.value === 2);
        assert.equal(sessions.by, '');

        ann.send({ name: 'copper', watch: false });
        ann.send({ name: 'tin', most: 40000 });
        const { tin } = await ann.told('the limit', is_of('tin'));
        assert.deepEqual([tin.most, tin.by], [40000, 'Ann']);
        await bob_hears(/\\"most\\":40000/);

        const closed = once(ann.client, 'close');
        ann.send({ name: 'lead', watch: true });
        assert.equal((await within(closed, 'the end of Ann'))[0], 4000);
    });

    it('serves a page that falls back, on which all see the limits of each', async (t) => {
        const browser = await start_browser();
        t.after(() => browser.close());
        const { page, errors } = await visit(browser, board.url);
        await page.setViewportSize({ width: 1200, height: 760 });
        await page.fill('#name', 'Ann');
        await page.click('#login button');
        await page.getByText('Ann, by websocket').waitFor({ timeout: limit });
        const card = (name) => page.locator(`section[data-name="${name}"]`);
        await card('copper').locator('input[type=number]').fill('9000');
        await card('copper').getByRole('button').click();
        await card('copper').getByText('limit 9,000, set by Ann').waitFor({ timeout: limit });
        await page.locator('section.over[data-name=copper]').waitFor({ timeout: limit });
        for (const wire of ['xhr-streaming', 'xhr-polling', 'WebSocket without SockJS']) {
            await page.selectOption('#wire', wire);
            await page.getByText(`Ann, by ${wire.startsWith('xhr') ? wire : 'plain WebSocket'}`).waitFor({ timeout: limit });
            const value = await card('tin').locator('.value').textContent();
            await page.waitForFunction(
                (before) => document.querySelector('section[data-name=tin] .value').textContent !== before,
                value, { timeout: limit });
        }
        await card('load').getByRole('checkbox').uncheck();
        await screenshot(page, 'dashboard');
        await page.reload();  // the cookie is enough
        await page.getByText('Ann, by websocket').waitFor({ timeout: limit });
        assert.deepEqual(errors, []);
    });
});

describe('anywire-typed-events', () => {
    const typed = example('anywire-typed-events');
    const enter = async (keep, options) => {
        const socket = keep(connect(typed.url, { auth: { token: 'open sesame' }, ...options }));
        await next(socket, 'connect');
        return socket;
    };
    const ask = (socket, ...args) => socket.timeout(limit).emitWithAck(...args);

    it('tells a stranger why it does not come in, in a struct', async (t) => {
        const [error] = await next(clients(t)(connect(typed.url)), 'connect_error');
        assert.equal(error.message, 'who are you?');
        assert.deepEqual(error.data, { x: 4, y: 1 });
    });

    it('decodes structs, enums, optionals, variants and bytes, and says what does not fit', async (t) => {
        const socket = await enter(clients(t));
        const line = [{ x: 0, y: 0 }, { x: 3, y: 4.5, label: 'end' }];
        assert.equal(await ask(socket, 'draw', line, 'green'), 2);
        assert.deepEqual(await ask(socket, 'draw', line, 'mauve'),
            { error: 'argument 2: expected red or green' });
        assert.deepEqual(await ask(socket, 'draw', [{ x: 1 }], 'red'),
            { error: 'argument 1: expected array of object' });
        assert.equal(await ask(socket, 'greet', 'Ann'), 'hello Ann');
        assert.equal(await ask(socket, 'greet'), 'hello stranger');
        assert.equal(await ask(socket, 'find', 7), 'by number');
        assert.equal(await ask(socket, 'find', 'seven'), 'by name');
        assert.equal(await ask(socket, 'upload', 'a.bin', Buffer.from([1, 2, 3, 4])), 4);
        assert.deepEqual(await ask(socket, 'echo', { any: ['thing', null] }), { any: ['thing', null] });
    });

    it('asks one client, and all of a room', async (t) => {
        const keep = clients(t);
        const ann = await enter(keep);
        const bob = await enter(keep, { transports: ['polling'] });
        const printed = new Promise((resolve) => {
            typed.child.stdout.on('data', (text) => { if (text.includes('sure?: yes')) resolve(); });
        });
        ann.on('sure?', (point, answer) => {
            assert.deepEqual(point, { x: 1, y: 2 });
            answer(true);
        });
        ann.emit('ask me');
        await within(printed, 'the answer in the output of the server');

        for (const socket of [ann, bob]) assert.ok((await ask(socket, 'join', 'voters')).includes('voters'));
        ann.on('vote', (question, answer) => answer(1));
        bob.on('vote', (question, answer) => answer(2));
        let votes = next(ann, 'votes');
        ann.emit('vote', 'how many?');
        const [all, complete] = await votes;
        assert.deepEqual([all.sort(), complete], [[1, 2], true]);

        bob.off('vote');  // who does not answer is not waited for longer than said
        votes = next(ann, 'votes');
        ann.emit('vote', 'once more?');
        assert.deepEqual((await votes).slice(0, 2), [[1], false]);
    });

    it('has rooms and exceptions, and drops what a middleware refuses', async (t) => {
        const keep = clients(t);
        const [ann, bob, cem] = [await enter(keep), await enter(keep), await enter(keep)];
        for (const socket of [bob, cem]) await ask(socket, 'join', 'team');
        await ask(cem, 'join', 'deaf');
        cem.on('told', () => assert.fail('the deaf must not hear it'));
        const told = next(bob, 'told');
        ann.emit('forbidden');
        ann.emit('tell', 'team', 'news', 1);
        assert.deepEqual((await told).slice(0, 2), ['news', 1]);
        await ask(cem, 'echo', 0);
        assert.match(typed.child.output, /event refused: no/);
    });

    it('runs typed_events.js to its end', async () => {
        const script = start_child(process.execPath, [path.join(root, 'demo/typed_events.js'), typed.url]);
        assert.equal((await within(script.ended, 'end of typed_events.js')).code, 0, script.output);
        assert.match(script.output, /votes: \[ 42 \] true/);
    });
});

describe('anywire-bridge', () => {
    const bridge = example('anywire-bridge', '--threads', '2');

    it('carries lines between SockJS, Socket.IO and WebSocket, and says what each came by', async (t) => {
        const keep = clients(t);
        const heard = [[], [], []];
        let wake = () => {};
        const hear = (who) => (line) => { heard[who].push(line); wake(); };
        const everybody_heard = async (count) => {
            while (heard.some((lines) => lines.length < count))
                await within(new Promise((resolve) => { wake = resolve; }), `line ${count} everywhere`);
        };

        const polling = keep(connect(bridge.url, { transports: ['polling'] })).on('line', hear(0));
        await next(polling, 'connect');
        const sockjs = keep(new SockJS(`${bridge.url}/sockjs`, null, { transports: ['xhr-streaming'] }));
        sockjs.onmessage = ({ data }) => hear(1)(JSON.parse(data));
        await within(new Promise((resolve) => { sockjs.onopen = resolve; }), 'SockJS connection');
        const plain = keep(new WebSocket(`${bridge.url.replace('http', 'ws')}/ws`));
        plain.on('message', (data) => hear(2)(JSON.parse(data)));
        await next(plain, 'open');

        const expected = [
            { from: 'Ann', text: 'one', dialect: 'Socket.IO', transport: 'polling' },
            { from: 'Bob', text: 'two \u{1F44B}', dialect: 'SockJS', transport: 'xhr-streaming' },
            { from: 'Cem', text: '"three"', dialect: 'WebSocket', transport: 'websocket' },
        ];
        const say = [
            (what) => polling.emit('say', what),
            (what) => sockjs.send(JSON.stringify(what)),
            (what) => plain.send(JSON.stringify(what)),
        ];
        for (const [i, { from, text }] of expected.entries()) {
            say[i]({ from, text });
            await everybody_heard(i + 1);
        }
        for (const lines of heard) assert.deepEqual(lines, expected);

        plain.send('no JSON');
        plain.send('{"from": 1}');
        plain.send(JSON.stringify({ from: 'Cem', text: 'still here' }));
        await everybody_heard(4);
        assert.equal(heard[0][3].text, 'still here');
    });

    it('shows all three side by side', async (t) => {
        const browser = await start_browser();
        t.after(() => browser.close());
        const { page, errors } = await visit(browser, bridge.url);
        await page.setViewportSize({ width: 1200, height: 640 });
        const card = (dialect) => page.locator(`section[data-dialect="${dialect}"]`);
        const wires = { SockJS: 'xhr-streaming', 'Socket.IO': 'polling', WebSocket: 'websocket' };
        for (const [dialect, wire] of Object.entries(wires))
            await card(dialect).getByText(`connected by ${wire}`).waitFor({ timeout: limit });
        for (const [dialect, wire] of Object.entries(wires)) {
            await card(dialect).locator('input').fill(`hello from ${dialect}`);
            await card(dialect).locator('button').click();
            for (const other of Object.keys(wires))
                await card(other).locator('li', { hasText: `${dialect}, ${wire}` }).waitFor({ timeout: limit });
        }
        await screenshot(page, 'bridge');
        await card('Socket.IO').locator('select').selectOption('polling, then websocket');
        await card('Socket.IO').getByText('connected by websocket').waitFor({ timeout: limit });
        assert.deepEqual(errors, []);
    });
});
