'use strict';
// HTTP/1 written and read by hand. The reader is strict on purpose: what it refuses, some client misreads.

const assert = require('node:assert/strict');
const { Connection } = require('./connection.js');

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/// The head of an answer: status line and fields as they came.
class Head {
    constructor(text) {
        const [line, ...fields] = text.split('\r\n');
        const match = /^HTTP\/(1\.[01]) (\d{3}) (.*)$/.exec(line);
        assert.ok(match, `not a status line: ${JSON.stringify(line)}`);
        assert.doesNotMatch(text, /[\0]|\r(?!\n)|(?<!\r)\n/, 'stray control characters in a head');
        this.text = text;
        this.version = match[1];
        this.status = Number(match[2]);
        this.reason = match[3];
        this.fields = fields.map((field) => {
            const colon = field.indexOf(':');
            assert.match(field.slice(0, Math.max(colon, 0)), TOKEN, `not a field: ${JSON.stringify(field)}`);
            return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
        });
    }

    /// All values of a field, in order.
    all(name) {
        return this.fields.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value);
    }

    /// The one value of a field, undefined without; the same field twice is an error.
    get(name) {
        const values = this.all(name);
        assert.ok(values.length <= 1, `${name} came ${values.length} times`);
        return values[0];
    }

    get chunked() {
        return (this.get('transfer-encoding') ?? '').toLowerCase() === 'chunked';
    }

    get closes() {
        const words = (this.get('connection') ?? '').toLowerCase().split(/\s*,\s*/);
        return words.includes('close') || (this.version === '1.0' && !words.includes('keep-alive'));
    }
}

/// The text of a request. `host: null` leaves the Host field out, `length: null` the Content-Length.
function requestText(server, method, target, { headers = {}, body, version = '1.1', host, length } = {}) {
    const lines = [`${method} ${target} HTTP/${version}`];
    if (host !== null) {
        lines.push(`Host: ${host ?? server.authority}`);
    }
    const bytes = body === undefined ? undefined : Buffer.from(body);
    if (length !== null && (length !== undefined || bytes !== undefined || method === 'POST')) {
        lines.push(`Content-Length: ${length ?? bytes?.length ?? 0}`);
    }
    for (const [name, value] of Object.entries(headers)) {
        for (const one of [value].flat()) {
            lines.push(`${name}: ${one}`);
        }
    }
    return `${lines.join('\r\n')}\r\n\r\n${bytes?.toString('latin1') ?? ''}`;
}

/// A connection that reads answers.
class HttpConnection {
    constructor(server, connection) {
        this.server = server;
        this.connection = connection;
    }

    static async open(server, options) {
        return new HttpConnection(server, await Connection.open(server, options));
    }

    send(data) {
        this.connection.send(data);
        return this;
    }

    request(method, target, options) {
        return this.send(requestText(this.server, method, target, options));
    }

    async head() {
        return new Head(await this.connection.takeUntil('\r\n\r\n', 'the head of an answer'));
    }

    /// One chunk of a chunked body; '' is the last one. Its bytes as latin1, or as UTF-8 on demand.
    async chunk(encoding = 'latin1') {
        const line = await this.connection.takeUntil('\r\n', 'a chunk');
        assert.match(line, /^[0-9a-fA-F]+$/, 'chunk size line');
        const size = parseInt(line, 16);
        const data = await this.connection.take(size);
        assert.equal((await this.connection.take(2)).toString('latin1'), '\r\n', 'CRLF after a chunk');
        return data.toString(encoding);
    }

    /// A whole answer: its head with `body` (latin1, or as asked) and, if chunked, `chunks`.
    async response({ method = 'GET', encoding = 'latin1' } = {}) {
        const head = await this.head();
        head.body = '';
        const length = head.get('content-length');
        assert.ok(!(length !== undefined && head.chunked), 'Content-Length and Transfer-Encoding together');
        if (head.status < 200 || head.status === 204 || head.status === 304) {
            assert.equal(head.get('transfer-encoding'), undefined, `Transfer-Encoding on ${head.status}`);
            return head;
        }
        if (method === 'HEAD') {
            return head;
        }
        if (head.chunked) {
            head.chunks = [];
            for (let chunk = await this.chunk(encoding); chunk !== ''; chunk = await this.chunk(encoding)) {
                head.chunks.push(chunk);
            }
            head.body = head.chunks.join('');
        } else if (length !== undefined) {
            assert.match(length, /^\d+$/);
            head.body = (await this.connection.take(Number(length), 'a body')).toString(encoding);
        } else {
            assert.ok(head.closes, 'an answer without length, chunks or Connection: close');
            head.body = (await this.connection.takeAll()).toString(encoding);
        }
        return head;
    }

    /// One request, one answer, on this connection.
    async ask(method, target, options = {}) {
        this.request(method, target, options);
        return this.response({ method, encoding: options.encoding });
    }

    destroy() {
        this.connection.destroy();
    }
}

/// One request on a connection of its own.
async function ask(server, method, target, options) {
    const http = await HttpConnection.open(server);
    try {
        return await http.ask(method, target, options);
    } finally {
        http.destroy();
    }
}

/// Sends a request whose answer is a stream and reads its head; `chunk()` gives the rest.
async function openStream(server, method, target, options) {
    const http = await HttpConnection.open(server);
    http.request(method, target, options);
    http.answer = await http.head();
    return http;
}

/// Sends bytes and splits all that comes back until the connection ends into answers: their heads with bodies.
/// For requests that must be refused: an answer, if any, and the end.
async function answersUntilEnd(server, bytes, limit) {
    const connection = await Connection.open(server);
    try {
        connection.send(bytes);
        const all = (await connection.takeAll('the end of a refused connection', limit)).toString('latin1');
        // A body that quotes a status line would only make a test stricter.
        return all.split(/(?=HTTP\/1\.[01] \d{3} )/).filter(Boolean).map((text) => {
            const end = text.indexOf('\r\n\r\n');
            const head = new Head(end < 0 ? text : text.slice(0, end));
            head.body = end < 0 ? '' : text.slice(end + 4);
            return head;
        });
    } finally {
        connection.destroy();
    }
}

module.exports = { Head, HttpConnection, ask, answersUntilEnd, openStream, requestText };
