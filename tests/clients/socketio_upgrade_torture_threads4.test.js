'use strict';

const { upgrade_suite } = require('./lib/upgrade_suite');

upgrade_suite(4);
