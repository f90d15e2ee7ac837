'use strict';

const { negotiation_suite } = require('./lib/legacy_negotiation');

negotiation_suite(['sockjs-1.0', 'sockjs-0.3', 'socketio-2.5']);
