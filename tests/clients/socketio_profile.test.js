'use strict';

const assert = require('node:assert/strict');
const { Client, binary, canonical, is_binary, octets } = require('./lib/socketio_checks');
const { start_server } = require('./lib/server');
const { modes, versions } = require('./lib/socketio_clients');
const { after, before, describe, it } = require('./lib/testing');

// The events that the server of the profile `socket.io-client` emits on the main namespace.
const emitted = [
    'hi', 'ack', 'got it', 'takeDate', 'takeDateObj', 'takeUtf8', 'false', 'doge', 'takebin',
    'buffack', 'jsonbuff-ack', 'abuff2-ack', 'back', 'jsonblob-ack', 'blob3-ack',
];
const iso_date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

// Each sends something and waits for what has to come of it.
const table = {
    'hi': async (client) => {
        client.emit('hi');
        await client.next('hi');
    },
    'echo with an acknowledgement': async (client) => {
        assert.deepEqual(await client.ask('echo', { a: [1, 'two'] }), [{ a: [1, 'two'] }]);
        assert.equal(canonical(await client.ask('echo', binary(9))), canonical([binary(9)]));
    },
    'an acknowledgement of the client': async (client) => {
        client.socket.on('ack', (callback) => callback(5, { test: true }));
        client.emit('ack');
        const [[name]] = await client.receive(1);
        assert.equal(name, 'ack');
        await client.next('got it');
    },
    'a late acknowledgement of the client': async (client) => {
        client.emit('ack');
        const [[, callback]] = await client.receive(1);
        assert.equal(await client.ask('echo', 'meanwhile').then(([text]) => text), 'meanwhile');
        callback(5, { test: true });
        await client.next('got it');
        callback(5, { test: true });  // the second answer counts for nothing
        await client.ask('echo', 'x');
        assert.deepEqual(client.events, []);
    },
    'getAckDate': async (client) => {
        const [date] = await client.ask('getAckDate', { test: true });
        assert.match(date, iso_date);
    },
    'getDate and getDateObj': async (client) => {
        client.emit('getDate');
        client.emit('getDateObj');
        const [[first, date], [second, object]] = await client.receive(2);
        assert.deepEqual([first, second], ['takeDate', 'takeDateObj']);
        assert.match(date, iso_date);
        assert.match(object.date, iso_date);
    },
    'getUtf8': async (client) => {
        client.emit('getUtf8');
        for (const text of ['てすと', 'Я Б Г Д Ж Й', 'Ä ä Ü ü ß', 'utf8 — string', 'utf8 — string'])
            await client.next('takeUtf8', text);
    },
    'false': async (client) => {
        client.emit('false');
        await client.next('false', false);
    },
    'doge and getbin': async (client) => {
        for (const [ask, answer] of [['doge', 'doge'], ['getbin', 'takebin']]) {
            client.emit(ask);
            const [[name, data]] = await client.receive(1);
            assert.equal(name, answer);
            assert.ok(is_binary(data));
            assert.equal(Buffer.from(octets(data)).toString('latin1'), 'asdfasdf');
        }
    },
    'buffa': async (client) => {
        client.emit('buffa', 'not binary');
        client.emit('buffa', binary(12));
        await client.next('buffack');
        await client.ask('echo', 'x');
        assert.deepEqual(client.events, []);
    },
    'jsonbuff': async (client) => {
        client.emit('jsonbuff', { hello: 'lol', message: 'no', goodbye: 'gotcha' });
        client.emit('jsonbuff', { hello: 'lol', message: binary(8), goodbye: 'gotcha' });
        await client.next('jsonbuff-ack');
        await client.ask('echo', 'x');
        assert.deepEqual(client.events, []);
    },
    'abuff1 and abuff2': async (client) => {
        client.emit('abuff1', binary(20));
        client.emit('abuff2', 'arrived');
        await client.next('abuff2-ack');
    },
    'abuff2 alone': async (client) => {
        client.emit('abuff2', 'arrived');
        await client.ask('echo', 'x');
        assert.deepEqual(client.events, []);
    },
    'blob': async (client) => {
        client.emit('blob', binary(11));
        await client.next('back');
    },
    'jsonblob': async (client) => {
        client.emit('jsonblob', { hello: 'lol', message: binary(11), goodbye: 'gotcha' });
        await client.next('jsonblob-ack');
    },
    'blob1, blob2 and blob3': async (client) => {
        client.emit('blob1', binary(11));
        client.emit('blob2', 'second');
        client.emit('blob3', binary(12));
        await client.next('blob3-ack');
    },
    'getId': async (client) => {
        const [id] = await client.ask('getId');
        assert.equal(id, client.socket.id);
    },
    'getHandshake': async (client) => {
        const [handshake] = await client.ask('getHandshake');
        check_handshake(handshake, client);
    },
};

function check_handshake(handshake, { version }) {
    const keys = ['headers', 'time', 'address', 'xdomain', 'secure', 'issued', 'url', 'query'];
    for (const key of [...keys, 'auth']) assert.ok(key in handshake, `the handshake has no ${key}`);
    assert.match(handshake.address, /127\.0\.0\.1$/);
    assert.equal(handshake.secure, false);
    assert.equal(handshake.xdomain, false);
    assert.ok(Math.abs(Date.now() - handshake.issued) < 600000);
    assert.match(handshake.url, /^\/socket\.io\/\?/);
    assert.equal(handshake.query.EIO, version === '2.5' ? '3' : '4');
    assert.equal(handshake.headers.host.startsWith('127.0.0.1:'), true);
    assert.equal(Number.isNaN(Date.parse(handshake.time)), false);
}

describe('the profile `socket.io-client`', () => {
    let server;
    before(async () => { server = await start_server('--profile', 'socket.io-client'); });
    after(() => server && server.stop());

    const make = (version, options = {}) => new Client(
        versions[version], server.url, { version, greeting: false, events: emitted, ...options });

    // Runs `body` with an open client.
    async function with_client(version, options, body) {
        const client = make(version, options);
        try {
            await client.open();
            await body(client);
        } finally {
            await client.close();
        }
    }

    for (const version of Object.keys(versions)) {
        for (const mode of modes) {
            describe(`${version} over ${mode}`, () => {
                for (const [name, body] of Object.entries(table)) {
                    it(name, () => with_client(version, { mode }, body));
                }
            });
        }

        describe(`namespaces for ${version}`, () => {
            // The refusal of a namespace: its text.
            async function refusal(options) {
                const client = make(version, options);
                const error = await client.refused();
                assert.equal(client.socket.connected, false);
                await client.close();
                return error.message || error;
            }

            it('refuses the main one to whoever wants to fail', async () => {
                const client = make(version, { query: { fail: 'true' } });
                const error = await client.refused();
                assert.equal(error.message || error, 'Auth failed (main namespace)');
                assert.equal(client.socket.connected, false);
                await client.close();
            });

            it('refuses /no and unknown ones', async () => {
                assert.equal(await refusal({ namespace: '/no' }), 'Auth failed (custom namespace)');
                assert.equal(await refusal({ namespace: '/nowhere' }), 'Invalid namespace');
            });

            it('tells the socket id on /foo', () => with_client(
                version, { namespace: '/foo' }, async (client) => {
                    const [id] = await client.ask('getId');
                    assert.equal(id, client.socket.id);
                }));

            it('hands over the handshake on /abc', () => with_client(
                version, { namespace: '/abc', events: ['handshake'] }, async (client) => {
                    const [[name, handshake]] = await client.receive(1);
                    assert.equal(name, 'handshake');
                    check_handshake(handshake, client);
                }));

            it('knows the quiet ones', async () => {
                for (const namespace of ['/timeout_socket', '/valid', '/asd']) {
                    await with_client(version, { namespace }, async () => {});
                }
            });
        });
    }

    it('shows query and auth in the handshake', () => {
        const [query, auth] = [{ key: 'val ue&=\u00e9' }, { token: { deep: 1 } }];
        return with_client('4.8', { query, auth }, async (client) => {
            const [handshake] = await client.ask('getHandshake');
            assert.equal(handshake.query.key, query.key);
            assert.deepEqual(handshake.auth, auth);
        });
    });

    it('recovers', () => with_client('4.8', {}, async (client) => {
        client.emit('hi');
        await client.next('hi');
        const { id } = client.socket;
        client.socket.io.engine.close();
        await client.ended();
        client.socket.connect();
        await client.open();
        assert.equal(client.socket.recovered, true);
        assert.equal(client.socket.id, id);
    }));
});
