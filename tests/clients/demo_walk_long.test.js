'use strict';

// A walk through the demo page in the engine that ANYWIRE_BROWSER names, on a desk and on a phone:
// every card, every fault on and off with a chat after it, what works from here, and the console.

const assert = require('node:assert/strict');
const { engine_title, start_browser } = require('./lib/browser');
const { cards, start_demo, until } = require('./lib/demo');
const { after, before, describe, it } = require('./lib/testing');

const healthy = {
    'break-ws': 'websocket', 'break-sockjs': 'websocket', 'break-http': 'xhr-streaming',
    'break-eio': 'websocket', 'break-sio': 'websocket',
};
const members = ['chat-ws', 'chat-sockjs', 'chat-sio'];

// Each fault: what switches it on, and which clients it moves to which transport. Those without
// a transport have to come back.
const preset = (text) => `[data-preset='${text}']`;
const faults = {
    'an old load balancer': [preset('{"refuseUpgrades":502}'), {
        'break-sockjs': 'xhr-streaming', 'break-eio': 'polling', 'break-sio': 'polling',
    }],
    'an office proxy': [preset('{"refuseUpgrades":502,"bufferResponses":true}'), {
        'break-sockjs': 'xhr-polling', 'break-http': 'xhr-polling', 'break-sio': 'polling',
    }],
    'a train': [preset('{"delay":250,"jitter":250,"cutEvery":10000}'), {}],
    'buffered responses': ['[name=buffer]', { 'break-http': 'xhr-polling' }],
    'silence': ['[name=drop]', {
        'break-ws': '', 'break-sockjs': '', 'break-sio': '', 'chat-ws': '', 'chat-sockjs': '',
    }],
    'a cut': ['#cut-now', {}],
    'a restart': ['#restart', {}],
};

// What a browser itself writes when connections fail.
const of_the_network = new RegExp(['WebSocket connection to', 'Failed to load resource',
    'establish a connection', 'was interrupted', 'CORS request did not succeed'].join('|'));

// Puppeteer and Playwright hand on what is written into the console; WebDriver does not.
function errors_of(page) {
    const errors = [];
    page.on?.('pageerror', (error) => errors.push(String(error)));
    page.on?.('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
    });
    return errors;
}

const data_of = (page, id) =>
    page.evaluate((which) => ({ ...document.getElementById(which).dataset }), id);
const click = (page, selector) =>
    page.evaluate((which) => document.querySelector(which).click(), selector);

async function is_carried_by(page, wanted) {
    for (const [id, transport] of Object.entries(wanted)) {
        await until(`${id} over ${transport || 'nothing'}`, async () => {
            const { state, transport: now } = await data_of(page, id);
            return transport ? state === 'open' && now === transport : state !== 'open';
        });
    }
}

// What is off the screen is not drawn.
async function card_runs(page, mount) {
    const read = () => page.evaluate((id) => {
        const card = document.getElementById(id);
        const field = (name) => Number(card.querySelector(`[data-f=${name}]`).textContent);
        return {
            state: card.dataset.state, transport: card.dataset.transport,
            received: field('received'),
            wrong: ['lost', 'duplicated', 'outOfOrder'].map(field).join(),
        };
    }, `card-${mount}`);
    await page.evaluate((id) => document.getElementById(id)
        .scrollIntoView({ block: 'center', behavior: 'instant' }), `card-${mount}`);
    await click(page, `#card-${mount} button`);
    await until(`5 messages over ${mount}`, async () => (await read()).received >= 5);
    const { transport, wrong } = await read();
    await click(page, `#card-${mount} button`);
    await until(`the end of ${mount}`, async () => (await read()).state === 'idle');
    assert.deepEqual([transport, wrong], [cards[mount], '0,0,0'], mount);
}

// Each of the three says something, and all of them hear it.
async function chat_lives(page, when) {
    for (const member of members) {
        await until(`${member} open`, async () => (await data_of(page, member)).state === 'open');
    }
    for (const member of members) {
        const text = `${member} after ${when}`;
        await page.evaluate(([id, what]) => {
            const form = document.querySelector(`#${id} form`);
            form.querySelector('[name=text]').value = what;
            form.requestSubmit();
        }, [member, text]);
        await until(`"${text}" in all three`, () => page.evaluate(([ids, what]) => ids.every(
            (id) => document.querySelector(`#${id} ol`).textContent.includes(what)),
        [members, text]));
    }
}

async function survives(page, name) {
    const [selector, moved] = faults[name];
    const count = async () => Number((await data_of(page, 'break-ws')).reconnects);
    const before_it = await count();
    await click(page, selector);
    await is_carried_by(page, moved);
    if (!Object.keys(moved).length) {
        await until('a client that is back', async () => await count() > before_it);
    }
    await click(page, preset('{}'));
    await is_carried_by(page, healthy);
    await chat_lives(page, name);
}

function walk(get) {
    let page;
    let errors;
    before(async () => { ({ page, errors } = await get()); });

    for (const mount of Object.keys(cards)) it(`${mount} runs`, () => card_runs(page, mount));

    it('finds that everything works from here', async () => {
        await click(page, '#try-all');
        await until('the table', () => page.evaluate(
            () => !document.getElementById('here-result').hidden));
        const rows = await page.evaluate(() => Array.from(
            document.querySelectorAll('#here-table tbody tr'), (row) => row.innerText));
        assert.equal(rows.length, Object.keys(cards).length);
        // "partly": messages were on their way when its time was over, on a busy machine.
        assert.deepEqual(rows.filter((text) => !/\b(yes|partly)\b/.test(text)), []);
    });

    it('writes nothing into the console', () => assert.deepEqual(errors, []));

    for (const name of Object.keys(faults)) {
        it(`survives ${name}, and the chat does`, () => survives(page, name));
    }

    it('is no wider than the window', async () => {
        const [wide, visible] = await page.evaluate(
            () => [document.documentElement.scrollWidth, window.innerWidth]);
        assert.ok(wide <= visible, `${wide} on ${visible}`);
    });

    it('has written nothing of its own into the console',
        () => assert.deepEqual(errors.filter((text) => !of_the_network.test(text)), []));
}

for (const [place, size] of [['desk', { width: 1280, height: 900 }],
    ['phone', { width: 390, height: 844 }]]) {
    describe(`the demo on a ${place} in ${engine_title}`, () => {
        let browser;
        let demo;
        before(async () => {
            demo = await start_demo();
            browser = await start_browser();
        });
        after(async () => {
            await browser?.close();
            await demo?.stop();
        });
        walk(async () => {
            let errors;
            const page = await browser.open(demo.url, { size, before: (new_page) => {
                errors = errors_of(new_page);
            } });
            await until('the page', () => page.evaluate(
                () => document.documentElement.hasAttribute('data-ready')));
            return { page, errors };
        });
    });
}
