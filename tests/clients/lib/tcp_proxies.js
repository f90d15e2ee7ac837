'use strict';

// Proxies that pass TCP on, each as a process of our own before one `upstream` (host:port).

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { find_program, free_port, ready } = require('./nginx');
const { start_child } = require('./server');
const { temp_dir } = require('./temp');
const { within } = require('./within');

function find_haproxy() {
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    try {
        return execFileSync('sh', ['-c', 'command -v haproxy'], { encoding: 'utf8', env }).trim();
    } catch {
        throw new Error('no haproxy found: install Debian\'s package haproxy');
    }
}

async function start(name, command, args, port) {
    const child = start_child(command, args);
    try {
        await within(ready(child, port, name), `answer of ${name}`);
    } catch (error) {
        child.kill('SIGKILL');
        throw error;
    }
    return {
        port,
        stop: async () => {
            child.kill('SIGTERM');
            await within(child.ended, `end of ${name}`);
        },
    };
}

// `bind` and `server` hold more words for these lines.
async function start_haproxy(upstream, server, bind = '') {
    const dir = temp_dir('haproxy');
    const config = path.join(dir, 'haproxy.cfg');
    const port = await free_port();
    fs.writeFileSync(config, `global
    maxconn 256
defaults
    mode tcp
    timeout connect 10s
    timeout client 75s
    timeout server 75s
listen live
    bind 127.0.0.1:${port} ${bind}
    server one ${upstream} ${server}
`);
    return start('haproxy', find_haproxy(), ['-db', '-f', config], port);
}

async function start_nginx_stream(upstream) {
    const dir = temp_dir('nginx-stream');
    const config = path.join(dir, 'nginx.conf');
    const port = await free_port();
    fs.writeFileSync(config, `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid ${dir}/nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
stream {
    server {
        listen 127.0.0.1:${port};
        proxy_pass ${upstream};
        proxy_protocol on;
    }
}
`);
    return start('nginx', find_program('nginx', 'nginx-light'), ['-p', dir, '-c', config, '-e', 'stderr'], port);
}

module.exports = { start_haproxy, start_nginx_stream };
