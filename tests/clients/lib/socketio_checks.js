'use strict';

// What every Socket.IO client has to see of the profile `default`, written once: Node requires this
// file, the browser loads it with a script element. Each check takes the client's `io`, the
// server's address and {mode, version, ...options of the client}, and throws an Error that says
// what went wrong.
const socketio_checks = (() => {
    const limit = 60000;
    const modes = {
        polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'],
    };
    const profile_events = ['auth', 'message-back', 'echo', 'message', 'room'];

    function expect(claim, text) {
        if (!claim) throw new Error(text);
    }

    // Clients 1.x and 2.x: Engine.IO 3, and the main namespace is joined by connecting.
    const is_old = (client) => /^[12]\./.test(client.version);

    const is_binary = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

    function octets(value) {
        if (value instanceof ArrayBuffer) return new Uint8Array(value);
        return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }

    // `length` bytes that differ from place to place, in the type that every client version takes.
    function binary(length, seed = 0) {
        const array = new Uint8Array(length);
        for (let i = 0; i < length; ++i) array[i] = i * 31 + (i >> 8) + seed;
        return typeof Buffer === 'function' ? Buffer.from(array) : array.buffer;
    }

    // A text that is the same for equal values, whatever class their binary parts have.
    function canonical(value) {
        return JSON.stringify(value, function tag(key) {
            const raw = this[key];  // before toJSON, which Buffer has
            if (!is_binary(raw)) return raw;
            let text = '';
            for (const octet of octets(raw)) text += String.fromCharCode(octet);
            return { 'binary part': text };
        });
    }

    function same(got, wanted, what) {
        const [left, right] = [canonical(got), canonical(wanted)];
        if (left === right) return;
        let at = 0;
        while (left?.[at] === right[at]) ++at;
        const part = (text) => (text || 'nothing').slice(Math.max(0, at - 40), at + 120);
        throw new Error(`${what}: wanted ${part(right)}, got ${part(left)} (differs at ${at})`);
    }

    // One Socket.IO client with its events and its end, all to be waited for.
    class Client {
        constructor(io, url, options = {}) {
            const {
                mode = 'upgrade', version = '4.8', namespace = '/', events = profile_events,
                greeting = true, ...rest
            } = options;
            Object.assign(this, { mode, version, greeting, waiting: new Set() });
            Object.assign(this, { events: [], ends: [], errors: [], connects: 0 });
            this.name = `socket.io-client ${version} over ${mode}`;
            this.socket = io(url + namespace, {
                transports: modes[mode], reconnection: false, forceNew: true, timeout: limit,
                ...rest,
            });
            for (const name of events) {
                this.socket.on(name, (...args) => {
                    this.events.push([name, ...args]);
                    this.wake();
                });
            }
            this.socket.on('connect', () => {
                ++this.connects;
                this.wake();
            });
            this.socket.on('disconnect', (reason) => {
                this.ends.push(reason);
                this.wake();
            });
            for (const name of ['connect_error', 'error']) {  // 2.x says `error`
                this.socket.on(name, (error) => {
                    this.errors.push(error);
                    this.wake();
                });
            }
        }

        wake() {
            for (const look of [...this.waiting]) look();
        }

        // Resolves once `ready()` holds; it is asked again after each event.
        until(ready, what, ms = limit) {
            return new Promise((resolve, reject) => {
                const timer = setTimeout(() => {
                    this.waiting.delete(look);
                    reject(new Error(`${this.name}: no ${what()} within ${ms} ms`));
                }, ms);
                const look = () => {
                    try {
                        if (!ready()) return;
                        resolve();
                    } catch (error) {
                        reject(error);
                    }
                    clearTimeout(timer);
                    this.waiting.delete(look);
                };
                this.waiting.add(look);
                look();
            });
        }

        // False, or throws: nothing more will come.
        still_alive(what) {
            const failed = this.errors[this.errors.length - 1];
            expect(!failed, `${this.name}: error while waiting for ${what}: ` +
                `${failed?.message || canonical(failed)}`);
            expect(!this.ends.length || this.socket.connected || this.reconnects,
                `${this.name}: ended (${this.ends}) while waiting for ${what}`);
            return false;
        }

        async open() {
            await this.until(() => this.socket.connected || this.still_alive('connect'),
                () => 'connect');
            if (this.greeting) {
                const [[name, payload]] = await this.receive(1);
                expect(name === 'auth', `${this.name}: first came ${name}, not auth`);
                this.auth = payload;
            }
            return this;
        }

        get transport() {
            return this.socket.io.engine.transport.name;
        }

        // Resolves once the transport is the one that the mode ends with.
        async settled() {
            const wanted = modes[this.mode][modes[this.mode].length - 1];
            const { engine } = this.socket.io;
            engine.on('upgrade', () => this.wake());
            await this.until(() => this.transport === wanted || this.still_alive(wanted),
                () => `transport ${wanted}`);
            return this;
        }

        // The next `count` events, each as [name, ...arguments].
        async receive(count) {
            const what = () => `event (has ${this.events.length} of ${count})`;
            await this.until(
                () => this.events.length >= count || this.still_alive(what()), what);
            return this.events.splice(0, count);
        }

        // The next event, which must be `name` with these arguments. A server with connection
        // state recovery puts an offset behind them, which the client hands on.
        async next(name, ...args) {
            const [event] = await this.receive(1);
            const extra = event.length - args.length - 1;
            same(event.slice(0, args.length + 1), [name, ...args], this.name);
            expect(extra === 0 || (extra === 1 && typeof event[event.length - 1] === 'string'),
                `${this.name}: ${name} came with ${extra} arguments too many`);
        }

        emit(...args) {
            this.socket.emit(...args);
        }

        // Emits and resolves with the arguments of the acknowledgement.
        async ask(...args) {
            let answer = null;
            this.socket.emit(...args, (...back) => {
                answer = back;
                this.wake();
            });
            const what = () => `acknowledgement of ${args[0]}`;
            await this.until(() => answer || this.still_alive(what()), what);
            return answer;
        }

        // Round trip behind all that was sent before: what has not come by then does not come.
        async flushed() {
            same(await this.ask('echo', 'flushed'), ['flushed'], this.name);
        }

        async ended() {
            await this.until(() => this.ends.length, () => 'disconnect');
            return this.ends.shift();
        }

        async refused() {
            await this.until(() => this.errors.length, () => 'error');
            return this.errors.shift();
        }

        async close() {
            if (!this.socket.connected) {
                this.socket.disconnect();
                return;
            }
            this.ends.length = 0;
            this.socket.disconnect();
            const reason = await this.ended();
            expect(reason === 'io client disconnect', `${this.name}: own end gave ${reason}`);
        }
    }

    // Opens, runs `body`, and closes from the client's side.
    async function connected(io, url, options, body) {
        const client = new Client(io, url, options);
        try {
            await client.open();
            await body(client);
        } finally {
            await client.close();
        }
    }

    // The same with `count` clients. `options` may be an array to go round.
    async function all_connected(io, url, options, count, body) {
        const each = [].concat(options);
        const clients = Array.from({ length: count }, (_, i) => {
            const { io: own = io, ...rest } = each[i % each.length];
            return new Client(own, url, rest);
        });
        try {
            await Promise.all(clients.map((client) => client.open()));
            await body(clients);
        } finally {
            await Promise.all(clients.map((client) => client.close()));
        }
    }

    const all_values = [
        null, true, false, 0, -1, 1.5, 1e21, 9007199254740991, -0.000001, '', 'text',
        '"\\/\u0000\n', '\u00e9\u20ac\u{1f680}\u2028\ufeff', [], {}, [[], [{}]],
        { a: { b: [1, { c: null }] } }, { '__proto__x': 1, 'key with "quotes"': 'v', '': 'empty key' },
    ];

    // notepack.io 2.2 writes integers beyond 64 bits as others.
    const values_for = ({ msgpack }) => all_values.filter((value) => !msgpack || value !== 1e21);

    async function greeting(io, url, options) {
        const token = { token: 'secret', n: 1, deep: { list: [true, null, '\u00e9'] } };
        await connected(io, url, { ...options, auth: token }, (client) => {
            // Old clients have no auth for the main namespace.
            same(client.auth, is_old(client) ? {} : token, client.name);
        });
    }

    async function settles(io, url, options) {
        await connected(io, url, options, async (client) => {
            await client.settled();
            await client.flushed();
            const wanted = modes[client.mode][modes[client.mode].length - 1];
            expect(client.transport === wanted, `${client.name}: ended on ${client.transport}`);
        });
    }

    async function events(io, url, options) {
        const values = values_for(options);
        await connected(io, url, options, async (client) => {
            client.emit('message');
            await client.next('message-back');
            client.emit('message', ...values);
            await client.next('message-back', ...values);
            for (const value of values) client.emit('echo', value);
            for (const value of values) await client.next('echo', value);
        });
    }

    async function acks(io, url, options) {
        const values = values_for(options);
        await connected(io, url, options, async (client) => {
            same(await client.ask('message-with-ack'), [], client.name);
            same(await client.ask('message-with-ack', ...values), values, client.name);
            const answers = await Promise.all(values.map((value) => client.ask('echo', value)));
            same(answers, values.map((value) => [value]), client.name);
            expect(client.events.length === 0, `${client.name}: an ack came as an event, too`);
        });
    }

    async function binaries(io, url, options) {
        const first = binary(5);
        const second = binary(300, 7);
        const mixed = [{ a: first, list: [second, 'text'] }, 'between', first];
        await connected(io, url, options, async (client) => {
            client.emit('message', first);
            await client.next('message-back', first);
            client.emit('message', ...mixed);
            await client.next('message-back', ...mixed);
            same(await client.ask('message-with-ack', ...mixed), mixed, client.name);
            same(await client.ask('echo', binary(0)), [binary(0)], client.name);
            // What comes behind a binary event stays behind it.
            for (let n = 0; n < 20; ++n) client.emit('echo', n % 2 ? n : binary(n, n));
            for (let n = 0; n < 20; ++n) await client.next('echo', n % 2 ? n : binary(n, n));
        });
    }

    async function broadcast(io, url, options, count = 3) {
        await all_connected(io, url, options, count, async (clients) => {
            clients[0].emit('bcast', 'to all', 1, binary(9));
            for (const client of clients) await client.next('message', 'to all', 1, binary(9));
        });
    }

    async function rooms(io, url, options) {
        await all_connected(io, url, options, 4, async ([sender, inside, left, outside]) => {
            const room = 'r\u00f6\u00f6m \u{1f6aa}';
            for (const client of [sender, inside, left]) {
                same(await client.ask('join', room), [], client.name);
            }
            same(await left.ask('leave', room), [], left.name);
            sender.emit('room', room, 'hello', binary(3));
            outside.emit('room', room, 'from outside');
            const got = [(await inside.receive(1))[0], (await inside.receive(1))[0]];
            const texts = got.map(([name, text]) => `${name} ${text}`).sort();
            same(texts, ['room from outside', 'room hello'], inside.name);
            await sender.next('room', 'from outside');
            // Whoever is not in the room has nothing before this.
            outside.emit('bcast', 'end');
            for (const client of [sender, inside, left, outside]) {
                await client.next('message', 'end');
            }
        });
    }

    async function namespaces(io, url, options) {
        await connected(io, url, options, async (main) => {
            // The same connection carries the other namespaces.
            const custom = new Client(() => main.socket.io.socket('/custom', {
                auth: { who: 'custom' }, query: 'who=custom',  // the query is what 2.x sends
            }), '', options);
            await custom.open();
            same(custom.auth, { who: 'custom' }, custom.name);
            if (!is_old(main)) {
                expect(custom.socket.id !== main.socket.id, 'two namespaces share a socket id');
            }

            const unknown = new Client(() => main.socket.io.socket('/unknown'), '', options);
            const error = await unknown.refused();
            same(error.message || error, 'Invalid namespace', unknown.name);
            expect(!unknown.socket.connected, 'joined a namespace that there is not');

            await custom.close();
            await main.flushed();
            expect(main.ends.length === 0, 'leaving one namespace ended another');
        });
    }

    async function leaves_and_returns(io, url, options) {
        await connected(io, url, options, async (client) => {
            const { id, io: { engine } } = client.socket;
            let closed = false;
            engine.on('close', () => {
                closed = true;
                client.wake();
            });
            await client.close();
            await client.until(() => closed, () => 'end of the connection');
            client.socket.connect();
            client.ends.length = 0;
            await client.open();
            expect(client.socket.id && client.socket.id !== id, 'the old id after coming back');
            expect(!client.socket.recovered, 'recovered what was closed on purpose');
            await client.flushed();
        });
    }

    // Another namespace on the connection of `main`, joined.
    async function second_namespace(main, options) {
        const { mode, version } = options;
        const custom = new Client(() => main.socket.io.socket('/custom'), '', { mode, version });
        return custom.open();
    }

    // Says in `closed` whether the connection below `client` has ended.
    function watch_engine(client) {
        const seen = { closed: false };
        client.socket.io.engine.on('close', () => {
            seen.closed = true;
            client.wake();
        });
        return seen;
    }

    // Whom the server has put out comes back as somebody new, with no state recovered.
    async function returns_as_new(client, id) {
        client.socket.connect();
        await client.open();
        expect(client.socket.id && client.socket.id !== id, `${client.name}: kept its id`);
        expect(!client.socket.recovered, `${client.name}: recovered what the server had ended`);
        await client.flushed();
    }

    // The server ends one namespace: the connection stays, with the other namespace on it.
    async function kicked_from_namespace(io, url, options) {
        await connected(io, url, options, async (main) => {
            await main.settled();
            const custom = await second_namespace(main, options);
            const seen = watch_engine(main);
            const { engine } = main.socket.io;

            // First the one, then the other: clients end a connection that carries nobody.
            custom.emit('kick', false);
            same(await custom.ended(), 'io server disconnect', custom.name);
            await main.flushed();
            custom.socket.connect();
            await custom.open();

            const { id } = main.socket;
            main.emit('kick', false);
            same(await main.ended(), 'io server disconnect', main.name);
            if (is_old(main)) {
                // Joins the main namespace by connecting alone: the other one has to leave, too.
                custom.emit('kick', false);
                same(await custom.ended(), 'io server disconnect', custom.name);
                await main.until(() => seen.closed, () => 'end of the connection');
                return returns_as_new(main, id);
            }
            await returns_as_new(main, id);
            expect(!seen.closed && main.socket.io.engine === engine,
                `${main.name}: came back on another connection`);
            same(main.events.concat(main.ends, custom.ends), [], main.name);
            return custom.close();
        });
    }

    // The server ends the connection: each namespace is told before.
    async function kicked_out(io, url, options, from = 'main') {
        await connected(io, url, options, async (main) => {
            await main.settled();
            const custom = await second_namespace(main, options);
            const seen = watch_engine(main);
            const { id } = main.socket;
            (from === 'main' ? main : custom).emit('kick', true);
            for (const client of [main, custom]) {
                same(await client.ended(), 'io server disconnect', client.name);
            }
            await main.until(() => seen.closed, () => 'end of the connection');
            await returns_as_new(main, id);
            same(main.ends.concat(custom.ends), [], main.name);
        });
    }

    const kicked_out_by_another = (io, url, options) => kicked_out(io, url, options, 'custom');

    // Sends from the first moment on, so that an upgrade finds messages on their way.
    async function many(io, url, options, count = 500) {
        const client = new Client(io, url, { greeting: false, events: ['echo'], ...options });
        try {
            let sent = 0;
            const wave = () => {
                for (const end = Math.min(sent + 50, count); sent < end; ++sent) {
                    client.emit('echo', sent);
                }
            };
            wave();
            for (let seen = 0; seen < count; ++seen) {
                await client.next('echo', seen);
                if (seen % 25 === 0) wave();
            }
            await client.settled();
            await client.flushed();
            expect(client.events.length === 0, `${client.name}: echoed more than was sent`);
        } finally {
            await client.close();
        }
    }

    async function volatiles(io, url, options) {
        const client = new Client(io, url, options);
        try {
            client.socket.volatile.emit('echo', 'lost');  // there is no connection to carry it
            client.emit('echo', 'kept');
            await client.open();
            await client.next('echo', 'kept');
            // One that waits for the transport may be lost, but none overtakes another.
            for (let n = 0; n < 50; ++n) client.socket.volatile.emit('echo', n);
            await client.flushed();
            let last = -1;
            for (const [, n] of client.events) {
                expect(n > last, `${client.name}: ${n} came behind ${last}`);
                last = n;
            }
        } finally {
            await client.close();
        }
    }

    // Rejects with the client's own words when nobody answers.
    async function timeouts(io, url, options) {
        await connected(io, url, options, async ({ socket, name }) => {
            same(await socket.timeout(limit).emitWithAck('echo', 'x'), 'x', name);
            same(await socket.emitWithAck('message-with-ack', [1]), [1], name);
            let error;
            try {
                await socket.timeout(50).emitWithAck('an event that nobody answers');
            } catch (reason) {
                error = reason;
            }
            expect(error?.message === 'operation has timed out', `${name}: got ${error}`);
            same(await socket.timeout(limit).emitWithAck('echo', 'y'), 'y', name);
        });
    }

    // `bytes` characters of ASCII in which every place is different.
    function big_text(length) {
        let text = '';
        for (let line = 0; text.length < length; ++line) text += `line${line}abcdefghijklmnopq`;
        return text.slice(0, length);
    }

    async function big(io, url, options, length = 900000) {
        const text = big_text(length);
        await connected(io, url, options, async (client) => {
            await client.settled();
            client.emit('echo', text);
            client.emit('echo', 'next');
            await client.next('echo', text);
            await client.next('echo', 'next');
            same(await client.ask('echo', text), [text], client.name);
        });
    }

    // Loses the connection on the client's side, misses events, and has them all when it is back.
    async function recovery(io, url, options) {
        await all_connected(io, url, options, 2, async ([client, other]) => {
            await client.ask('join', 'kept');
            await client.settled();
            const { id } = client.socket;
            client.socket.io.engine.close();
            await client.ended();
            for (let n = 0; n < 10; ++n) other.emit('bcast', n, n % 2 ? 'odd' : binary(n));
            other.emit('room', 'kept', 'for the room');
            await other.flushed();
            client.socket.connect();
            for (let n = 0; n < 10; ++n) {
                await client.next('message', n, n % 2 ? 'odd' : binary(n));
            }
            await client.next('room', 'for the room');
            expect(client.socket.recovered, `${client.name}: not recovered`);
            expect(client.socket.id === id, `${client.name}: recovered with another id`);
            const [[greeting_again]] = await client.receive(1);
            expect(greeting_again === 'auth', `${client.name}: got ${greeting_again}, not auth`);

            other.emit('room', 'kept', 'still in the room');
            await client.next('room', 'still in the room');
            await client.flushed();
            expect(client.events.length === 0, `${client.name}: an event came twice`);
        });
    }

    return {
        Client, all_connected, connected, expect, same, canonical, binary, is_binary, octets,
        big_text, limit, greeting, settles, events, acks, binaries, broadcast, rooms, namespaces,
        leaves_and_returns, kicked_from_namespace, kicked_out, kicked_out_by_another, many, volatiles,
        timeouts, big, recovery,
    };
})();

if (typeof module === 'object') module.exports = socketio_checks;
