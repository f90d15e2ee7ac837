'use strict';

const assert = require('node:assert/strict');
const { run_check, start_browser } = require('./lib/browser');
const { head, upgrade } = require('./lib/http_client');
const { start_server } = require('./lib/server');
const { make_site } = require('./lib/site');
const { after, before, describe, it } = require('./lib/testing');
const { WsClient } = require('./lib/ws_client');

const allowed = 'http://allowed.test';
const foreign = [
    'http://foreign.test', 'null', 'https://allowed.test', 'http://allowed.test:8080',
    'http://allowed.test.foreign.test', 'http://notallowed.test', 'http://sub.allowed.test',
];

let session = 0;
const fresh = () => `/echo/000/origin${++session}`;

// Every way in, with the status that a welcome request gets.
const ways_in = {
    'info': { path: () => '/echo/info', status: 200 },
    'iframe page': { path: () => '/echo/iframe.html', status: 200 },
    'xhr': { method: 'POST', path: () => `${fresh()}/xhr`, status: 200 },
    'xhr_streaming': { method: 'POST', path: () => `${fresh()}/xhr_streaming`, status: 200 },
    'xhr_send': { method: 'POST', path: () => `${fresh()}/xhr_send`, body: '["a"]', status: 404 },
    'eventsource': { path: () => `${fresh()}/eventsource`, status: 200 },
    'htmlfile': { path: () => `${fresh()}/htmlfile?c=f`, status: 200 },
    'jsonp': { path: () => `${fresh()}/jsonp?c=f`, status: 200 },
    'jsonp_send': {
        method: 'POST', path: () => `${fresh()}/jsonp_send`, body: 'd=%5B%5D', status: 404,
        type: 'application/x-www-form-urlencoded',
    },
};

// These may come without Origin from any page: a script element, a frame.
const originless = ['iframe page', 'htmlfile', 'jsonp'];

const upgrades = {
    'SockJS websocket': () => `${fresh()}/websocket`,
    'SockJS raw websocket': () => '/echo/websocket',
    'plain WebSocket': () => '/ws',
    'plain WebSocket broadcast': () => '/ws/broadcast',
};

describe('with --origins http://allowed.test', () => {
    let server;
    before(async () => { server = await start_server('--origins', allowed); });
    after(() => server && server.stop());

    function ask(way, headers) {
        const { method, path, body, type } = ways_in[way];
        const all = type ? { ...headers, 'Content-Type': type } : headers;
        return head(server.url + path(), { method, body, headers: all });
    }

    for (const way of Object.keys(ways_in)) {
        it(`${way} refuses foreign origins`, async () => {
            for (const origin of foreign) {
                const { status, headers } = await ask(way, { Origin: origin });
                assert.equal(status, 403, `Origin ${origin}`);
                assert.equal(headers['access-control-allow-origin'], undefined, `Origin ${origin}`);
            }
        });

        it(`${way} serves the allowed origin and its own`, async () => {
            for (const origin of [allowed, server.url]) {
                const { status } = await ask(way, { Origin: origin });
                assert.equal(status, ways_in[way].status, `Origin ${origin}`);
            }
        });
    }

    for (const way of ['info', 'xhr', 'xhr_streaming', 'eventsource']) {
        it(`${way} names the allowed origin to the browser`, async () => {
            const { headers } = await ask(way, { Origin: allowed });
            assert.equal(headers['access-control-allow-origin'], allowed);
            assert.equal(headers['access-control-allow-credentials'], 'true');
            assert.match(headers.vary, /origin/i);
        });

        it(`${way} serves clients that are no browsers`, async () => {
            assert.equal((await ask(way, {})).status, 200);
        });
    }

    for (const way of originless) {
        it(`${way} needs to know where a request without Origin comes from`, async () => {
            for (const [headers, status] of [
                [{ 'Sec-Fetch-Site': 'same-origin' }, 200],
                [{ Referer: `${allowed}/page.html` }, 200],
                [{ Referer: `${server.url}/page.html` }, 200],
                [{ Referer: 'http://foreign.test/page.html' }, 403],
                [{ Referer: `http://foreign.test/?${allowed}/` }, 403],
                [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
                [{ 'Sec-Fetch-Site': 'cross-site', 'Referer': `${allowed}/` }, 200],
                [{}, 403],
            ]) {
                assert.equal((await ask(way, headers)).status, status, JSON.stringify(headers));
            }
        });
    }

    it('the iframe page may be framed by the allowed origin only', async () => {
        const { headers } = await ask('iframe page', { Origin: allowed });
        assert.match(headers['content-security-policy'],
            /frame-ancestors [^;]*http:\/\/allowed\.test( |;|$)/);
    });

    it('a preflight of a foreign origin is not granted', async () => {
        for (const way of ['/echo/info', '/echo/000/preflight/xhr_send']) {
            const { headers } = await head(server.url + way, { method: 'OPTIONS', headers: {
                'Origin': 'http://foreign.test', 'Access-Control-Request-Method': 'POST',
            } });
            assert.equal(headers['access-control-allow-origin'], undefined);
        }
    });

    for (const [way, path] of Object.entries(upgrades)) {
        it(`${way} refuses the upgrade of foreign origins`, async () => {
            for (const origin of foreign) {
                const { status } = await upgrade(server.url + path(), { Origin: origin });
                assert.equal(status, 403, `Origin ${origin}`);
            }
        });

        it(`${way} serves the allowed origin, its own and clients without one`, async () => {
            for (const headers of [{ Origin: allowed }, { Origin: server.url }, {}]) {
                const { status } = await upgrade(server.url + path(), headers);
                assert.equal(status, 101, JSON.stringify(headers));
            }
        });
    }

    it('the ws client sees the refusal, and an echo from the allowed origin', async () => {
        const url = `${server.ws_url}/ws`;
        await assert.rejects(WsClient.open(url, [], { origin: foreign[0] }), /403/);
        const client = await WsClient.open(url, [], { origin: allowed });
        client.send('hello');
        assert.deepEqual(await client.receive(1), ['hello']);
        await client.close(1000);
    });
});

describe('an allow-list of several origins', () => {
    it('serves each of them', async () => {
        const list = ['http://one.test', 'https://two.test', 'http://three.test:8080'];
        const server = await start_server('--origins', list.join(','));
        const info = (origin) => head(`${server.url}/echo/info`, { headers: { Origin: origin } });
        try {
            for (const origin of list) {
                const { status, headers } = await info(origin);
                assert.equal(status, 200);
                assert.equal(headers['access-control-allow-origin'], origin);
            }
            assert.equal((await info('http://two.test')).status, 403);
        } finally {
            await server.stop();
        }
    });
});

describe('without --origins', () => {
    it('every origin is served', async () => {
        const server = await start_server();
        try {
            for (const origin of foreign) {
                const headers = { Origin: origin };
                assert.equal((await head(`${server.url}/echo/info`, { headers })).status, 200);
                assert.equal((await upgrade(`${server.url}/ws`, headers)).status, 101);
            }
        } finally {
            await server.stop();
        }
    });
});

// What a page can try on its own, past the client: each resolves with whether it got through.
const attempts = {
    websocket: (url) => new Promise((resolve) => {
        const ws = new WebSocket(url.replace(/^http/, 'ws'));
        ws.onopen = () => resolve(true);
        ws.onerror = () => resolve(false);
    }),
    eventsource: (url) => new Promise((resolve) => {
        const source = new EventSource(url);
        source.onmessage = () => { source.close(); resolve(true); };
        source.onerror = () => { source.close(); resolve(false); };
    }),
    fetch: (url) => fetch(url, { method: 'POST', credentials: 'include' })
        .then((response) => response.ok, () => false),
    script: (url) => new Promise((resolve) => {
        window.jsonp_result = () => resolve(true);
        const script = document.createElement('script');
        script.onerror = () => resolve(false);
        script.src = `${url}?c=jsonp_result`;
        document.head.append(script);
    }),
};

describe('in Chromium', () => {
    const transports = [
        'websocket', 'xhr-streaming', 'eventsource', 'iframe-eventsource', 'iframe-htmlfile',
        'xhr-polling', 'iframe-xhr-polling', 'jsonp-polling',
    ];
    let browser;
    let pages;   // a server that only serves the pages of the other origins
    let server;  // allows http://localhost:<port of pages>, not http://127.0.0.1:<port of pages>
    const welcome = () => `http://localhost:${pages.port}/static/page.html`;
    const unwelcome = () => `http://127.0.0.1:${pages.port}/static/page.html`;

    before(async () => {
        const site = make_site();
        pages = await start_server('--static', site);
        server = await start_server(
            '--static', site, '--origins', `http://localhost:${pages.port}`);
        browser = await start_browser();
    });
    after(async () => {
        if (browser) await browser.close();
        if (server) await server.stop();
        if (pages) await pages.stop();
    });

    for (const transport of [...transports, 'htmlfile']) {
        it(`a page of the same origin connects over ${transport}`, async () => {
            const page = await browser.open(`${server.url}/static/page.html`);
            await run_check(page, 'echo', server.url, { transport });
            await page.close();
        });
    }

    for (const transport of transports) {
        it(`a page of the allowed origin connects over ${transport}`, async () => {
            const page = await browser.open(welcome());
            await run_check(page, 'echo', server.url, { transport });
            await page.close();
        });

        it(`a page of a foreign origin does not connect over ${transport}`, async () => {
            const page = await browser.open(unwelcome());
            const end = await run_check(page, 'refused', `${server.url}/echo`, { transport });
            assert.equal(end.code, 1002);  // the info request is refused already
            await page.close();
        });
    }

    const targets = {
        websocket: ['/ws', '/echo/websocket'],
        eventsource: ['/echo/000/attempt1/eventsource'],
        fetch: ['/echo/000/attempt2/xhr'],
        script: ['/echo/000/attempt3/jsonp'],
    };
    for (const [name, paths] of Object.entries(targets)) {
        it(`${name} alone gets through from the allowed page only`, async () => {
            for (const [address, through] of [[welcome(), true], [unwelcome(), false]]) {
                const page = await browser.open(address);
                for (const path of paths) {
                    const unique = path.replace('attempt', through ? 'allowed' : 'foreign');
                    assert.equal(await page.evaluate(attempts[name], server.url + unique), through,
                        `${address} to ${path}`);
                }
                await page.close();
            }
        });
    }
});
