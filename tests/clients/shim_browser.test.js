'use strict';

// anywire.js in a browser: a page that says no more than `new WebSocket(url)`, through ways that let
// WebSockets through, refuse them, swallow them, or hold streams back.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { engine_title, start_browser } = require('./lib/browser');
const { start_server } = require('./lib/server');
const { script } = require('./lib/shim_page');
const { after, before, describe, it } = require('./lib/testing');

const html = `<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>anywire.js</title>
    <link rel="icon" href="data:,">
    <script src="anywire.js" data-timeout="1000"></script>
</head>
<body></body>
</html>
`;

// What stands before the server: `ways.websocket` is "open", "refused" or "swallowed"; with
// `ways.holds` no answer leaves before its end. The server's WebSocket of plain messages is below
// /echo, as that path itself is SockJS's alone.
function start_front(server, ways) {
    const asked = [];
    const taken = new Set();
    const front = http.createServer((request, response) => {
        asked.push(request.url);
        if (request.url === '/page.html') return response.end(html);
        if (request.url === '/anywire.js') return response.end(fs.readFileSync(script));
        const passed = http.request({
            port: server.port, path: request.url, method: request.method, headers: request.headers,
        }, (answer) => {
            if (!ways.holds) {
                response.writeHead(answer.statusCode, answer.headers);
                return answer.pipe(response);
            }
            const all = [];
            answer.on('data', (piece) => all.push(piece)).on('end', () => {
                response.writeHead(answer.statusCode, answer.headers);
                response.end(Buffer.concat(all));
            });
        });
        passed.on('error', () => response.destroy());
        response.on('close', () => passed.destroy());
        request.pipe(passed);
    });
    front.on('connection', (socket) => {
        taken.add(socket);
        socket.on('close', () => taken.delete(socket));
    });
    front.on('upgrade', (request, socket, head) => {
        asked.push(`WebSocket ${request.url}`);
        socket.on('error', () => {});
        if (ways.websocket === 'swallowed') return;
        if (ways.websocket === 'refused') {
            return socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
        }
        const passed = net.connect(server.port, '127.0.0.1', () => {
            passed.write(`GET ${request.url.replace('/echo', '/echo/websocket')} HTTP/1.1\r\n`);
            for (let i = 0; i < request.rawHeaders.length; i += 2) {
                passed.write(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}\r\n`);
            }
            passed.write('\r\n');
            passed.write(head);
            passed.pipe(socket).pipe(passed);
        });
        passed.on('error', () => socket.destroy());
    });
    return new Promise((resolve) => {
        front.listen(0, '127.0.0.1', () => resolve({
            url: `http://127.0.0.1:${front.address().port}`,
            asked,
            stop: () => new Promise((done) => {
                front.close(done);
                for (const socket of taken) socket.destroy();
            }),
        }));
    });
}

// Runs in the page: sends `messages`, and closes when all have come back.
function talk({ path, messages }) {
    /* global location */
    return new Promise((resolve) => {
        const seen = [];
        const socket = new WebSocket(`ws://${location.host}${path}`);
        socket.addEventListener('open', () => messages.forEach((m) => socket.send(m)));
        socket.onmessage = (e) => {
            seen.push(e.data);
            if (seen.length === messages.length) socket.close(3001, 'enough');
        };
        socket.onclose = ({ code, reason, wasClean }) => resolve({
            seen, code, reason, wasClean, transport: socket.transport, left: socket.bufferedAmount,
        });
    });
}

describe(`a page with a plain WebSocket and anywire.js in ${engine_title}`, () => {
    const messages = ['one', '\u00e4\u20ac\ud83d\ude00\u2028</script>', 'x'.repeat(100000)];
    for (let i = 0; i < 200; ++i) messages.push(`message ${i}`);
    const ways = {};
    let browser;
    let server;
    let front;
    before(async () => {
        server = await start_server();
        front = await start_front(server, ways);
        browser = await start_browser();
    });
    after(async () => {
        if (browser) await browser.close();
        if (front) await front.stop();
        if (server) await server.stop();
    });

    // A page in a tab of its own: it remembers nothing.
    async function converse(way, transport) {
        Object.assign(ways, { websocket: 'open', holds: false }, way);
        const page = await browser.open(`${front.url}/page.html`);
        try {
            const run = () => page.evaluate(talk, { path: '/echo', messages });
            const end = await run();
            assert.deepEqual(end.seen, messages);
            assert.deepEqual([end.code, end.wasClean], [3001, true]);
            assert.equal(end.transport, transport);
            assert.equal(end.left, 0);
            // The tab knows by now what gets through.
            front.asked.length = 0;
            assert.equal((await run()).transport, transport);
            const tried = front.asked.some((what) => what.startsWith('WebSocket'));
            assert.equal(tried, transport === 'websocket');
        } finally {
            await page.close();
        }
    }

    it('uses a WebSocket where one gets through', () => converse({}, 'websocket'));
    it('streams where WebSockets are refused',
        () => converse({ websocket: 'refused' }, 'xhr-streaming'));
    it('streams where WebSockets are swallowed',
        () => converse({ websocket: 'swallowed' }, 'xhr-streaming'));
    it('polls where streams are held back as well',
        () => converse({ websocket: 'refused', holds: true }, 'xhr-polling'));

    it('ends as the server says, and fails where there is none', async () => {
        Object.assign(ways, { websocket: 'refused', holds: false });
        const page = await browser.open(`${front.url}/page.html`);
        const closed = await page.evaluate(talk, { path: '/close', messages: [] });
        assert.deepEqual([closed.code, closed.reason, closed.wasClean], [3000, 'Go away!', true]);
        const missing = await page.evaluate(talk, { path: '/nothing', messages: [] });
        assert.deepEqual([missing.code, missing.wasClean], [1006, false]);
        await page.close();
    });
});
