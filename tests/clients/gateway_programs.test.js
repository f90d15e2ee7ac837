'use strict';

// anywire-gateway in front of programs, beside websocketd in front of the same ones.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { start_gateway } = require('./lib/gateway');
const { find_program, free_port, ready } = require('./lib/nginx');
const { start_child, stop } = require('./lib/server');
const { temp_dir } = require('./lib/temp');
const { describe, it } = require('./lib/testing');
const { WsClient } = require('./lib/ws_client');

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

// A program behind each of the two, on a path of its own. websocketd serves every path.
const hosts = {
    'anywire-gateway': async (command, more = []) => {
        const gateway = await start_gateway([
            '--websocket', '/program', '--backend', `stdio:${command.map(quoted).join(' ')}`, ...more]);
        return { url: `${gateway.ws_url}/program`, stop: gateway.stop };
    },
    websocketd: async (command) => {
        const port = await free_port();
        const child = start_child(find_program('websocketd'), [
            '--address', '127.0.0.1', '--port', String(port), '--loglevel', 'error', ...command]);
        await ready(child, port, 'websocketd');
        return {
            url: `ws://127.0.0.1:${port}/program`,
            stop: async () => { child.kill('SIGKILL'); await child.ended; },
        };
    },
};

// What `talk(client)` brings behind each host.
async function with_each(command, talk, rest = '') {
    const results = {};
    for (const [name, start] of Object.entries(hosts)) {
        const host = await start(command);
        try {
            const client = await WsClient.open(`${host.url}${rest}`, [], { headers: { 'User-Agent': 'a test' } });
            results[name] = await talk(client);
        } finally {
            await host.stop();
        }
    }
    return results;
}

async function same_behind_each(command, talk, expected, rest) {
    const results = await with_each(command, talk, rest);
    for (const [name, result] of Object.entries(results)) assert.deepEqual(result, expected, name);
}

describe('a program behind the gateway and behind websocketd', () => {
    it('echoes: cat', async () => {
        const sent = ['one', '', 'grüße', ' blanks  ', 'x'.repeat(100_000)];
        await same_behind_each(['cat'], async (client) => {
            for (const one of sent) client.send(one);
            return client.receive(sent.length);
        }, sent);
    });

    it('reckons: bc', async () => {
        await same_behind_each(['bc', '-l'], async (client) => {
            client.send('scale = 3');
            client.send('2 ^ 100');
            client.send('10 / 3');
            return client.receive(2);
        }, ['1267650600228229401496703205376', '3.333']);
    });

    it('runs a script of Python, in which lines of both kinds end messages', async () => {
        const script = path.join(temp_dir('programs'), 'script.py');
        fs.writeFileSync(script, `import sys
sys.stdout.buffer.write(b"unix\\nwindows\\r\\n\\n")
sys.stdout.buffer.flush()
for line in sys.stdin:
    print(line.rstrip("\\n").upper(), flush=True)
`);
        await same_behind_each([find_program('python3'), script], async (client) => {
            client.send('hello');
            return client.receive(4);
        }, ['unix', 'windows', '', 'HELLO']);
    });

    it('knows the request', async () => {
        const names = ['REMOTE_ADDR', 'REQUEST_URI', 'QUERY_STRING', 'REQUEST_METHOD', 'SERVER_PROTOCOL',
            'SERVER_NAME', 'HTTP_USER_AGENT'];
        await same_behind_each(
            ['sh', '-c', names.map((name) => `echo "$${name}"`).join(';') + '; cat'],
            (client) => client.receive(names.length),
            ['127.0.0.1', '/program?room=7', 'room=7', 'GET', 'HTTP/1.1', '127.0.0.1', 'a test'],
            '?room=7');
    });

    it('has each session start a program of its own', async () => {
        for (const [name, start] of Object.entries(hosts)) {
            const host = await start(['sh', '-c', 'echo $$; exec cat']);
            try {
                const clients = await Promise.all([1, 2, 3].map(() => WsClient.open(host.url)));
                const pids = await Promise.all(clients.map((client) => client.receive(1)));
                assert.equal(new Set(pids.map(String)).size, 3, name);
            } finally {
                await host.stop();
            }
        }
    });

    it('ends the session when it ends; only the gateway says how', async () => {
        const ends = await with_each(['sh', '-c', 'echo last; exit 3'], async (client) => {
            const said = await client.receive(1);
            return [said, await client.end()];
        });
        assert.deepEqual(ends['anywire-gateway'],
            [['last'], { code: 1011, reason: 'the program exited with 3' }]);
        assert.deepEqual(ends.websocketd, [['last'], { code: 1006, reason: '' }]);
    });

    it('ends with its client', async () => {
        for (const [name, start] of Object.entries(hosts)) {
            const file = path.join(temp_dir('programs'), 'ended');
            const host = await start(['sh', '-c', `cat >/dev/null; echo ended > ${file}`]);
            try {
                const client = await WsClient.open(host.url);
                const ended = new Promise((resolve) => {
                    const look = fs.watch(path.dirname(file), () => { look.close(); resolve(); });
                });
                client.send('hello');
                await client.close();
                await ended;
                assert.ok(fs.existsSync(file), name);
            } finally {
                await host.stop();
            }
        }
    });
});

describe('a program behind the gateway', () => {
    it('is never given two messages for one', async () => {
        const host = await hosts['anywire-gateway'](['cat']);
        try {
            const client = await WsClient.open(host.url);
            client.send('fine');
            assert.deepEqual(await client.receive(1), ['fine']);
            client.send('evil\nquit');
            const { code, reason } = await client.end();
            assert.equal(code, 1007);
            assert.match(reason, /a message is one line here/);
        } finally {
            await host.stop();
        }
    });

    it('that cannot be started any more is a bad gateway', async () => {
        const program = path.join(temp_dir('programs'), 'program');
        fs.writeFileSync(program, '#!/bin/sh\nexec cat\n', { mode: 0o755 });
        const host = await hosts['anywire-gateway']([program]);
        fs.unlinkSync(program);
        try {
            await assert.rejects(WsClient.open(host.url), /502/);
        } finally {
            await host.stop();
        }
    });

    it('that is not there keeps the gateway from starting', async () => {
        await assert.rejects(hosts['anywire-gateway'](['/does/not/exist']), /cannot be read/);
    });
});
