'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const { within } = require('./within');

const executable = path.join(
    process.env.ANYWIRE_PROGRAMS || path.resolve(__dirname, '../../../build/bin'), 'anywire-cli');

const children = new Set();
process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');
});

// Proxies that the machine itself is behind are none of the tests'.
const clean_env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));

// Starts anywire-cli. `lines` are the messages that have come, `notes` all that it said beside.
function start_cli(args, { env = {} } = {}) {
    const child = spawn(executable, args, { env: { ...clean_env, ...env } });
    children.add(child);
    const cli = { lines: [], notes: '', child };
    let rest = '';
    let wake = () => {};
    child.stdout.setEncoding('utf8').on('data', (text) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop();
        cli.lines.push(...parts);
        wake();
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
        cli.notes += text;
        wake();
    });
    child.stdin.on('error', () => {});  // it may have ended first
    cli.write = (text) => child.stdin.write(text);
    cli.end_input = (text = '') => child.stdin.end(text);
    cli.ended = new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => {
            children.delete(child);
            resolve({ code, signal });
            wake();
        });
    });
    // Settles when `is_true(cli)` does hold.
    cli.until = (is_true, what) => within(new Promise((resolve) => {
        wake = () => { if (is_true(cli)) resolve(); };
        wake();
    }), `${what} (said: ${cli.notes.slice(-2000)})`);
    return cli;
}

// Runs it to its end, with `input` as its messages.
async function run_cli(args, { input = '', env = {} } = {}) {
    const cli = start_cli(args, { env });
    cli.end_input(input);
    const end = await within(cli.ended, `end of anywire-cli ${args.join(' ')}`);
    return { ...end, lines: cli.lines, notes: cli.notes };
}

module.exports = { executable, run_cli, start_cli };
