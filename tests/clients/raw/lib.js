'use strict';
// What the raw tests share. Nothing here knows HTTP, WebSocket, SockJS, Engine.IO or Socket.IO from a library: requests
// and frames are written by hand, answers are read byte by byte, so that what a client library would forgive is seen.

module.exports = {
    ...require('./lib/server.js'),
    ...require('./lib/connection.js'),
    ...require('./lib/http.js'),
    ...require('./lib/websocket.js'),
    ...require('./lib/sockjs.js'),
    ...require('./lib/engineio.js'),
    ...require('./lib/socketio.js'),
};
