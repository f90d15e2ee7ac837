'use strict';
const sockjs = require('sockjs');
const { createServer, listen } = require('./common');

const server = createServer();
const echo = sockjs.createServer({ prefix: '/sockjs', log: () => {} });
const all = new Set();

echo.on('connection', (connection) => {
  if (!connection) return;
  all.add(connection);
  connection.on('data', (text) => {
    if (text[0] === 'b') for (const each of all) each.write(text);
    else connection.write(text);
  });
  connection.on('close', () => all.delete(connection));
});
echo.installHandlers(server);
listen(server);
