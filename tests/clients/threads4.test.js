'use strict';

const { browser_suite } = require('./lib/browser_suite');
const { node_suite } = require('./lib/node_suite');

// The same clients against a server whose connections live on four threads.
node_suite(4);
browser_suite('server threads: 4', {
    args: ['--threads', '4'], checks: ['echo', 'many', 'closed_by_server'],
});
