'use strict';

const assert = require('node:assert/strict');
const { run_python } = require('./lib/python');
const { start_server } = require('./lib/server');
const { modes } = require('./lib/socketio_clients');
const { after, before, describe, it } = require('./lib/testing');

const claims = {
    events: 'gets events with every kind of value back',
    acks: 'gets acknowledgements with every kind of value',
    binary: 'gets binary arguments back',
    rooms: 'hears its rooms and broadcasts',
    namespaces: 'joins two namespaces and is refused at an unknown one',
    burst: 'has every event of a burst of 200',
};

describe('python-socketio', () => {
    let server;
    // This client gives up on a poll with more than 16 packets.
    before(async () => { server = await start_server('--max-packets-per-poll', '16'); });
    after(() => server && server.stop());

    for (const kind of ['sync', 'asyncio']) {
        for (const mode of modes) {
            describe(`${kind} over ${mode}`, () => {
                let results;
                before(async () => {
                    results = await run_python(server.url, kind, mode, Object.keys(claims));
                });
                for (const [check, claim] of Object.entries(claims)) {
                    it(claim, () => assert.equal(results.get(check), null));
                }
            });
        }
    }
});
