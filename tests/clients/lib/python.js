'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { listening, start_child } = require('./server');
const { within } = require('./within');

const script = path.join(__dirname, '../python_client.py');
const server_script = path.join(__dirname, '../python_server.py');

// Debian's Python, which knows Debian's packages even where another one comes first in the path.
// Throws where it lacks `modules`, which `packages` have.
function find_python(
    modules = 'socketio, requests, websocket, aiohttp',
    packages = 'python3-socketio, python3-requests, python3-websocket and python3-aiohttp') {
    const python = fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
    try {
        execFileSync(python, ['-c', `import ${modules}`], { stdio: 'pipe' });
    } catch (error) {
        throw new Error(`a module is missing: install Debian's ${packages} (${error.message})`);
    }
    return python;
}

// Runs python_client.py; resolves with a map from each check to its error, null for none.
async function run_python(url, kind, mode, checks) {
    const child = start_child(find_python(), [script, url, kind, mode, ...checks]);
    let text = '';
    child.stdout.on('data', (chunk) => { text += chunk; });
    const { code } = await within(child.ended, 'end of the Python client', 110000);
    const results = new Map();
    for (const line of text.split('\n').filter(Boolean)) {
        const { check, error } = JSON.parse(line);
        results.set(check, error);
    }
    if (code !== 0 || results.size !== checks.length) {
        throw new Error(`the Python client ended with ${code}: ${child.output}`);
    }
    return results;
}

// Starts python_server.py, with TLS if there are `files`.
async function start_python_server(files) {
    const child = start_child(
        find_python(), [server_script, ...(files ? [files.cert, files.key] : [])]);
    const stop = async () => {
        child.kill('SIGKILL');
        await within(child.ended, 'end of the Python server');
    };
    try {
        const { url, port } = await within(listening(child), 'line "listening on"');
        return { url, port, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

module.exports = { find_python, run_python, start_python_server };
