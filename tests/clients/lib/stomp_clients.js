'use strict';

const need = require('./need');
const { within } = require('./within');

const SockJS = need('sockjs-client');
const { Client } = need('@stomp/stompjs');
const { RxStomp, RxStompState } = need('@stomp/rx-stomp');
const stomp_js = need('stompjs');
const webstomp = need('webstomp-client');
const { WebSocket } = need('ws');

// What comes, in order; `next` waits for it.
class Mailbox {
    constructor(what) {
        this.what = what;
        this.all = [];
        this.wake = () => {};
    }

    put(item) {
        this.all.push(item);
        this.wake();
    }

    next() {
        return within(new Promise((resolve) => {
            this.wake = () => {
                if (!this.all.length) return;
                this.wake = () => {};
                resolve(this.all.shift());
            };
            this.wake();
        }), this.what);
    }

    async bodies(count) {
        const list = [];
        while (list.length < count) list.push((await this.next()).body);
        return list;
    }
}

const protocols = ['v12.stomp', 'v11.stomp', 'v10.stomp'];
const carriers = ['websocket', 'sockjs websocket', 'sockjs xhr-streaming', 'sockjs xhr-polling'];

// A new connection of a carrier.
function socket_of(server, carrier) {
    const [first, transport] = carrier.split(' ');
    return first === 'websocket' ? new WebSocket(`${server.ws_url}/stomp`, protocols)
        : new SockJS(`${server.url}/stomp-sockjs`, null, { transports: transport });
}

let receipts = 0;

// The clients with one face. `connected` is called each time it is, `lost` with what it is told of
// the connection's end, `errors` gets ERROR frames, `beats` what heart-beats it tells of.
class Face {
    constructor(server, carrier, { login = 'guest', passcode = 'guest', beat = 0, ...options } = {}) {
        this.socket = () => socket_of(server, carrier);
        this.login = { login, passcode };
        this.beat = beat;
        this.options = options;
        this.connected = new Mailbox('CONNECTED');
        this.errors = new Mailbox('ERROR frame');
        this.lost = new Mailbox('end of the connection');
        this.beats = { 'PING': new Mailbox('heart-beat sent'), 'PONG': new Mailbox('heart-beat heard') };
        this.debug = (text) => this.beats[/^(?:>>>|<<<) (PING|PONG)/.exec(text)?.[1]]?.put(text);
    }

    static async open(...args) {
        const client = new this(...args);
        client.start();
        await client.connected.next();
        return client;
    }

    // Does something with a receipt, and waits for that.
    async sure(act) {
        const receipt = `r-${++receipts}`;
        const came = this.receipt(receipt);
        act({ receipt });
        await within(came, 'RECEIPT');
    }

    async listen(destination, headers = {}) {
        const box = new Mailbox(`message of ${destination}`);
        await this.sure((more) => { box.stop = this.subscribe(destination, box, { ...headers, ...more }); });
        return box;
    }

    // One that has no receipt to wait for.
    hear(destination) {
        const box = new Mailbox(`message of ${destination}`);
        box.stop = this.subscribe(destination, box, {});
        return box;
    }

    send(destination, body, headers) {
        return this.sure((more) => this.publish(destination, body, { ...headers, ...more }));
    }
}

class Stompjs extends Face {
    start() {
        this.client = new Client(this.configuration());
        this.client.onConnect = (frame) => this.connected.put(frame);
        this.client.onStompError = (frame) => this.errors.put(frame);
        this.client.onWebSocketClose = (event) => this.lost.put(event);
        this.client.activate();
    }

    configuration() {
        return {
            webSocketFactory: this.socket, connectHeaders: this.login, reconnectDelay: 0, debug: this.debug,
            heartbeatIncoming: this.beat, heartbeatOutgoing: this.beat, ...this.options,
        };
    }

    receipt(id) {
        return new Promise((resolve) => this.client.watchForReceipt(id, resolve));
    }

    subscribe(destination, box, headers) {
        const { unsubscribe } = this.client.subscribe(destination, (message) => box.put(message), headers);
        return unsubscribe;
    }

    publish(destination, body, headers) {
        const kind = typeof body === 'string' ? { body } : { binaryBody: body };
        this.client.publish({ destination, headers, ...kind });
    }

    begin() {
        return this.client.begin();
    }

    async close() {
        await within(this.client.deactivate(), 'end of the client');
    }
}

class Rx extends Stompjs {
    start() {
        this.rx = new RxStomp();
        this.rx.configure(this.configuration());
        this.rx.connected$.subscribe(() => this.connected.put());
        this.rx.stompErrors$.subscribe((frame) => this.errors.put(frame));
        let began = false;
        this.rx.connectionState$.subscribe((state) => {
            if (state !== RxStompState.CLOSED) began = true;
            else if (began) this.lost.put(state);
        });
        this.client = this.rx.stompClient;
        this.rx.activate();
    }

    receipt(id) {
        return new Promise((resolve) => this.rx.watchForReceipt(id, resolve));
    }

    subscribe(destination, box, subHeaders) {
        const subscription = this.rx.watch({ destination, subHeaders })
            .subscribe((message) => box.put(message));
        return () => subscription.unsubscribe();
    }

    publish(destination, body, headers) {
        const kind = typeof body === 'string' ? { body } : { binaryBody: body };
        this.rx.publish({ destination, headers, ...kind });
    }

    async close() {
        await within(this.rx.deactivate(), 'end of the client');
    }
}

// stomp.js 2.3, the one of Spring's guides.
class StompWebsocket extends Face {
    start() {
        this.raw = this.socket();
        this.client = this.over(this.raw);
        this.client.debug = this.debug;
        this.client.heartbeat = { outgoing: this.beat, incoming: this.beat };
        this.waiting = new Map();
        this.client.onreceipt = ({ headers }) => this.waiting.get(headers['receipt-id'])?.();
        this.client.connect(this.login, (frame) => this.connected.put(frame), (what) => {
            if (what.command === 'ERROR') this.errors.put(what);
            else this.lost.put(what);
        });
    }

    over(socket) {
        return stomp_js.over(socket);
    }

    receipt(id) {
        return new Promise((resolve) => this.waiting.set(id, resolve));
    }

    subscribe(destination, box, headers) {
        return this.client.subscribe(destination, (message) => box.put(message), { ...headers }).unsubscribe;
    }

    publish(destination, body, headers) {
        this.client.send(destination, headers, body);
    }

    begin() {
        return this.client.begin(`tx-${++receipts}`);
    }

    async close() {
        await within(new Promise((resolve) => this.client.disconnect(resolve)), 'end of the client');
    }
}

class Webstomp extends StompWebsocket {
    over(socket) {
        return webstomp.over(socket, { debug: true, heartbeat: { outgoing: this.beat, incoming: this.beat } });
    }

    publish(destination, body, headers) {
        this.client.send(destination, body, headers);
    }
}

const clients = {
    'stompjs 7': Stompjs, 'rx-stomp': Rx, 'stomp.js 2.3': StompWebsocket, 'webstomp': Webstomp,
};

module.exports = { carriers, clients };
