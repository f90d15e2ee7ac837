'use strict';

const { start_group } = require('./process_group');
const { within } = require('../within');

// An X server without a screen, on the first free display.
async function start_display({ width = 1280, height = 1024 } = {}) {
    const server = start_group('Xvfb', [
        '-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp',
    ], { pipe: true });
    const number = new Promise((resolve) => {
        let text = '';
        server.child.stdio[3].setEncoding('utf8').on('data', (piece) => {
            text += piece;
            if (text.endsWith('\n')) resolve(text.trim());
        });
    });
    try {
        const given = await within(server.gives(number, 'it had a display'), 'display of Xvfb');
        return { name: `:${given}`, stop: server.stop };
    } catch (error) {
        await server.stop().catch(() => {});
        throw error;
    }
}

module.exports = { start_display };
