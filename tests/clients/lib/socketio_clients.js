'use strict';

const need = require('./need');

// The released lines of socket.io-client that are in use. 2.5 speaks Engine.IO 3.
const versions = {
    '4.8': need('socket.io-client').io,
    '3.1': need('socket.io-client-3').io,
    '2.5': need('socket.io-client-2'),
};
// And what old pages still ship; Engine.IO 3, too.
const old_versions = { '1.7': need('socket.io-client-1') };
const modes = ['polling', 'websocket', 'upgrade'];

module.exports = { versions, old_versions, modes };
