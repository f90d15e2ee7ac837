'use strict';

// Our clients against the servers of python-socketio and python-engineio on aiohttp.

const assert = require('node:assert/strict');
const { make_certificate } = require('./lib/certificate');
const { run_checker, socketio_checker } = require('./lib/checker');
const { run_cli, start_cli } = require('./lib/cli');
const { start_cutter } = require('./lib/cutter');
const { start_python_server } = require('./lib/python');
const { after, before, describe, it } = require('./lib/testing');

const ways = [['polling'], ['websocket'], ['polling', 'websocket'], ['websocket', 'polling']];
const flags = (names) => names.flatMap((name) => ['--transport', name]);

// As many messages as come back; a burst, which is more than these servers take in one POST.
async function engine_echo(args, messages) {
    const { code, lines, notes } = await run_cli(
        ['--dialect', 'engineio', ...args, '--expect', `${messages.length}`, '--timeout', '50'],
        { input: messages.join('\n') });
    assert.equal(code, 0, notes);
    assert.deepEqual(lines, messages);
    return notes;
}

async function socketio_echo(args, url, count = 300) {
    const lines = Array.from({ length: count }, (_, i) => `["echo",${i},{"text":"é€😀"},null]`);
    const { code, lines: heard, notes } = await run_cli(
        ['--dialect', 'socketio', ...args, '--expect', `${2 * count}`, '--timeout', '50', url],
        { input: lines.join('\n') });
    assert.equal(code, 0, notes);
    const of = (name) => heard.map((l) => JSON.parse(l)).filter((e) => e[0] === name);
    for (const name of ['echoed', 'answer']) {
        assert.deepEqual(of(name).map((e) => e[1]), Array.from({ length: count }, (_, i) => i));
        assert.deepEqual(of(name)[0].slice(2), [{ text: 'é€😀' }, null]);
    }
    return notes;
}

for (const secure of [false, true]) {
    describe(`python-engineio${secure ? ' over TLS' : ''}`, () => {
        const files = secure ? make_certificate() : null;
        const tls = secure ? ['--ca', files.cert] : [];
        let server;
        before(async () => { server = await start_python_server(files); });
        after(() => server && server.stop());
        const url = () => `${server.url}/engine.io/`;

        for (const names of ways) {
            const args = [...tls, ...flags(names)];
            const over = names.join(' and ');
            it(`carries a burst of numbered messages over ${over}`, async () => {
                const notes = await engine_echo(
                    [...args, url()], Array.from({ length: 2000 }, (_, i) => `message ${i} é€😀`));
                assert.match(notes, new RegExp(`connected over ${names[0]}`));
                if (names[0] === 'polling' && names[1]) assert.match(notes, /now over websocket/);
            });
            // On aiohttp python-engineio 4.3 reads only as much of a POST as has come already.
            if (names[0] === 'websocket') {
                it(`carries long messages, together more than may wait at a time, over ${over}`,
                    () => engine_echo(
                        [...args, url()], ['a', 'b', 'c'].map((c) => c.repeat(450000))));
            }
            it(`carries binary over ${over}`, async () => {
                const { code, lines, notes } = await run_cli(['--dialect', 'engineio', ...args,
                    '--binary', '--send', 'abc', '--expect', '1', url()]);
                assert.equal(code, 0, notes);
                assert.deepEqual(lines, ['61 62 63']);
            });
        }
    });
}

describe('python-socketio', () => {
    let server;
    before(async () => { server = await start_python_server(); });
    after(() => server && server.stop());

    for (const names of ways) {
        const over = names.join(' and ');
        it(`echoes over ${over}`, () => socketio_echo(flags(names), server.url));
        it(`echoes in a namespace over ${over}`,
            () => socketio_echo([...flags(names), '--namespace', '/chat'], server.url));
        it(`gets answers, binary, refusals and ends over ${over}`, async () => {
            const { code, said } = await run_checker(
                socketio_checker, [server.url, '4', names.join(',')]);
            assert.equal(code, 0, said);
        });
    }
    it('upgrades', async () => {
        assert.match(await socketio_echo([], server.url, 900), /now over websocket/);
    });
    it('hears that there is no such namespace', async () => {
        const { code, notes } = await run_cli(
            ['--dialect', 'socketio', '--namespace', '/none', server.url]);
        assert.equal(code, 2, notes);
        assert.match(notes, /refused: .*Unable to connect/);
    });
    it('shows its auth', async () => {
        const { lines, notes } = await run_cli(['--dialect', 'socketio',
            '--auth', '{"token":"secret"}', '-x', '["auth"]', '-n', '1', server.url]);
        assert.deepEqual(lines, ['["answer",{"token":"secret"}]'], notes);
    });
    it('does not come back when the server puts it out', async () => {
        const { code, notes } = await run_cli(
            ['--dialect', 'socketio', '--reconnect', '-x', '["out"]', '-w', '30', server.url]);
        assert.equal(code, 3, notes);
        assert.match(notes, /disconnected: io server disconnect/);
    });
    it('comes back when the connection is lost', async () => {
        const proxy = await start_cutter(server.port);
        const cli = start_cli(
            ['--dialect', 'socketio', '--transport', 'websocket', '--reconnect', proxy.url]);
        try {
            for (let round = 1; round <= 3; ++round) {
                await cli.until(
                    () => (cli.notes.match(/^connected over/gm) || []).length === round, 'connection');
                cli.write(`["echo",${round}]\n`);
                await cli.until(() => cli.lines.length === 2 * round, 'answer and event');
                if (round === 3) break;
                proxy.cut();
                await cli.until(
                    () => (cli.notes.match(/^disconnected/gm) || []).length === round, 'its end');
                proxy.mend();
            }
            cli.end_input();
            assert.equal((await cli.ended).code, 0);
        } finally {
            cli.child.kill('SIGKILL');
            proxy.close();
        }
    });
});
