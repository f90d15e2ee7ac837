'use strict';

// Browsers that cannot run the demo's program: they are told so, and chat all the same.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const acorn = require('acorn');
const { describe, it, before, after } = require('./lib/testing');
const { start_qtwebkit } = require('./lib/qtwebkit');
const { run_card, start_browser, start_demo, until, visit } = require('./lib/demo');

const root = path.resolve(__dirname, '../../demo');
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

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

// Where the demo finds the files that its page names.
const folders = {
    '/vendor/sockjs/': 'node_modules/sockjs-client/dist/',
    '/vendor/engine.io/': 'node_modules/engine.io-client/dist/',
    '/vendor/socket.io/': 'node_modules/socket.io-client/dist/',
};
const file_of = (url) => {
    const [prefix, folder] = Object.entries(folders).find(([p]) => url.startsWith(p)) ?? ['', 'www/'];
    return folder + url.slice(prefix.length);
};

describe('what old browsers load', () => {
    const parse = (file, ecmaVersion) =>
        acorn.parse(read(file), { ecmaVersion, sourceType: 'script' });

    it('is ECMAScript 5, each script that is not a module', () => {
        const scripts = [...read('www/index.html').matchAll(/<script([^>]*) src="([^"]+)"/g)];
        const classic = scripts.filter(([, attributes]) => !attributes.includes('module'));
        assert.ok(classic.length >= 4, `${classic.length} scripts`);
        for (const [, , url] of classic) parse(file_of(url), 5);
    });
    it('is ECMAScript 3 where it is our own', () => {
        for (const file of ['www/js/guard.js', 'www/js/old.js']) parse(file, 3);
        assert.throws(() => parse('www/js/app.js', 3));
    });
    it('is also what SockJS loads into its iframes', async () => {
        const page = await (await fetch(`${demo.url}lab/sometag/chat-sockjs/iframe.html`)).text();
        const url = /<script[^>]* src="([^"]+)"/.exec(page)[1];
        parse(file_of(new URL(url, demo.url).pathname), 5);
        const inline = [...page.matchAll(/<script[^>]*>([^<]+)<\/script>/g)];
        assert.ok(inline.length >= 1);
        for (const [, text] of inline) acorn.parse(text, { ecmaVersion: 3, sourceType: 'script' });
    });
});

// Says something in the plain chat, and hears it.
async function chats(page, text) {
    await page.waitForSelector('.old-state[data-state=open]');
    await page.fill('.old-chat [name=text]', text);
    await page.press('.old-chat [name=text]', 'Enter');
    await page.locator('.old-lines p', { hasText: text }).waitFor();
}

// What can be pressed, beside the chat.
const buttons = (page) => page.evaluate(() =>
    [...document.querySelectorAll('button, .button, nav a, input, select')]
        .filter((e) => e.getClientRects().length && !e.closest('.old-chat'))
        .map((e) => e.textContent));

const alert_in = (page) => page.innerText('#alert');

// What an engine of 2012 makes of the page: modules and templates mean nothing to it. Its scripts
// are those of the demo.
async function without_modules(page) {
    await page.addInitScript(() => {
        delete HTMLScriptElement.prototype.noModule;
        for (const name of ['WebSocket', 'EventSource', 'fetch', 'Promise', 'Symbol']) delete window[name];
    });
    await page.route(demo.url, async (route) => {
        const answer = await route.fetch();
        const body = (await answer.text()).replace('type="module"', 'type="of-later"');
        await route.fulfill({ response: answer, body });
    });
}

describe('a browser that knows no modules', () => {
    let page;
    let errors;
    before(async () => {
        ({ page, errors } = await visit(browser, demo.url,
            { prepare: without_modules, ready: 'html.old' }));
    });
    after(() => page.close());

    it('is told so, keeps the explanation, and shows nothing that is dead', async () => {
        await page.waitForSelector('.old-chat');
        assert.match(await alert_in(page), /knows no JavaScript modules.*chat/);
        assert.ok(await page.isVisible('.ladder'));
        assert.ok(await page.isVisible('.facts'));
        await until('the style', () => page.isHidden('#compare'));
        assert.deepEqual(await buttons(page), []);
    });
    it('chats with those that have everything', async () => {
        const { page: modern } = await visit(browser, demo.url);
        await modern.waitForSelector('#chat-ws[data-state=open]');
        await chats(page, 'from 2012 \u{1F44B} 안녕');
        const line = modern.locator('#chat-ws li', { hasText: 'from 2012 \u{1F44B} 안녕' });
        await line.waitFor();
        assert.match(await line.innerText(), /SockJS · xhr-streaming/);
        await modern.fill('#chat-ws [name=text]', '<b>from</b> today');
        await modern.press('#chat-ws [name=text]', 'Enter');
        await page.locator('.old-lines p', { hasText: '<b>from</b> today' }).waitFor();
        await modern.close();
    });
    it('comes back when its connection has died without a word', async () => {
        const { page: modern } = await visit(browser, demo.url);
        await modern.check('[name=drop]');
        await page.waitForSelector('.old-state:not([data-state=open])');
        await modern.uncheck('[name=drop]');
        await chats(page, 'back again');
        await modern.close();
    });
    it('finds nothing in its console', () => assert.deepEqual(errors, []));
});

it('QtWebKit of 2016 chats, and finds nothing in its console', async () => {
    const engine = await start_qtwebkit();
    const { page } = await visit(browser, demo.url);
    try {
        await page.waitForSelector('#chat-ws[data-state=open]');
        engine.open('demo', demo.url);
        const say = 'var b = document.querySelector(".old-chat button"); if (b && !b.disabled) { ' +
            'document.querySelector(".old-chat [name=text]").value = "from 2016"; b.click(); }';
        const line = page.locator('#chat-ws li', { hasText: 'from 2016' }).first();
        await until('its line', async () => {
            engine.run('demo', say);
            return await line.count() > 0;
        });
        assert.match(await line.innerText(), /Guest.*from 2016.*SockJS · websocket/s);
        assert.deepEqual(engine.said('demo'), []);
    } finally {
        await page.close();
        await engine.stop();
    }
});

describe('a program that does not run', () => {
    const add = (url, more) => ({
        ready: 'html.old',
        prepare: (page) => page.route(url, async (route) => {
            const answer = await route.fetch();
            await route.fulfill({ response: answer, body: `${await answer.text()}\n${more}` });
        }),
    });
    for (const [what, url, more, text] of [
        ['throws as it is loaded', '**/js/dom.js', 'null.nothing;',
            /does not run in this browser: TypeError: Cannot read properties of null/],
        ['has syntax of later', '**/js/stats.js', 'const a = later |> it;', /SyntaxError: Unexpected/],
        ['stops as it starts', '**/js/code.js', 'startCode = () => { throw new Error("no code here"); };',
            /has stopped: no code here/],
    ]) {
        it(`that ${what}: the visitor reads why, and chats`, async () => {
            const { page } = await visit(browser, demo.url, add(url, more));
            assert.match(await alert_in(page), text);
            await chats(page, `it ${what}`);
            assert.deepEqual(await buttons(page), []);
            await page.close();
        });
    }
    it('that is not there: the visitor reads so', async () => {
        const { page } = await visit(browser, demo.url,
            { ready: 'html.old', prepare: (to) => to.route('**/js/meter.js', (route) => route.abort()) });
        assert.match(await alert_in(page), /did not load/);
        await page.close();
    });
    it('that lacks its clients: the visitor reads which, and how to get them', async () => {
        const { page } = await visit(browser, demo.url,
            { ready: 'html.old', prepare: (to) => to.route('**/sockjs.min.js', (route) => route.abort()) });
        assert.match(await alert_in(page), /sockjs-client did not load: start the demo with \.\/run demo/);
        await until('the style', () => page.isHidden('#compare'));
        assert.deepEqual(await buttons(page), []);
        await page.close();
    });
});

it('a browser with a language that it does not know itself does without charts only', async () => {
    const { page, errors } = await visit(browser, demo.url, {
        prepare: (to) => to.addInitScript(() =>  // WebKit with LANG=C
            Object.defineProperty(Navigator.prototype, 'language', { get: () => 'c' })),
    });
    assert.match(await page.innerText('#load'), /cannot be drawn in this browser/);
    assert.equal(await run_card(page, 'ws', 5), 'websocket');
    assert.ok(await page.isHidden('#alert'));
    assert.deepEqual(errors, []);
    await page.close();
});
