'use strict';

// A missing package must fail the test with a sentence that says what to do, not skip it.
module.exports = function need(name) {
    try {
        return require(name);
    } catch (error) {
        if (error.code !== 'MODULE_NOT_FOUND') throw error;
        throw new Error(`the npm package ${name} is missing: run "npm ci" in tests/clients first`);
    }
};
