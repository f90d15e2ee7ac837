'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { start } = require('./engines/chromium');

const removals = fs.readFileSync(path.join(__dirname, '../legacy/removals.js'), 'utf8');

// Chromium without the features in `removed` (see legacy/removals.js), in its frames, too; the same
// as `start_qtwebkit` otherwise.
async function start_legacy_chromium(removed) {
    const browser = await start();
    const pages = new Map();
    const texts = new Map();
    return {
        open: async (name, url) => {
            const said = [];
            texts.set(name, said);
            const page = await browser.open('about:blank');
            pages.set(name, page);
            page.on('console', (message) => said.push(message.text()));
            page.on('pageerror', (error) => said.push(String(error)));
            await page.addInitScript({ content: `${removals}
                legacy_remove(${JSON.stringify(removed)});` });
            await page.goto(url);
        },
        close: async (name) => {
            await pages.get(name).close();
            pages.delete(name);
        },
        said: (name) => texts.get(name) || [],
        version: browser.version,
        stop: () => browser.close(),
    };
}

module.exports = { start_legacy_chromium };
