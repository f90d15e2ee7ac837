'use strict';

// The demo page: comparing, chatting, the server's view, how it looks. Breaking: demo_break.test.js.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const net = require('node:net');
const { once } = require('node:events');
const fs = require('node:fs');
const { describe, it, before, after } = require('./lib/testing');
const {
    cards, number_in, run_card, screenshot, start_browser, start_demo, until, visit,
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

// What the page's own modules hold; the page lets no other script in.
const live = (page) => page.evaluate(async () => {
    const { live } = await import('/js/live.js');
    return { server: live.server, traffic: live.traffic };
});

describe('a card', () => {
    let page;
    let errors;
    const requests = new Map();

    before(async () => {
        ({ page, errors } = await visit(browser, demo.url));
        page.on('request', (request) => {
            const found = /\/lab\/[a-z0-9]+\/([a-z0-9-]+)/.exec(request.url());
            if (found) requests.set(found[1], (requests.get(found[1]) ?? 0) + 1);
        });
        page.on('websocket', (socket) => {
            const found = /\/lab\/[a-z0-9]+\/([a-z0-9-]+)/.exec(socket.url());
            if (found) requests.set(found[1], (requests.get(found[1]) ?? 0) + 1);
        });
        await page.fill('#pace [name=size]', '100');
        await page.fill('#pace [name=rate]', '20');
    });
    after(() => page.close());

    for (const [mount, transport] of Object.entries(cards)) {
        it(`of ${mount} connects over ${transport}, counts messages, and agrees with the server`,
            async () => {
                assert.equal(await run_card(page, mount, 20), transport);
                const sent = await number_in(page, mount, 'sent');
                assert.equal(await number_in(page, mount, 'received'), sent);
                for (const field of ['lost', 'duplicated', 'outOfOrder', 'reconnects'])
                    assert.equal(await number_in(page, mount, field), 0, field);
                assert.ok(await number_in(page, mount, 'p50') > 0);
                assert.ok(await number_in(page, mount, 'setup') > 0);
                // The server has seen the same messages, the proxy the browser's requests.
                await until('the server\'s count', async () => {
                    const { server } = await live(page);
                    const counted = server.mounts[mount];
                    return counted.received === sent && counted.sent === sent;
                });
                await until('the proxy\'s count', async () => {
                    const { traffic } = await live(page);
                    return traffic[mount].requests === requests.get(mount);
                });
            });
    }

    it('shows the bytes on the wire as they must be for a WebSocket', async () => {
        const { traffic } = await live(page);
        const sent = await number_in(page, 'ws', 'sent');
        // A masked frame of 100 bytes has 6 around it, one back 2; then there are the handshake and
        // the goodbye.
        const around_up = traffic.ws.up - 106 * sent;
        const around_down = traffic.ws.down - 102 * sent;
        assert.ok(around_up > 200 && around_up < 1500, `${around_up} bytes of handshake`);
        assert.ok(around_down > 100 && around_down < 600, `${around_down} bytes of answer`);
        const shown = await number_in(page, 'ws', 'wire');
        const payload = 200 * sent;
        assert.ok(Math.abs(shown - (traffic.ws.up + traffic.ws.down) / payload) < 0.05);
    });

    it('puts its numbers into the table, and the table into files', async () => {
        await page.click('#table-card summary');
        const row = page.locator('#results tr[data-mount=sockjs-xhr-polling]');
        await row.waitFor();
        assert.match(await row.innerText(), /SockJS\s+xhr-polling/);
        for (const [button, read] of [['#csv', (text) => text.split('\r\n').length - 2],
            ['#json', (text) => JSON.parse(text).rows.length]]) {
            const download = page.waitForEvent('download');
            await page.click(button);
            const text = fs.readFileSync(await (await download).path(), 'utf8');
            assert.equal(read(text), Object.keys(cards).length);
        }
    });

    it('leaves nothing in the console', () => assert.deepEqual(errors, []));
});

it('all transports run at once', async () => {
    const { page, errors } = await visit(browser, demo.url);
    await page.click('#start-all');
    for (const [mount, transport] of Object.entries(cards)) {
        await page.waitForSelector(
            `#card-${mount}[data-state=open][data-transport="${transport}"]`);
        await until(`messages over ${mount}`,
            async () => await number_in(page, mount, 'received') >= 5);
    }
    // The server sees them, too.
    await page.locator('#server').scrollIntoViewIfNeeded();
    for (const name of ['Engine.IO polling', 'Socket.IO websocket', 'WebSocket websocket'])
        await page.waitForSelector(`#by-transport tr[data-name="${name}"]`);
    await until('sessions', async () => {
        const shown = await page.locator('#server [data-f=sessions]').first().innerText();
        return Number(shown) >= Object.keys(cards).length;
    });
    await page.click('#stop-all');
    await until('the end of all', async () =>
        await page.locator('.way[data-state=idle]').count() === Object.keys(cards).length);
    for (const mount of Object.keys(cards))
        assert.equal(await number_in(page, mount, 'lost'), 0, `lost over ${mount}`);
    assert.deepEqual(errors, []);
    await page.close();
});

it('a chat crosses dialects, and each line says which wire it came by', async () => {
    const { page, errors } = await visit(browser, demo.url);
    const members = { 'chat-ws': 'websocket', 'chat-sockjs': 'xhr-streaming', 'chat-sio': 'polling' };
    for (const [mount, transport] of Object.entries(members))
        await page.waitForSelector(`#${mount}[data-state=open][data-transport="${transport}"]`);
    for (const [mount, transport] of Object.entries(members)) {
        const text = `<b>${mount}</b> says \u{1F44B}`;
        await page.fill(`#${mount} [name=text]`, text);
        await page.press(`#${mount} [name=text]`, 'Enter');
        for (const other of Object.keys(members)) {
            const line = page.locator(`#${other} li`, { hasText: text });
            await line.waitFor();
            assert.match(await line.innerText(), new RegExp(`· ${transport}`));
        }
    }
    await page.selectOption('#chat-sockjs select', 'xhr-polling');
    await page.waitForSelector('#chat-sockjs[data-transport=xhr-polling]');
    await page.fill('#chat-sockjs [name=text]', 'now by polling');
    await page.press('#chat-sockjs [name=text]', 'Enter');
    const line = page.locator('#chat-ws li', { hasText: 'now by polling' });
    await line.waitFor();
    assert.match(await line.innerText(), /SockJS · xhr-polling/);
    assert.deepEqual(errors, []);
    await page.close();
});

it('the page can be used by keyboard alone', async () => {
    const { page } = await visit(browser, demo.url);
    const focused = () => page.evaluate(() => {
        const e = document.activeElement;
        return e.getAttribute('aria-label') || e.textContent.trim();
    });
    let label = '';
    for (let i = 0; i < 40 && label !== 'Start WebSocket plain WebSocket'; i++) {
        await page.keyboard.press('Tab');
        label = await focused();
    }
    assert.equal(label, 'Start WebSocket plain WebSocket');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#card-ws[data-state=open]');
    await page.focus('#faults [name=refuse]');
    await page.keyboard.press('Space');
    await page.waitForSelector('#network[data-state=bad]');
    await page.keyboard.press('Space');
    await page.waitForSelector('#network[data-state=good]');
    await page.focus('button[data-code="lab mounts"]');
    await page.keyboard.press('Enter');
    await page.locator('#code pre', { hasText: 'mount_lab' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForSelector('#code', { state: 'hidden' });
    await page.close();
});

it('the theme follows the system, or the button', async () => {
    const { page } = await visit(browser, demo.url, { colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.click('#theme');
    const light = await background();
    assert.notEqual(light, dark);
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    assert.equal(await background(), light);
    await page.click('#theme');
    assert.equal(await background(), dark);
    await page.click('#theme');
    await page.close();
});

describe('the page looks finished', () => {
    const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
    for (const [size, viewport] of Object.entries(sizes)) {
        for (const colorScheme of ['light', 'dark']) {
            it(`on a ${size}, ${colorScheme}`, async () => {
                const { page, errors } = await visit(browser, demo.url, { viewport, colorScheme });
                await page.click('#start-all');
                await page.click('[data-preset*="bufferResponses"]');
                await page.waitForSelector('#break-sockjs[data-transport=xhr-polling]');
                await page.click('[data-preset="{}"]');
                await page.waitForSelector('#break-sockjs[data-transport=websocket]');
                for (const who of ['ws', 'sockjs', 'sio']) {
                    await page.waitForSelector(`#chat-${who}[data-state=open]`);
                    await page.fill(`#chat-${who} [name=text]`, 'Does everybody hear me?');
                    await page.press(`#chat-${who} [name=text]`, 'Enter');
                }
                await page.locator('#card-sio-polling').scrollIntoViewIfNeeded();
                await until('some messages', async () =>
                    await number_in(page, 'sio-polling', 'received') >= 30);
                const [wide, visible] = await page.evaluate(
                    () => [document.documentElement.scrollWidth, window.innerWidth]);
                assert.ok(wide <= visible, `the page is ${wide} wide on ${visible}`);
                await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
                await screenshot(page, `${size}-${colorScheme}-top`);
                for (const id of ['compare', 'break', 'chat', 'server']) {
                    await page.evaluate((it) =>
                        document.getElementById(it).scrollIntoView({ behavior: 'instant' }), id);
                    await page.waitForTimeout(1200);  // what is off the screen is not drawn
                    await screenshot(page, `${size}-${colorScheme}-${id}`);
                }
                await screenshot(page, `${size}-${colorScheme}`, { fullPage: true });
                // Breaking the network is an error in the console, as it should be.
                assert.deepEqual(errors.filter((e) => !/Failed to load|WebSocket connection/.test(e)), []);
                await page.close();
            });
        }
    }
});

it('the demo takes the next port when its own is taken, and says what it was told wrongly', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const executable = demo.child.spawnfile;
    const run = (...args) => {
        try {
            return { code: 0, text: execFileSync(executable, args, { encoding: 'utf8', stdio: 'pipe' }) };
        } catch (error) {
            return { code: error.status, text: error.stderr };
        }
    };
    const busy = run('--port', String(taken.address().port), '--root', 'demo');
    assert.equal(busy.code, 2);
    assert.match(busy.text, /cannot listen on/);
    assert.equal(run('--nonsense').code, 2);
    assert.match(run('--help').text, /--tls/);
    taken.close();
});

describe('over TLS with a certificate of its own making', () => {
    let secure;
    let trusting;
    before(async () => {
        secure = await start_demo('--tls');
        trusting = await start_browser('--ignore-certificate-errors');
    });
    after(async () => {
        await trusting?.close();
        await secure?.stop();
    });
    it('every transport runs', async () => {
        assert.match(secure.url, /^https:/);
        const { page, errors } = await visit(trusting, secure.url);
        await page.click('#start-all');
        for (const [mount, transport] of Object.entries(cards)) {
            await page.waitForSelector(
                `#card-${mount}[data-state=open][data-transport="${transport}"]`);
            await until(`messages over ${mount}`,
                async () => await number_in(page, mount, 'received') >= 3);
        }
        for (const mount of ['break-ws', 'break-sockjs', 'break-http', 'break-eio', 'break-sio'])
            await page.waitForSelector(`#${mount}[data-state=open]`);
        assert.deepEqual(errors, []);
        await page.close();
    });
});
