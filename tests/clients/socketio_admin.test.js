'use strict';

// The page of @socket.io/admin-ui in Chromium, as its package has it, against `serve_admin`.
// Screenshots go to artifacts/ at the root.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { start_browser } = require('./lib/browser');
const need = require('./lib/need');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { within, limit } = require('./lib/within');

const { io } = need('socket.io-client');

const page_folder = path.join(__dirname, 'node_modules/@socket.io/admin-ui/ui/dist');
const artifacts = path.join(__dirname, '../../artifacts');

// A server for the tests of the enclosing describe().
function serving(...flags) {
    const running = {};
    before(async () => {
        running.server = await start_server('--static', page_folder, ...flags);
        running.url = running.server.url;
    });
    after(() => running.server?.stop());
    return running;
}

async function connect(t, url, options) {
    const socket = io(url, { forceNew: true, reconnection: false, ...options });
    t.after(() => socket.close());
    await within(once(socket, 'connect'), `connection to ${url}`);
    return socket;
}

// The page, its errors kept. It asks other hosts for fonts and icons, which are not what is tested.
async function open_page(t, url) {
    const browser = await start_browser();
    t.after(() => browser.close());
    const page = await browser.open('about:blank');
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.route((to) => to.origin !== url, (route) => route.abort());
    await page.setViewportSize({ width: 1400, height: 900 });
    await page.goto(`${url}/static/`, { timeout: limit });
    return { page, errors };
}

async function log_in(page, url, password) {
    await page.getByLabel('Server URL').fill(url);
    await page.getByLabel('Username').fill('ann');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Connect' }).click();
}

const says = (page, text) => page.getByText(text, { exact: true }).first().waitFor({ timeout: limit });
const row = (page, ...texts) => texts.reduce(
    (rows, text) => rows.filter({ hasText: text }), page.locator('tbody tr'));

async function show(page, where) {
    await page.locator('nav').getByText(where, { exact: true }).click();
    await page.locator('.v-breadcrumbs, .v-card').first().waitFor({ timeout: limit });
}

async function screenshot(page, name) {
    fs.mkdirSync(artifacts, { recursive: true });
    await page.screenshot({ path: path.join(artifacts, `admin-${name}.png`) });
}

describe('the admin page', () => {
    const details = serving('--admin', 'details', '--threads', '2');

    it('shows the server, its sockets, rooms and events, and disconnects a socket', async (t) => {
        const early = await connect(t, details.url, { transports: ['polling'] });
        const { page, errors } = await open_page(t, details.url);
        await log_in(page, details.url, 'wrong');
        await page.getByText('Invalid credentials').waitFor({ timeout: limit });
        await log_in(page, details.url, 'secret');
        await says(page, 'connected');
        await row(page, '/admin', '1').first().waitFor({ timeout: limit });

        const late = await connect(t, details.url, { transports: ['websocket'] });
        const id = late.id;  // which it has while it is connected
        await within(late.emitWithAck('join', 'a room'), 'the join');
        await show(page, 'Sockets');
        await row(page, early.id, 'HTTP long-polling').waitFor({ timeout: limit });
        await row(page, id, 'WebSocket').waitFor({ timeout: limit });
        await screenshot(page, 'sockets');
        await show(page, 'Rooms');
        await row(page, 'a room', '1').waitFor({ timeout: limit });
        await screenshot(page, 'rooms');
        late.emit('message', { number: 42 });
        await show(page, 'Events');
        await row(page, id, 'message-back').waitFor({ timeout: limit });
        await row(page, id, 'a room').first().waitFor({ timeout: limit });
        await screenshot(page, 'events');

        await show(page, 'Sockets');
        const left = once(late, 'disconnect');
        await row(page, id).getByRole('button').click();
        assert.equal((await within(left, 'the end of the socket'))[0], 'io server disconnect');
        await page.getByText('disconnected', { exact: true }).first().waitFor({ timeout: limit });  // its own page
        await screenshot(page, 'socket');
        await show(page, 'Sockets');
        await row(page, early.id, 'HTTP long-polling').waitFor({ timeout: limit });
        await row(page, id).first().waitFor({ state: 'detached', timeout: limit });

        await show(page, 'Servers');
        await row(page, String(details.server.pid)).waitFor({ timeout: limit });
        await page.reload();  // its session is enough
        await says(page, 'connected');
        await show(page, 'Dashboard');
        await row(page, '/admin', '1').first().waitFor({ timeout: limit });
        await screenshot(page, 'dashboard');
        assert.deepEqual(errors, []);
    });

    it('has a socket join and leave a room, and emits to rooms', async (t) => {
        const socket = await connect(t, details.url);
        const admin = await connect(t, `${details.url}/admin`, { auth: { username: 'ann', password: 'secret' } });
        const joined = once(admin, 'room_joined');
        admin.emit('join', '/', 'moved', socket.id);
        assert.deepEqual((await within(joined, 'room_joined')).slice(0, 3), ['/', 'moved', socket.id]);
        const heard = once(socket, 'news');
        admin.emit('emit', '/', 'moved', 'news', 1, [2], Buffer.from('three'));
        const news = await within(heard, 'the news');
        assert.deepEqual(news.slice(0, 3), [1, [2], Buffer.from('three')]);
        const left = once(admin, 'room_left');
        admin.emit('leave', '/', 'moved');
        assert.deepEqual((await within(left, 'room_left')).slice(0, 3), ['/', 'moved', socket.id]);
    });

    it('is told when a socket goes on over a WebSocket', async (t) => {
        const admin = await connect(t, `${details.url}/admin`, { auth: { username: 'ann', password: 'secret' } });
        const updated = new Promise((resolve) => {
            admin.on('socket_updated', (socket) => { if (socket.nsp === '/') resolve(socket); });
        });
        const socket = await connect(t, details.url);
        assert.deepEqual(await within(updated, 'socket_updated'),
            { id: socket.id, nsp: '/', transport: 'websocket' });
    });
});

describe('the admin page without details', () => {
    const counts = serving('--admin', 'counts');

    it('shows numbers only', async (t) => {
        await connect(t, counts.url);
        const { page, errors } = await open_page(t, counts.url);
        await log_in(page, counts.url, 'secret');
        await says(page, 'connected');
        await row(page, '/admin', '1').first().waitFor({ timeout: limit });
        await page.locator('nav').getByText('Servers', { exact: true }).waitFor({ timeout: limit });
        assert.equal(await page.locator('nav').getByText('Sockets', { exact: true }).count(), 0);
        await screenshot(page, 'counts');
        assert.deepEqual(errors, []);
    });
});
