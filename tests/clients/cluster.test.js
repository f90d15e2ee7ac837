'use strict';

const { operations } = require('./lib/cluster_suite');

for (const adapter of ['pubsub', 'sharded', 'streams']) operations(adapter);
