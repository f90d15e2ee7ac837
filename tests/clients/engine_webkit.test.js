'use strict';

process.env.ANYWIRE_BROWSER = 'webkit';
require('./lib/engine_suite').engine_suite();
