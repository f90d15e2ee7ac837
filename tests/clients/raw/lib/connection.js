'use strict';
// A TCP connection whose incoming bytes are asked for: `await` names what must arrive, and fails by a limit with
// what did arrive. Waiting is always for an event, never for time to pass.

const net = require('node:net');
const tls = require('node:tls');

const LIMIT = 10_000;
const open = new Set(); // every socket a test has opened and not closed

class Connection {
    constructor(socket) {
        this.socket = socket;
        this.buffer = Buffer.alloc(0);
        this.arrived = [];
        this.size = 0; // bytes not yet taken: buffer and arrived together
        this.total = 0; // bytes ever received
        this.over = false; // the peer has finished or the connection broke
        this.error = null;
        this.wake = null;
        socket.on('data', (data) => {
            this.arrived.push(data);
            this.size += data.length;
            this.total += data.length;
            this.notify();
        });
        socket.on('end', () => this.finish(null));
        socket.on('error', (error) => this.finish(error));
        socket.on('close', () => this.finish(null));
    }

    /// Connects. `paused` leaves whatever the server sends in the kernel's buffers.
    static open(server, { paused = false } = {}) {
        return new Promise((resolve, reject) => {
            const where = { host: server.host, port: server.port, allowHalfOpen: true };
            const socket = server.secure ? tls.connect({ ...where, rejectUnauthorized: false }) : net.connect(where);
            socket.setNoDelay(true);
            socket.unref(); // what a failed test leaves open must not keep the process
            open.add(socket);
            socket.once('close', () => open.delete(socket));
            socket.once('error', reject);
            socket.once(server.secure ? 'secureConnect' : 'connect', () => {
                socket.removeListener('error', reject);
                const connection = new Connection(socket);
                if (paused) {
                    socket.pause();
                }
                resolve(connection);
            });
        });
    }

    /// Closes whatever tests have left open.
    static closeAll() {
        open.forEach((socket) => socket.destroy());
    }

    /// Strings are sent as latin1: one character, one byte.
    send(data) {
        if (!this.socket.destroyed && this.socket.writable) {
            this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
        }
        return this;
    }

    /// Sends one byte a write, each after the loop has turned, so that they leave as segments of their own.
    async sendSlowly(data) {
        for (const byte of Buffer.from(data, 'latin1')) {
            this.send(Buffer.of(byte));
            await new Promise(setImmediate);
        }
    }

    /// Sends and resolves when the kernel has taken everything or the connection is gone.
    async flush(data) {
        if (this.over || this.socket.destroyed) {
            return;
        }
        await new Promise((resolve) => {
            this.socket.once('close', resolve);
            this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, () => {
                this.socket.removeListener('close', resolve);
                resolve();
            });
        });
    }

    finishSending() {
        this.socket.end();
        return this;
    }

    pause() {
        this.socket.pause();
    }

    resume() {
        this.socket.resume();
    }

    /// Closes without further ado.
    destroy() {
        this.socket.destroy();
    }

    /// Ends the connection with a TCP reset.
    reset() {
        this.socket.resetAndDestroy();
    }

    /// Resolves with exactly `count` bytes.
    take(count, what = `${count} bytes`, limit = LIMIT) {
        return this.until(() => {
            if (this.size < count) {
                return undefined;
            }
            this.gather();
            return this.cut(count);
        }, what, limit);
    }

    /// Resolves with the bytes before `mark` (latin1) and drops the mark.
    async takeUntil(mark, what = JSON.stringify(mark), limit = LIMIT) {
        return this.until(() => {
            this.gather();
            const at = this.buffer.indexOf(mark, 0, 'latin1');
            if (at < 0) {
                return undefined;
            }
            const text = this.cut(at).toString('latin1');
            this.cut(mark.length);
            return text;
        }, what, limit);
    }

    /// Resolves with all that arrives until the peer ends the connection, by whatever means.
    async takeAll(what = 'the end of the connection', limit = LIMIT) {
        await this.ended(what, limit);
        this.gather();
        return this.cut(this.size);
    }

    /// Resolves when the peer has ended the connection.
    async ended(what = 'the end of the connection', limit = LIMIT) {
        await this.wait(() => this.over || undefined, what, limit);
    }

    /// Resolves when the peer has ended the connection without another byte.
    async endsHere(limit = LIMIT) {
        const rest = await this.takeAll('the end of the connection', limit);
        if (rest.length > 0) {
            throw new Error(`the connection should end here, but there came ${show(rest)}`);
        }
    }

    // --- inner workings

    until(take, what, limit) {
        return this.wait(() => {
            const value = take();
            if (value === undefined && this.over) {
                this.gather();
                throw new Error(`the connection ended (${this.error?.code ?? 'FIN'}) before ${what} came; `
                    + `left: ${show(this.buffer)}`);
            }
            return value;
        }, what, limit);
    }

    async wait(ready, what, limit) {
        let late = false;
        let timer;
        try {
            for (;;) {
                const value = ready();
                if (value !== undefined) {
                    return value;
                }
                if (late) {
                    this.gather();
                    throw new Error(`no ${what} within ${limit} ms; left: ${show(this.buffer)}`);
                }
                timer ??= setTimeout(() => { late = true; this.notify(); }, limit);
                await new Promise((resolve) => { this.wake = resolve; });
            }
        } finally {
            clearTimeout(timer);
        }
    }

    notify() {
        this.wake?.();
        this.wake = null;
    }

    finish(error) {
        this.error ??= error;
        this.over = true;
        this.notify();
    }

    gather() {
        if (this.arrived.length > 0) {
            this.buffer = Buffer.concat([this.buffer, ...this.arrived]);
            this.arrived = [];
        }
    }

    cut(count) {
        const bytes = this.buffer.subarray(0, count);
        this.buffer = this.buffer.subarray(count);
        this.size -= count;
        return bytes;
    }
}

/// The promise's value, or an error when it takes longer than the limit.
async function within(promise, what, limit = LIMIT) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no ${what} within ${limit} ms`)), limit);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

function show(bytes) {
    const text = JSON.stringify(bytes.subarray(0, 300).toString('latin1'));
    return bytes.length > 300 ? `${text}... (${bytes.length} bytes)` : text;
}

module.exports = { Connection, within };
