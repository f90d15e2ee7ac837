'use strict';

const { qtwebkit_suite } = require('./lib/legacy_qtwebkit');

qtwebkit_suite({
    'sockjs-1.0': ['own', 'foreign'], 'sockjs-0.3': ['foreign'],
    'socketio-4.8': ['foreign'], 'socketio-2.5': ['own', 'foreign'],
});
