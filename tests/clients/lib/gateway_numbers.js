'use strict';

// What a gateway of lib/gateway.js holds: by its metrics, and by /proc.

const fs = require('node:fs');
const { within } = require('./within');

// Of a series and all its labels, added up.
function sum_of(text, name) {
    let sum = 0;
    for (const line of text.split('\n')) {
        const found = /^([a-z_]+)(?:\{.*\})? (\S+)$/.exec(line);
        if (found && found[1] === name) sum += Number(found[2]);
    }
    return sum;
}

// `admin` is the URL of its admin listener. Descriptors are those beside its connections.
async function numbers_of({ child: { pid } }, admin) {
    const text = await (await fetch(`${admin}/metrics`, { headers: { Connection: 'close' } })).text();
    const of = (name) => sum_of(text, `anywire_${name}`);
    return {
        sessions: of('sessions'),
        links: of('gateway_links'),
        backend_sessions: of('gateway_backend_sessions'),
        queued: of('queued_bytes'),
        parked: of('requests_parked'),
        connections: of('connections'),
        opened: of('gateway_backend_opened_total'),
        descriptors: fs.readdirSync(`/proc/${pid}/fd`).length,
        resident: 1024 * Number(
            /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]),
    };
}

// Waits until nothing of any session is left, and says what is there then.
async function until_idle(gateway, admin, descriptors = Infinity) {
    let now;
    const look = async () => {
        for (;;) {
            now = await numbers_of(gateway, admin);
            const { sessions, links, backend_sessions, queued, parked, connections } = now;
            const is_idle = [sessions, links, backend_sessions, queued, parked, connections]
                .every((n) => n === 0);
            if (is_idle && now.descriptors <= descriptors) return now;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    };
    try {
        return await within(look(), 'end of all that sessions had');
    } catch (error) {
        throw new Error(`${error.message}: ${JSON.stringify(now)}`);
    }
}

module.exports = { numbers_of, until_idle };
