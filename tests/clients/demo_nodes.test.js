'use strict';

// The demo's "Several nodes": a chat across three processes, of which one after the other is killed
// and started again by the page's buttons.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { describe, it, before, after } = require('./lib/testing');
const { kill } = require('./lib/server');
const { screenshot, start_browser, start_demo, until, visit } = require('./lib/demo');

const ways = {
    Ann: 'WebSocket',
    Bob: 'SockJS · websocket',
    Cleo: 'SockJS · xhr-polling',
    Dan: 'Socket.IO · websocket',
    Eve: 'Socket.IO · websocket',
    Finn: 'Socket.IO · polling',
};
const clients = Object.keys(ways);
// They are WebSockets from the beginning, which stay where they came.
const straight = ['Ann', 'Bob', 'Dan'];

let browser;
before(async () => { browser = await start_browser(); });
after(() => browser?.close());

// One that has ended and was not waited for, as nobody's child may be, is not alive.
const is_alive = (pid) => {
    try {
        return !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch (error) {
        if (error.code === 'ENOENT' || error.code === 'ESRCH') return false;
        throw error;
    }
};

const node_is = (page, n, state) => page.waitForSelector(`#node-${n}[data-state=${state}]`);
const process_of = async (page, n) =>
    Number(/called (\d+)-/.exec(await page.getAttribute(`#node-${n} code`, 'title'))[1]);
const clients_at = (page, n) => page.locator(`#node-${n} .client`).count();
const button = (page, n, text) => page.locator(`#node-${n} button`, { hasText: text });

const number_at = async (page, n, what) =>
    Number(new RegExp(`${what}: (\\d+)`).exec(await page.innerText(`#node-${n} .hint`))[1]);

async function say(page, name, text) {
    await page.selectOption('#nodes [name=as]', name);
    await page.fill('#nodes [name=text]', text);
    await page.press('#nodes [name=text]', 'Enter');
}

// All clients are at nodes; where.
async function all_at_nodes(page) {
    for (const name of clients) await page.waitForSelector(`#node-client-${name}[data-state=open]`);
    const found = {};
    for (const name of clients)
        found[name] = await page.getAttribute(`#node-client-${name}`, 'data-node');
    return found;
}

// Each client says something, and all six hear it, wherever they are.
async function all_hear_all(page) {
    const nodes = new Set(Object.values(await all_at_nodes(page))).size;
    for (const name of clients) {
        const text = `${name} says ${Math.random()}`;
        await say(page, name, text);
        await page.locator(`#nodes-log li[data-heard="6"][data-nodes="${nodes}"]`, { hasText: text })
            .waitFor();
    }
}

// Starts it again and waits until it serves.
async function start_again(page, n) {
    await button(page, n, 'Start again').click();
    await node_is(page, n, 'up');
}

for (const args of [[], ['--tls']]) {
    describe(`a chat across three nodes ${args.join(' ')}`, () => {
        let demo;
        let trusting;
        let page;
        let errors;
        before(async () => {
            demo = await start_demo('--nodes', '3', ...args);
            trusting = await start_browser('--ignore-certificate-errors');
            ({ page, errors } = await visit(trusting, demo.url));
            await page.locator('#nodes').scrollIntoViewIfNeeded();
            for (const n of [1, 2, 3]) await node_is(page, n, 'up');
        });
        after(async () => {
            await trusting?.close();
            await demo?.stop();
        });

        it('has six clients over four transports, wherever the balancer has led them', async () => {
            await all_at_nodes(page);
            await page.locator('#node-client-Eve', { hasText: 'Socket.IO · websocket' }).waitFor();
            for (const [name, way] of Object.entries(ways))
                assert.equal(await page.innerText(`#node-client-${name} .badge`), way);
            const at = await all_at_nodes(page);
            assert.deepEqual(straight.map((name) => at[name]).sort(), ['Node 1', 'Node 2', 'Node 3']);
            for (const n of [1, 2, 3])
                await until(`sessions at node ${n}`, async () =>
                    await number_at(page, n, 'sessions') === await clients_at(page, n));
        });

        it('needs no sticky sessions: nodes carry requests to those that have the session', async () => {
            await until('carried requests', async () => {
                await say(page, 'Finn', 'something');
                const all = [1, 2, 3].map((n) => number_at(page, n, 'carried'));
                return (await Promise.all(all)).reduce((sum, n) => sum + n) >= 10;
            });
        });

        it('is heard by all of them', () => all_hear_all(page));

        it('goes on when a node is killed, with its clients elsewhere', async () => {
            const pid = await process_of(page, 2);
            const before_it = await all_at_nodes(page);
            const gone = clients.filter((name) => before_it[name] === 'Node 2');
            await button(page, 2, 'Kill').click();
            await node_is(page, 2, 'down');
            assert.ok(!is_alive(pid));
            for (const name of gone) {
                for (const text of ['has lost Node 2', 'is at Node'])
                    await page.locator(`#nodes-log li[data-who=${name}]`, { hasText: text }).waitFor();
            }
            const now = await all_at_nodes(page);
            for (const name of clients) {
                if (gone.includes(name)) assert.notEqual(now[name], 'Node 2');
                // What is carried may have passed through that node just then.
                else if (straight.includes(name)) assert.equal(now[name], before_it[name]);
            }
            await all_hear_all(page);
        });

        it('has the node back when it is started again', async () => {
            await start_again(page, 2);
            await button(page, 1, 'Kill').click();
            await node_is(page, 1, 'down');
            await until('clients at the new node', async () => await clients_at(page, 2) > 0);
            await all_at_nodes(page);
            await all_hear_all(page);
        });

        it('begins anew after all nodes were killed', async () => {
            for (const n of [2, 3]) await button(page, n, 'Kill').click();
            for (const n of [1, 2, 3]) await node_is(page, n, 'down');
            await until('clients on their way', async () =>
                await page.locator('#nodes-away .client').count() === clients.length);
            await start_again(page, 3);
            const at = await all_at_nodes(page);
            assert.deepEqual([...new Set(Object.values(at))], ['Node 3']);
            await all_hear_all(page);
            for (const n of [1, 2]) await start_again(page, n);
        });

        it('goes on by itself where the clients are let talk', async () => {
            await page.check('#nodes [name=talk]');
            await page.locator('#nodes-log li[data-heard="6"]', { hasText: 'number 7' }).waitFor();
            await page.uncheck('#nodes [name=talk]');
        });

        it('leaves nothing in the console but the lost connections', () => {
            assert.deepEqual(errors.filter((e) => !/Failed to load|WebSocket connection|CORS policy/.test(e)), []);
        });
    });
}

it('without --nodes there is no such part, and nothing of it is loaded', async () => {
    const demo = await start_demo();
    try {
        const { page } = await visit(browser, demo.url);
        assert.equal(await page.isVisible('#nodes'), false);
        assert.equal(await page.isVisible('nav a[href="#nodes"]'), false);
        const loaded = await page.evaluate(() =>
            performance.getEntriesByType('resource').map(({ name }) => name));
        assert.ok(loaded.some((name) => name.endsWith('/js/chat.js')));
        assert.ok(!loaded.some((name) => name.endsWith('/js/nodes.js')));
        await page.close();
    } finally {
        await demo.stop();
    }
});

for (const [how, end] of [
    ['ends', (demo) => demo.stop()],
    ['is killed', (demo) => kill(demo.child)],
]) {
    it(`the nodes end when the demo ${how}`, async () => {
        const demo = await start_demo('--nodes', '3');
        const { page } = await visit(browser, demo.url);
        for (const n of [1, 2, 3]) await node_is(page, n, 'up');
        const pids = await Promise.all([1, 2, 3].map((n) => process_of(page, n)));
        assert.ok(pids.every(is_alive));
        await end(demo);
        await until('the end of the nodes', () => !pids.some(is_alive));
        await page.close();
    });
}

describe('the part looks finished', () => {
    const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
    let demo;
    before(async () => { demo = await start_demo('--nodes', '3'); });
    after(() => demo?.stop());
    for (const [size, viewport] of Object.entries(sizes)) {
        for (const colorScheme of ['light', 'dark']) {
            it(`on a ${size}, ${colorScheme}`, async () => {
                const { page } = await visit(browser, demo.url, { viewport, colorScheme });
                for (const n of [1, 2, 3]) await node_is(page, n, 'up');
                await all_at_nodes(page);
                await all_hear_all(page);
                await button(page, 2, 'Kill').click();
                await node_is(page, 2, 'down');
                await all_at_nodes(page);
                await all_hear_all(page);
                const [wide, visible] = await page.evaluate(
                    () => [document.documentElement.scrollWidth, window.innerWidth]);
                assert.ok(wide <= visible, `the page is ${wide} wide on ${visible}`);
                await page.evaluate(() =>
                    document.getElementById('nodes').scrollIntoView({ behavior: 'instant' }));
                await screenshot(page, `${size}-${colorScheme}-nodes`);
                await page.locator('#nodes-chat').scrollIntoViewIfNeeded();
                await screenshot(page, `${size}-${colorScheme}-nodes-chat`);
                await start_again(page, 2);
                await page.close();
            });
        }
    }
});
