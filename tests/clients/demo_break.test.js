'use strict';

// The demo's "Break it" part: every switch shows its effect on the five clients, and how they
// recover.

const assert = require('node:assert/strict');
const { describe, it, before, after } = require('./lib/testing');
const { card, number_in, start_browser, start_demo, until, visit } = require('./lib/demo');

const all = ['break-ws', 'break-sockjs', 'break-http', 'break-eio', 'break-sio'];
const healthy = {
    'break-ws': 'websocket',
    'break-sockjs': 'websocket',
    'break-http': 'xhr-streaming',
    'break-eio': 'websocket',
    'break-sio': 'websocket',
};

let demo;
let browser;
let page;

before(async () => {
    demo = await start_demo();
    browser = await start_browser();
    ({ page } = await visit(browser, demo.url));
    await page.locator('#break').scrollIntoViewIfNeeded();
});
after(async () => {
    await browser?.close();
    await demo?.stop();
});

const attribute = (id, name) => page.getAttribute(`#${id}`, `data-${name}`);
const number = async (id, name) => Number(await attribute(id, name));
const carried = (id, transport) =>
    page.waitForSelector(`#${id}[data-state=open][data-transport="${transport}"]`);
const said = (who, text) =>
    page.locator(`#break-log li[data-who="${who}"]`, { hasText: text }).first().waitFor();
const forget_log = () => page.evaluate(() => document.querySelector('#break-log').replaceChildren());

// All clients open and hearing numbers, over the transports they prefer.
async function all_well() {
    await page.click('[data-preset="{}"]');
    for (const id of all) await carried(id, healthy[id]);
    for (const id of all) {
        const heard = await number(id, 'ticks');
        await until(`numbers for ${id}`, async () => await number(id, 'ticks') > heard + 2);
    }
    for (const id of all) assert.equal(await attribute(id, 'transport'), healthy[id]);
    await forget_log();
}

describe('a switch of the demo', () => {
    it('none: all clients hear their numbers over what they prefer', all_well);

    it('that refuses WebSockets makes clients fall back, and come back', async () => {
        await page.check('[name=refuse]');
        await carried('break-sockjs', 'xhr-streaming');
        await carried('break-eio', 'polling');
        await carried('break-sio', 'polling');
        await page.waitForSelector('#break-ws[data-state=connecting]');
        await said('SockJS', 'fell back from websocket to xhr-streaming');
        await said('Engine.IO', 'was refused, stays on polling');
        const tries = await number('break-sockjs', 'reconnects');
        assert.ok(tries >= 1);
        await page.uncheck('[name=refuse]');
        for (const id of all) await carried(id, healthy[id]);
        await said('plain WebSocket', 'connected again over websocket');
        await all_well();
    });

    it('that buffers responses starves streams; polling gets through', async () => {
        await page.check('[name=buffer]');
        await carried('break-http', 'xhr-polling');
        await said('SockJS, no ws', 'did not work, tries');
        await carried('break-sockjs', 'websocket');  // is no response that ends
        await page.uncheck('[name=buffer]');
        await carried('break-http', 'xhr-streaming');
        await all_well();
    });

    it('that delays shows in the round trips', async () => {
        await page.selectOption('[name=delay]', '250');
        await page.selectOption('[name=jitter]', '50');
        await card(page, 'ws').locator('button').click();
        await card(page, 'ws').scrollIntoViewIfNeeded();
        await until('slow round trips', async () => await number_in(page, 'ws', 'received') >= 5);
        assert.ok(await number_in(page, 'ws', 'p50') >= 500, 'there and back takes 500 ms at least');
        await card(page, 'ws').locator('button').click();
        await page.waitForSelector('#card-ws[data-state=idle]');
        assert.equal(await number_in(page, 'ws', 'outOfOrder'), 0);
        await all_well();
    });

    it('that cuts connections makes all reconnect; Socket.IO misses nothing', async () => {
        await forget_log();
        const missed = await number('break-sio', 'missed');
        await page.click('#cut-now');
        for (const id of ['break-ws', 'break-sockjs', 'break-http', 'break-eio', 'break-sio'])
            await until(`${id} is back`, async () =>
                await number(id, 'reconnects') > 0 && await attribute(id, 'state') === 'open');
        await said('Socket.IO', 'recovered its session');
        await all_well();
        assert.equal(await number('break-sio', 'missed'), missed);
    });

    it('that cuts again and again is survived again and again', async () => {
        const had = {};
        for (const id of all) had[id] = await number(id, 'reconnects');
        await page.selectOption('[name=cut]', '2000');
        for (const id of all)
            await until(`${id} is back twice`, async () => await number(id, 'reconnects') >= had[id] + 2);
        assert.ok(await number('break-ws', 'missed') > 0);
        await all_well();
    });

    it('that drops silently is noticed by heartbeat or watchdog', async () => {
        await forget_log();
        await page.check('[name=drop]');
        await said('plain WebSocket', 'silent');
        await said('Engine.IO', 'ping timeout');
        await said('Socket.IO', 'ping timeout');
        await page.uncheck('[name=drop]');
        for (const id of all) await carried(id, healthy[id]);
        await all_well();
    });

    it('that restarts the server is seen by clients and on the server\'s panel', async () => {
        await forget_log();
        await page.click('#restart');
        await page.waitForSelector('#server[data-state=down]');
        for (const who of ['plain WebSocket', 'SockJS', 'Engine.IO', 'Socket.IO'])
            await said(who, 'lost its connection');
        await page.waitForSelector('#server[data-state=up]');
        for (const id of all) await carried(id, healthy[id]);
        await all_well();
    });

    it('is left off when the last visitor goes', async () => {
        await page.check('[name=refuse]');
        await page.waitForSelector('#network[data-state=bad]');
        await page.close();
        ({ page } = await visit(browser, demo.url));
        await page.waitForSelector('#network[data-state=good]');
        assert.equal(await page.isChecked('[name=refuse]'), false);
        await all_well();
    });
});
