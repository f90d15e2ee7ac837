'use strict';

process.env.ANYWIRE_BROWSER = 'firefox';
require('./lib/engine_suite').engine_suite();
