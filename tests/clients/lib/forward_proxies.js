'use strict';

// Proxies that a client asks for a server: squid (HTTP) and microsocks (SOCKS5), processes of ours.

const fs = require('node:fs');
const path = require('node:path');
const { find_program, free_port, ready } = require('./nginx');
const { start_child } = require('./server');
const { temp_dir } = require('./temp');
const { within } = require('./within');

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
        host: `127.0.0.1:${port}`,
        stop: async () => {
            child.kill('SIGKILL');
            await within(child.ended, `end of ${name}`);
        },
    };
}

// Lets everybody through, or with `user` and `password` only who knows them.
async function start_squid({ user, password, allow = '' } = {}) {
    const dir = temp_dir('squid');
    fs.chmodSync(dir, 0o777);  // started by root, it works as another user
    const port = await free_port();
    const config = path.join(dir, 'squid.conf');
    let access = 'http_access allow all';
    if (user) {
        const helper = path.join(dir, 'check.sh');
        fs.writeFileSync(helper, `#!/bin/sh
while read -r user password rest; do
    if [ "$user" = '${user}' ] && [ "$password" = '${password}' ]; then echo OK; else echo ERR; fi
done
`, { mode: 0o755 });
        access = `auth_param basic program ${helper}
auth_param basic children 1
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all`;
    }
    fs.writeFileSync(config, `http_port 127.0.0.1:${port}
${allow}
${access}
cache deny all
access_log none
cache_log ${dir}/cache.log
pid_filename none
coredump_dir ${dir}
shutdown_lifetime 0 seconds
`);
    return start('squid', find_program('squid'), ['-N', '-f', config], port);
}

async function start_socks({ user, password } = {}) {
    const port = await free_port();
    const access = user ? ['-u', user, '-P', password] : [];
    return start('microsocks', find_program('microsocks'),
        ['-i', '127.0.0.1', '-p', `${port}`, ...access], port);
}

module.exports = { start_socks, start_squid };
