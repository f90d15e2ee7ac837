'use strict';

const { node_suite } = require('./lib/node_suite');

node_suite(1);
