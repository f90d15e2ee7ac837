'use strict';

// What stomp_quiet.js does for five minutes, with all times shorter.

const { outlive_silence, proxies } = require('./lib/stomp_quiet');
const { describe, it } = require('./lib/testing');

describe('clients of STOMP that poll and say nothing', () => {
    for (const name of Object.keys(proxies))
        it(`live on heart-beats alone behind ${name}`, (t) => outlive_silence(
            name, { cut: 5, beat: { stomp: 2, sockjs: 2 }, quiet: 12 }, (text) => t.diagnostic(text)));
});
