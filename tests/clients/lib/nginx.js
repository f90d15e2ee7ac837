'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { start_child } = require('./server');
const { temp_dir } = require('./temp');
const { within } = require('./within');

function find_program(name, package_name = name) {
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    try {
        return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8', env }).trim();
    } catch {
        throw new Error(`no ${name} found: install Debian's package ${package_name}`);
    }
}

// No port twice: what it was asked for may not listen there yet.
const given = new Set();
async function free_port() {
    const probe = net.createServer();
    await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    if (given.has(port)) return free_port();
    given.add(port);
    return port;
}

function configuration(dir, port, upstream, location, tls) {
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `    ${name}_temp_path ${dir}/${name};`);
    const certificate = tls
        ? `ssl_certificate ${tls.cert};\n        ssl_certificate_key ${tls.key};` : '';
    return `daemon off;
master_process off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
    access_log off;
${temps.join('\n')}
    server {
        listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
        ${certificate}
        location / {
            proxy_pass ${upstream};
            proxy_set_header Host $http_host;
            ${location.join('\n            ')}
        }
    }
}
`;
}

// Whether somebody listens there now.
function answers(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('connect', () => { socket.destroy(); resolve(true); });
        socket.on('error', () => resolve(false));
    });
}

// A proxy says nothing when it is ready, so ask until it answers or is gone.
async function ready(child, port, name = 'nginx') {
    let ended = false;
    child.ended.then(() => { ended = true; }, () => { ended = true; });
    while (!await answers(port)) {
        if (ended) throw new Error(`${name} did not start: ${child.output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

// Starts an nginx of our own before `upstream`; `location` holds more lines for its location. With
// `tls`, files of a certificate, it speaks TLS.
async function start_nginx(upstream, location, { tls } = {}) {
    const command = find_program('nginx', 'nginx-light');
    const dir = temp_dir('nginx');
    const config = path.join(dir, 'nginx.conf');
    const port = await free_port();
    fs.writeFileSync(config, configuration(dir, port, upstream, location, tls));
    const child = start_child(command, ['-p', dir, '-c', config, '-e', 'stderr']);
    try {
        await within(ready(child, port), 'answer of nginx');
    } catch (error) {
        child.kill('SIGKILL');
        throw error;
    }
    return {
        url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
        ws_url: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
        stop: async () => {
            child.kill('SIGTERM');
            await within(child.ended, 'end of nginx');
        },
    };
}

module.exports = { find_program, free_port, ready, start_nginx };
