'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const made = new Set();

// A fresh folder that is removed when this process ends.
function temp_dir(name) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), `anywire-${name}-`));
    made.add(dir);
    return dir;
}

process.on('exit', () => {
    for (const dir of made) fs.rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
});

module.exports = { temp_dir };
