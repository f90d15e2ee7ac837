'use strict';

// With a cluster of Redis, where channels and streams are spread over its nodes.

const { operations } = require('./lib/cluster_suite');

for (const adapter of ['sharded', 'streams']) operations(adapter, { on_cluster: true });
