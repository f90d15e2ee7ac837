'use strict';

// What a hostile network or a poor browser does to the parts of the demo other than "Break it".

const assert = require('node:assert/strict');
const { describe, it, before, after } = require('./lib/testing');
const {
    card, cards, chat_crosses, crew, members, number_in, start_browser, start_demo, until, visit,
} = require('./lib/demo');

const phone = { width: 390, height: 844 };
const small = { viewport: phone };

let demo;
let browser;

before(async () => {
    demo = await start_demo();
    browser = await start_browser();
});
after(async () => {
    await browser?.close();
    await demo?.stop();
});

// A visit that ends with the test, so that a network left broken breaks no other one.
const visiting = (options, body) => async () => {
    const { page, errors } = await visit(browser, demo.url, options);
    try {
        await body(page, errors);
    } finally {
        await page.close();
    }
};

const healthy = async (page) => {
    await page.click('[data-preset="{}"]');
    await page.waitForSelector('#network[data-state=good]');
};

describe('connections that die without a word', () => {
    let page;
    before(async () => {
        ({ page } = await visit(browser, demo.url));
        await chat_crosses(page, 'before');
        await card(page, 'ws').locator('button').click();
        await card(page, 'sockjs-xhr-streaming').locator('button').click();
        await until('echoes', async () => await number_in(page, 'ws', 'received') > 3);
        await page.check('[name=drop]');
        await page.waitForSelector('#network[data-state=bad]');
    });
    after(() => page.close());

    it('are noticed by every member of the chat', async () => {
        for (const mount of members)
            await page.waitForSelector(`#${mount}:not([data-state=open])`);
    });
    it('are noticed by cards that run', async () => {
        for (const mount of ['ws', 'sockjs-xhr-streaming'])
            await page.waitForSelector(`#card-${mount}[data-state=connecting]`);
    });
    it('are replaced when the network is well again', async () => {
        await healthy(page);
        await chat_crosses(page, 'after');
        for (const mount of ['ws', 'sockjs-xhr-streaming']) {
            await card(page, mount).scrollIntoViewIfNeeded();  // else it is not drawn
            const had = await number_in(page, mount, 'received');
            await until(`new echoes over ${mount}`,
                async () => await number_in(page, mount, 'received') > had + 3);
        }
    });
});

it('an office proxy on a slow network only delays SockJS', visiting({}, async (page) => {
    await page.selectOption('[name=delay]', '250');
    await page.selectOption('[name=jitter]', '250');
    await page.check('[name=refuse]');
    await page.check('[name=buffer]');
    for (const mount of ['break-sockjs', 'break-http'])
        await page.waitForSelector(`#${mount}[data-state=open][data-transport=xhr-polling]`);
    assert.equal(await page.locator('#break-log li', { hasText: 'no answer' })
        .filter({ hasText: 'SockJS' }).count(), 0);
    await healthy(page);
}));

it('the slowest network of the page ends no connection', visiting({}, async (page) => {
    for (const mount of crew) await page.waitForSelector(`#${mount}[data-state=open]`);
    await page.selectOption('[name=delay]', '1000');
    await page.selectOption('[name=jitter]', '1000');
    const ticks = async (mount) => Number(await page.getAttribute(`#${mount}`, 'data-ticks'));
    const had = await Promise.all(crew.map(ticks));
    for (const [i, mount] of crew.entries())  // of four a second: longer than any heartbeat takes
        await until(`numbers for ${mount}`, async () => await ticks(mount) > had[i] + 60);
    assert.deepEqual(
        await page.locator('#break-log li', { hasText: 'lost its connection' }).allInnerTexts(), []);
    await healthy(page);
}));

const without = (...names) => ({
    prepare: (page) => page.addInitScript((all) => {
        for (const name of all) delete window[name];
    }, names),
});

it('a browser without WebSocket and EventSource is told so, and the rest runs', visiting(
    without('WebSocket', 'EventSource'), async (page, errors) => {
    const lacking = Object.entries(cards).filter(([mount, transport]) =>
        mount === 'ws' || mount.endsWith('websocket') || transport.endsWith('eventsource'))
        .map(([mount]) => mount);
    await page.click('#start-all');
    for (const mount of Object.keys(cards)) {
        const state = lacking.includes(mount) ? 'absent' : 'open';
        await page.waitForSelector(`#card-${mount}[data-state=${state}]`);
    }
    assert.equal(lacking.length, 6);
    for (const mount of lacking)
        assert.equal(
            await card(page, mount).locator('[data-f=state]').innerText(), 'not in this browser');
    await until('the count', async () =>
        await page.innerText('#running') === '10 of 10 running, 6 not in this browser');
    for (const mount of ['eio-upgrade', 'sio-upgrade'])
        assert.equal(await card(page, mount).getAttribute('data-transport'), 'polling');
    await page.waitForSelector('#break-ws[data-state=absent]');
    await page.waitForSelector('#chat-ws[data-state=absent]');
    await page.waitForSelector('#break-sockjs[data-transport=xhr-streaming]');
    assert.deepEqual(errors, []);
}));

it('a transport that does not get through is not counted', visiting({}, async (page) => {
    await page.check('[name=refuse]');
    await page.waitForSelector('#network[data-state=bad]');
    await card(page, 'sockjs-websocket').locator('button').click();
    await card(page, 'sockjs-xhr-polling').locator('button').click();
    await card(page, 'sockjs-websocket')
        .locator('[data-f=state]', { hasText: 'no way through' }).waitFor();
    await until('the count', async () =>
        await page.innerText('#running') === '1 of 16 running, 1 connecting');
    await healthy(page);
    await until('both run', async () => await page.innerText('#running') === '2 of 16 running');
}));

for (const [name, viewport] of Object.entries({ desktop: undefined, phone })) {
    // The newest name is drawn first in each picture.
    const prepare = (page) => page.addInitScript(() => {
        const canvas = CanvasRenderingContext2D.prototype;
        const { clearRect, fillText } = canvas;
        let isNewest = true;
        canvas.clearRect = function (...all) {
            isNewest = true;
            return clearRect.apply(this, all);
        };
        canvas.fillText = function (text, x, y, ...rest) {
            if (this.canvas.id === 'timeline' && y === 19 && isNewest) {
                this.canvas.drawn = { text, from: x, to: x + this.measureText(text).width };
                isNewest = false;
            }
            return fillText.call(this, text, x, y, ...rest);
        };
    });
    const options = { viewport, prepare };
    it(`the time line names what is on, on a ${name}`, visiting(options, async (page) => {
        const drawn = async () => {
            await page.locator('#timeline').scrollIntoViewIfNeeded();
            return page.evaluate(() => document.querySelector('#timeline').drawn);
        };
        await page.check('[name=refuse]');
        await until('its name', async () => (await drawn())?.text === 'no WebSocket');
        await page.selectOption('[name=delay]', '1000');
        await page.selectOption('[name=jitter]', '1000');
        await page.selectOption('[name=cut]', '30000');
        await page.check('[name=buffer]');
        const whole = 'no WebSocket, buffered, +1000–2000 ms, cut every 30 s';
        await until('all their names', async () => {
            const { text } = await drawn();
            return whole.startsWith(text.replace(/…$/, '')) && text.length > 25;
        });
        const { from, to } = await drawn();
        const width = await page.evaluate(() => document.querySelector('#timeline').clientWidth);
        assert.ok(from >= 0 && to <= width, `from ${from} to ${to} of ${width}`);
        await healthy(page);
    }));
}

it('on a phone no table hides a column or leaves its card', visiting(small, async (page) => {
    await page.click('#start-all');
    for (const mount of crew) await page.waitForSelector(`#${mount}[data-state=open]`);
    await page.click('#cut-now');
    for (const mount of crew)
        await page.locator(`#${mount}[data-state=open] [data-f=fate]`,
            { hasText: /back|recovered/ }).waitFor();
    for (const mount of Object.keys(cards))
        await page.waitForSelector(`#card-${mount}[data-state=open]`);
    await page.waitForSelector('#by-transport tr[data-name="Engine.IO polling"]');
    const sizes = (selector) => page.evaluate((it) => {
        const table = document.querySelector(it);
        return [table.getBoundingClientRect().right,
            table.closest('.card').getBoundingClientRect().right, table.parentElement.scrollWidth
            - table.parentElement.clientWidth];
    }, selector);
    for (const table of ['#crew', '#by-transport']) {
        const [right, of_card, hidden] = await sizes(table);
        assert.ok(right < of_card, `${table} ends at ${right}, its card at ${of_card}`);
        assert.equal(hidden, 0, `${table} hides ${hidden} px`);
    }
}));

it('the load chart is drawn before anybody has scrolled to it', visiting({}, async (page) => {
    // Pixels of the line of sessions; axes and grid are of other colours.
    const drawn = () => page.evaluate(() => {
        const canvas = document.querySelector('#load canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
            const [red, green, blue, alpha] = data.subarray(i, i + 4);
            if (alpha > 200 && blue > green + 60 && red > green + 20) found++;
        }
        return found;
    });
    await until('its line', async () => await drawn() > 10);
    assert.ok(await page.evaluate(() =>
        document.querySelector('#load').getBoundingClientRect().top > innerHeight + 100));
}));

it('what is refused is not asked for again and again', visiting({}, async (page) => {
    for (const mount of [...members, 'break-ws', 'break-sockjs'])
        await page.waitForSelector(`#${mount}[data-state=open]`);
    await page.check('[name=refuse]');
    await page.waitForSelector('#break-sockjs[data-state=open][data-transport=xhr-streaming]');
    const ticks = async () => Number(await page.getAttribute('#break-sockjs', 'data-ticks'));
    const had = await ticks();
    await until('ten seconds of numbers', async () => await ticks() > had + 40);
    const refused = await page.evaluate(async () => {
        const { live } = await import('/js/live.js');
        return Object.entries(live.traffic).map(([mount, { refused }]) => [mount, refused]);
    });
    for (const [mount, times] of refused) assert.ok(times <= 3, `${mount}: ${times} times`);
    await page.uncheck('[name=refuse]');
    for (const mount of ['chat-ws', 'break-ws'])
        await page.waitForSelector(`#${mount}[data-state=open]`);
}));

it('a server that is down is not asked until it is back', visiting({}, async (page, errors) => {
    const all = [...crew, ...members];
    for (const mount of all) await page.waitForSelector(`#${mount}[data-state=open]`);
    errors.length = 0;
    await page.click('#restart');
    await page.waitForSelector('#server[data-state=down]');
    for (const mount of all) await page.waitForSelector(`#${mount}[data-state=open]`);
    assert.deepEqual(errors.filter((e) => e.startsWith('WebSocket')), []);
}));
