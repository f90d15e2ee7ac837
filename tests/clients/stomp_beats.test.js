'use strict';

const assert = require('node:assert/strict');
const { RawStomp } = require('./lib/raw_stomp');
const { start_server } = require('./lib/server');
const { after, before, describe, it } = require('./lib/testing');
const { within } = require('./lib/within');

// Claims of heart-beats: what is agreed, when they come, who is let go, and how they get on with
// those of SockJS. The profile grants no less than a second.

function negotiation_tests(open) {
    for (const [asked, granted] of [['0,0', '0,0'], ['1000,0', '0,1000'], ['0,1000', '1000,0'],
        ['2000,3000', '3000,2000'], ['1,1', '1000,1000'], ['99999999999,0', '0,86400000'],
        ['0,99999999999999999999999', '86400000,0']]) {
        it(`grants ${granted} for ${asked}`, async () => {
            const client = await open();
            const { headers } = await client.connect({ 'accept-version': '1.2', 'heart-beat': asked });
            assert.equal(headers['heart-beat'], granted);
            await client.leave();
        });
    }

    for (const asked of ['abc', '-1,5', '1000', '', ',', '1,', ',1', '1,2,3', '1.5,0', '0x1,0', ' 1,1', '1, 1']) {
        it(`refuses "${asked}"`, async () => {
            const client = await open();
            client.frame('CONNECT', {
                'accept-version': '1.2', 'login': 'guest', 'passcode': 'guest', 'heart-beat': asked });
            await client.fails();
        });
    }

    it('has none in 1.0, whatever is asked', async () => {
        const client = await open();
        const { headers } = await client.connect({ 'accept-version': '1.0', 'heart-beat': '1000,1000' });
        assert.equal(headers['heart-beat'], '0,0');
        await client.leave();
    });
}

function beat_tests(server, carrier) {
    const connected = (beat, at = server) => RawStomp.connected(at(), carrier, { 'heart-beat': beat });

    it('beats each interval while there is nothing to say', async () => {
        const client = await connected('0,1000');
        let last = performance.now();
        for (let i = 0; i < 4; ++i) {
            assert.equal(await client.message(), '\n');
            const now = performance.now();
            assert.ok(now - last > 400, `a beat ${now - last} ms after what was before`);
            last = now;
        }
        await client.leave();
    });

    it('does not beat while messages flow', async () => {
        const client = await connected('0,1000');
        await client.subscribe('s', '/topic/flow');
        const end = performance.now() + 2500;
        let last = performance.now();
        while (performance.now() < end) {
            client.send('/topic/flow', 'x');
            const message = await client.message();
            const now = performance.now();
            // A machine that stands still may well let one through.
            if (message === '\n') assert.ok(now - last > 400, 'a beat beside messages');
            else assert.match(message, /^MESSAGE\n/);
            last = now;
        }
        await client.seen();
        await client.leave();
    });

    it('lets go of who is silent, without a word, after three intervals', async () => {
        const began = performance.now();
        const client = await connected('1000,0');
        const end = await client.below.end().catch(() => ({}));
        const took = performance.now() - began;
        assert.notEqual(end.code, 1000);
        assert.deepEqual(client.below.messages, []);
        assert.ok(took > 2500, `gone after ${took} ms`);
    });

    it('keeps who beats, and who sends frames instead', async () => {
        for (const sends of ['\n', 'SEND\ndestination:/topic/x\n\n\0']) {
            const client = await connected('1000,1000');
            // Five of the server's beats: longer than a silent client has.
            for (let i = 0; i < 5; ++i) {
                assert.equal(await client.message(), '\n');
                client.write(sends);
            }
            await client.seen();
            await client.leave();
        }
    });

    it('gives a page that is hidden the time it needs', async () => {
        const patient = await start_server('--profile', 'stomp', '--stomp-grace', '90000');
        const client = await connected('1000,1000', () => patient);
        for (let i = 0; i < 6; ++i) assert.equal(await client.message(), '\n');
        await client.seen();
        await client.leave();
        await patient.stop();
    });
}

for (const carrier of ['websocket', 'xhr-polling']) {
    describe(`STOMP's heart-beats over ${carrier}`, () => {
        let server;
        before(async () => { server = await start_server('--profile', 'stomp'); });
        after(() => server?.stop());
        negotiation_tests(() => RawStomp.open(server, carrier));
        beat_tests(() => server, carrier);
    });
}

describe("STOMP's heart-beats beside those of SockJS", () => {
    let server;
    before(async () => {
        server = await start_server('--profile', 'stomp', '--sockjs-heartbeat', '1500');
    });
    after(() => server?.stop());

    it('have no h between them', async () => {
        const client = await RawStomp.connected(server, 'xhr-polling', { 'heart-beat': '0,1000' });
        for (let i = 0; i < 6; ++i) assert.equal(await client.message(), '\n');
        assert.equal(client.below.heartbeats, 0);
        await client.leave();
    });

    it('leave h alone where only the client beats', async () => {
        const client = await RawStomp.connected(server, 'xhr-polling', { 'heart-beat': '1000,0' });
        // Only `h` ends a poll; the client beats each time.
        const { below } = client;
        while (below.heartbeats < 3) {
            client.write('\n');
            await within(new Promise((resolve) => { below.wake = resolve; }), 'end of a poll');
            assert.ok(!below.gone, 'the session goes on');
        }
        assert.deepEqual(below.messages, []);
        await client.leave();
    });
});
