'use strict';

const { after, before, describe, it } = require('node:test');

// The runner's own limits, above those of every event inside a test, so that the message of a
// failure names what did not happen.
const options = { timeout: 120000 };

// Node 20 may wait for ever, and busily, for handles to close when its environment is torn down;
// process.exit() leaves that out. All has been written by then.
process.on('exit', (code) => process.exit(code));

module.exports = {
    describe,
    it: (claim, body) => it(claim, options, body),
    before: (body) => before(body, options),
    after: (body) => after(body, options),
};
