'use strict';

// What is called a browser in these tests is Chromium, unless ANYWIRE_BROWSER names another engine.
const engines = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKitGTK' };
const engine = process.env.ANYWIRE_BROWSER || 'chromium';
const engine_title = engines[engine];
if (!engine_title) throw new Error(`ANYWIRE_BROWSER is ${engine}, not ${Object.keys(engines)}`);

// Starts it with a profile of its own. `open(url)` gives a page, which at least evaluates functions
// (`evaluate(body, argument)`: JSON in, JSON out, promises are awaited) and closes; its options are
// a `size`, and `before`, which is called with the page before it loads where that can be. `close()`
// ends the browser; `version` is its own. Flags are for Chromium alone.
function start_browser(...flags) {
    if (flags.length && engine !== 'chromium') throw new Error(`${flags} are flags of Chromium`);
    return require(`./engines/${engine}`).start(...flags);
}

// Runs one of lib/checks.js inside the page.
function run_check(page, name, url, options = {}) {
    /* global SockJS, checks */
    return page.evaluate(([check, target, rest]) => checks[check](SockJS, target, rest),
        [name, url, options]);
}

module.exports = { engine, engine_title, start_browser, run_check };
