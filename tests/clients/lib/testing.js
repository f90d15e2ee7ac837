'use strict';

const { after, before, describe, it } = require('node:test');

// The runner's own limits, above those of every event inside a test, so that the message of a
// failure names what did not happen.
const options = { timeout: 120000 };

// Node 20 may wait for ever, and busily, for handles to close when its environment is torn down;
// process.exit() leaves that out. All has been written by then.
// It leaves out the listeners that are still to come, too: those that end what was started.
process.on('exit', function at_once(code) {
    const listeners = process.listeners('exit');
    for (const later of listeners.slice(listeners.indexOf(at_once) + 1)) later.call(process, code);
    process.exit(code);
});

module.exports = {
    describe,
    it: (claim, body) => it(claim, options, body),
    before: (body) => before(body, options),
    after: (body) => after(body, options),
};
