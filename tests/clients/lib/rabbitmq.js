'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { accepts, free_port } = require('./ports');
const { temp_dir } = require('./temp');
const { within } = require('./within');

// The script of the package: /usr/sbin/rabbitmq-server would change the user, and leave its folders
// to the system's.
function find_script() {
    const all = '/usr/lib/rabbitmq/lib';
    const found = fs.existsSync(all) ? fs.readdirSync(all).sort() : [];
    if (found.length === 0) throw new Error('no RabbitMQ found: install Debian\'s rabbitmq-server');
    return path.join(all, found.at(-1), 'sbin/rabbitmq-server');
}

async function pause(ms) {
    await new Promise((resolve) => { setTimeout(resolve, ms); });
}

// Starting a virtual machine on a busy machine takes its time.
const start_limit = 110000;

// A RabbitMQ with everything in a folder of its own, that serves STOMP on a port of the loopback,
// and keeps both over restarts. Its epmd is its own, too. `tls` names a certificate and its key;
// `web` has it speak STOMP over WebSocket, too.
async function start_rabbitmq({ tls, web } = {}) {
    const dir = temp_dir('rabbitmq');
    const [port, tls_port, web_port, epmd_port, dist_port] = await Promise.all(
        [free_port(), free_port(), free_port(), free_port(), free_port()]);
    const config = [
        'listeners.tcp = none', 'loopback_users = none',
        `stomp.listeners.tcp.1 = 127.0.0.1:${port}`,
        ...tls ? [
            `stomp.listeners.ssl.1 = 127.0.0.1:${tls_port}`,
            `ssl_options.certfile = ${tls.cert}`, `ssl_options.keyfile = ${tls.key}`,
        ] : [],
        ...web ? ['web_stomp.tcp.ip = 127.0.0.1', `web_stomp.tcp.port = ${web_port}`] : [],
    ];
    fs.writeFileSync(path.join(dir, 'rabbitmq.conf'), `${config.join('\n')}\n`);
    fs.writeFileSync(path.join(dir, 'plugins'),
        web ? '[rabbitmq_stomp,rabbitmq_web_stomp].\n' : '[rabbitmq_stomp].\n');
    const env = {
        PATH: process.env.PATH,
        HOME: dir,
        ERL_EPMD_PORT: String(epmd_port),
        ERL_EPMD_ADDRESS: '127.0.0.1',
        RABBITMQ_NODENAME: 'anywire@localhost',
        RABBITMQ_DIST_PORT: String(dist_port),
        RABBITMQ_MNESIA_BASE: path.join(dir, 'mnesia'),
        RABBITMQ_LOG_BASE: path.join(dir, 'log'),
        RABBITMQ_LOGS: path.join(dir, 'log/rabbit.log'),
        RABBITMQ_CONFIG_FILE: path.join(dir, 'rabbitmq.conf'),
        RABBITMQ_CONF_ENV_FILE: path.join(dir, 'none'),
        RABBITMQ_ENABLED_PLUGINS_FILE: path.join(dir, 'plugins'),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
            '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none',
    };
    const epmd = spawn('epmd', ['-address', '127.0.0.1', '-port', String(epmd_port)],
        { stdio: 'ignore', env });
    epmd.on('error', () => {});
    let child;
    // The script starts the machine as a child of its own: the group ends both.
    const kill = (signal) => { try { process.kill(-child.pid, signal); } catch { /* it has */ } };
    process.on('exit', () => {
        if (child) kill('SIGKILL');
        epmd.kill('SIGKILL');
    });
    const rabbit = {
        port,
        url: `stomp://127.0.0.1:${port}`,
        tls_url: `stomps://localhost:${tls_port}`,
        web_url: `ws://127.0.0.1:${web_port}/ws`,
        // The process that serves, among those of the group.
        beam_pid() {
            for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
                try {
                    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
                    const group = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2];
                    if (Number(group) === child.pid && stat.includes('(beam.smp)')) return Number(pid);
                } catch { /* it has ended */ }
            }
            throw new Error('RabbitMQ has no process of its own');
        },
        async start() {
            child = spawn(find_script(), [], { stdio: 'ignore', env, detached: true });
            const ended = once(child, 'exit');
            ended.catch(() => {});
            const listening = (async () => { while (!await accepts(port)) await pause(100); })();
            await within(Promise.race([listening, ended]), 'RabbitMQ', start_limit);
            if (child.exitCode !== null) {
                throw new Error(`RabbitMQ has ended at once; its log is in ${dir}/log`);
            }
        },
        async stop() {
            const ended = once(child, 'exit');
            kill('SIGTERM');
            await within(ended, 'end of RabbitMQ');
        },
        async kill() {
            const ended = once(child, 'exit');
            kill('SIGKILL');
            await within(ended, 'end of RabbitMQ after SIGKILL');
        },
        // It keeps its connections, and reads nothing until it goes on. Each of its threads stops
        // by itself, some time after the signal.
        async suspend() {
            kill('SIGSTOP');
            const tasks = `/proc/${rabbit.beam_pid()}/task`;
            const runs = (id) => !/^T/.test(fs.readFileSync(`${tasks}/${id}/stat`, 'utf8').split(') ').at(-1));
            await within((async () => { while (fs.readdirSync(tasks).some(runs)) await pause(5); })(),
                'stop of RabbitMQ');
        },
        resume: () => kill('SIGCONT'),
        // The end of what it has logged.
        log: () => fs.readFileSync(path.join(dir, 'log/rabbit.log'), 'utf8').slice(-20000),
        async end() {
            await rabbit.kill();
            epmd.kill('SIGKILL');
        },
    };
    await rabbit.start();
    return rabbit;
}

module.exports = { start_rabbitmq };
