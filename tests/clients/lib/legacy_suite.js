'use strict';

const assert = require('node:assert/strict');
const { address_of, make_legacy_site, start_reports } = require('./legacy_site');
const { start_server } = require('./server');

// Servers with the page of tests/clients/legacy and one client, in an engine of `lib/qtwebkit` or
// the like. run(asked) loads the page and gives its report; `other` puts the page on another origin.
async function start_legacy(client, engine, args = []) {
    const site = make_legacy_site(client);
    const [server, other, reports] = await Promise.all([
        start_server('--static', site, ...args), start_server('--static', site, ...args),
        start_reports(),
    ]);
    let pages = 0;
    return {
        url: server.url,
        run: async ({ other: is_other, ...asked }) => {
            const id = `${client}-${++pages}`;
            const what = `${asked.case} of ${client} (${JSON.stringify(asked)})`;
            const from = is_other ? other.url.replace('127.0.0.1', 'localhost') : server.url;
            await engine.open(id, address_of(from, { id, report: reports.url, url: server.url, ...asked }));
            try {
                const { error, found } = await reports.of(id, what);
                assert.equal(error, null, `${what}; console: ${engine.said(id).join('\n')}`);
                return found;
            } finally {
                await engine.close(id);
            }
        },
        stop: async () => {
            await Promise.all([server.stop(), other.stop(), reports.stop()]);
        },
    };
}

module.exports = { start_legacy };
