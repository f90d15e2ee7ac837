'use strict';

// Anywire inside HTTP servers of others: the programs of demo/hosts with real clients.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');
const { run_check, start_browser } = require('./lib/browser');
const { make_certificate } = require('./lib/certificate');
const checks = require('./lib/checks');
const need = require('./lib/need');
const { listening, start_child, stop } = require('./lib/server');
const { make_site } = require('./lib/site');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const SockJS = need('sockjs-client');
const programs = process.env.ANYWIRE_PROGRAMS || path.resolve(__dirname, '../../build/bin');
const transports = ['xhr-streaming', 'eventsource', 'xhr-polling'];

// Starts a host for the tests of the enclosing describe().
function host(name, make_args) {
    const running = {};
    before(async () => {
        running.child = start_child(path.join(programs, name), ['0', ...make_args()]);
        running.url = (await within(listening(running.child), `URL of ${name}`)).url;
    });
    after(() => running.child && stop(running.child));
    return running;
}

describe('sockjs-client in Node, through cpp-httplib', () => {
    const running = host('anywire-httplib', () => []);

    for (const transport of transports) {
        it(`${transport} echoes`, () => checks.echo(SockJS, running.url, { transport }));
        it(`${transport} keeps 2000 messages in order`, () => checks.many(
            SockJS, running.url, { transport, count: 2000, waves: 5 }));
    }
    it('carries a message of 900 000 bytes', () => checks.big(
        SockJS, running.url, { transport: 'xhr-streaming' }));
    it('falls back to streaming by itself', async () => assert.equal(
        await checks.chosen(SockJS, `${running.url}/echo`), 'xhr-streaming'));
});

describe('HTTP/2 through nghttp2', () => {
    const running = host('anywire-nghttp2', () => {
        const { cert, key } = make_certificate();
        return [cert, key, make_site()];
    });

    it('serves curl', async () => {
        const curl = async (...args) => (await promisify(execFile)('curl', [
            '--http2', '--insecure', '--silent', '--show-error', '--max-time', '60',
            '--write-out', ' %{http_version} %{http_code}', ...args])).stdout;
        const session = `${running.url}/echo/000/curl`;
        assert.equal(await curl(`${running.url}/echo`), 'Welcome to SockJS!\n 2 200');
        assert.equal(await curl('--data', '', `${session}/xhr`), 'o\n 2 200');
        assert.equal(await curl('--json', '["hello"]', `${session}/xhr_send`), ' 2 204');
        assert.equal(await curl('--data', '', `${session}/xhr`), 'a["hello"]\n 2 200');
    });

    describe('in Chromium', () => {
        let browser;
        before(async () => { browser = await start_browser('--ignore-certificate-errors'); });
        after(() => browser && browser.close());

        // HTTP/1.1 would leave the seventh of them waiting for the first to end.
        it('carries twelve streams of one page at once', async () => {
            const page = await browser.open(`${running.url}/page.html`);
            const open = await page.evaluate(async (url) => {
                /* global SockJS */
                const all = Array.from({ length: 12 }, () => new SockJS(
                    `${url}/echo`, null, { transports: 'xhr-streaming', timeout: 30000 }));
                await Promise.all(all.map((s) => new Promise((resolve, reject) => {
                    s.onopen = resolve;
                    s.onclose = (end) => reject(new Error(`closed with ${end.code}`));
                })));
                const echoes = Promise.all(all.map((s) => new Promise((resolve) => {
                    s.onmessage = (event) => resolve(event.data);
                })));
                all.forEach((s, i) => s.send(String(i)));
                const heard = await echoes;
                all.forEach((s) => { s.onclose = null; s.close(); });
                const protocols = performance.getEntriesByType('resource')
                    .map((entry) => entry.nextHopProtocol).filter((name) => name !== '');
                return { heard, protocols: [...new Set(protocols)] };
            }, running.url);
            assert.deepEqual(open.heard, Array.from({ length: 12 }, (_, i) => String(i)));
            assert.deepEqual(open.protocols, ['h2']);
        });
        for (const transport of transports) {
            it(`${transport} echoes`, async () => {
                const page = await browser.open(`${running.url}/page.html`);
                await run_check(page, 'echo', running.url, { transport });
            });
        }
    });
});
