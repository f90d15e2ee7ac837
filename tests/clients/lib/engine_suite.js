'use strict';

const assert = require('node:assert/strict');
const { engine_title, run_check, start_browser } = require('./browser');
const { cross_origin, same_origin } = require('./browser_suite');
const { start_server } = require('./server');
const { make_engine_site } = require('./site');
const { after, before, describe, it } = require('./testing');

// Every client with its transports.
const clients = {
    websocket: { title: 'WebSocket', same: ['plain'], other: ['plain'] },
    sockjs: { title: 'sockjs-client', same: same_origin, other: cross_origin },
    socketio: {
        title: 'socket.io-client',
        same: ['polling', 'websocket', 'upgrade'], other: ['polling', 'websocket', 'upgrade'],
    },
};

const claims = {
    converses: 'has 200 messages of every kind back, 200 KB among them',
    is_pushed_to: 'hears 200 messages that the server pushes',
    closes: 'closes, and is closed, with code and reason',
};

// Runs one of lib/engine_cases.js inside the page.
function run_case(page, client, name, url, transport) {
    /* global engine_cases */
    return page.evaluate(([kind, which, ...rest]) => engine_cases[kind][which](...rest),
        [client, name, url, transport]);
}

// One page for each transport: requests that a client has given up may stay open in the page, and
// a browser has six connections to a server.
function transport_tests(engine, origin, client, transport) {
    describe(`${clients[client].title} ${transport}`, () => {
        let page;
        before(async () => { page = await engine.open(origin); });
        after(() => page?.close());
        for (const [name, claim] of Object.entries(claims)) {
            it(claim, () => run_case(page, client, name, engine.url(), transport));
        }
    });
}

// Ends and starts a server of its own below an open connection.
async function outlive_server(engine, client, transport) {
    const page = await engine.open('other');
    let server = await start_server(...engine.args);
    const { url, port } = server;
    try {
        await run_case(page, client, 'is_open', url, transport);
        await server.kill();
        server = await start_server('--port', String(port), ...engine.args);
        await run_case(page, client, 'is_lost', url, transport);
        await run_case(page, client, 'is_back', url, transport);
    } finally {
        await server.kill();
    }
    await page.close();
}

// Registers what every engine has to show.
function engine_suite() {
    describe(`the clients in ${engine_title}`, () => {
        let browser;
        let server;
        let other;
        // Pages of another origin are of another site, too.
        const engine = {
            url: () => server.url,
            open: (origin) => browser.open((origin === 'same' ? server.url
                : other.url.replace('127.0.0.1', 'localhost')) + '/static/engines.html'),
        };
        before(async () => {
            engine.args = ['--static', make_engine_site()];
            server = await start_server(...engine.args);
            other = await start_server(...engine.args);
            browser = await start_browser();
        });
        after(async () => {
            await browser?.close();
            await other?.stop();
            await server?.stop();
        });

        it('starts', (t) => t.diagnostic(`${engine_title} ${browser.version}`));

        for (const origin of ['same', 'other']) {
            describe(`on pages of ${origin === 'same' ? 'the same' : 'another'} origin`, () => {
                for (const client of Object.keys(clients)) {
                    for (const transport of clients[client][origin]) {
                        transport_tests(engine, origin, client, transport);
                    }
                }
            });
        }

        for (const [client, { title, other: transports }] of Object.entries(clients)) {
            for (const transport of transports) {
                it(`${title} ${transport} survives a server that dies and comes back`,
                    () => outlive_server(engine, client, transport));
            }
        }

        it('has sockjs-client choose what passes', async () => {
            const page = await engine.open('same');
            const chosen = (mount) => run_check(page, 'chosen', `${server.url}/${mount}`);
            assert.equal(await chosen('echo'), 'websocket');
            assert.equal(await chosen('disabled_websocket_echo'), 'xhr-streaming');
            await page.close();
        });
    });
}

module.exports = { engine_suite };
