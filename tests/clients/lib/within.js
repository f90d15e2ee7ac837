'use strict';

// How long any single event may take before the test calls it lost. Generous, because it is a
// verdict and not a measurement: a slow machine must never turn it into a failure.
const limit = 60000;

// Settles as `promise` does, or rejects with a sentence naming `what` after `ms` milliseconds.
function within(promise, what, ms = limit) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms`)), ms);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

module.exports = { within, limit };
