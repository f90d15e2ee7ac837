'use strict';
// Files below /static/: those, and nothing else of the machine (family 81).

const { test, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { useServer, ask, answersUntilEnd, HttpConnection, assertServes } = require('./lib.js');

const SECRET = 'nobody may read this';
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'anywire-files-'));
const folder = path.join(root, 'static');
fs.mkdirSync(path.join(folder, 'sub'), { recursive: true });
fs.mkdirSync(path.join(root, 'static-not'));
fs.writeFileSync(path.join(root, 'secret.txt'), SECRET);
fs.writeFileSync(path.join(root, 'static-not', 'secret.txt'), SECRET);
fs.writeFileSync(path.join(folder, 'hello.js'), 'hello();\n');
fs.writeFileSync(path.join(folder, 'empty.txt'), '');
fs.writeFileSync(path.join(folder, 'a b.txt'), 'spaced');
fs.writeFileSync(path.join(folder, 'sub', 'index.html'), '<p>index</p>');
fs.writeFileSync(path.join(folder, '.hidden'), SECRET);
fs.writeFileSync(path.join(folder, 'big.bin'), Buffer.alloc(3_000_000, 'b'));
fs.symlinkSync(path.join(root, 'secret.txt'), path.join(folder, 'link.txt'));
fs.symlinkSync(root, path.join(folder, 'up'));
fs.symlinkSync('/proc/self', path.join(folder, 'proc'));

after(() => fs.rmSync(root, { recursive: true, force: true }));
const server = useServer({ args: ['--static', folder] });
const get = (target, options) => ask(server, 'GET', target, options);

test('files are served with their type and a validator', async () => {
    const answer = await get('/static/hello.js');
    assert.equal(answer.status, 200);
    assert.equal(answer.body, 'hello();\n');
    assert.match(answer.get('content-type'), /javascript/);
    assert.equal((await get('/static/empty.txt')).body, '');
    assert.equal((await get('/static/a%20b.txt')).body, 'spaced');
    assert.equal((await get('/static/hello.js?x=../')).status, 200);
    const etag = answer.get('etag');
    if (etag !== undefined) {
        const fresh = await get('/static/hello.js', { headers: { 'If-None-Match': etag } });
        assert.equal(fresh.status, 304);
        assert.equal(fresh.body, '');
    }
    const http = await HttpConnection.open(server);
    http.request('HEAD', '/static/hello.js');
    const head = await http.response({ method: 'HEAD' });
    if (head.status === 200) {
        assert.equal(head.get('content-length'), '9');
    }
    assert.equal((await http.ask('GET', '/static/big.bin')).body.length, 3_000_000);
    http.destroy();
});

test('no spelling leads out of the folder', async () => {
    const ways = ['../secret.txt', '%2e%2e/secret.txt', '%2e%2e%2fsecret.txt', '..%2fsecret.txt', '..\\secret.txt', '..%5csecret.txt',
        '%252e%252e/secret.txt', '....//secret.txt', './../secret.txt', 'sub/../../secret.txt', '%c0%ae%c0%ae/secret.txt', '..;/secret.txt',
        '/../secret.txt', '//secret.txt', `/${root}/secret.txt`, root.slice(1), '%00/../secret.txt', 'hello.js%00.txt', '../static-not/secret.txt',
        '.%2e/secret.txt', '..%00/secret.txt', 'link.txt', 'up/secret.txt', 'proc/environ', 'proc/root/etc/passwd', '.hidden', '%2ehidden',
        'sub/%2e%2e/%2e%2e/secret.txt', '..%c0%afsecret.txt', '~/.profile', 'sub/../.hidden'];
    for (const way of ways) {
        for (const start of ['/static/', '/static']) {
            const bytes = `GET ${start}${way} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
            for (const answer of await answersUntilEnd(server, bytes)) {
                assert.ok(answer.status >= 300 && answer.status < 500, `${start}${way}: ${answer.status}`);
                assert.ok(!answer.body.includes(SECRET) && !answer.body.includes('root:'), `${start}${way}`);
            }
        }
    }
    await assertServes(server);
});

test('folders are not listed', async () => {
    for (const target of ['/static', '/static/', '/static/sub', '/static/sub/', '/static//']) {
        const answer = await get(target);
        assert.doesNotMatch(answer.body, /hello\.js|big\.bin/);
        assert.ok(answer.status < 500);
    }
});

test('other methods are refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        assert.ok([404, 405].includes((await ask(server, method, '/static/hello.js', { length: 0 })).status));
        assert.ok([404, 405, 413].includes((await ask(server, method, '/static/hello.js', { body: 'x' })).status));
    }
    assert.equal(fs.readFileSync(path.join(folder, 'hello.js'), 'latin1'), 'hello();\n');
});
