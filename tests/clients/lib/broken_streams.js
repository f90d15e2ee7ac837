'use strict';

// sockjs-client in Node waits for the end of a stream that breaks off, where browsers tell it. Whoever
// requires this has it told, too.

const http = require('node:http');

const { request } = http;
http.request = (...args) => request(...args).on('response', (response) => {
    response.once('aborted', () => response.emit('end'));
});
