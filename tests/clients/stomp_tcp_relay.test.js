'use strict';

// stomp.py, the client of Python, over TCP to a server of ours that has RabbitMQ behind it; together
// with one that is at RabbitMQ itself, and with a client as a browser has one.

const assert = require('node:assert/strict');
const { start_rabbitmq } = require('./lib/rabbitmq');
const { StompClient } = require('./lib/stomp_peer');
const { claims_of, start_stomp } = require('./lib/stomp_python');
const { start_relay } = require('./lib/stomp_relay');
const { after, before, describe, it } = require('./lib/testing');

describe('stomp.py over TCP and a relay to RabbitMQ', () => {
    let rabbit;
    let server;
    before(async () => {
        rabbit = await start_rabbitmq();
        server = await start_relay(rabbit.url);
    });
    after(async () => {
        if (server) await server.stop();
        if (rabbit) await rabbit.end();
    });

    for (const version of ['1.0', '1.1', '1.2']) {
        describe(`version ${version}`, () => {
            const all = claims_of(version);
            let results;
            before(async () => {
                results = await start_stomp(server.stomp_port, version, Object.keys(all)).results;
            });
            for (const [check, claim] of Object.entries(all)) {
                it(claim, () => assert.equal(results.get(check), null));
            }
        });
    }

    const places = { 'over TCP': () => server.stomp_port, 'at RabbitMQ itself': () => rabbit.port };
    for (const [place, port] of Object.entries(places)) {
        it(`is one audience with a WebSocket (${place})`, async () => {
            const browser = await StompClient.connected(server);
            await browser.subscribe('0', '/topic/audience');
            const python = start_stomp(port(), '1.2', ['audience']);
            assert.equal((await browser.message()).body, 'from stomp.py');
            browser.send('SEND', { destination: '/topic/audience' }, 'from a browser');
            assert.equal((await browser.message()).body, 'from a browser');
            assert.equal((await python.results).get('audience'), null);
            await browser.close();
        });
    }

    for (const how of ['stop', 'kill']) {
        it(`is told that the broker is lost, and finds what it has left there (${how})`, async () => {
            const python = start_stomp(server.stomp_port, '1.2', ['broker_restart']);
            await python.ready();
            await rabbit[how]();
            await rabbit.start();
            assert.equal((await python.results).get('broker_restart'), null);
        });
    }
});
