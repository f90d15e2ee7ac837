'use strict';

const path = require('node:path');
const { find_python } = require('./python');
const { start_child } = require('./server');
const { within } = require('./within');

const script = path.join(__dirname, '../stomp_client.py');

// Checks of stomp_client.py that hold for every server, with what they claim.
const claims = {
    connect: 'connects, and is told its version and user',
    messages: 'gets messages of every length, with receipts',
    unsubscribe: 'gets nothing after UNSUBSCRIBE',
    ack_auto: 'has everything it was sent acknowledged',
    ack_client: 'acknowledges up to a message',
    transactions: 'commits and aborts',
    wrong_login: 'is refused with a wrong passcode',
    errors: 'is told what was wrong with a frame',
};
const newer = {
    header_escapes: 'gets odd values of headers back',
    ack_individual: 'acknowledges one message',
    acks_in_transactions: 'acknowledges in a transaction',
    nack: 'gets what it has refused again',
    heart_beats: 'exchanges heart-beats',
    silence: 'is cut off after three intervals of silence',
};
const claims_of = (version) => version === '1.0' ? claims : { ...claims, ...newer };

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

module.exports = { claims_of, start_stomp };
