'use strict';

const { next_frame, RawSession } = require('./raw_engineio');
const { within } = require('./within');

// A session with the Engine.IO echo that sends numbered messages without pause and checks that
// they come back from 0 on, in order, each once - whatever is done to its upgrade meanwhile.
class UpgradePump {
    static async open(url) {
        const pump = new UpgradePump();
        pump.session = await RawSession.open(url);
        pump.sent = 0;
        pump.seen = 0;
        pump.failure = new Promise((_, reject) => { pump.fail = reject; });
        pump.failure.catch(() => {});
        pump.waiting = new Set();
        pump.start();
        return pump;
    }

    start() {
        this.sending = true;
        this.polling = true;
        this.posts = this.post_all().catch(this.fail);
        this.polls = this.poll_all().catch(this.fail);
    }

    async post_all() {
        while (this.sending) {
            // So many under way that there are always some to be delivered.
            if (this.sent - this.seen < 500) await this.session.send(this.batch(10));
            else await this.seen_more(50);
        }
    }

    batch(count) {
        return Array.from({ length: count }, () => `4${this.sent++}`);
    }

    async poll_all() {
        while (this.polling) {
            this.take(await this.session.poll().catch((error) => {
                if (!this.ending) throw error;
                return [];  // our own end may overtake a poll that has just begun
            }));
        }
    }

    take(packets) {
        for (const packet of packets) {
            if (packet === '6' || packet === '2') continue;
            if (packet !== `4${this.seen}`) {
                throw new Error(`${this.session.sid}: wanted 4${this.seen}, got ${packet}`);
            }
            ++this.seen;
        }
        for (const look of [...this.waiting]) look();
    }

    // Resolves when `count` messages more are back, rejects when a pump has failed.
    seen_more(count) {
        const wanted = this.seen + count;
        let look;
        const back = new Promise((resolve) => {
            look = () => {
                if (this.seen >= wanted) resolve();
            };
            this.waiting.add(look);
        });
        return within(Promise.race([back, this.failure]), `message ${wanted} back`)
            .finally(() => this.waiting.delete(look));
    }

    async stop_sending() {
        this.sending = false;
        await this.posts;
    }

    // Stops polling with the answer to the request under way: once the WebSocket has been probed
    // the server has to answer it.
    async stop_polling() {
        this.polling = false;
        await within(Promise.race([this.polls, this.failure]), 'answer that ends the polling');
    }

    // A WebSocket that the server has answered the probe on. It may still be busy with the last
    // one and close this at once; then another is tried.
    async probed() {
        for (;;) {
            const socket = await this.session.websocket();
            socket.send('2probe');
            const frame = await next_frame(socket);
            if (frame === '3probe') return socket;
            if (frame !== undefined) throw new Error(`answer to the probe: ${frame}`);
        }
    }

    // The whole upgrade, with messages on their way in both directions until the last moment.
    async upgrade() {
        const socket = await this.probed();
        await this.stop_sending();
        await this.stop_polling();
        // Nobody polls: the answers to these have to wait for the upgrade.
        await this.session.send(this.batch(20));
        socket.send('5');
        this.socket = socket;
        for (const packet of this.batch(100)) socket.send(packet);
        await this.read_frames();
        for (let round = 0; round < 10; ++round) {
            for (const packet of this.batch(50)) socket.send(packet);
            await this.read_frames();
        }
    }

    async read_frames() {
        while (this.seen < this.sent) {
            const frame = await next_frame(this.socket);
            if (frame === undefined) throw new Error(`closed with ${this.seen} of ${this.sent}`);
            if (frame === '2') this.socket.send('3');
            this.take([frame]);
        }
    }

    // Ends the session; everything has to be back by then.
    async finish() {
        if (!this.socket) {
            await this.stop_sending();
            while (this.seen < this.sent) await this.seen_more(1);
            this.polling = false;
            this.ending = true;
            await this.session.send(['1']);  // releases the poll under way
            await this.polls;
        } else {
            this.socket.close();
            await within(this.socket.gone, 'end of the WebSocket');
        }
        this.session.release();
        await Promise.race([this.failure, Promise.resolve()]);
    }
}

module.exports = { UpgradePump };
