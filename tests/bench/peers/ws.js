'use strict';
const { WebSocketServer } = require('ws');
const { createServer, deflate, limit, listen } = require('./common');

const server = createServer();
const wss = new WebSocketServer({ server, path: '/ws', perMessageDeflate: deflate, maxPayload: limit });
const b = 'b'.charCodeAt(0);

wss.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, binary) => {
    if (data[0] === b) for (const each of wss.clients) each.send(data, { binary });
    else socket.send(data, { binary });
  });
});
listen(server);
