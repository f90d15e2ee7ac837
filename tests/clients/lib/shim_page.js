'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const script = path.resolve(__dirname, '../../../server/gateway/shim/anywire.js');

// Runs the gateway's anywire.js in a page that is not there: WebSockets, requests, timers and
// storage are what a test says. `options` is the page's `window.anywire`.
function make_page(options = {}, { storage = new Map(), has_native = true } = {}) {
    const page = { sockets: [], requests: [], timers: new Map(), now: 0, storage };
    let timer = 0;

    class NativeSocket {
        constructor(url, protocols) {
            Object.assign(this, {
                url, protocols, readyState: 0, bufferedAmount: 0, protocol: '', sent: [],
            });
            page.sockets.push(this);
        }
        send(data) { this.sent.push(data); }
        close(code, reason) { this.closed_with = [code, reason]; this.readyState = 2; }
        open(protocol = '') { this.readyState = 1; this.protocol = protocol; this.onopen({}); }
        end(code = 1006, reason = '', wasClean = false) {
            this.readyState = 3;
            if (!wasClean && this.onerror) this.onerror({});
            if (this.onclose) this.onclose({ code, reason, wasClean });
        }
    }

    class Request {
        constructor() {
            Object.assign(this, { readyState: 0, status: 0, responseText: '', fields: {} });
            this.answer_fields = {};
            page.requests.push(this);
        }
        open(method, url) { this.method = method; this.url = url; }
        setRequestHeader(name, value) { this.fields[name] = value; }
        getResponseHeader(name) { return this.answer_fields[name] || null; }
        send(body) { this.body = body; this.under_way = true; }
        abort() { this.aborted = true; this.under_way = false; if (this.onabort) this.onabort(); }
        // What a server does.
        piece(text, status = 200) {
            this.status = status;
            this.readyState = 3;
            this.responseText += text;
            if (this.onprogress) this.onprogress();
        }
        done(text = '', status = 200) {
            this.status = status;
            this.readyState = 4;
            this.responseText += text;
            this.under_way = false;
            if (this.onload) this.onload();
        }
        fail() { this.readyState = 4; this.under_way = false; if (this.onerror) this.onerror(); }
    }

    const window = {
        anywire: options,
        location: { href: 'https://example.com/app/page.html' },
        sessionStorage: {
            getItem: (key) => (storage.has(key) ? storage.get(key) : null),
            setItem: (key, value) => storage.set(key, value),
            removeItem: (key) => storage.delete(key),
        },
        XMLHttpRequest: Request,
        URL, DOMException, Event, MessageEvent, Uint8Array, ArrayBuffer,
        crypto: globalThis.crypto,
        setTimeout: (fn, delay) => {
            page.timers.set(++timer, { fn, at: page.now + (delay || 0) });
            return timer;
        },
        clearTimeout: (id) => page.timers.delete(id),
        Date: { now: () => page.now },
    };
    if (has_native) window.WebSocket = NativeSocket;
    window.window = window;
    vm.runInNewContext(fs.readFileSync(script, 'utf8'), window, { filename: script });

    // Lets time pass: what is due by then is called, in its order.
    page.pass = (ms) => {
        const end = page.now + ms;
        for (;;) {
            const due = [...page.timers].filter(([, t]) => t.at <= end)
                .sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
            if (!due) break;
            page.now = Math.max(page.now, due[1].at);
            page.timers.delete(due[0]);
            due[1].fn();
        }
        page.now = end;
    };
    page.WebSocket = window.WebSocket;
    page.native = NativeSocket;
    // A socket whose events are noted in `seen`.
    page.open = (url, protocols) => {
        const socket = new window.WebSocket(url, protocols);
        socket.seen = [];
        socket.onopen = () => socket.seen.push('open');
        socket.onmessage = (e) => socket.seen.push(`message ${e.data}`);
        socket.onerror = () => socket.seen.push('error');
        socket.onclose = (e) => socket.seen.push(`close ${e.code} ${e.reason} ${e.wasClean}`);
        return socket;
    };
    page.last = () => page.requests[page.requests.length - 1];
    return page;
}

module.exports = { make_page, script };
