'use strict';

// A client that numbers what it says, and begins where it was after each end of its session.

const need = require('./need');

// For a server: takes "from N", then N, N + 1 and so on, and sends each number back.
function take_numbers(wrong, send) {
    let next;
    return (text) => {
        if (text.startsWith('from ')) {
            next = Number(text.slice(5));
        } else {
            if (text !== `${next}`) wrong.push(`${text} instead of ${next}`);
            ++next;
            send(text);
        }
    };
}

// The three kinds of sockets as one: `opened`, `got(text)`, `ended(why)`, `failed(why)` of a handler.
const openers = {
    ws({ ws_url }, _, to) {
        const { WebSocket } = need('ws');
        const socket = new WebSocket(`${ws_url}/live`);
        let is_open = false;
        socket.on('open', () => { is_open = true; to.opened(); });
        socket.on('message', (data) => to.got(String(data)));
        socket.on('error', (error) => { if (!is_open) to.failed(error.message); });
        socket.on('close', (code, reason) => { if (is_open) to.ended(`${code} ${reason}`); });
        return { send: (text) => socket.send(text), close: () => socket.close() };
    },
    sockjs({ url }, transports, to) {
        const SockJS = need('sockjs-client');
        const socket = new SockJS(`${url}/live`, null, { transports, timeout: 30000 });
        let is_open = false;
        socket.onopen = () => { is_open = true; to.opened(); };
        socket.onmessage = ({ data }) => to.got(data);
        socket.onclose = ({ code, reason }) =>
            (is_open ? to.ended : to.failed).call(to, `${code} ${reason}`);
        return { send: (text) => socket.send(text), close: () => socket.close() };
    },
    'engine.io'({ url }, transports, to) {
        const { Socket } = need('engine.io-client');
        const socket = new Socket(url, { path: '/live/', transports });
        let is_open = false;
        let wrong = '';
        socket.on('open', () => { is_open = true; to.opened(); });
        socket.on('message', (text) => to.got(text));
        socket.on('error', (error) => { wrong = `, ${error.message} ${(error.description || {}).message || error.description}`; });
        socket.on('close', (why) => (is_open ? to.ended : to.failed).call(to, why + wrong));
        return { send: (text) => socket.send(text), close: () => socket.close() };
    },
};

class Numberer {
    // `kind` is "ws", or "sockjs" or "engine.io" with its transports.
    constructor(kind, to) {
        this.kind = kind;
        this.to = to;
        this.next = 0;  // the first that has not come back
        this.ends = [];
        this.waiting = [];
        this.is_closing = false;
        this.failed = new Promise((_, reject) => { this.fail = reject; });
        this.failed.catch(() => {});
        this.ended = new Promise((resolve) => { this.end = resolve; });
        this.open();
    }

    open() {
        const [name, transports] = this.kind.split(' ');
        const wrong = (what) => this.fail(new Error(`${this.kind}: ${what}`));
        const window = 3;
        let sent = this.next;
        const send_more = () => { while (sent < this.next + window) this.socket.send(`${sent++}`); };
        this.socket = openers[name](this.to, transports && transports.split(','), {
            opened: () => {
                this.socket.send(`from ${this.next}`);
                send_more();
            },
            got: (text) => {
                if (text !== `${this.next}`) wrong(`${text} instead of ${this.next}`);
                ++this.next;
                this.waiting = this.waiting.filter((look) => !look());
                if (!this.is_closing) send_more();
            },
            ended: (why) => {
                if (this.is_closing) return this.end();
                this.ends.push(why);
                this.open();
            },
            failed: (why) => wrong(`did not open: ${why}`),
        });
    }

    reaches(number) {
        return new Promise((resolve) => {
            const look = () => {
                if (this.next < number) return false;
                resolve();
                return true;
            };
            if (!look()) this.waiting.push(look);
        });
    }

    more(count) {
        return this.reaches(this.next + count);
    }

    close() {
        this.is_closing = true;
        this.socket.close();
        return this.ended;
    }
}

module.exports = { Numberer, take_numbers };
