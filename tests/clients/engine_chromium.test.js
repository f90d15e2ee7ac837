'use strict';

process.env.ANYWIRE_BROWSER = 'chromium';
require('./lib/engine_suite').engine_suite();
