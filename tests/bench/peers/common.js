'use strict';
// What the servers here share: their options and the line that says where they listen.
const fs = require('fs');
const http = require('http');
const https = require('https');

const argv = process.argv.slice(2);
const at = argv.indexOf('--tls');
const tls = at < 0 ? null : { cert: fs.readFileSync(argv[at + 1]), key: fs.readFileSync(argv[at + 2]) };

exports.deflate = argv.includes('--deflate');
exports.limit = 4 << 20; // room for messages of 1 MiB

exports.createServer = () => (tls ? https.createServer(tls) : http.createServer());

exports.listen = (server) =>
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    console.log(`listening on 127.0.0.1:${server.address().port}`);
  });

// So that what is measured is what clients hold, and not what waits to be collected.
process.on('SIGUSR2', () => globalThis.gc && globalThis.gc());
