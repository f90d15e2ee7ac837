'use strict';

const { execFileSync } = require('node:child_process');

// Where the first of `names` is installed.
function find_program(names, debian_package) {
    for (const name of names) {
        try {
            return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
        } catch {
            // the next one
        }
    }
    throw new Error(`no ${names[0]} found: install Debian's package ${debian_package}`);
}

module.exports = { find_program };
