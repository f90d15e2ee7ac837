'use strict';

// Pages of stompjs in tabs that nobody sees, whose timers Chromium slows to one a minute: node
// stomp_hidden.js [--seconds N]. Each way to the server, with either clock that stompjs has for its
// heart-beats, stays connected and misses nothing. More pages are held to what they promise: a clock of
// the page's own does not keep that, and is cut; one in a worker does.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { start_display } = require('./lib/engines/display');
const { find_program } = require('./lib/engines/programs');
const need = require('./lib/need');
const { start_server } = require('./lib/server');
const { installed } = require('./lib/site');
const { clients } = require('./lib/stomp_clients');
const { temp_dir } = require('./lib/temp');
const { within, limit } = require('./lib/within');

const at = process.argv.indexOf('--seconds');
const seconds = at < 0 ? 600 : Number(process.argv[at + 1]);
const is_long = seconds >= 180;
const beat = is_long ? 10000 : 2000;
const pause = is_long ? 60000 : 7000;
const transports = ['', 'websocket', 'xhr-streaming', 'xhr-polling'];

const page = `<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>Hidden</title>
    <link rel="icon" href="data:,">
    <script src="sockjs.js"></script>
    <script src="stomp.js"></script>
    <script>
    const query = new URLSearchParams(location.search);
    const transport = query.get('transport');
    const seen = {
        connects: 0, ends: [], errors: [], sent: 0, heard: 0, texts: [], shown: 0, ticks: 0, gap: 0, last: 0,
    };
    const client = new StompJs.Client({
        ...(transport ? { webSocketFactory: () => new SockJS('/stomp-sockjs', null, { transports: transport }) }
            : { brokerURL: location.origin.replace('http', 'ws') + '/stomp' }),
        reconnectDelay: 1000,
        heartbeatIncoming: ${beat},
        heartbeatOutgoing: ${beat},
        heartbeatStrategy: query.get('strategy'),
        debug: (text) => {
            if (text.startsWith('>>> PING')) ++seen.sent;
            if (text.startsWith('<<< PONG')) ++seen.heard;
        },
        onConnect: () => {
            ++seen.connects;
            client.subscribe('/topic/all', ({ body }) => seen.texts.push(body));
        },
        onWebSocketClose: ({ code, reason }) => {
            seen.ends.push([code, reason, Math.round(performance.now() / 1000)]);
        },
        onStompError: ({ headers }) => seen.errors.push(headers.message),
    });
    // From now on: how slow timers are, and whether anybody sees the page.
    function look() {
        const now = performance.now();
        seen.gap = Math.max(seen.gap, Math.round(now - seen.last));
        if (document.visibilityState !== 'hidden') ++seen.shown;
        seen.last = now;
        return seen;
    }
    function begin() {
        seen.sent = seen.heard = 0;
        seen.last = performance.now();
        setInterval(() => {
            ++seen.ticks;
            look();
        }, 500);
    }
    client.activate();
    </script>
</head>
<body></body>
</html>
`;

function make_site() {
    const dir = temp_dir('site');
    fs.copyFileSync(installed('sockjs-client/dist/sockjs.js'), path.join(dir, 'sockjs.js'));
    fs.copyFileSync(installed('@stomp/stompjs/bundles/stomp.umd.js'), path.join(dir, 'stomp.js'));
    fs.writeFileSync(path.join(dir, 'page.html'), page);
    return dir;
}

// A Chromium with a window, on a display of its own. None of the flags are given with which drivers of
// browsers have hidden tabs run as others do.
async function start_chromium(display) {
    const { default: puppeteer } = need('puppeteer-core');
    return puppeteer.launch({
        executablePath: find_program(['chromium'], 'chromium'),
        headless: false, ignoreDefaultArgs: true, defaultViewport: null, timeout: limit,
        userDataDir: temp_dir('chromium'),
        env: { ...process.env, DISPLAY: display.name },
        args: [
            '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync', '--remote-debugging-port=0',
            '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/5', 'about:blank',
        ],
    });
}

// Asked from here: the page's own clock is slow.
async function cut(tab) {
    while (!await tab.evaluate('seen.ends.length')) await new Promise((resolve) => setTimeout(resolve, 100));
}

const is_in = (tab, what) => within(tab.waitForFunction(what, { polling: 50, timeout: 0 }), what);

async function open_tab(browser, server, transport, strategy) {
    const tab = await browser.newPage();
    await tab.goto(`${server.url}/static/page.html?transport=${transport}&strategy=${strategy}`);
    await is_in(tab, 'seen.connects === 1');
    const way = transport ? `SockJS ${transport}` : 'WebSocket';
    return { tab, strategy, title: `${way}, ${strategy}${server.is_strict ? ', without grace' : ''}` };
}

// A number to all now and then.
async function send_numbers(senders) {
    const end = performance.now() + seconds * 1000;
    let sent = 0;
    while (performance.now() < end) {
        for (const sender of senders) await sender.send('/topic/all', String(sent));
        ++sent;
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return sent;
}

function tell({ title }, seen) {
    console.log(`${title}: ${seen.connects} connects, ends ${JSON.stringify(seen.ends)}, ` +
        `heart-beats ${seen.sent} sent and ${seen.heard} heard, ${seen.texts.length} messages, ` +
        `${seen.ticks} ticks, the longest after ${seen.gap} ms`);
}

function check({ title, strategy }, seen, sent) {
    assert.equal(seen.shown, 0, `${title} was hidden`);
    assert.ok(seen.gap > (is_long ? 50000 : 5000), `${title}: timers are slow`);
    assert.deepEqual([seen.connects, seen.ends, seen.errors], [1, [], []], title);
    assert.deepEqual(seen.texts, Array.from({ length: sent }, (_, n) => String(n)), title);
    // A message is a sign of life, too: no heart-beat is due then.
    const least = ((seconds * 1000) / beat) * 0.6;
    assert.ok(seen.heard >= least, `${title}: heart-beats heard`);
    if (strategy === 'worker') assert.ok(seen.sent >= least, `${title}: heart-beats sent`);
}

async function hide(browser, tabs, senders) {
    const front = await browser.newPage();
    await front.bringToFront();
    for (const { tab } of tabs) {
        await is_in(tab, "document.visibilityState === 'hidden'");
        await tab.evaluate('begin()');
    }
    const sent = await send_numbers(senders);
    await within(cut(tabs.at(-1).tab), 'end of a page that does not keep its promise');
    const all = [];
    for (const { tab } of tabs) all.push(await tab.evaluate('look()'));
    return { sent, all };
}

async function open_tabs(browser, server, strict) {
    const tabs = [];
    for (const strategy of ['interval', 'worker'])
        for (const transport of transports)
            tabs.push(await open_tab(browser, server, transport, strategy));
    for (const transport of transports) tabs.push(await open_tab(browser, strict, transport, 'worker'));
    // The one that is cut.
    tabs.push(await open_tab(browser, strict, '', 'interval'));
    return tabs;
}

async function main() {
    const args = ['--profile', 'stomp', '--static', make_site()];
    const server = await start_server(...args, '--stomp-grace', '150000');  // the library's default
    const strict = { ...await start_server(...args), is_strict: true };
    const display = await start_display();
    const browser = await start_chromium(display);
    const senders = await Promise.all(
        [server, strict].map((each) => clients['stompjs 7'].open(each, 'websocket')));
    console.log(`${await browser.version()}, ${seconds} s`);
    const tabs = await open_tabs(browser, server, strict);
    const { sent, all } = await hide(browser, tabs, senders);
    tabs.forEach((one, i) => tell(one, all[i]));
    all.slice(0, -1).forEach((seen, i) => check(tabs[i], seen, sent));
    for (const sender of senders) await sender.close();
    await browser.close();
    await display.stop();
    await server.stop();
    await strict.stop();
}

main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
