'use strict';

const { qtwebkit_suite } = require('./lib/legacy_qtwebkit');

qtwebkit_suite({
    'sockjs-1.6': ['own', 'foreign'], 'sockjs-0.3': ['own'],
    'socketio-4.8': ['own'], 'socketio-1.7': ['own', 'foreign'],
});
