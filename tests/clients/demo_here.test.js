'use strict';

// The demo's "What works from here": its table is true on each kind of network, and can be copied.

const assert = require('node:assert/strict');
const { describe, it, before, after } = require('./lib/testing');
const { cards, start_browser, start_demo, until, visit } = require('./lib/demo');

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

const cells = (page, mount) =>
    page.locator(`#here-table tr[data-mount="${mount}"] td`).allInnerTexts();
const verdict = (page, mount) =>
    page.getAttribute(`#here-table tr[data-mount="${mount}"]`, 'data-verdict');
const verdicts = async (page) => Object.fromEntries(await Promise.all(
    Object.keys(cards).map(async (mount) => [mount, await verdict(page, mount)])));

async function try_all(page) {
    await page.click('#try-all');
    await page.waitForSelector('#here[data-state=running]');
    await until('the end', async () => await page.getAttribute('#here', 'data-state') === 'done');
}

const all = (value) => Object.fromEntries(Object.keys(cards).map((mount) => [mount, value]));

describe('what works from here', () => {
    let page;
    let errors;
    before(async () => {
        ({ page, errors } = await visit(browser, demo.url));
        await try_all(page);
    });
    after(() => page.close());

    it('is everything on a network that is well, with times and what was seen', async () => {
        assert.deepEqual(await verdicts(page), all('works'));
        for (const mount of Object.keys(cards)) {
            const [works, opens, round_trip, stream, seen] = await cells(page, mount);
            assert.equal(works, 'yes');
            assert.match(opens, /^[\d.]+ m?s$/);
            assert.match(round_trip, /^[\d.]+ m?s$/);
            assert.equal(stream, /streaming|eventsource|htmlfile/.test(mount) ? 'at once' : '–');
            const [, back, sent] = /(\d+) of (\d+) messages back/.exec(seen);
            assert.equal(back, sent);
            assert.ok(Number(sent) >= 8, `${sent} messages over ${mount}`);
        }
        assert.match((await cells(page, 'eio-upgrade'))[4], /upgraded to websocket after/);
        assert.match(await page.innerText('#here-conclusion'),
            /WebSocket works.*SockJS will take websocket/);
    });

    it('is text for a ticket', async () => {
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
        await page.click('#copy-text');
        await page.locator('#here-state', { hasText: 'Copied.' }).waitFor();
        const text = await page.evaluate(() => navigator.clipboard.readText());
        assert.equal(text, await page.inputValue('#here-text'));
        for (const line of [
            /^What works from here$/m, /^Date: +\d{4}-\d\d-\d\dT/m, /^Browser: +Mozilla/m,
            /^Page: +http:\/\/127\.0\.0\.1:\d+$/m, /^A request: +answered 200 in /m,
            /^Broken on purpose: +nothing$/m,
            /^Transport +Works +Opens in +Round trip +Stream +Seen$/m,
            /^SockJS xhr-polling +yes +[\d.]+ ms +[\d.]+ ms +– +\d+ of \d+ messages back/m,
        ])
            assert.match(text, line);
        // The columns stand below each other.
        const lines = text.split('\n');
        const head = lines.findIndex((line) => line.startsWith('Transport'));
        const at = lines[head].indexOf('Works');
        for (const line of lines.slice(head + 1, head + 17)) assert.equal(line.slice(at, at + 3), 'yes');
        assert.doesNotMatch(text, /\/lab\//);  // the names of sessions are nobody's business
    });

    it('is copied also where the page is not secure enough for the clipboard', async () => {
        await page.evaluate(async () => {
            await navigator.clipboard.writeText('');
            Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
        });
        await page.click('#copy-text');
        await page.locator('#here-state', { hasText: 'Copied.' }).waitFor();
        await page.evaluate(() => delete navigator.clipboard);
        const text = await page.evaluate(() => navigator.clipboard.readText());
        assert.match(text, /^What works from here/);
    });

    it('leaves nothing in the console', () => assert.deepEqual(errors, []));
});

it('behind a proxy that refuses WebSocket and holds responses it says so', async () => {
    const { page } = await visit(browser, demo.url);
    await page.click('[data-preset*="bufferResponses"]');
    await page.waitForSelector('#network[data-state=bad]');
    await try_all(page);
    const works = ['sockjs-xhr-polling', 'sockjs-jsonp-polling', 'sockjs-iframe-xhr-polling',
        'eio-upgrade', 'eio-polling', 'sio-upgrade', 'sio-polling'];
    assert.deepEqual(await verdicts(page),
        { ...all('no'), ...Object.fromEntries(works.map((mount) => [mount, 'works'])) });
    for (const mount of ['sockjs-xhr-streaming', 'sockjs-eventsource', 'sockjs-htmlfile']) {
        const [, , , stream, seen] = await cells(page, mount);
        assert.equal(stream, 'held back');
        assert.match(seen, /nothing came before its end/);
    }
    assert.match((await cells(page, 'eio-upgrade'))[4], /the upgrade to a WebSocket was refused/);
    const conclusion = await page.innerText('#here-conclusion');
    for (const part of [/No WebSocket/, /holds streams until their end/, /Long-polling works/,
        /SockJS will take xhr-polling/, /Socket.IO stays on polling/])
        assert.match(conclusion, part);
    const text = await page.inputValue('#here-text');
    assert.match(text, /^Broken on purpose: +no WebSocket, buffered$/m);
    await page.click('[data-preset="{}"]');
    await page.close();
});

it('with one port that can be reached, and on a phone, it works the same', async () => {
    const one_port = await start_demo('--lanes', '0');
    try {
        const viewport = { width: 390, height: 844 };
        const { page, errors } = await visit(browser, one_port.url, { viewport });
        await try_all(page);
        assert.deepEqual(await verdicts(page), all('works'));
        const [cell, of_card] = await page.evaluate(() => {
            const rights = (selector) => [...document.querySelectorAll(selector)]
                .map((e) => e.getBoundingClientRect().right);
            return [Math.max(...rights('#here-table td')), rights('#here .card')[0]];
        });
        assert.ok(cell < of_card - 10, `a cell ends at ${cell}, the card at ${of_card}`);
        assert.deepEqual(errors, []);
        await page.close();
    } finally {
        await one_port.stop();
    }
});
