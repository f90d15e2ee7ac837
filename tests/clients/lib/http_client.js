'use strict';

const http = require('node:http');
const { within } = require('./within');

// One request on a connection of its own. Resolves with the status and the headers as soon as
// they are here: the body of a stream would never end.
async function head(url, { method = 'GET', headers = {}, body = '' } = {}) {
    const request = http.request(url, { method, headers, agent: false });
    const answer = new Promise((resolve, reject) => {
        request.on('response', resolve);
        request.on('upgrade', resolve);
        request.on('error', reject);
    });
    request.end(body);
    try {
        const response = await within(answer, `answer to ${method} ${url}`);
        response.on('error', () => {});
        return { status: response.statusCode, headers: response.headers };
    } finally {
        request.on('error', () => {});
        request.destroy();
    }
}

const upgrade_headers = {
    'Connection': 'Upgrade',
    'Upgrade': 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

// The answer to a WebSocket handshake written by hand: what a client library would hide.
function upgrade(url, headers = {}) {
    return head(url.replace(/^ws/, 'http'), { headers: { ...upgrade_headers, ...headers } });
}

module.exports = { head, upgrade };
