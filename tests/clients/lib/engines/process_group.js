'use strict';

const { spawn } = require('node:child_process');

const groups = new Set();

// A browser is many processes. They are in a group of their own, so that no other can be meant.
function kill_group(child) {
    try {
        process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
        if (error.code !== 'ESRCH') throw error;  // it has ended by itself
    }
}

process.on('exit', () => groups.forEach(kill_group));
// Another group does not hear of Ctrl-C.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

// Starts `command` in a process group of its own, which ends with this process at the latest.
// `output` keeps the end of what it prints, for the message of a failure; `ended` settles when the
// first process of the group has ended, `stop` ends all of them. With `pipe` there is a file
// descriptor 3 to read from.
function start_group(command, args, { env = process.env, pipe = false } = {}) {
    const stdio = ['ignore', 'pipe', 'pipe', ...(pipe ? ['pipe'] : [])];
    const child = spawn(command, args, { env, detached: true, stdio });
    const group = { child, output: '' };
    const keep = (text) => { group.output = (group.output + text).slice(-8192); };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep);
    if (child.pid) groups.add(child);
    group.ended = new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    group.ended.catch(() => {});
    // Rejects when it ends before `promise` settles.
    group.gives = (promise, what) => Promise.race([promise, group.ended.then(
        ({ code, signal }) => Promise.reject(new Error(
            `${command} ended before ${what} (code ${code}, signal ${signal}): ${group.output}`)),
        (error) => Promise.reject(new Error(`${command} does not start: ${error.message}`)))]);
    group.stop = async () => {
        if (!groups.has(child)) return;
        kill_group(child);
        await group.ended;
        groups.delete(child);
    };
    return group;
}

module.exports = { start_group };
