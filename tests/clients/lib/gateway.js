'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { start_child, stop } = require('./server');
const { temp_dir } = require('./temp');
const { within } = require('./within');

const executable = path.join(
    process.env.ANYWIRE_PROGRAMS || path.resolve(__dirname, '../../../build/bin'),
    'anywire-gateway');

// What a child prints, as lines that can be waited for.
class Lines {
    constructor(stream) {
        this.all = [];
        this.waiting = [];
        let rest = '';
        stream.on('data', (text) => {
            const parts = (rest + text).split('\n');
            rest = parts.pop();
            this.all.push(...parts);
            for (const look of this.waiting) look();
        });
    }

    // The first line that matches, from line `from` on.
    until(pattern, from = 0) {
        return within(new Promise((resolve) => {
            const look = () => {
                const found = this.all.slice(from).find((line) => pattern.test(line));
                if (!found) return;
                this.waiting = this.waiting.filter((one) => one !== look);
                resolve(pattern.exec(found));
            };
            this.waiting.push(look);
            look();
        }), `line that matches ${pattern}`);
    }
}

// Starts anywire-gateway on a free port of 127.0.0.1. `log` has the lines of its log, `access` those
// of its access log.
async function start_gateway(args, { config, listen = '127.0.0.1:0' } = {}) {
    const all = [...args];
    let file;
    if (config) {
        file = path.join(temp_dir('gateway'), 'gateway.toml');
        fs.writeFileSync(file, config);
        all.push('--config', file);
    }
    if (listen) all.push('--listen', listen);
    const child = start_child(executable, all);
    const log = new Lines(child.stderr);
    const access = new Lines(child.stdout);
    const gone = child.ended.then(({ code, signal }) => {
        throw new Error(`the gateway ended (code ${code}, signal ${signal}): ${child.output}`);
    });
    gone.catch(() => {});
    const [, url] = await Promise.race([log.until(/listening on (https?:\/\/\S+)/), gone]);
    return {
        url,
        ws_url: url.replace(/^http/, 'ws'),
        port: Number(new URL(url).port),
        child,
        log,
        access,
        file,
        stop: () => stop(child),
        signal: (name) => child.kill(name),
    };
}

module.exports = { start_gateway, executable };
