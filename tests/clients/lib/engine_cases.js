'use strict';

// What each client has to get through in every browser engine, over each of its transports. Loaded
// by a page behind the clients and their checks. A case takes the server's address and the name of
// a transport or mode, and throws an Error that says what went wrong.
const engine_cases = (() => {
    /* global SockJS, checks, io, socketio_checks */
    const { Connection, big_text, connected, expect, same_but_lone } = checks;
    const { Client } = socketio_checks;

    const marks = [
        '\uc548\ub155\ud558\uc138\uc694', '\u{1f680} \u{1f469}\u200d\u{1f680}',
        'line\u2028 and \u2029', 'nul\u0000 and \u0001', 'lone \ud800 and \udfff.',
        '</script><!-- ]]>', '100% %25 + \\u0041 "', 'plain',
    ];
    const big = big_text(200000);
    const texts = Array.from({ length: 200 },
        (_, n) => (n === 100 ? big : `${n} ${marks[n % marks.length]}`));
    const reason = 'enough \ub410\ub2e4 </script>';

    function expect_texts(got, wanted, who) {
        expect(got.length === wanted.length, `${who}: ${got.length} of ${wanted.length} messages`);
        wanted.forEach((text, n) => expect(same_but_lone(text, got[n]),
            `${who}: message ${n} was ${escape(text.slice(0, 60))}, came as ` +
            escape(String(got[n]).slice(0, 60))));
    }

    function expect_end(end, wanted, who) {
        const of = ({ code, reason: why, wasClean }) => JSON.stringify([code, why, wasClean]);
        expect(of(end) === of(wanted), `${who}: closed with ${of(end)}, not ${of(wanted)}`);
    }

    // A WebSocket as the browser has it: open, and with what comes to it as the other connections.
    function plain(url) {
        function Plain(address) {
            return Object.assign(new WebSocket(address), { transport: 'plain WebSocket' });
        }
        return new Connection(Plain, url.replace(/^http/, 'ws'), {}).open();
    }

    const sockjs = {
        // The first echo lets the second half go, so that sending and receiving overlap.
        async converses(url, transport) {
            await connected(SockJS, `${url}/echo`, { transport }, async (connection) => {
                texts.slice(0, 100).forEach((text) => connection.send(text));
                const got = await connection.receive(1);
                texts.slice(100).forEach((text) => connection.send(text));
                got.push(...await connection.receive(199));
                expect_texts(got, texts, transport);
            });
        },

        async is_pushed_to(url, transport) {
            const speaker = await plain(`${url}/broadcast/websocket`);
            await connected(SockJS, `${url}/broadcast`, { transport }, async (connection) => {
                connection.send('here');  // who hears itself is a member
                await connection.receive(1);
                texts.forEach((text) => speaker.send(text));
                expect_texts(await connection.receive(200), texts, transport);
            });
            speaker.sock.close();
        },

        async closes(url, transport) {
            const mine = await new Connection(SockJS, `${url}/echo`, { transport }).open();
            mine.sock.close(3001, reason);
            expect_end(await mine.closed(), { code: 3001, reason, wasClean: true }, transport);
            await checks.closed_by_server(SockJS, url, { transport });
        },

        // Leaves an open connection in `window.lost`.
        async is_open(url, transport) {
            window.lost = await new Connection(SockJS, `${url}/echo`, { transport }).open();
            window.lost.send('before');
            expect_texts(await window.lost.receive(1), ['before'], transport);
        },

        // The server has lost the session. Not every transport hears of a broken connection in
        // every engine; a client that sends does.
        async is_lost(_, transport) {
            const { lost } = window;
            if (!lost.end) lost.send('anyone there?');
            const end = await lost.closed();
            expect(end.code === 1006 && !end.wasClean, `${transport}: ${JSON.stringify(end)}`);
        },

        async is_back(url, transport) {
            await connected(SockJS, `${url}/echo`, { transport }, async (connection) => {
                connection.send('after');
                expect_texts(await connection.receive(1), ['after'], transport);
            });
        },
    };

    const socketio = {
        // Sends from the first moment on, so that an upgrade finds messages on their way.
        async converses(url, mode) {
            await socketio_checks.connected(io, url, { mode }, async (client) => {
                texts.slice(0, 100).forEach((text) => client.emit('echo', text));
                const got = await client.receive(1);
                texts.slice(100).forEach((text) => client.emit('echo', text));
                got.push(...await client.receive(199));
                expect_texts(got.map(([, text]) => text), texts, client.name);
                await client.settled();
                await client.flushed();
            });
            await socketio_checks.binaries(io, url, { mode });
        },

        async is_pushed_to(url, mode) {
            await socketio_checks.all_connected(
                io, url, [{ mode }, { mode: 'websocket' }], 2, async ([client, speaker]) => {
                    await client.settled();
                    texts.forEach((text) => speaker.emit('bcast', text));
                    const got = await client.receive(200);
                    expect_texts(got.map(([, text]) => text), texts, client.name);
                });
        },

        // Both ends, with their reasons.
        async closes(url, mode) {
            await socketio_checks.leaves_and_returns(io, url, { mode });
            await socketio_checks.kicked_out(io, url, { mode });
        },

        async is_open(url, mode) {
            window.lost = new Client(io, url, {
                mode, reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200,
            });
            window.lost.reconnects = true;
            await window.lost.open();
            await window.lost.settled();
        },

        async is_lost() {
            const why = await window.lost.ended();
            expect(/^transport (close|error)$/.test(why), `${window.lost.name}: ended with ${why}`);
        },

        async is_back() {
            const { lost } = window;
            await lost.until(() => lost.connects === 2, () => 'second connect');
            lost.errors.length = 0;  // of the attempts before
            await lost.open();
            await lost.settled();
            await lost.flushed();
            await lost.close();
        },
    };

    const websocket = {
        async converses(url) {
            const connection = await plain(`${url}/ws`);
            const octets = Uint8Array.from({ length: 200000 }, (_, n) => n * 31 + (n >> 8));
            connection.sock.binaryType = 'arraybuffer';
            texts.forEach((text) => connection.send(text));
            connection.send(octets);
            expect_texts(await connection.receive(200), texts, 'plain WebSocket');
            const [back] = await connection.receive(1);
            expect(new Uint8Array(back).every((octet, n) => octet === octets[n]) &&
                back.byteLength === octets.length, 'the bytes came back changed');
            connection.sock.close();
        },

        async is_pushed_to(url) {
            const [speaker, connection] = [await plain(`${url}/ws/broadcast`),
                await plain(`${url}/ws/broadcast`)];
            connection.send('here');
            await connection.receive(1);
            texts.forEach((text) => speaker.send(text));
            expect_texts(await connection.receive(200), texts, 'plain WebSocket');
            connection.sock.close();
            speaker.sock.close();
        },

        async closes(url) {
            const mine = await plain(`${url}/ws`);
            mine.sock.close(3001, reason);
            const end = await mine.closed();
            expect(end.code === 3001 && end.wasClean, `own close gave ${JSON.stringify(end)}`);
            const theirs = await plain(`${url}/close/websocket`);
            expect_end(await theirs.closed(), { code: 3000, reason: 'Go away!', wasClean: true },
                'plain WebSocket');
        },

        async is_open(url) {
            window.lost = await plain(`${url}/ws`);
        },

        is_lost: () => sockjs.is_lost(null, 'plain WebSocket'),

        async is_back(url) {
            const connection = await plain(`${url}/ws`);
            connection.send('after');
            expect_texts(await connection.receive(1), ['after'], 'plain WebSocket');
            connection.sock.close();
        },
    };

    return { sockjs, socketio, websocket };
})();
