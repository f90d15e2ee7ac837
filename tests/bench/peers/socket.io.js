'use strict';
const { Server } = require('socket.io');
const { createServer, limit, listen } = require('./common');

const server = createServer();
const io = new Server(server, {
  perMessageDeflate: false,
  httpCompression: false,
  maxHttpBufferSize: limit,
  serveClient: false,
});

// As its documentation advises for memory: forget the first request.
io.engine.on('connection', (raw) => {
  raw.request = null;
});
io.on('connection', (socket) => {
  socket.on('m', (text) => {
    if (text[0] === 'b') io.emit('m', text);
    else socket.emit('m', text);
  });
});
listen(server);
