'use strict';

const path = require('node:path');
const { listening, start_child, stop } = require('./server');
const { within } = require('./within');

const executable = process.env.ANYWIRE_STOMP_RELAY ||
    path.resolve(__dirname, '../../../build/bin/anywire-stomp-relay');

// A STOMP server of ours before a broker, over WebSocket, SockJS and TCP. `more` are options of the
// program.
async function start_relay(broker, more = {}) {
    const options = Object.entries({ broker, ...more });
    const child = start_child(executable, options.flatMap(([n, v]) => [`--${n}`, String(v)]));
    const { url, stomp_port } = await within(listening(child), 'anywire-stomp-relay');
    return { url, stomp_port, child, stop: () => stop(child) };
}

module.exports = { start_relay };
