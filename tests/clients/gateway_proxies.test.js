'use strict';

// The gateway behind proxies of others: Apache, that has to be told of WebSockets, and stunnel, that
// ends TLS and says who the client is in a header of the PROXY protocol.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { make_certificate } = require('./lib/certificate');
const { run_cli } = require('./lib/cli');
const { start_gateway } = require('./lib/gateway');
const need = require('./lib/need');
const { listen, make_server, start_ws } = require('./lib/node_servers');
const { Numberer, take_numbers } = require('./lib/numberer');
const { start_apache, start_stunnel } = require('./lib/reverse_proxies');
const { temp_dir } = require('./lib/temp');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

const gateway_args = (backend) => ['--all', '/live', '--backend', backend.ws_url,
    '--trusted-proxy', '127.0.0.1'];

// Starts what `make(all)` returns, one after the other; they end in the other order.
function starts(make) {
    const all = [];
    before(() => make(async (starting) => {
        const one = await starting;
        all.unshift(one);
        return one;
    }));
    after(async () => { for (const one of all) await one.stop(); });
}

async function start_numbers() {
    const wrong = [];
    const server = make_server(null);
    new (need('ws').WebSocketServer)({ server }).on('connection', (ws) => {
        const take = take_numbers(wrong, (text) => ws.send(text));
        ws.on('message', (data) => take(String(data)));
    });
    return listen(server, { wrong });
}

// "open", or why not.
const handshake = (url, options) => new Promise((resolve) => {
    const ws = new (need('ws').WebSocket)(url, options);
    ws.on('open', () => { ws.close(); resolve('open'); });
    ws.on('error', (error) => resolve(error.message));
});

for (const [title, pass, carries_websockets] of [
    ['that is told of WebSockets', 'upgrade=websocket', true], ['as it is', '', false]]) {
    describe(`behind an Apache ${title}`, () => {
        let backend;
        let gateway;
        let apache;
        starts(async (start) => {
            backend = await start(start_numbers());
            gateway = await start(start_gateway(gateway_args(backend)));
            apache = await start(start_apache(`127.0.0.1:${gateway.port}`, pass));
        });

        const websockets = ['ws', 'sockjs websocket', 'engine.io websocket'];
        const others = ['sockjs xhr-streaming', 'sockjs eventsource', 'sockjs xhr-polling',
            'engine.io polling', 'engine.io polling,websocket'];
        for (const kind of [...(carries_websockets ? websockets : []), ...others]) {
            it(`${kind} loses nothing`, async () => {
                const client = new Numberer(kind, apache);
                await within(Promise.race([client.reaches(50), client.failed]), '50 numbers');
                assert.deepEqual(client.ends, []);
                assert.deepEqual(backend.wrong, []);
                client.close();
            });
        }
        it(carries_websockets ? 'a page of the same origin comes in' : 'a WebSocket is refused',
            async () => {
                const what = await handshake(`${apache.ws_url}/live`, { origin: apache.url });
                assert.match(what, carries_websockets ? /^open$/ : /^Unexpected server response/);
            });
    });
}

describe('behind stunnel', () => {
    const files = make_certificate();
    let gateway;
    let stunnel;
    starts(async (start) => {
        const backend = await start(start_ws());
        gateway = await start(start_gateway([], {
            listen: '',
            config: `trusted_proxies = ["127.0.0.1"]
[[listen]]
port = 0
proxy_protocol = true
[[route]]
path = "/live"
backends = ["${backend.ws_url}"]
`,
        }));
        stunnel = await start(start_stunnel(`127.0.0.1:${gateway.port}`, files));
    });

    const big = path.join(temp_dir('gateway-proxies'), 'big');
    fs.writeFileSync(big, 'x'.repeat(900000));
    const ways = [['websocket', 'websocket'],
        ...['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'].map((one) => ['sockjs', one]),
        ['engineio', 'polling'], ['engineio', 'websocket']];
    for (const [dialect, transport] of ways) {
        it(`${dialect} over ${transport} carries a long message`, async () => {
            const base = dialect === 'websocket' ? stunnel.ws_url : stunnel.url;
            const { code, lines, notes } = await run_cli(['--ca', files.cert, '--dialect', dialect,
                '--transport', transport, '--send-file', big, '--expect', '1', `${base}/live`]);
            assert.equal(code, 0, notes);
            assert.deepEqual(lines.map((line) => line.length), [900000]);
        });
    }
});
