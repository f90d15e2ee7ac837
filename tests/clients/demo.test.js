'use strict';

// The demo as a visitor sees it: the real page on the real server, in Chromium. Screenshots go to
// artifacts/ at the root.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { start_browser } = require('./lib/browser');
const { start_child, stop } = require('./lib/server');
const { within, limit } = require('./lib/within');

const root = path.resolve(__dirname, '../..');
const executable = process.env.ANYWIRE_DEMO || path.join(root, 'build/bin/anywire-demo');
const transports = [
    'websocket', 'xhr-streaming', 'eventsource', 'iframe-eventsource', 'htmlfile',
    'iframe-htmlfile', 'xhr-polling', 'iframe-xhr-polling', 'jsonp-polling',
];

let child;
let url;
let browser;

before(async () => {
    child = start_child(executable, ['--port', '0', '--root', path.join(root, 'demo')]);
    url = await within(new Promise((resolve, reject) => {
        let text = '';
        child.stdout.on('data', (chunk) => {
            text += chunk;
            const found = /The demo is at (https?:\/\/\S+)/.exec(text);
            if (found) resolve(found[1]);
        });
        child.ended.then(() => reject(new Error(`the demo ended: ${child.output}`)), reject);
    }), 'URL of the demo');
    browser = await start_browser();
});

after(async () => {
    await browser?.close();
    if (child) await stop(child);
});

// A page whose errors are kept.
async function visit(query = '') {
    const page = await browser.open('about:blank');
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
        // sockjs-client's own iframe page sets document.domain, which Chromium warns about.
        if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(url + query, { timeout: limit });
    return { page, errors };
}

for (const transport of transports) {
    test(`the echo meter counts round trips over ${transport}`, async () => {
        const { page, errors } = await visit(`?transport=${transport}`);
        await page.waitForSelector('#echo .status[data-state=open]', { timeout: limit });
        assert.equal(await page.getAttribute('#echo .status', 'data-transport'), transport);
        await page.click('#echo button[type=submit]');
        await page.waitForSelector('#echo .trips li', { timeout: limit });
        assert.deepEqual(errors, []);
        await page.close();
    });
}

test('a chat crosses transports, and each line says which one it came by', async () => {
    const { page: ann } = await visit('?transport=xhr-polling');
    const { page: bob } = await visit('?transport=websocket');
    for (const page of [ann, bob])
        await page.waitForSelector('#chat .status[data-state=open]', { timeout: limit });
    await ann.fill('#chat-name', 'Ann');
    await ann.fill('#chat-text', 'hello <b>Bob</b> \u{1F44B}');
    await ann.click('#chat-form button');
    const line = bob.locator('#chat-log li', { hasText: 'hello <b>Bob</b> \u{1F44B}' });
    await line.waitFor({ timeout: limit });
    assert.match(await line.innerText(), /Ann/);
    assert.match(await line.innerText(), /xhr-polling/);
    await ann.close();
    await bob.close();
});

for (const [name, viewport, colorScheme] of [
    ['desktop', { width: 1280, height: 900 }, 'light'],
    ['phone', { width: 390, height: 844 }, 'dark'],
]) {
    test(`the page fits a ${name}`, async () => {
        const { page, errors } = await visit();
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await page.waitForSelector('#echo .status[data-state=open]', { timeout: limit });
        await page.click('#echo button[type=submit]');
        await page.locator('#echo .trips li').nth(4).waitFor({ timeout: limit });
        const [wide, visible] = await page.evaluate(
            () => [document.documentElement.scrollWidth, window.innerWidth]);
        assert.ok(wide <= visible, `the page is ${wide} wide on ${visible}`);
        fs.mkdirSync(path.join(root, 'artifacts'), { recursive: true });
        await page.screenshot({ path: path.join(root, 'artifacts', `demo-${name}.png`), fullPage: true });
        assert.deepEqual(errors, []);
        await page.close();
    });
}
