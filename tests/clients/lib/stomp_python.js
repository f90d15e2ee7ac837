'use strict';

const path = require('node:path');
const { find_python } = require('./python');
const { start_child } = require('./server');
const { within } = require('./within');

const script = path.join(__dirname, '../stomp_client.py');

// Starts stomp_client.py. `results` resolves with a map from each check to its error, null for
// none; `ready` when it says that it may be cut off.
function start_stomp(port, version, checks) {
    const python = find_python('stomp', 'python3-stomp');
    const child = start_child(python, [script, `${port}`, version, ...checks]);
    let text = '';
    const ready = new Promise((resolve) => child.stdout.on('data', (chunk) => {
        text += chunk;
        if (text.includes('"ready"')) resolve();
    }));
    const collect = async () => {
        const { code } = await within(child.ended, 'end of the Python client', 110000);
        const said = text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
        const results = new Map(
            said.filter((line) => line.check).map(({ check, error }) => [check, error]));
        if (code !== 0 || results.size !== checks.length) {
            throw new Error(`the Python client ended with ${code}: ${child.output}`);
        }
        return results;
    };
    // Waited for only by who asks.
    return { ready: () => within(ready, 'readiness of the Python client'), results: collect() };
}

module.exports = { start_stomp };
