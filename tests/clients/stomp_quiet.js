'use strict';

// Clients that poll and say nothing for five minutes behind proxies that cut at a minute: node
// stomp_quiet.js. STOMP's heart-beats are those of stompjs, SockJS's those of this library.

const { outlive_silence, proxies } = require('./lib/stomp_quiet');

const minutes = Object.keys(proxies).map((name) => outlive_silence(
    name, { cut: 60, beat: { stomp: 10, sockjs: 25 }, quiet: 300 }, (text) => console.log(`${name}: ${text}`)));
Promise.all(minutes).then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
