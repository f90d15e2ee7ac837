'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { start_child } = require('./server');
const { within } = require('./within');

const script = path.join(__dirname, '../legacy/qtwebkit.py');

function find_python() {
    const python = fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
    try {
        execFileSync(python, ['-c', 'import PyQt5.QtWebKitWidgets'], { stdio: 'pipe' });
    } catch (error) {
        throw new Error('QtWebKit is missing: install Debian\'s python3-pyqt5.qtwebkit ' +
            `(${error.message})`);
    }
    return python;
}

// Starts QtWebKit. open(name, url) loads a page of its own, run(name, script) runs a line of
// JavaScript in it, and said(name) is what its console has said by now; close(name) ends it.
async function start_qtwebkit() {
    const env = { ...process.env, QT_QPA_PLATFORM: 'offscreen', LANG: 'C.UTF-8' };
    const child = start_child(find_python(), [script], 'pipe', env);
    const texts = new Map();
    let rest = '';
    child.stdout.on('data', (chunk) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop();
        for (const line of lines) {
            const { id, text } = JSON.parse(line);
            texts.set(id, [...(texts.get(id) || []), text]);
        }
    });
    return {
        open: (name, url) => child.stdin.write(`open ${name} ${url}\n`),
        run: (name, script) => child.stdin.write(`run ${name} ${script}\n`),
        close: (name) => child.stdin.write(`close ${name}\n`),
        said: (name) => texts.get(String(name)) || [],
        ended: child.ended,
        stop: async () => {
            child.stdin.end();
            await within(child.ended, 'end of QtWebKit');
        },
    };
}

module.exports = { start_qtwebkit };
