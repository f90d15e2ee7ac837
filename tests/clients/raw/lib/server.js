'use strict';
// Starts the server under test as a child process and ends that child, never another one.

const { before, beforeEach, after, afterEach } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Connection } = require('./connection.js');

const executable = process.env.ANYWIRE_CONFORMANCE
    || path.resolve(__dirname, '../../../../build/bin/anywire-conformance');

/// Arguments for every server of a run, such as "--threads 4".
const everywhere = (process.env.ANYWIRE_CONFORMANCE_ARGS ?? '').split(' ').filter(Boolean);

/// The processes that were started. Whatever fails, none of them outlives this one.
const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

const START_LIMIT = 20_000;
const STOP_LIMIT = 15_000;

class Server {
    /// `args` for the command line; `descriptors` lowers RLIMIT_NOFILE first.
    constructor({ args = [], descriptors } = {}) {
        this.args = ['--port', '0', ...everywhere, ...args];
        this.descriptorLimit = descriptors;
        this.child = null;
    }

    get alive() {
        return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
    }

    /// Whether it can be connected to. A child that cannot is waited for: it is about to be seen dead.
    async accepts() {
        const socket = net.connect({ host: this.host, port: this.port });
        const connected = await new Promise((resolve) => {
            socket.once('connect', () => resolve(true));
            socket.once('error', () => resolve(false));
        });
        socket.destroy();
        if (!connected && this.alive) {
            await new Promise((resolve) => {
                const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_LIMIT);
                this.child.once('exit', () => { clearTimeout(timer); resolve(); });
            });
        }
        return connected && this.alive;
    }

    /// How it ended, for the message of a test that finds it dead.
    get fate() {
        return this.alive ? 'alive' : `ended by ${this.child?.signalCode ?? `exit code ${this.child?.exitCode}`}`;
    }

    async start() {
        if (!fs.existsSync(executable)) {
            throw new Error(`no executable at ${executable}: build it or set ANYWIRE_CONFORMANCE`);
        }
        const options = { stdio: ['ignore', 'pipe', 'inherit'] };
        this.child = this.descriptorLimit
            ? spawn('bash', ['-c', `ulimit -n ${this.descriptorLimit}; exec "$0" "$@"`, executable, ...this.args], options)
            : spawn(executable, this.args, options);
        const { child } = this;
        children.add(child);
        child.once('close', () => children.delete(child));
        [this.secure, this.host, this.port] = await listening(this.child);
        this.pid = this.child.pid;
        this.authority = `${this.host}:${this.port}`;
        return this;
    }

    /// Whether it was built with a sanitizer, whose bookkeeping takes memory and descriptors of its own.
    get sanitized() {
        return /lib(asan|tsan|ubsan)\./.test(this.proc('maps'));
    }

    /// Resident memory in bytes; always 0 under a sanitizer, so that no comparison says anything.
    rss() {
        return this.sanitized ? 0 : 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(this.proc('status'))[1]);
    }

    /// Processor time used so far, in seconds (the kernel counts in hundredths).
    cpu() {
        const fields = this.proc('stat').replace(/^.*\) /, '').split(' ');
        return (Number(fields[11]) + Number(fields[12])) / 100;
    }

    descriptors() {
        return fs.readdirSync(`/proc/${this.pid}/fd`).length;
    }

    proc(file) {
        return fs.readFileSync(`/proc/${this.pid}/${file}`, 'latin1');
    }

    /// Asks for an orderly end and returns { code, signal }; a server that does not obey is killed.
    async stop() {
        if (this.alive) {
            const ended = new Promise((resolve) => this.child.once('exit', resolve));
            this.child.kill('SIGTERM');
            const kill = setTimeout(() => this.child.kill('SIGKILL'), STOP_LIMIT);
            await ended;
            clearTimeout(kill);
        }
        return { code: this.child.exitCode, signal: this.child.signalCode };
    }
}

/// Waits for the line that tells where the server listens.
function listening(child) {
    return new Promise((resolve, reject) => {
        let text = '';
        const fail = (why) => {
            child.kill('SIGKILL');
            reject(new Error(`the server did not start: ${why}; it printed ${JSON.stringify(text)}`));
        };
        const timer = setTimeout(() => fail('no "listening on" line'), START_LIMIT);
        child.once('error', (error) => { clearTimeout(timer); fail(error.message); });
        child.once('exit', (code, signal) => { clearTimeout(timer); fail(`it ended with ${code ?? signal}`); });
        child.stdout.setEncoding('utf8');
        child.stdout.on('data', (data) => {
            text = (text + data).slice(-4096);
            const match = /listening on (https?):\/\/(\S+):(\d+)/.exec(text);
            if (match) {
                clearTimeout(timer);
                child.removeAllListeners('exit');
                child.removeAllListeners('error');
                child.stdout.removeAllListeners('data');
                child.stdout.resume();
                resolve([match[1] === 'https', match[2].replace(/^\[|\]$/g, ''), Number(match[3])]);
            }
        });
    });
}

function startServer(options) {
    return new Server(options).start();
}

/// One server for all tests of a file. A test in which it dies fails, and the next one finds a new one: a crash hides
/// nothing else. At the end it must obey SIGTERM.
function useServer(options) {
    const server = new Server(options);
    before(() => server.start());
    beforeEach(async () => {
        if (!await server.accepts()) {
            await server.start();
        }
    });
    afterEach(async () => assert.ok(await server.accepts(), `the server ${server.fate}`));
    after(async () => {
        Connection.closeAll();
        const { code, signal } = await server.stop();
        if (code !== 0) { // when one of these hooks fails the next are not run: let this process end all the same
            children.forEach((child) => { child.unref(); child.stdout.unref(); });
        }
        assert.deepEqual({ code, signal }, { code: 0, signal: null });
    });
    return server;
}

module.exports = { Server, startServer, useServer };
