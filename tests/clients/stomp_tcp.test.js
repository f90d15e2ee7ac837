'use strict';

// stomp.py, the client of Python, over TCP; together with a client as a browser has one.

const assert = require('node:assert/strict');
const { start_server } = require('./lib/server');
const { claims_of, start_stomp } = require('./lib/stomp_python');
const { after, before, describe, it } = require('./lib/testing');
const { WsClient } = require('./lib/ws_client');

describe('stomp.py over TCP', () => {
    let server;
    before(async () => { server = await start_server('--profile', 'stomp', '--threads', '2'); });
    after(() => server && server.stop());

    for (const version of ['1.0', '1.1', '1.2']) {
        describe(`version ${version}`, () => {
            const all = claims_of(version);
            let results;
            before(async () => {
                results = await start_stomp(
                    server.stomp_port, version, Object.keys(all)).results;
            });
            for (const [check, claim] of Object.entries(all)) {
                it(claim, () => assert.equal(results.get(check), null));
            }
        });
    }

    it('is one audience with a WebSocket', async () => {
        const browser = await WsClient.open(`${server.ws_url}/stomp`, ['v12.stomp']);
        browser.send('CONNECT\naccept-version:1.2\nhost:x\n\n\0');
        assert.match((await browser.receive(1))[0], /^CONNECTED\n/);
        browser.send('SUBSCRIBE\nid:0\ndestination:/topic/audience\nreceipt:r\n\n\0');
        assert.match((await browser.receive(1))[0], /^RECEIPT\n/);
        const python = start_stomp(server.stomp_port, '1.2', ['audience']);
        assert.match((await browser.receive(1))[0], /\n\nfrom stomp\.py\0$/);
        browser.send('SEND\ndestination:/topic/audience\n\nfrom a browser\0');
        assert.match((await browser.receive(1))[0], /\n\nfrom a browser\0$/);
        assert.equal((await python.results).get('audience'), null);
        await browser.close();
    });
});

describe('a server that starts again', () => {
    for (const how of ['stop', 'kill']) {
        it(`has stomp.py back (${how})`, async () => {
            const first = await start_server('--profile', 'stomp');
            const python = start_stomp(first.stomp_port, '1.2', ['restart']);
            await python.ready();
            await first[how]();
            const second = await start_server(
                '--profile', 'stomp', '--stomp-port', `${first.stomp_port}`);
            try {
                assert.equal((await python.results).get('restart'), null);
            } finally {
                await second.stop();
            }
        });
    }
});
