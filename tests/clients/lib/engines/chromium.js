'use strict';

const need = require('../need');
const { temp_dir } = require('../temp');
const { find_program } = require('./programs');
const { within, limit } = require('../within');

const flags = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

// Pages are those of Playwright.
async function start(...more_flags) {
    const { chromium } = need('playwright-core');
    const context = await chromium.launchPersistentContext(temp_dir('chromium'), {
        executablePath: find_program(['chromium'], 'chromium'),
        headless: true,
        args: [...flags, ...more_flags],
        timeout: limit,
    });
    const session = await context.newCDPSession(context.pages()[0] ?? await context.newPage());
    const { product } = await session.send('Browser.getVersion');
    return {
        version: product.replace(/^.*\//, ''),
        open: async (url, { size, before } = {}) => {
            const page = await context.newPage();
            if (size) await page.setViewportSize(size);
            before?.(page);
            await page.goto(url, { timeout: limit });
            return page;
        },
        close: () => within(context.close(), 'end of Chromium'),
    };
}

module.exports = { start };
