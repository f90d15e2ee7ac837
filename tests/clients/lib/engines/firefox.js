'use strict';

const fs = require('node:fs');
const path = require('node:path');
const need = require('../need');
const { temp_dir } = require('../temp');
const { find_program } = require('./programs');
const { within, limit } = require('../within');

// Pages are those of Puppeteer, which speaks WebDriver BiDi to Firefox.
async function start() {
    const { default: puppeteer } = need('puppeteer-core');
    const home = temp_dir('firefox');
    const profile = path.join(home, 'profile');
    fs.mkdirSync(profile);
    const env = { ...process.env, HOME: home, TMPDIR: home, LANG: 'en_US.UTF-8' };
    delete env.DBUS_SESSION_BUS_ADDRESS;  // it would speak to the user's own programs
    const browser = await puppeteer.launch({
        browser: 'firefox', executablePath: find_program(['firefox-esr', 'firefox'], 'firefox-esr'),
        headless: true, userDataDir: profile, defaultViewport: null, env,
        timeout: limit, protocolTimeout: 2 * limit,
    });
    return {
        version: (await browser.version()).replace(/^.*\//, ''),
        open: async (url, { size, before } = {}) => {
            const page = await browser.newPage();
            if (size) await page.setViewport(size);
            before?.(page);
            await page.bringToFront();  // in others timers are slowed down
            await page.goto(url, { timeout: limit });
            return page;
        },
        close: () => within(browser.close(), 'end of Firefox'),
    };
}

module.exports = { start };
