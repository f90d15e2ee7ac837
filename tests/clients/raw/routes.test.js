'use strict';
// Routes beside sessions, and files in ranges, as curl sees them.

const { test, after } = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const { useServer } = require('./lib.js');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'anywire-routes-'));
const jar = path.join(folder, 'cookies');
fs.writeFileSync(path.join(folder, 'digits.txt'), '0123456789');
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const server = useServer({ args: ['--static', folder] });

/** The last answer's status, its fields as text, and its body. */
async function curl(target, ...options) {
    const { stdout } = await promisify(execFile)('curl',
        ['-s', '-i', '--max-time', '20', ...options, `http://127.0.0.1:${server.port}${target}`]);
    const end = stdout.indexOf('\r\n\r\n');
    return { status: Number(stdout.slice(9, 12)), head: stdout.slice(0, end), body: stdout.slice(end + 4) };
}

test('a login sets a cookie that later requests bring', async () => {
    assert.equal((await curl('/rest/me')).status, 401);
    assert.equal((await curl('/rest/login/ann', '-d', 'secret=guess')).status, 401);
    const login = await curl('/rest/login/ann%20b', '-c', jar, '--data-urlencode', 'secret=open sesame');
    assert.equal(login.status, 204);
    const me = await curl('/rest/me', '-b', jar);
    assert.equal(me.status, 200);
    assert.equal(me.body, 'ann b\n');
});

test('other methods are told what is allowed', async () => {
    const wrong = await curl('/rest/me', '-X', 'DELETE');
    assert.equal(wrong.status, 405);
    assert.match(wrong.head, /\r\nAllow: GET, HEAD, OPTIONS(\r\n|$)/);
    const options = await curl('/rest/me', '-X', 'OPTIONS');
    assert.equal(options.status, 204);
    assert.equal((await curl('/rest/later', '-I')).body, '');
});

test('an answer from another thread comes, and a long body is refused', async () => {
    assert.equal((await curl('/rest/later')).body, 'from a thread\n');
    const big = path.join(folder, 'big');
    fs.writeFileSync(big, Buffer.alloc(100_000, 'x'));
    assert.equal((await curl('/rest/login/ann', '-H', 'Expect:', '--data-binary', `@${big}`)).status, 413);
    const foreign = await curl('/rest/login/ann', '-H', 'Origin: http://elsewhere.example', '-d', 'secret=x');
    assert.equal(foreign.status, 403);
});

test('curl continues a download where it stopped', async () => {
    const part = await curl('/static/digits.txt', '-r', '4-6');
    assert.equal(part.status, 206);
    assert.equal(part.body, '456');
    assert.match(part.head, /\r\nContent-Range: bytes 4-6\/10(\r\n|$)/);
    assert.equal((await curl('/static/digits.txt', '-r', '20-')).status, 416);
    assert.equal((await curl('/static/digits.txt', '-C', '7')).body, '789');
});
