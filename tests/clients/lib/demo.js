'use strict';

// The demo as a visitor sees it: the real page on the real server, in Chromium.

const fs = require('node:fs');
const path = require('node:path');
const { start_browser } = require('./browser');
const { start_child, stop } = require('./server');
const { within, limit } = require('./within');

const root = path.resolve(__dirname, '../../..');
const executable = process.env.ANYWIRE_DEMO || path.join(root, 'build/bin/anywire-demo');
// Beside the program's folder: build/artifacts/.
const artifacts = path.resolve(path.dirname(executable), '../artifacts');

// Every card of the page, and what its client must say carries it.
const cards = {
    'ws': 'websocket',
    'sockjs-websocket': 'websocket',
    'sockjs-xhr-streaming': 'xhr-streaming',
    'sockjs-eventsource': 'eventsource',
    'sockjs-xhr-polling': 'xhr-polling',
    'sockjs-htmlfile': 'htmlfile',
    'sockjs-jsonp-polling': 'jsonp-polling',
    'sockjs-iframe-eventsource': 'iframe-eventsource',
    'sockjs-iframe-htmlfile': 'iframe-htmlfile',
    'sockjs-iframe-xhr-polling': 'iframe-xhr-polling',
    'eio-websocket': 'websocket',
    'eio-upgrade': 'websocket',
    'eio-polling': 'polling',
    'sio-websocket': 'websocket',
    'sio-upgrade': 'websocket',
    'sio-polling': 'polling',
};

// Those who listen to numbers in "Break it", and those who chat.
const crew = ['break-ws', 'break-sockjs', 'break-http', 'break-eio', 'break-sio'];
const members = ['chat-ws', 'chat-sockjs', 'chat-sio'];

// Starts the program; `url` is what it prints.
async function start_demo(...args) {
    const child = start_child(
        executable, ['--port', '0', '--root', path.join(root, 'demo'), ...args]);
    const url = await within(new Promise((resolve, reject) => {
        let text = '';
        child.stdout.on('data', (chunk) => {
            text += chunk;
            const found = /The demo is at (https?:\/\/\S+)/.exec(text);
            if (found) resolve(found[1]);
        });
        child.ended.then(() => reject(new Error(`the demo ended: ${child.output}`)), reject);
    }), 'URL of the demo');
    return { url, child, stop: () => stop(child) };
}

// Opens the page and waits until its parts are connected. `errors` gathers what a visitor would
// find in the console; `prepare` does something to the page before it is loaded, and `ready` is
// what it has then.
async function visit(browser, url, {
    viewport = { width: 1280, height: 900 }, colorScheme, prepare, ready = 'html[data-ready]',
} = {}) {
    const page = await browser.open('about:blank');
    page.setDefaultTimeout(limit);
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
    });
    await page.setViewportSize(viewport);
    if (colorScheme) await page.emulateMedia({ colorScheme });
    await prepare?.(page);
    await page.goto(url);
    await page.waitForSelector(ready);
    return { page, errors };
}

const card = (page, mount) => page.locator(`#card-${mount}`);

// The number in a field of a card.
async function number_in(page, mount, field) {
    const text = await card(page, mount).locator(`[data-f=${field}]`).innerText();
    return Number(text.replace(/[^\d.]/g, ''));
}

// Looks until `is_true` says so.
async function until(what, is_true) {
    const end = Date.now() + limit;
    for (;;) {
        if (await is_true()) return;
        if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

// Runs a card until `messages` have come back, then stops it.
async function run_card(page, mount, messages) {
    const button = card(page, mount).locator('button');
    await button.click();
    await until(`${messages} messages back over ${mount}`,
        async () => await number_in(page, mount, 'received') >= messages);
    const transport = await card(page, mount).getAttribute('data-transport');
    await button.click();
    await page.waitForSelector(`#card-${mount}[data-state=idle]`);
    return transport;
}

// Every member of the chat says something, and every one hears it.
async function chat_crosses(page, what) {
    for (const mount of members) await page.waitForSelector(`#${mount}[data-state=open]`);
    for (const mount of members) {
        const text = `${mount} ${what}`;
        await page.fill(`#${mount} [name=text]`, text);
        await page.press(`#${mount} [name=text]`, 'Enter');
        for (const other of members)
            await page.locator(`#${other} li`, { hasText: text }).first().waitFor();
    }
}

async function screenshot(page, name, options = {}) {
    fs.mkdirSync(artifacts, { recursive: true });
    await page.screenshot({ path: path.join(artifacts, `demo-${name}.png`), ...options });
}

module.exports = {
    cards, card, chat_crosses, crew, members, number_in, run_card, screenshot, start_browser,
    start_demo, until, visit,
};
