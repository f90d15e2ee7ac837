'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { engine_title, start_browser } = require('./lib/browser');
const { start_server } = require('./lib/server');
const { installed } = require('./lib/site');
const { temp_dir } = require('./lib/temp');
const { after, before, describe, it } = require('./lib/testing');

// The page of a greeting: connect, subscribe to /topic/greetings, send a name to /app/hello, show
// what comes, disconnect; with the calls that pages written for Spring make.
const page = `<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>Greetings</title>
    <link rel="icon" href="data:,">
    <script src="sockjs.js"></script>
    <script src="CLIENT"></script>
    <script>
    var greetings = [], ends = [], faults = [], client;
    function heard(message) { greetings.push(JSON.parse(message.body).content); }
    var query = new URLSearchParams(location.search), transport = query.get('transport');
    function sockjs() {
        return new SockJS('/stomp-sockjs', null, transport ? { transports: transport } : {});
    }
    </script>
    <script>PAGE</script>
</head>
<body></body>
</html>
`;

// With stompjs 7: over SockJS where the address names a transport, else over a WebSocket.
const with_stompjs = `
    client = new StompJs.Client(transport ? { webSocketFactory: sockjs }
        : { brokerURL: location.origin.replace('http', 'ws') + '/stomp' });
    client.reconnectDelay = 200;
    client.onConnect = function () { client.subscribe('/topic/greetings', heard); };
    client.onStompError = function (frame) { faults.push(frame.headers.message); };
    client.onWebSocketClose = function (event) { ends.push(event.code); };
    if (query.get('login')) client.connectHeaders = { login: query.get('login') };
    function connect() { client.activate(); }
    function is_connected() { return client.connected; }
    function disconnect() { return client.deactivate(); }
    function greet(name) {
        client.publish({ destination: '/app/hello', body: JSON.stringify({ name: name }) });
    }`;

// With stomp.js 2.3, as of the guide's first years.
const with_stomp_js = `
    function connect() {
        client = Stomp.over(transport ? sockjs()
            : new WebSocket(location.origin.replace('http', 'ws') + '/stomp'));
        client.connect(query.get('login') ? { login: query.get('login') } : {}, function () {
            client.subscribe('/topic/greetings', heard);
        }, function (what) { (what.command ? faults : ends).push(what.command ? what.headers.message : what); });
    }
    function is_connected() { return client.connected; }
    function disconnect() { return new Promise(function (resolve) { client.disconnect(resolve); }); }
    function greet(name) { client.send('/app/hello', {}, JSON.stringify({ name: name })); }`;

const clients = {
    'stompjs 7': ['stomp.umd.js', '@stomp/stompjs/bundles/stomp.umd.js', with_stompjs],
    'stomp.js 2.3': ['stomp.js', 'stompjs/lib/stomp.js', with_stomp_js],
};

function make_site() {
    const dir = temp_dir('site');
    fs.copyFileSync(installed('sockjs-client/dist/sockjs.js'), path.join(dir, 'sockjs.js'));
    for (const [name, file, script] of Object.values(clients)) {
        fs.copyFileSync(installed(file), path.join(dir, name));
        fs.writeFileSync(path.join(dir, `${name}.html`),
            page.replace('CLIENT', name).replace('PAGE', () => script));
    }
    return dir;
}

// Waits in the page until `expression` is true.
function until(page_at, expression) {
    return page_at.evaluate(([text]) => new Promise((resolve, reject) => {
        const is = new Function(`return ${text}`);
        const began = Date.now();
        const look = () => {
            if (is()) resolve();
            else if (Date.now() - began > 60000) reject(new Error(`it never was: ${text}`));
            else setTimeout(look, 20);
        };
        look();
    }), [expression]);
}

const run = (page_at, text) => page_at.evaluate(([body]) => new Function(body)(), [text]);
const transports = [undefined, 'websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'];

describe(`STOMP's pages in ${engine_title}`, () => {
    let browser;
    let server;
    let args;
    before(async () => {
        args = ['--profile', 'stomp', '--static', make_site()];
        server = await start_server(...args);
        browser = await start_browser();
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
    });

    const open = (name, transport, query = '', at = server) => browser.open(
        `${at.url}/static/${name}.html?${transport ? `transport=${transport}` : ''}${query}`);

    for (const [title, [name]] of Object.entries(clients)) {
        for (const transport of transports) {
            const way = transport ? `SockJS ${transport}` : 'a WebSocket';
            it(`${title} over ${way} greets, and is greeted with`, async () => {
                const pages = [await open(name, transport), await open(name, transport)];
                for (const each of pages) {
                    await run(each, 'connect()');
                    await until(each, 'client && is_connected()');
                }
                // Whoever hears itself is subscribed.
                for (const [i, each] of pages.entries()) {
                    await run(each, `greet('page ${i}')`);
                    await until(each, `greetings.includes('Hello, page ${i}!')`);
                }
                await run(pages[1], "greet('Zoë \\u{1f680} <b>')");
                for (const each of pages) {
                    await until(each, "greetings.includes('Hello, Zoë \\u{1f680} <b>!')");
                    await each.evaluate(([]) => disconnect(), []);
                    assert.deepEqual(await each.evaluate(([]) => faults, []), []);
                    await each.close();
                }
            });
        }

        it(`${title} tells its page of a refused login`, async () => {
            const at = await open(name, 'xhr-streaming', '&login=nobody');
            await run(at, 'connect()');
            await until(at, 'faults.length && ends.length');
            assert.equal(await at.evaluate(([]) => faults[0], []), 'Bad login');
            await at.close();
        });
    }

    it('stompjs 7 comes back to a server that has died', async () => {
        let mortal = await start_server(...args);
        try {
            const at = await open('stomp.umd.js', 'xhr-streaming', '', mortal);
            await run(at, 'connect()');
            await until(at, 'is_connected()');
            await mortal.kill();
            await until(at, 'ends.length');
            mortal = await start_server('--port', String(mortal.port), ...args);
            await until(at, 'is_connected()');
            await run(at, "greet('again')");
            await until(at, "greetings.includes('Hello, again!')");
            await at.close();
        } finally {
            await mortal.kill();
        }
    });
});
