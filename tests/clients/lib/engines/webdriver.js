'use strict';

const http = require('node:http');

// One command of the WebDriver protocol, as https://www.w3.org/TR/webdriver2/ has it. Gives the
// value of the answer, or rejects with the driver's own words.
function command(port, method, path, body) {
    return new Promise((resolve, reject) => {
        const text = body === undefined ? '' : JSON.stringify(body);
        const request = http.request({
            host: '127.0.0.1', port, method, path, agent: false,
            headers: {
                'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text),
            },
        }, (answer) => {
            let all = '';
            answer.setEncoding('utf8').on('data', (piece) => { all += piece; });
            answer.on('error', reject);
            answer.on('end', () => {
                let value;
                try {
                    ({ value } = JSON.parse(all));
                } catch {
                    return reject(new Error(`${method} ${path}: ${answer.statusCode} ${all}`));
                }
                if (answer.statusCode === 200) return resolve(value);
                reject(new Error(`${method} ${path}: ${value?.error}: ${value?.message}`));
            });
        });
        request.on('error', reject);
        request.end(text);
    });
}

module.exports = { command };
