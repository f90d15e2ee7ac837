'use strict';

// What every SockJS transport has to do, written once: Node requires this file, the browser loads
// it with a script element. Each check takes the SockJS constructor, the server's address and
// {transport, ...options}, and throws an Error that says what went wrong.
const checks = (() => {
    const limit = 60000;

    function expect(claim, text) {
        if (!claim) throw new Error(text);
    }

    // One SockJS connection with its messages and its end, both to be waited for.
    class Connection {
        constructor(SockJS, url, { transport, timeout = 30000, transportOptions } = {}) {
            // The client's own first-byte timeout follows the round trip of /info and is well
            // below a second on loopback: too little for a busy machine.
            this.sock = new SockJS(url, null, {
                transports: transport ? [].concat(transport) : undefined, timeout, transportOptions,
            });
            this.transport = transport;
            this.messages = [];
            this.wake = () => {};
            this.opened = false;
            this.end = null;
            this.sock.onopen = () => {
                this.opened = true;
                this.name = this.sock.transport;
                this.wake();
            };
            this.sock.onmessage = (event) => {
                this.messages.push(event.data);
                this.wake();
            };
            this.sock.onclose = ({ code, reason, wasClean }) => {
                this.end = { code, reason, wasClean };
                this.wake();
            };
        }

        // Resolves once `ready()` holds; it is asked again after each event.
        until(ready, what, ms = limit) {
            return new Promise((resolve, reject) => {
                const timer = setTimeout(() => reject(new Error(
                    `${this.transport}: no ${what()} within ${ms} ms`)), ms);
                this.wake = () => {
                    try {
                        if (!ready()) return;
                        resolve();
                    } catch (error) {
                        reject(error);
                    }
                    clearTimeout(timer);
                    this.wake = () => {};
                };
                this.wake();
            });
        }

        // False, or throws: nothing more will come.
        still_open(what) {
            expect(!this.end, `${this.transport}: closed while waiting for ${what}: ` +
                JSON.stringify(this.end));
            return false;
        }

        async open() {
            await this.until(() => this.opened || this.still_open('open'), () => 'open');
            if (typeof this.transport === 'string') {
                expect(this.name === this.transport, `wanted ${this.transport}, got ${this.name}`);
            }
            return this;
        }

        // The next `count` messages.
        async receive(count) {
            const what = () => `message (has ${this.messages.length} of ${count})`;
            await this.until(
                () => this.messages.length >= count || this.still_open(what()), what);
            return this.messages.splice(0, count);
        }

        async closed() {
            await this.until(() => this.end, () => 'close');
            return this.end;
        }

        send(text) {
            this.sock.send(text);
        }

        async close() {
            this.sock.close();
            const end = await this.closed();
            expect(end.code === 1000, `${this.transport}: own close gave ${JSON.stringify(end)}`);
        }
    }

    // Opens, runs `body`, and closes from the client's side.
    async function connected(SockJS, url, options, body) {
        const connection = await new Connection(SockJS, url, options).open();
        let result;
        try {
            result = await body(connection);
        } catch (error) {
            connection.sock.close();
            throw error;
        }
        if (!connection.end) await connection.close();
        return result;
    }

    function range(first, last) {
        let text = '';
        for (let code = first; code <= last; ++code) text += String.fromCodePoint(code);
        return text;
    }

    const well_formed = {
        'empty': '',
        'C0 controls': range(0x00, 0x1f),
        'ASCII': range(0x20, 0x7e),
        'DEL and C1 controls': range(0x7f, 0x9f),
        'Latin-1': range(0xa0, 0xff),
        'joiners and marks': range(0x200c, 0x200f),
        'line separators and embeddings': range(0x2028, 0x202f),
        'invisible operators': range(0x2060, 0x206f),
        'byte order mark': '\ufeff',
        'noncharacters of the Arabic block': range(0xfdd0, 0xfdef),
        'specials': range(0xfff0, 0xffff),
        'first and last astral': '\u{10000}\u{10ffff}',
        'emoji and noncharacters of other planes': '\u{1f680}\u{1fffe}\u{1ffff}\u{10fffe}',
        'per cent and plus': '100% %25 %41 %zz a+b c%20d',
        'markup': '</script><!--<script>]]>&amp;',
        'quotes': '"\'`\\ \\u0041 \\\\"',
        'leading and trailing space': '  \u0000\n\r ',
        'combining': 'e\u0301 \u0300\u0333 \u0958 \u2126 \uf900',
    };

    const lone_surrogates = ['\ud800', '\udbff', '\udc00', '\udfff', 'a\ud800b', '\udc00\ud800',
        '\ud83d \ude80', '\ud800\ud800\udc00'];

    function codes(text) {
        return Array.from(text, (c) => c.codePointAt(0).toString(16)).slice(0, 80).join(' ');
    }

    function is_lone(text, at) {
        const unit = text.charCodeAt(at);
        if (unit >= 0xd800 && unit <= 0xdbff) return !/^[\udc00-\udfff]/.test(text.slice(at + 1));
        if (unit >= 0xdc00 && unit <= 0xdfff) return !/[\ud800-\udbff]$/.test(text.slice(0, at));
        return false;
    }

    // UTF-8 cannot hold a lone surrogate: the echo brings it back or a replacement for it.
    function same_but_lone(sent, got) {
        if (sent.length !== got.length) return false;
        for (let at = 0; at < sent.length; ++at) {
            if (sent[at] === got[at]) continue;
            if (!(got[at] === '\ufffd' && is_lone(sent, at))) return false;
        }
        return true;
    }

    async function echo(SockJS, url, options) {
        return connected(SockJS, `${url}/echo`, options, async (connection) => {
            connection.send('hello');
            const [got] = await connection.receive(1);
            expect(got === 'hello', `sent hello, got ${JSON.stringify(got)}`);
            return connection.name;
        });
    }

    async function unicode(SockJS, url, options) {
        await connected(SockJS, `${url}/echo`, options, async (connection) => {
            const names = Object.keys(well_formed);
            for (const name of names) connection.send(well_formed[name]);
            const got = await connection.receive(names.length);
            names.forEach((name, i) => expect(got[i] === well_formed[name],
                `${name}: sent ${codes(well_formed[name])}, got ${codes(got[i])}`));

            for (const text of lone_surrogates) connection.send(text);
            const back = await connection.receive(lone_surrogates.length);
            lone_surrogates.forEach((sent, i) => expect(same_but_lone(sent, back[i]),
                `lone surrogate: sent ${codes(sent)}, got ${codes(back[i])}`));

            connection.send('alive');
            const [last] = await connection.receive(1);
            expect(last === 'alive', `after lone surrogates came ${JSON.stringify(last)}`);
        });
    }

    // `length` bytes of ASCII in which every place is different, so that nothing can swap unseen.
    function big_text(length) {
        let text = '';
        for (let line = 0; text.length < length; ++line) text += `line${line}abcdefghijklmnopq`;
        return text.slice(0, length);
    }

    async function big(SockJS, url, options) {
        const text = big_text((options && options.bytes) || 900000);
        await connected(SockJS, `${url}/echo`, options, async (connection) => {
            connection.send(text);
            connection.send('next');
            const [got, next] = await connection.receive(2);
            expect(got.length === text.length, `sent ${text.length} characters, got ${got.length}`);
            expect(got === text, 'the big message came back changed');
            expect(next === 'next', 'the message after the big one is wrong');
        });
    }

    // Sends in waves, the next one at the first echo of the last: so sends, deliveries and the
    // reopening of receiving requests overlap.
    async function many(SockJS, url, options) {
        const { count = 10000, waves = 20 } = options || {};
        await connected(SockJS, `${url}/echo`, options, async (connection) => {
            const size = count / waves;
            let sent = 0;
            let seen = 0;
            while (seen < count) {
                for (const end = Math.min(sent + size, count); sent < end; ++sent) {
                    connection.send(`message ${sent}`);
                }
                const got = await connection.receive(sent < count ? 1 : count - seen);
                got.push(...connection.messages.splice(0));
                for (const text of got) {
                    expect(text === `message ${seen}`, `expected message ${seen}, got ${text}`);
                    ++seen;
                }
            }
        });
    }

    async function closed_by_server(SockJS, url, options) {
        const connection = await new Connection(SockJS, `${url}/close`, options).open();
        const end = await connection.closed();
        expect(end.code === 3000 && end.reason === 'Go away!' && end.wasClean,
            `the server closed with ${JSON.stringify(end)}`);
    }

    // One member a transport, all of them sending at once.
    async function broadcast(SockJS, url, { transports, count = 20 }) {
        const members = await Promise.all(transports.map(
            (transport) => new Connection(SockJS, `${url}/broadcast`, { transport }).open()));
        // Whoever hears itself is a member: being open on the client's side does not say so yet.
        await Promise.all(members.map(async (member, i) => {
            member.send(`ready:${i}`);
            while ((await member.receive(1))[0] !== `ready:${i}`);
        }));
        members.forEach((member, i) => {
            for (let n = 0; n < count; ++n) member.send(`${i}:${n}`);
        });
        await Promise.all(members.map(async (member) => {
            const next = members.map(() => 0);
            for (let left = members.length * count; left > 0;) {
                const [text] = await member.receive(1);
                if (text.startsWith('ready:')) continue;
                const [sender, number] = text.split(':').map(Number);
                expect(number === next[sender]++, `${member.transport}: ${text} is out of order`);
                --left;
            }
        }));
        await Promise.all(members.map((member) => member.close()));
    }

    // The transport that the client settles on when it may choose.
    async function chosen(SockJS, url, options) {
        return connected(SockJS, url, options, async (connection) => {
            connection.send('hello');
            const [got] = await connection.receive(1);
            expect(got === 'hello', `sent hello, got ${JSON.stringify(got)}`);
            return connection.name;
        });
    }

    // How an attempt to connect ends that must not succeed.
    async function refused(SockJS, url, options) {
        const connection = new Connection(SockJS, url, options);
        const end = await connection.closed();
        expect(!connection.opened, 'the connection opened, it should have been refused');
        return end;
    }

    return {
        Connection, big_text, connected, echo, unicode, big, many, closed_by_server, broadcast,
        chosen, expect, refused, same_but_lone,
    };
})();

if (typeof module === 'object') module.exports = checks;
