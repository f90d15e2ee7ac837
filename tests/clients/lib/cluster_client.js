'use strict';

const { once } = require('node:events');
const need = require('./need');
const { within } = require('./within');

const { io: connect } = need('socket.io-client');

// A client of one server that keeps what it hears.
class Client {
    constructor(url, who, more = {}) {
        this.events = [];
        this.waiting = [];
        this.socket = connect(url, {
            auth: { who: { who } }, forceNew: true, transports: ['websocket'], ...more,
        });
        this.socket.onAny((...event) => {
            this.events.push(event);
            for (const look of this.waiting) look();
        });
    }

    async open() {
        await this.connected();
        await this.until(() => this.events.some(([name]) => name === 'hello'), 'hello');
        this.id = this.socket.id;
        this.events = [];
        return this;
    }

    async connected() {
        if (!this.socket.connected) await within(once(this.socket, 'connect'), 'connect');
        return this;
    }

    until(ready, what) {
        return within(new Promise((resolve) => {
            const look = () => {
                if (!ready()) return;
                this.waiting = this.waiting.filter((each) => each !== look);
                resolve();
            };
            this.waiting.push(look);
            look();
        }), what);
    }

    // The events so far, and forgets them.
    take() {
        const { events } = this;
        this.events = [];
        return events;
    }

    ask(...event) {
        return within(this.socket.emitWithAck(...event), `an answer to ${event[0]}`);
    }

    close() {
        this.socket.disconnect();
    }
}

module.exports = { Client };
