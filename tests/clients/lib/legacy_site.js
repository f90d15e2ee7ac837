'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const need = require('./need');
const { installed } = require('./site');
const { temp_dir } = require('./temp');
const { within } = require('./within');

const folder = path.join(__dirname, '../legacy');

// The npm package of 1.0 has no file for browsers: bundled as its makers did, without a change.
function bundle_sockjs_10(to) {
    need('esbuild').buildSync({
        entryPoints: [installed('sockjs-client-1.0/lib/entry.js')],
        bundle: true, format: 'iife', globalName: 'SockJS', target: 'es5',
        define: { global: 'window', 'process.env.NODE_ENV': '"production"' },
        outfile: to,
    });
}

// What old pages ship, by the name that says which.
const clients = {
    'sockjs-1.6': 'sockjs-client/dist/sockjs.min.js',
    'sockjs-1.0': bundle_sockjs_10,
    'sockjs-0.3': 'sockjs-client-0.3/node_modules/sockjs-client/sockjs.js',
    'socketio-4.8': 'socket.io-client/dist/socket.io.min.js',
    'socketio-2.5': 'socket.io-client-2/dist/socket.io.js',
    'socketio-1.7': 'socket.io-client-1/dist/socket.io.js',
};

function write_client(name, to) {
    const from = clients[name];
    if (typeof from === 'string') fs.copyFileSync(installed(from), to);
    else from(to);
}

// A folder for --static with the page of `legacy` and that client; SockJS's iframe pages load it as
// sockjs.js, too.
function make_legacy_site(client) {
    const dir = temp_dir('legacy');
    for (const name of ['page.html', 'removals.js', 'cases.js']) {
        fs.copyFileSync(path.join(folder, name), path.join(dir, name));
    }
    write_client(client, path.join(dir, 'client.js'));
    fs.copyFileSync(path.join(dir, 'client.js'), path.join(dir, 'sockjs.js'));
    return dir;
}

// Hears what pages report. `of(id)` is the report of that page, {error, found}.
async function start_reports() {
    const heard = new Map();
    const place_of = (id) => {
        if (!heard.has(id)) {
            const place = {};
            place.promise = new Promise((resolve) => { place.resolve = resolve; });
            heard.set(id, place);
        }
        return heard.get(id);
    };
    const server = http.createServer((request, response) => {
        response.writeHead(200, { 'Content-Type': 'image/gif', 'Content-Length': 0 }).end();
        const report = JSON.parse(decodeURIComponent(request.url.slice(request.url.indexOf('?') + 1)));
        place_of(report.id).resolve(report);
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return {
        url: `http://127.0.0.1:${server.address().port}/report`,
        of: (id, what) => within(place_of(id).promise, `report of ${what}`),
        stop: () => new Promise((resolve) => {
            server.closeAllConnections();
            server.close(resolve);
        }),
    };
}

// The address of a page that runs a case: {case, url, transports, ...}, see legacy/cases.js.
function address_of(site_url, asked) {
    const text = encodeURIComponent(JSON.stringify({ client: 'client.js', ...asked }))
        .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    return `${site_url}/static/page.html?${asked.id}#${text}`;
}

module.exports = { address_of, clients: Object.keys(clients), make_legacy_site, start_reports };
