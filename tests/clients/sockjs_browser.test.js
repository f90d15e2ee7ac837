'use strict';

const { browser_suite } = require('./lib/browser_suite');

browser_suite('server threads: 1');
