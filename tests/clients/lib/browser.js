'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const need = require('./need');
const { temp_dir } = require('./temp');
const { within, limit } = require('./within');

const flags = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

function find_chromium() {
    const usual = '/usr/bin/chromium';
    if (fs.existsSync(usual)) return usual;
    try {
        return execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
    } catch {
        throw new Error('no chromium found: install Debian\'s package chromium');
    }
}

// Starts Chromium with a profile of its own. open(url) gives a page, close() ends the browser.
async function start_browser(...more_flags) {
    const { chromium } = need('playwright-core');
    const context = await chromium.launchPersistentContext(temp_dir('chromium'), {
        executablePath: find_chromium(),
        headless: true,
        args: [...flags, ...more_flags],
        timeout: limit,
    });
    return {
        open: async (url) => {
            const page = await context.newPage();
            await page.goto(url, { timeout: limit });
            return page;
        },
        close: () => within(context.close(), 'end of Chromium'),
    };
}

// Runs one of lib/checks.js inside the page.
function run_check(page, name, url, options) {
    /* global SockJS, checks */
    return page.evaluate(([check, target, rest]) => checks[check](SockJS, target, rest),
        [name, url, options]);
}

module.exports = { start_browser, run_check };
