'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { start_display } = require('./display');
const { start_group } = require('./process_group');
const { find_program } = require('./programs');
const { command } = require('./webdriver');
const { temp_dir } = require('../temp');
const { within, limit } = require('../within');

// Debian keeps the browser of WebKitGTK beside the library, in a folder named after the machine.
function find_mini_browser() {
    for (const machine of fs.readdirSync('/usr/lib')) {
        const file = `/usr/lib/${machine}/webkit2gtk-4.1/MiniBrowser`;
        if (fs.existsSync(file)) return file;
    }
    throw new Error('no MiniBrowser of WebKitGTK found: install Debian\'s webkit2gtk-driver');
}

// Nothing of the user's own: no settings, no caches, no session bus.
function environment(display) {
    const home = temp_dir('webkit');
    const runtime = path.join(home, 'run');
    fs.mkdirSync(runtime, { mode: 0o700 });
    return {
        PATH: process.env.PATH, HOME: home, TMPDIR: home, XDG_RUNTIME_DIR: runtime,
        // Under LANG=C.UTF-8 the browser's language is "C", which Intl refuses.
        LANG: 'en_US.UTF-8', DISPLAY: display, GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1',
        NO_AT_BRIDGE: '1',
    };
}

function free_port() {
    return new Promise((resolve, reject) => {
        const server = net.createServer().on('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

function is_listening(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('connect', () => {
            socket.destroy();
            resolve(true);
        });
        socket.on('error', () => resolve(false));
    });
}

// WebKitWebDriver does not say when it listens.
async function start_driver(env) {
    const port = await free_port();
    const driver = start_group(find_program(['WebKitWebDriver'], 'webkit2gtk-driver'),
        [`--port=${port}`], { env });
    let over = false;
    const listens = async () => {
        while (!over && !await is_listening(port)) {
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    };
    try {
        await within(driver.gives(listens(), 'it listened'), 'WebKitWebDriver that listens');
    } catch (error) {
        over = true;
        await driver.stop();
        throw error;
    }
    return { ...driver, port, output: () => driver.output };
}

// Runs in the page. WebDriver hands over what to call it with and, at the end, whom to tell.
const runner = `
    const done = arguments[arguments.length - 1];
    const said = (error) => error && error.stack ? error + '\\n' + error.stack : String(error);
    Promise.resolve().then(() => (BODY)(...arguments[0])).then(
        (value) => done({ value: value === undefined ? null : value }),
        (error) => done({ error: said(error) }));
`;

// The one window: opening the next page leaves the last one.
async function open_page(of, url) {
    await of('POST', '/url', { url });
    return {
        evaluate: async (body, ...args) => {
            const script = runner.replace('BODY', () => String(body));
            const { value, error } = await of('POST', '/execute/async', { script, args: [args] });
            if (error) throw new Error(error);
            return value;
        },
        close: () => of('POST', '/url', { url: 'about:blank' }),
    };
}

async function start_session(port) {
    const { capabilities, sessionId } = await command(port, 'POST', '/session', {
        capabilities: { alwaysMatch: {
            'webkitgtk:browserOptions': {
                binary: find_mini_browser(),
                args: ['--automation', '--enable-write-console-messages-to-stdout=true'],
            },
            timeouts: { script: 2 * limit, pageLoad: limit },
        } },
    });
    return {
        version: capabilities.browserVersion,
        of: (method, name, body) => command(port, method, `/session/${sessionId}${name}`, body),
    };
}

// The browser of WebKitGTK on a display of its own. It has one page at a time; a page has
// `evaluate` and `close` alone, and `of` sends other commands of WebDriver.
async function start() {
    const display = await start_display();
    let driver;
    try {
        const env = environment(display.name);
        driver = await start_driver(env);
        const { version, of } = await within(
            driver.gives(start_session(driver.port), 'the browser'), 'session of WebKitGTK');
        return {
            version, display: display.name, of, output: driver.output,
            open: (url) => within(open_page(of, url), `page ${url} in WebKitGTK`),
            close: () => within(of('DELETE', ''), 'end of WebKitGTK')
                .finally(driver.stop).finally(display.stop),
        };
    } catch (error) {
        if (driver) error.message += `\nWebKitWebDriver said: ${driver.output()}`;
        await driver?.stop();
        await display.stop();
        throw error;
    }
}

module.exports = { start };
