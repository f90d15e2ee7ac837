'use strict';

// anywire-desk, the example of STOMP, by two people at its page in Chromium. Screenshots go to
// artifacts/ at the root.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { start_browser } = require('./lib/browser');
const { listening, start_child, stop } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { within, limit } = require('./lib/within');

const root = path.resolve(__dirname, '../..');
const programs = process.env.ANYWIRE_PROGRAMS || path.join(root, 'build/bin');

describe('anywire-desk', () => {
    let child;
    let url;
    let browser;
    before(async () => {
        child = start_child(path.join(programs, 'anywire-desk'),
            ['--port', '0', '--folder', path.join(root, 'demo')]);
        ({ url } = await within(listening(child), 'URL of anywire-desk'));
        browser = await start_browser();
    });
    after(async () => {
        if (browser) await browser.close();
        if (child) await stop(child);
    });

    // Somebody who has come in, and what is wrong on the page.
    async function enter(name) {
        const page = await browser.open('about:blank');
        const errors = [];
        page.on('pageerror', (error) => errors.push(String(error)));
        page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
        await page.goto(url, { timeout: limit });
        await page.type('#name', name);
        await page.click('#login button');
        return { page, errors };
    }
    const says = (who, what, text) => who.page.waitForFunction(
        ([id, wanted]) => document.getElementById(id).textContent.includes(wanted),
        [what, text], { timeout: limit });
    const write = async (who, form, text) => {
        await who.page.type(`${form} input`, text);
        await who.page.click(`${form} button`);
    };

    it('carries rooms, private messages and jobs', async () => {
        const ann = await enter('Ann');
        await says(ann, 'state', 'Ann, by websocket');
        const bob = await enter('Bob');
        await says(bob, 'state', 'Bob, by websocket');
        await says(ann, 'people', 'Bob');
        await says(bob, 'people', 'Ann');

        await write(ann, 'form[data-to="/app/rooms/lobby"]', 'hello, all');
        for (const who of [ann, bob]) await says(who, 'lobby', 'Ann hello, all');

        await ann.page.selectOption('#people', 'Bob');
        await write(ann, '#write', 'hello, Bob');
        for (const who of [ann, bob]) await says(who, 'private', 'Ann hello, Bob');

        // A job waits for the first who takes jobs; given back, it is another's.
        await write(ann, 'form[data-to="/app/jobs"]', 'make tea');
        await bob.page.click('#works');
        await says(bob, 'jobs', 'make tea');
        await ann.page.click('#works');
        await (await bob.page.waitForSelector('#jobs button:nth-of-type(2)', { timeout: limit })).click();
        await says(bob, 'jobs', '(not me)');
        await says(ann, 'jobs', 'make tea');
        fs.mkdirSync(path.join(root, 'artifacts'), { recursive: true });
        await ann.page.bringToFront();  // others are not drawn
        await ann.page.screenshot({ path: path.join(root, 'artifacts', 'desk.png'), fullPage: true });
        await (await ann.page.waitForSelector('#jobs button', { timeout: limit })).click();
        await says(ann, 'jobs', '(done)');

        await bob.page.close();
        await ann.page.waitForFunction(
            () => !document.getElementById('people').textContent.includes('Bob'), null, { timeout: limit });
        assert.deepEqual(ann.errors.concat(bob.errors), []);
    });

    it('says why somebody may not come in', async () => {
        const nobody = await enter('a/b');
        await says(nobody, 'state', 'a name of 1 to 40 letters, please');
        assert.deepEqual(nobody.errors, []);
    });
});
