'use strict';

// The whole demo walked as a visitor does, on a desk and on a phone: every switch on and off while
// all transports run. After each the chat is alive, everybody is back, and the page has thrown nothing.

const assert = require('node:assert/strict');
const { describe, it, before, after } = require('./lib/testing');
const {
    cards, chat_crosses, crew, screenshot, start_browser, start_demo, until, visit,
} = require('./lib/demo');

let demo;
let browser;

before(async () => {
    demo = await start_demo();
    browser = await start_browser();
});
after(async () => {
    await browser?.close();
    await demo?.stop();
});

const carried = (page, id, transport) =>
    page.waitForSelector(`#${id}[data-state=open][data-transport="${transport}"]`);
const is_off = (page, id) => page.waitForSelector(`#${id}:not([data-state=open])`);
const number = async (page, id, name) => Number(await page.getAttribute(`#${id}`, `data-${name}`));

// Waits until `id` has come back once more than at the call of the first function.
async function comes_back(page, id, act) {
    const had = await number(page, id, 'reconnects');
    await act();
    await until(`${id} is back`, async () => await number(page, id, 'reconnects') > had);
}

// What is switched on, and how it shows.
const steps = {
    'an old load balancer': async (page) => {
        await page.click('[data-preset=\'{"refuseUpgrades":502}\']');
        await carried(page, 'break-sockjs', 'xhr-streaming');
        await is_off(page, 'chat-ws');
    },
    'an office proxy': async (page) => {
        await page.click('[data-preset*="bufferResponses"]');
        for (const id of ['break-sockjs', 'break-http', 'chat-sockjs'])
            await carried(page, id, 'xhr-polling');
    },
    'a train': async (page) => {
        await comes_back(page, 'break-ws', () => page.click('[data-preset*="jitter"]'));
    },
    'no WebSocket': async (page) => {
        await page.check('[name=refuse]');
        await carried(page, 'break-sio', 'polling');
    },
    'buffered responses': async (page) => {
        await page.check('[name=buffer]');
        await carried(page, 'break-http', 'xhr-polling');
    },
    'silence': async (page) => {
        await page.check('[name=drop]');
        for (const id of ['chat-ws', 'chat-sockjs', 'chat-sio', 'card-ws']) await is_off(page, id);
    },
    'a delay': async (page) => {
        await page.selectOption('[name=delay]', '1000');
        await page.selectOption('[name=jitter]', '1000');
        await page.locator('#network', { hasText: '+1000–2000 ms' }).waitFor();
    },
    'cuts': async (page) => {
        await comes_back(page, 'break-eio', () => page.selectOption('[name=cut]', '2000'));
    },
    'a cut': (page) => comes_back(page, 'break-http', () => page.click('#cut-now')),
    'a restart': async (page) => {
        await page.click('#restart');
        await page.waitForSelector('#server[data-state=down]');
        await page.waitForSelector('#server[data-state=up]');
    },
};

const healthy = {
    'break-ws': 'websocket',
    'break-sockjs': 'websocket',
    'break-http': 'xhr-streaming',
    'break-eio': 'websocket',
    'break-sio': 'websocket',
};

// What browsers themselves write when a network is broken.
const of_the_network = /^Failed to load resource|^WebSocket connection|blocked by CORS policy/;

for (const [size, viewport] of Object.entries({
    desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 },
})) {
    describe(`a walk on a ${size}`, () => {
        let page;
        let errors;
        before(async () => {
            ({ page, errors } = await visit(browser, demo.url, { viewport }));
            await page.click('#start-all');
            for (const [mount, transport] of Object.entries(cards))
                await carried(page, `card-${mount}`, transport);
            await chat_crosses(page, 'at the beginning');
            assert.deepEqual(errors, []);
        });
        after(() => page.close());

        for (const [name, switch_on] of Object.entries(steps)) {
            it(`survives ${name}`, async () => {
                await switch_on(page);
                await page.locator('#break').scrollIntoViewIfNeeded();
                await screenshot(page, `walk-${size}-${name.replaceAll(' ', '-')}`);
                await page.click('[data-preset="{}"]');
                await page.waitForSelector('#network[data-state=good]');
                await chat_crosses(page, `after ${name}`);
                for (const id of crew) await carried(page, id, healthy[id]);
                for (const mount of Object.keys(cards))
                    await page.waitForSelector(`#card-${mount}[data-state=open]`);
                const [wide, visible] = await page.evaluate(
                    () => [document.documentElement.scrollWidth, window.innerWidth]);
                assert.ok(wide <= visible, `the page is ${wide} wide on ${visible}`);
                assert.deepEqual(errors.filter((e) => !of_the_network.test(e)), []);
            });
        }
    });
}
