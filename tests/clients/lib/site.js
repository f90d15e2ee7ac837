'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { temp_dir } = require('./temp');

const page = `<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>Anywire client tests</title>
    <link rel="icon" href="data:,">
    <script src="sockjs.js"></script>
    <script src="checks.js"></script>
</head>
<body></body>
</html>
`;

// The file `name` of an installed package.
function installed(name) {
    const file = path.join(__dirname, '../node_modules', name);
    if (fs.existsSync(file)) return file;
    throw new Error(
        `the npm package ${name.split('/')[0]} is missing: run "npm ci" in tests/clients first`);
}

// A folder for --static: the page, the unmodified sockjs-client and the checks it runs. SockJS
// iframe pages load /static/sockjs.js as well, so that page and iframe run the same client.
function make_site() {
    const dir = temp_dir('site');
    fs.copyFileSync(installed('sockjs-client/dist/sockjs.js'), path.join(dir, 'sockjs.js'));
    fs.copyFileSync(path.join(__dirname, 'checks.js'), path.join(dir, 'checks.js'));
    fs.writeFileSync(path.join(dir, 'page.html'), page);
    return dir;
}

// For --client-files: the folder of socket.io-client's own files for browsers.
function client_files() {
    return path.dirname(installed('socket.io-client/dist/socket.io.js'));
}

// A folder for --static with pages that load the unmodified socket.io-client: page.html its own
// copy, tag.html and min.html what the server offers at /socket.io/.
function make_socketio_site() {
    const dir = temp_dir('site');
    fs.copyFileSync(path.join(client_files(), 'socket.io.js'), path.join(dir, 'socket.io.js'));
    fs.copyFileSync(
        path.join(__dirname, 'socketio_checks.js'), path.join(dir, 'socketio_checks.js'));
    const write = (name, client) => fs.writeFileSync(path.join(dir, name), page
        .replace('"sockjs.js"', `"${client}"`).replace('"checks.js"', '"socketio_checks.js"'));
    write('page.html', 'socket.io.js');
    write('tag.html', '/socket.io/socket.io.js');
    write('min.html', '/socket.io/socket.io.min.js');
    write('msgpack.html', '/socket.io/socket.io.msgpack.min.js');
    return dir;
}

// The same with all clients on one page, engines.html, for lib/engine_cases.js.
function make_engine_site() {
    const dir = make_site();
    fs.copyFileSync(path.join(client_files(), 'socket.io.js'), path.join(dir, 'socket.io.js'));
    const scripts = ['socketio_checks.js', 'engine_cases.js'];
    for (const name of scripts) fs.copyFileSync(path.join(__dirname, name), path.join(dir, name));
    const tags = ['socket.io.js', ...scripts].map((name) => `    <script src="${name}"></script>\n`);
    fs.writeFileSync(
        path.join(dir, 'engines.html'), page.replace('</head>', `${tags.join('')}</head>`));
    return dir;
}

module.exports = { client_files, installed, make_engine_site, make_site, make_socketio_site };
