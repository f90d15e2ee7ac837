'use strict';

// The client's part of typed_events.cpp: says what it sends and what comes back.
// node demo/typed_events.js [URL]

const { io } = require('socket.io-client');

const url = process.argv[2] || 'http://127.0.0.1:8080';
const show = (what, ...values) => console.log(`${what}:`, ...values);

async function main() {
    const stranger = io(url, { forceNew: true });
    await new Promise((resolve) => {
        stranger.on('connect_error', (error) => resolve(show('no token', error.message, error.data)));
    });
    stranger.close();

    const socket = io(url, { auth: { token: 'open sesame' } });
    await new Promise((resolve) => { socket.on('connect', resolve); });
    const ask = (...args) => socket.timeout(5000).emitWithAck(...args);

    // The handler's signature decides what is understood.
    const line = [{ x: 0, y: 0 }, { x: 3, y: 4.5, label: 'end' }];
    show('draw', await ask('draw', line, 'green'));
    show('draw, no such colour', await ask('draw', line, 'mauve'));
    show('draw, no y', await ask('draw', [{ x: 1 }], 'red'));
    show('greet', await ask('greet', 'Ann'));
    show('greet, nobody', await ask('greet'));
    show('find 7', await ask('find', 7));
    show('find "seven"', await ask('find', 'seven'));
    show('upload', await ask('upload', 'a.bin', Buffer.from([1, 2, 3, 4])));
    show('echo', await ask('echo', { any: ['thing', null] }));

    // The server asks; a point without a label has none.
    socket.on('sure?', (point, answer) => { show('sure?', point); answer(true); });
    socket.emit('ask me');

    // The server asks all of a room.
    socket.on('vote', (question, answer) => { show('vote', question); answer(42); });
    const votes = new Promise((resolve) => {
        socket.on('votes', (all, complete) => resolve(show('votes', all, complete)));
    });
    show('join', (await ask('join', 'voters')).length, 'rooms');
    socket.emit('vote', 'how many?');
    await votes;

    socket.emit('forbidden');  // refused by a middleware: no handler hears it
    socket.close();
}

main();
