'use strict';

// Every script that the library serves, parsed as engines of its time would: ECMAScript 3, which IE 8
// speaks, and 5 for the gateway's shim; and the clients' files for browsers, by what they need.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const need = require('./lib/need');
const { request } = require('./lib/raw_engineio');
const { installed } = require('./lib/site');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const acorn = need('acorn');
const parse = (text, ecmaVersion) => acorn.parse(text, { ecmaVersion });
const scripts_of = (html) => [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text]) => text);
const hostile = JSON.stringify(['</script><!--\u2028\u2029"\\\n\u0000', '안녕 \u{1f680}', '\ud800']);

// The body of a response that has no end, as soon as it matches.
function stream_until(url, pattern, headers) {
    return within(new Promise((resolve, reject) => {
        const call = http.get(url, { headers }, (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (part) => {
                text += part;
                if (!pattern.test(text)) return;
                call.destroy();
                resolve(text);
            });
        });
        call.on('error', reject);
    }), `${pattern} in ${url}`);
}

describe('scripts for browsers of long ago', () => {
    let server;
    before(async () => { server = await start_server(); });
    after(() => server && server.stop());

    it('the iframe page is ECMAScript 3', async () => {
        const { status, body } = await request(`${server.url}/echo/iframe.html`);
        assert.equal(status, 200);
        const [text, ...more] = scripts_of(body);
        assert.deepEqual(more, []);
        parse(text, 3);
    });

    for (const [name, headers] of [
        ['as the protocol has it', {}], ['as browsers get it', { 'Sec-Fetch-Site': 'same-origin' }],
    ]) {
        it(`the page of htmlfile is ECMAScript 3, ${name}`, async () => {
            const session = `${server.url}/echo/000/${name.length}`;
            const page = stream_until(`${session}/htmlfile?c=_jp.abc`, /p\("a\[/, headers);
            await stream_until(`${session}/htmlfile?c=_jp.abc`, /c\[2010/, headers);
            const body = JSON.stringify(JSON.parse(hostile));
            const { status } = await request(`${session}/xhr_send`, { method: 'POST', body });
            assert.equal(status, 204);
            const all = await page;
            const texts = scripts_of(`${all.slice(0, all.lastIndexOf('\n</script>'))}\n</script>`);
            assert.ok(texts.length >= 3, 'head, open frame, message');
            for (const text of texts) parse(text, 3);
        });
    }

    it('the answers to JSONP are ECMAScript 3', async () => {
        const session = `${server.url}/echo/000/jsonp`;
        const poll = async () => (await request(`${session}/jsonp?c=_jp.abc`)).body;
        parse(await poll(), 3);
        await request(`${session}/jsonp_send`, { method: 'POST', body: hostile,
            headers: { 'Content-Type': 'text/plain' } });
        const script = await poll();
        assert.match(script, /script/);
        parse(script, 3);

        const eio = `${server.url}/engine.io/?EIO=3&transport=polling&j=0`;
        const { body: open } = await request(eio);
        parse(open, 3);
        const [, sid] = /sid\\":\\"([^\\]+)/.exec(open);
        const text = `4${JSON.parse(hostile).slice(0, 2).join('')}`;
        const form = `d=${encodeURIComponent(`${text.length}:${text}`)}`;
        await request(`${eio}&sid=${sid}`, { method: 'POST', body: form });
        const { body: message } = await request(`${eio}&sid=${sid}`);
        assert.match(message, /^___eio\[0\]\(".*script/);
        parse(message, 3);
    });

    it('the shim of the gateway is ECMAScript 5, as its page says', () => {
        const file = path.resolve(__dirname, '../../server/gateway/shim/anywire.js');
        parse(fs.readFileSync(file, 'utf8'), 5);
    });

    // What docs/old-browsers.md says of them.
    for (const [name, version] of [
        ['sockjs-client/dist/sockjs.min.js', 3], ['socket.io-client/dist/socket.io.min.js', 5],
        ['socket.io-client-2/dist/socket.io.js', 3], ['socket.io-client-1/dist/socket.io.js', 3],
    ]) {
        it(`${name} is ECMAScript ${version}`, () => {
            parse(fs.readFileSync(installed(name), 'utf8'), version);
        });
    }
    it('sockjs-client\'s other file is not: engines of then want the min.js', () => {
        const text = fs.readFileSync(installed('sockjs-client/dist/sockjs.js'), 'utf8');
        assert.throws(() => parse(text, 5), SyntaxError);
        parse(text, 2015);
    });
});
