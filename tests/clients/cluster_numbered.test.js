'use strict';

// A small crowd over four servers. `node cluster_numbered.js --sockets 5000` is the large one.

const assert = require('node:assert/strict');
const { run_numbered } = require('./lib/numbered');
const { describe, it } = require('./lib/testing');

describe('numbered broadcasts of two servers of each kind', () => {
    for (const adapter of ['pubsub', 'streams']) {
        it(`reach 400 sockets, none lost, each server's in order, ${adapter}`, async () => {
            const { delivered } = await run_numbered({ adapter, sockets: 400, numbers: 40 });
            assert.equal(delivered, 4 * 40 * 400);
        });
    }
});
