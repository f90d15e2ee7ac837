'use strict';

// Our clients and the servers of others at [::1].

const assert = require('node:assert/strict');
const os = require('node:os');
const { make_certificate } = require('./lib/certificate');
const { run_cli } = require('./lib/cli');
const { counting_socketio, counting_ws } = require('./lib/counting_servers');
const { numbers_through, read_tls } = require('./lib/numbers');
const { describe, it } = require('./lib/testing');

const has_ipv6 = Object.values(os.networkInterfaces()).flat().some((one) => one.address === '::1');

const address = '::1';

if (has_ipv6) {
    numbers_through('IPv6', async (start, files) => {
        const server = await start(read_tls(files), { address });
        return { url: server.url, server, stop: server.stop };
    });

    describe('anywire-cli at [::1]', () => {
        const files = make_certificate();
        for (const tls of [undefined, files]) {
            const args = tls ? ['--ca', tls.cert] : [];
            const title = tls ? ' over TLS' : '';
            it(`talks and probes${title}`, async () => {
                const server = await counting_ws(read_tls(tls), { address });
                const { code, lines, notes } = await run_cli(
                    [...args, '-x', '0', '-x', '1', '-n', '2', server.ws_url]);
                assert.equal(code, 0, notes);
                assert.deepEqual(lines, ['e0', 'e1']);
                const probed = await run_cli(['probe', ...args, '--watch', '0.1', server.ws_url]);
                assert.equal(probed.code, 0, probed.notes);
                assert.match(probed.lines.join('\n'), /^websocket +yes/m);
                await server.stop();
            });
            it(`speaks Socket.IO${title}`, async () => {
                const server = await counting_socketio(read_tls(tls), { address, every: 1000 });
                const { code, lines, notes } = await run_cli(['--dialect', 'socketio', ...args,
                    '--auth', '{"id":1}', '-x', '["n",0]', '-n', '1', server.url]);
                assert.equal(code, 0, notes);
                assert.deepEqual(lines, ['["answer"]']);
                await server.stop();
            });
        }
        it('says where it could not connect', async () => {
            const { code, notes } = await run_cli(['-x', 'a', 'ws://[::1]:1/']);
            assert.equal(code, 2);
            assert.match(notes, /cannot connect to \[::1\]:1: Connection refused/);
        });
    });
} else {
    it('needs the address ::1', (t) => t.diagnostic('this machine has none: nothing was checked'));
}
