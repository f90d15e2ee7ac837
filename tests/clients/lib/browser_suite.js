'use strict';

const assert = require('node:assert/strict');
const { engine_title, run_check, start_browser } = require('./browser');
const { start_server } = require('./server');
const { make_site } = require('./site');
const { after, before, describe, it } = require('./testing');

// In a browser the client has all of its transports, htmlfile only for pages of the same origin.
const cross_origin = [
    'websocket', 'xhr-streaming', 'eventsource', 'iframe-eventsource', 'iframe-htmlfile',
    'xhr-polling', 'iframe-xhr-polling', 'jsonp-polling',
];
const same_origin = [...cross_origin, 'htmlfile'];

// `list` may name the checks to run; all of them otherwise.
function transport_tests(transport, get, list) {
    const all = {
        echo: 'echoes',
        unicode: 'carries every class of code point',
        big: 'carries a message of 900 000 bytes',
        many: 'keeps many small messages in order',
        closed_by_server: 'hands over the close code and reason',
    };
    describe(transport, () => {
        let page;
        before(async () => { page = await get.page(); });
        after(() => page && page.close());
        for (const check of list || Object.keys(all)) {
            it(all[check], () => run_check(page, check, get.url(), { transport }));
        }
    });
}

// Registers the SockJS tests that run in a browser: pages of the same and of another origin.
// `options`: server arguments `args`, browser flags `flags`, and the `checks` to run.
function browser_suite(title, { args = [], flags = [], checks, origins = ['same', 'other'] } = {}) {
    describe(`sockjs-client in ${engine_title}, ${title}`, () => {
        let browser;
        let server;
        let other;
        before(async () => {
            const site = make_site();
            server = await start_server('--static', site, ...args);
            other = await start_server('--static', site, ...args);
            browser = await start_browser(...flags);
        });
        after(async () => {
            if (browser) await browser.close();
            if (other) await other.stop();
            if (server) await server.stop();
        });

        const url = () => server.url;
        const own_page = () => browser.open(`${server.url}/static/page.html`);
        // Another host name as well as another port, so that it is another site too.
        const other_page = () => browser.open(
            `${other.url.replace('127.0.0.1', 'localhost')}/static/page.html`);

        if (origins.includes('same')) {
            describe('page of the same origin', () => {
                for (const transport of same_origin) {
                    transport_tests(transport, { url, page: own_page }, checks);
                }
            });
        }
        if (!origins.includes('other')) return;
        describe('page of another origin', () => {
            for (const transport of cross_origin) {
                transport_tests(transport, { url, page: other_page }, checks);
            }
            it('has no htmlfile without an iframe page', async () => {
                const page = await other_page();
                const end = await run_check(
                    page, 'refused', `${url()}/echo`, { transport: 'htmlfile' });
                assert.equal(end.code, 2000);
                await page.close();
            });
        });
    });
}

module.exports = { browser_suite, cross_origin, same_origin };
