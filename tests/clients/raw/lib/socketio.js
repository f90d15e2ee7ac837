'use strict';
// Socket.IO by hand, on a WebSocket of either Engine.IO revision.

const assert = require('node:assert/strict');
const { eioSocket, message, closesBare, EioSession } = require('./engineio.js');

const MOUNT = '/socket.io/';
const PLACEHOLDER = '{"_placeholder":true,"num":0}';

/// A packet without its attachments. Nothing is forgiven: no spaces, no namespace `/`, no leading zeros.
function parsePacket(text) {
    const match = /^4([0-6])(?:([1-9]\d*)-)?(?:(\/[^,]+),)?(0|[1-9]\d*)?([[{"][^]*)?$/.exec(text);
    assert.ok(match, `not a Socket.IO packet: ${text}`);
    const [, type, count, nsp = '/', id, json] = match;
    assert.equal(count !== undefined, type === '5' || type === '6', text);
    return { type: Number(type), nsp, id, data: json === undefined ? undefined : JSON.parse(json), count: Number(count ?? 0), text };
}

class SioClient {
    constructor(socket, version = 4) {
        Object.assign(this, { socket, version, connection: socket.connection, eioSid: socket.sid });
    }

    /// The connection alone, no namespace joined.
    static async connect(server, { version = 4, query, mount = MOUNT } = {}) {
        return new SioClient(await eioSocket(server, { mount, version, query }), version);
    }

    /// A client of a namespace that greets with `auth`: joined, the greeting read.
    static async open(server, { nsp = '/', auth, ...options } = {}) {
        const client = await SioClient.connect(server, options);
        await client.join(nsp, auth);
        if (nsp === '/' || nsp === '/custom') {
            client.greeting = await client.event('auth', nsp);
        }
        return client;
    }

    /// Joins and reads the answer; `sid` and `pid` are those of the namespace joined last.
    async join(nsp = '/', auth) {
        if (this.version === 4 || nsp !== '/') {
            this.send(`40${nsp === '/' ? '' : `${nsp},`}${auth === undefined ? '' : JSON.stringify(auth)}`);
        }
        const packet = await this.packet();
        assert.equal(packet.type, 0, packet.text);
        assert.equal(packet.nsp, nsp);
        ({ sid: this.sid, pid: this.pid } = packet.data ?? {});
        return packet;
    }

    /// Leaves, and waits until that has been read: a namespace that is not there is asked for and refused.
    async leave(nsp = '/') {
        this.send(`41${nsp === '/' ? '' : `${nsp},`}`, '40/elsewhere,');
        const packet = await this.packet();
        assert.deepEqual([packet.type, packet.nsp], [4, '/elsewhere'], packet.text);
        return this;
    }

    /// Texts as they are, binary with the type byte that the revision asks for.
    send(...messages) {
        for (const one of messages) {
            this.socket.send(typeof one === 'string' || this.version === 4 ? one : Buffer.concat([Buffer.of(4), one]));
        }
        return this;
    }

    emit(...args) {
        return this.send(`42${JSON.stringify(args)}`);
    }

    /// The next message, pings answered.
    async message(limit) {
        for (;;) {
            const got = await message(this.socket, limit);
            if (got !== '2') {
                return got;
            }
            this.socket.send('3');
        }
    }

    /// The next packet with its attachments, which must follow it immediately.
    async packet(limit) {
        const text = await this.message(limit);
        assert.equal(typeof text, 'string', 'an attachment that nothing announced');
        const packet = parsePacket(text);
        packet.attachments = [];
        while (packet.attachments.length < packet.count) {
            const attachment = await message(this.socket, limit);
            assert.ok(Buffer.isBuffer(attachment), `not an attachment: ${attachment}`);
            if (this.version === 3) {
                assert.equal(attachment[0], 4);
            }
            packet.attachments.push(this.version === 3 ? attachment.subarray(1) : attachment);
        }
        return packet;
    }

    /// The next packet, which must be this event, and its arguments; `offset` is cut off them where there are any.
    async event(name, nsp = '/') {
        const packet = await this.packet();
        assert.ok([2, 5].includes(packet.type), packet.text);
        assert.equal(packet.nsp, nsp, packet.text);
        const [event, ...args] = packet.data;
        assert.equal(event, name, packet.text);
        if (this.pid !== undefined && packet.id === undefined) {
            packet.offset = args.pop();
            assert.equal(typeof packet.offset, 'string', packet.text);
            this.offset = packet.offset;
        }
        return Object.assign(packet, { args });
    }

    /// The next packet, which must be an ACK.
    async ack(id, nsp = '/') {
        const packet = await this.packet();
        assert.ok([3, 6].includes(packet.type), packet.text);
        assert.deepEqual([packet.id, packet.nsp], [String(id), nsp], packet.text);
        return packet;
    }

    /// It echoes: nothing else may be on its way.
    async echoes(text = 'still here') {
        this.send(`4277["echo",${JSON.stringify(text)}]`);
        assert.deepEqual((await this.ack(77)).data, [text]);
    }

    /// The next thing is the end, without a code and without another packet.
    async closes(limit) {
        await closesBare(this.socket, limit);
    }

    destroy() {
        this.socket.destroy();
    }
}

/// The server serves Socket.IO: what must still hold after an attack.
async function assertServesSio(server) {
    assert.ok(server.alive, 'the server has ended');
    const client = await SioClient.open(server);
    await client.echoes();
    client.destroy();
    const session = await EioSession.open(server, { mount: MOUNT });
    await session.send('40');
    const packets = [];
    while (packets.length < 2) {
        packets.push(...await session.packets());
    }
    await session.send('427["echo","x"]');
    assert.deepEqual(await session.packets(), ['437["x"]']);
}

module.exports = { SioClient, parsePacket, assertServesSio, PLACEHOLDER };
