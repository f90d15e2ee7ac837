'use strict';

const { negotiation_suite } = require('./lib/legacy_negotiation');

negotiation_suite(['sockjs-1.6', 'socketio-4.8', 'socketio-1.7']);
