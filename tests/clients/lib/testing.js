'use strict';

const { after, before, describe, it } = require('node:test');

// The runner's own limits, above those of every event inside a test, so that the message of a
// failure names what did not happen.
const options = { timeout: 120000 };

module.exports = {
    describe,
    it: (claim, body) => it(claim, options, body),
    before: (body) => before(body, options),
    after: (body) => after(body, options),
};
