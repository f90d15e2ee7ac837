'use strict';

const checks = require('./socketio_checks');
const { start_server } = require('./server');
const { modes, old_versions, versions } = require('./socketio_clients');
const { after, before, describe, it } = require('./testing');

const clients = { ...versions, ...old_versions };

const claims = {
    greeting: 'is greeted with its auth payload',
    settles: 'ends on the transport that it should',
    events: 'gets every kind of JSON value back',
    acks: 'gets acknowledgements with every kind of JSON value',
    binaries: 'gets binary arguments back, in events and acknowledgements',
    broadcast: 'hears a broadcast',
    rooms: 'hears the rooms that it is in, and no others',
    namespaces: 'joins a second namespace and is refused at an unknown one',
    leaves_and_returns: 'leaves and returns as somebody new',
    kicked_from_namespace: 'is put out of one namespace, the connection goes on',
    kicked_out: 'is put out of all namespaces, then the connection ends',
    kicked_out_by_another: 'is put out of all namespaces by one of them',
    many: 'keeps 500 events in order from the first moment on',
    volatiles: 'loses volatile events at most',
    timeouts: 'awaits acknowledgements, with and without a timeout',
    big: 'carries events of 900 000 bytes',
    recovery: 'recovers its state, and has each missed event once',
};

// What came with 3.0 and 4.6.
const since = { volatiles: ['3.1', '4.8'], timeouts: ['4.8'], recovery: ['4.8'] };

// Registers the checks of the profile `default`. `options`: server arguments `args`, options of
// the client as a function `client`, and what to run of `checks` and `versions`.
function socketio_suite(title, options = {}) {
    const {
        args = [], client = () => ({}), checks: names = Object.keys(claims),
        versions: wanted = Object.keys(versions), more = () => {},
    } = options;
    describe(`socket.io-client in Node, ${title}`, () => {
        let server;
        before(async () => { server = await start_server(...args); });
        after(() => server && server.stop());

        for (const version of wanted) {
            for (const mode of modes) {
                describe(`${version} over ${mode}`, () => {
                    for (const name of names) {
                        if (since[name] && !since[name].includes(version)) continue;
                        it(claims[name], () => checks[name](
                            clients[version], server.url, { mode, version, ...client() }));
                    }
                });
            }
        }
        more(() => server);
    });
}

module.exports = { claims, socketio_suite };
