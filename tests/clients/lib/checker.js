'use strict';

// tests/client_checker: programs in C++ that hold our client to what it promises.

const path = require('node:path');
const { start_child } = require('./server');
const { within } = require('./within');

const programs = process.env.ANYWIRE_PROGRAMS || path.resolve(__dirname, '../../../build/bin');
const socketio_checker = process.env.ANYWIRE_SOCKETIO_CHECKER ||
    path.join(programs, 'anywire-socketio-checker');
const torture = path.join(programs, 'anywire-client-torture');

// Runs one to its end: its exit code and what it printed.
async function run_checker(program, args, ms) {
    const child = start_child(program, args.map(String));
    let said = '';
    child.stdout.on('data', (text) => { said += text; });
    try {
        const { code } = await within(child.ended, `end of ${path.basename(program)}`, ms);
        return { code, said: said + (code === 0 ? '' : child.output) };
    } catch (error) {
        child.kill('SIGKILL');
        error.message += `, which said: ${child.output}`;
        throw error;
    }
}

module.exports = { run_checker, socketio_checker, torture };
