'use strict';

// Apache and stunnel, processes of ours before one `upstream` (host:port).

const fs = require('node:fs');
const path = require('node:path');
const { find_program, free_port, ready } = require('./nginx');
const { start_child } = require('./server');
const { temp_dir } = require('./temp');
const { within } = require('./within');

async function start(name, program, make_config, args) {
    const dir = temp_dir(name);
    const config = path.join(dir, 'config');
    const port = await free_port();
    fs.writeFileSync(config, make_config(dir, port));
    const child = start_child(program, args(config));
    try {
        await within(ready(child, port, name), `answer of ${name}`);
    } catch (error) {
        child.kill('SIGKILL');
        throw error;
    }
    return {
        port,
        stop: async () => {
            child.kill('SIGKILL');  // Apache would wait for its connections
            await within(child.ended, `end of ${name}`);
        },
    };
}

// `pass` is what its ProxyPass says beside the upstream.
async function start_apache(upstream, pass = '') {
    const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'headers'];
    const load = (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
    const apache = await start('apache', find_program('apache2', 'apache2-bin'), (dir, port) => `
ServerRoot ${dir}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${dir}/pid
ErrorLog ${dir}/error.log
Mutex fcntl:${dir}
${modules.map(load).join('\n')}
ProxyPreserveHost On
RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}
ProxyPass / http://${upstream}/ ${pass}
`, (config) => ['-X', '-f', config]);
    return {
        url: `http://127.0.0.1:${apache.port}`, ws_url: `ws://127.0.0.1:${apache.port}`, ...apache,
    };
}

// Ends TLS, with the files of a certificate, and says who the client is.
async function start_stunnel(upstream, { cert, key }) {
    const stunnel = await start('stunnel', find_program('stunnel4'), (dir, port) => `
foreground = yes
pid =
[live]
accept = 127.0.0.1:${port}
connect = ${upstream}
cert = ${cert}
key = ${key}
protocol = proxy
`, (config) => [config]);
    return {
        url: `https://127.0.0.1:${stunnel.port}`, ws_url: `wss://127.0.0.1:${stunnel.port}`, ...stunnel,
    };
}

module.exports = { start_apache, start_stunnel };
