'use strict';
// Starts the server under test as a child process and ends that child, never another one.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const executable = process.env.ANYWIRE_CONFORMANCE
    || path.resolve(__dirname, '../../../../build/bin/anywire-conformance');

const START_LIMIT = 20_000;
const STOP_LIMIT = 15_000;

class Server {
    constructor(child, host, port) {
        this.child = child;
        this.pid = child.pid;
        this.host = host;
        this.port = port;
        this.authority = `${host}:${port}`;
    }

    get alive() {
        return this.child.exitCode === null && this.child.signalCode === null;
    }

    /// Resident memory in bytes.
    rss() {
        return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(this.proc('status'))[1]);
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

/// Starts the server on a free port. `descriptors` lowers its RLIMIT_NOFILE first.
function startServer({ args = [], descriptors } = {}) {
    if (!fs.existsSync(executable)) {
        return Promise.reject(new Error(`no executable at ${executable}: build it or set ANYWIRE_CONFORMANCE`));
    }
    const all = ['--port', '0', ...args];
    const child = descriptors
        ? spawn('bash', ['-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, executable, ...all],
            { stdio: ['ignore', 'pipe', 'inherit'] })
        : spawn(executable, all, { stdio: ['ignore', 'pipe', 'inherit'] });
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
            const match = /listening on https?:\/\/(\S+):(\d+)/.exec(text);
            if (match) {
                clearTimeout(timer);
                child.removeAllListeners('exit');
                child.removeAllListeners('error');
                child.stdout.removeAllListeners('data');
                child.stdout.resume();
                resolve(new Server(child, match[1].replace(/^\[|\]$/g, ''), Number(match[2])));
            }
        });
    });
}

module.exports = { startServer };
