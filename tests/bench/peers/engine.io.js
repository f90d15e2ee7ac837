'use strict';
const engine = require('engine.io');
const { createServer, limit, listen } = require('./common');

const server = createServer();
const io = engine.attach(server, {
  perMessageDeflate: false,
  httpCompression: false,
  maxHttpBufferSize: limit,
});

io.on('connection', (socket) => {
  socket.on('message', (text) => {
    if (text[0] === 'b') for (const id in io.clients) io.clients[id].send(text);
    else socket.send(text);
  });
});
listen(server);
