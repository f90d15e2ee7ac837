'use strict';

// What cluster_numbered.test.js does, as large as you like:
//   node cluster_numbered.js --sockets 5000 --numbers 50 --adapter streams
// The limit of open files has to be above the number of sockets.

const { run_numbered } = require('./lib/numbered');

const given = { sockets: 5000, numbers: 50, adapter: 'pubsub' };
for (let i = 2; i + 1 < process.argv.length; i += 2) {
    const name = process.argv[i].slice(2);
    given[name] = name === 'adapter' ? process.argv[i + 1] : Number(process.argv[i + 1]);
}
run_numbered(given).then(({ delivered, opening, ms }) => {
    console.log(`${given.sockets} sockets opened in ${opening} ms; ${delivered} numbers, none lost, ` +
        `each server's in order, in ${ms} ms (${Math.round(delivered / ms)} a ms; ${given.adapter})`);
    process.exit(0);
}, (error) => {
    console.error(error);
    process.exit(1);
});
