'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { within } = require('./within');

const executable = process.env.ANYWIRE_CONFORMANCE ||
    path.resolve(__dirname, '../../../build/bin/anywire-conformance');

const children = new Set();
process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');  // a failed test must leave nothing behind
});

// Starts `command` and keeps the end of what it prints, for the message of a failure. Its input is
// nothing, or a pipe; `env` its environment.
function start_child(command, args, input = 'ignore', env = process.env) {
    const child = spawn(command, args, { stdio: [input, 'pipe', 'pipe'], env });
    children.add(child);
    child.output = '';
    const keep = (text) => { child.output = (child.output + text).slice(-8192); };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
    child.ended = new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => {
            children.delete(child);
            resolve({ code, signal });
        });
    });
    child.ended.catch(() => {});
    return child;
}

// The address in the line `listening on URL`, and those in lines `also on URL` and
// `stomp on URL` before it.
function listening(child) {
    return new Promise((resolve, reject) => {
        let text = '';
        child.stdout.on('data', (chunk) => {
            text += chunk;
            const found = /^listening on (https?:\/\/\S+:(\d+))\s*$/m.exec(text);
            const also = [...text.matchAll(/^also on (\S+)$/mg)].map((line) => line[1]);
            const stomp = /^stomp on tcp:\/\/\S+:(\d+)$/m.exec(text);
            const stomp_port = stomp && Number(stomp[1]);
            if (found) resolve({ url: found[1], port: Number(found[2]), also, stomp_port });
        });
        child.ended.then(
            ({ code, signal }) => reject(new Error('the server ended before it listened ' +
                `(code ${code}, signal ${signal}): ${child.output}`)),
            reject);
    });
}

async function stop(child) {
    child.kill('SIGTERM');
    try {
        const end = await within(child.ended, 'end of the server after SIGTERM');
        assert.deepEqual(
            end, { code: 0, signal: null }, `the server must end well: ${child.output}`);
    } finally {
        if (children.has(child)) child.kill('SIGKILL');
    }
}

// Has the certificates read again: what the server says came of it.
async function reload(child) {
    const said = new Promise((resolve) => {
        let text = '';
        const look = (chunk) => {
            text += chunk;
            const found = /^reloaded: (.*)$/m.exec(text);
            if (!found) return;
            child.stdout.off('data', look);
            resolve(found[1]);
        };
        child.stdout.on('data', look);
    });
    child.kill('SIGHUP');
    return within(said, 'line "reloaded"');
}

async function kill(child) {
    child.kill('SIGKILL');
    await within(child.ended, 'end of the server after SIGKILL');
}

// Starts anywire-conformance on a free port. stop() ends it with SIGTERM and asserts that it
// ended well; kill() ends it at once, as a crash would.
async function start_server(...args) {
    if (!fs.existsSync(executable)) {
        throw new Error(`no conformance server at ${executable}: build the target ` +
            'anywire-conformance or set ANYWIRE_CONFORMANCE');
    }
    const child = start_child(executable, ['--port', '0', ...args]);
    try {
        const { url, port, also, stomp_port } = await within(listening(child), 'line "listening on"');
        return {
            url,
            port,
            also,
            stomp_port,
            pid: child.pid,
            ws_url: url.replace(/^http/, 'ws'),
            reload: () => reload(child),
            stop: () => stop(child),
            kill: () => kill(child),
        };
    } catch (error) {
        child.kill('SIGKILL');
        throw error;
    }
}

module.exports = { executable, start_server, start_child, listening, stop, kill };
