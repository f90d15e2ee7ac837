'use strict';

const { cut_suite } = require('./lib/cut_suite');

cut_suite(4);
