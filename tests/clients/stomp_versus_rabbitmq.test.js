'use strict';

// The same frames, written by hand, to our STOMP server and to RabbitMQ 3.10: what both answer is
// the same but for what the tables below name, with the reason.

const assert = require('node:assert/strict');
const { start_rabbitmq } = require('./lib/rabbitmq');
const { start_server } = require('./lib/server');
const { scripts } = require('./lib/stomp_scripts');
const { play } = require('./lib/stomp_transcript');
const { after, before, describe, it } = require('./lib/testing');

// What is different throughout: a pattern, and what is put in its place.
const throughout = [
    { why: 'ours says who a client is: Spring\'s clients read it',
        of: 'ours', what: /^(CONNECTED .*) user-name:\w+/, instead: '$1' },
    { why: 'RabbitMQ says of each message whether it comes again, ours where it does',
        of: 'rabbitmq', what: /^(MESSAGE .*) redelivered:false\b/, instead: '$1' },
    { why: 'RabbitMQ shows subscribers the receipts that a sender has asked for',
        of: 'rabbitmq', what: /^(MESSAGE .*) receipt:\w+/, instead: '$1' },
    { why: 'RabbitMQ shows them its transactions, too',
        of: 'rabbitmq', what: /^(MESSAGE .*) transaction:\w+/, instead: '$1' },
    { why: 'RabbitMQ names the versions it speaks in each ERROR',
        of: 'rabbitmq', what: /^(ERROR .*) version:1\.0,1\.1,1\.2/, instead: '$1' },
    { why: 'ours does where none was in common, as STOMP wants it',
        of: 'ours', what: /^(ERROR .*) version:1\.0,1\.1,1\.2/, instead: '$1' },
    { why: 'ours says in an ERROR which frame it is about, as STOMP wants it',
        of: 'ours', what: /^(ERROR .*) receipt-id:\w+/, instead: '$1' },
];
const error = 'ERROR content-type:text/plain message:*';
const hello = 'CONNECTED heart-beat:0,0 server:* session:* version:1.2';
const head = 'destination:/topic/arrives message-id:*';

// What else is different: the lines of ours alone, and of RabbitMQ alone.
const silent_end = { ours: [error], rabbitmq: [] };
const refused_by_ours = (rabbitmq) => ({ ours: [error, 'the end'], rabbitmq: [...rabbitmq, 'goes on'] });
const differences = {
    'connecting: accept-version with a blank': {
        why: 'RabbitMQ takes the blank for a part of the version',
        ours: [hello], rabbitmq: [hello.replace('1.2', '1.1')] },
    'connecting: an unknown host': {
        why: 'ours has no virtual hosts; browsers\' clients name none, or any',
        ours: [hello, 'goes on'], rabbitmq: [error, 'the end'] },
    'connecting: heart-beat -1,5': {
        why: 'RabbitMQ takes a negative number for none',
        ...refused_by_ours([hello.replace('0,0', '1000,0')]) },
    'connecting: CONNECT with a body': {
        why: 'STOMP has bodies of SEND, MESSAGE and ERROR only', ...refused_by_ours([hello]) },
    'connecting: a second CONNECT': { why: 'RabbitMQ\'s connection crashes', ...silent_end },
    'connecting: a second CONNECT at once': { why: 'the same', ...silent_end },
    'topics: headers that repeat': {
        why: 'STOMP has the first count, which both do for their own; those of the application ours passes on',
        ours: [`MESSAGE ${head} own:1 own:2 subscription:s`], rabbitmq: [`MESSAGE ${head} own:1 subscription:s`] },
    'topics: headers of the protocol': {
        why: 'RabbitMQ shows a subscriber what a sender has made up, beside its own',
        ours: [`MESSAGE ${head} subscription:s`],
        rabbitmq: [`MESSAGE ack:* ${head} redelivered:true subscription:s subscription:x`] },
    'topics: the same with blanks, which clients trim': {
        why: 'the same, to browsers\' clients',
        ours: [`MESSAGE ${head} subscription:s`],
        rabbitmq: [`MESSAGE  redelivered:true ack :y ${head} subscription:s`] },
    'topics: message-id in SEND': {
        why: 'RabbitMQ refuses it, ours puts its own in the place',
        ours: [`MESSAGE ${head} subscription:s`, '2: goes on'], rabbitmq: [`2: ${error}`, '2: the end'] },
    'topics: SUBSCRIBE without an id in 1.2': {
        why: 'STOMP wants one from 1.1 on', ...refused_by_ours(['RECEIPT receipt-id:r']) },
    'topics: SUBSCRIBE without a slash': {
        why: 'it is a queue to RabbitMQ; ours has no destination without a prefix',
        ...refused_by_ours(['RECEIPT receipt-id:r']) },
    'topics: SUBSCRIBE with an id in use': {
        why: 'a frame that fails has no RECEIPT', ours: [], rabbitmq: ['RECEIPT receipt-id:two'] },
    'topics: UNSUBSCRIBE of an unknown id': {
        why: 'the subscription may have ended while the frame was under way',
        ours: ['RECEIPT receipt-id:r', 'goes on'], rabbitmq: [error, 'the end'] },
    'heads: \\r in 1.1': {
        why: 'both take it; 1.1 has no way to say it to a subscriber, and a client would fail by RabbitMQ\'s',
        ours: [`MESSAGE ${head} own:  subscription:s`], rabbitmq: [`MESSAGE ${head} own:\\r subscription:s`] },
    'heads: an escape from 1.2 to 1.0': {
        why: '1.0 has no escapes: RabbitMQ\'s subscriber gets a backslash and a letter',
        ours: [`MESSAGE ${head} own:a:b subscription:s`], rabbitmq: [`MESSAGE ${head} own:a\\cb subscription:s`] },
    'heads: a line feed from 1.2 to 1.0': {
        why: 'the same; there is no way to say it',
        ours: [`MESSAGE ${head} own:a b subscription:s`], rabbitmq: [`MESSAGE ${head} own:a\\nb subscription:s`] },
    'heads: an unknown escape': { why: 'RabbitMQ closes, and says nothing', ...silent_end },
    'heads: a lone backslash': { why: 'the same', ...silent_end },
    'heads: a line without a colon': { why: 'the same', ...silent_end },
    'heads: a carriage return in a value': { why: 'the same', ...silent_end },
    'heads: an empty name': { why: 'STOMP\'s grammar has none', ...refused_by_ours(['RECEIPT receipt-id:r']) },
    'bodies: content-length too short': { why: 'RabbitMQ closes, and says nothing', ...silent_end },
    'bodies: content-length abc': { why: 'the same', ...silent_end },
    'bodies: content-length -1': { why: 'the same', ...silent_end },
    'bodies: content-length 1e3': { why: 'the same', ...silent_end },
    'bodies: a body of SUBSCRIBE': {
        why: 'STOMP has bodies of SEND, MESSAGE and ERROR only', ...refused_by_ours(['RECEIPT receipt-id:r']) },
    'queues: ACK by message-id in 1.2': {
        why: 'old clients that say 1.2 acknowledge so: what they mean is clear',
        ours: ['2: RECEIPT receipt-id:a', '2: goes on'],
        rabbitmq: [`2: ${error}`, '2: the end',
            '3: MESSAGE ack:* destination:* message-id:* redelivered:true subscription:s | 0'] },
    'queues: ACK after UNSUBSCRIBE': {
        why: 'it may have been under way; the messages are given to others by both',
        ours: ['2: RECEIPT receipt-id:a', '2: goes on'], rabbitmq: [`2: ${error}`, '2: the end'] },
    'queues: ACK twice': {
        why: 'what is settled is settled', ours: ['2: goes on'], rabbitmq: [`2: ${error}`, '2: the end'] },
    'transactions: a receipt inside': {
        why: 'ours keeps the order of the frames', ours: ['RECEIPT receipt-id:2'], rabbitmq: ['RECEIPT receipt-id:2'] },
    'transactions: BEGIN twice': {
        why: 'RabbitMQ forgets what was in the first',
        ours: [error, 'the end'], rabbitmq: ['RECEIPT receipt-id:2', 'goes on'] },
};
const no_good_bye = (...ours) => ({
    why: 'RabbitMQ\'s web_stomp closes at DISCONNECT, without a RECEIPT', ours, rabbitmq: [] });
const over_websocket = {
    'connecting: a second CONNECT at once': {
        why: 'RabbitMQ\'s connection crashes before what it had to say is out', ours: [hello, error], rabbitmq: [] },
    'topics: SUBSCRIBE with an id in use': { why: 'the same', ours: ['RECEIPT receipt-id:one', error], rabbitmq: [] },
    'queues: ACK twice': {
        why: 'what is settled is settled; RabbitMQ closes and says nothing',
        ours: ['2: goes on'], rabbitmq: ['2: the end'] },
    'transactions: DISCONNECT': no_good_bye('2: RECEIPT receipt-id:d'),
    'ends: DISCONNECT with a receipt': no_good_bye('RECEIPT receipt-id:r'),
    'ends: frames after DISCONNECT': no_good_bye('RECEIPT receipt-id:r'),
    'ends: work before DISCONNECT': no_good_bye('2: RECEIPT receipt-id:r'),
};

const applied = new Set();

// What both have to say alike. After an ERROR STOMP wants the end: RabbitMQ goes on mostly, or
// finds more that is wrong.
function plain(parties, of) {
    return parties.flatMap((lines, party) => {
        let before;
        return lines.map((line) => throughout.filter((rule) => rule.of === of).reduce((text, rule) => {
            const changed = text.replace(rule.what, rule.instead);
            if (changed !== text) applied.add(rule);
            return changed;
        }, line.replace(/destination:\/queue\/\S+/, 'destination:*'))).flatMap((line) => {
            const failed = before?.startsWith('ERROR');
            before = line;
            if (of === 'rabbitmq' && failed && line === error) return [];
            return of === 'rabbitmq' && failed && line === 'goes on' ? ['the end'] : [line];
        }).map((line) => party ? `${party + 1}: ${line}` : line);
    });
}

// The lines that only one of two lists has, where they are put beside each other as well as can be.
function apart(ours, theirs) {
    const same = Array.from({ length: ours.length + 1 }, () => Array(theirs.length + 1).fill(0));
    for (let i = ours.length - 1; i >= 0; --i)
        for (let k = theirs.length - 1; k >= 0; --k)
            same[i][k] = ours[i] === theirs[k] ? same[i + 1][k + 1] + 1 : Math.max(same[i + 1][k], same[i][k + 1]);
    const only = { ours: [], rabbitmq: [] };
    for (let i = 0, k = 0; i < ours.length || k < theirs.length;) {
        if (i < ours.length && k < theirs.length && ours[i] === theirs[k]) ++i, ++k;
        else if (k === theirs.length || (i < ours.length && same[i + 1][k] >= same[i][k + 1]))
            only.ours.push(ours[i++]);
        else only.rabbitmq.push(theirs[k++]);
    }
    return only;
}

describe('our STOMP server beside RabbitMQ', () => {
    let rabbit;
    let server;
    const at = {};
    before(async () => {
        rabbit = await start_rabbitmq({ web: true });
        server = await start_server('--profile', 'stomp');
        at.ours = { stomp_port: server.stomp_port, stomp_url: `${server.ws_url}/stomp` };
        at.rabbitmq = { stomp_port: rabbit.port, stomp_url: rabbit.web_url };
    });
    after(async () => {
        if (server) await server.stop();
        if (rabbit) await rabbit.end();
    });

    const all = Object.entries(scripts).flatMap(([about, list]) =>
        Object.entries(list).map(([name, script]) => [`${about}: ${name}`, script]));
    for (const carrier of ['TCP', 'WebSocket']) {
        describe(`over ${carrier}`, () => {
            for (const [name, script] of all) {
                const known = (carrier === 'WebSocket' && over_websocket[name]) || differences[name];
                it(known ? `${name} (differs: ${known.why})` : name, async () => {
                    const [ours, theirs] = await Promise.all(['ours', 'rabbitmq'].map(
                        async (of) => plain(await play(script, at[of], carrier), of)));
                    const { ours: left, rabbitmq: right } = known ?? { ours: [], rabbitmq: [] };
                    assert.deepEqual(apart(ours, theirs), { ours: left, rabbitmq: right },
                        `ours ${JSON.stringify(ours)}, RabbitMQ's ${JSON.stringify(theirs)}`);
                });
            }
        });
    }

    it('has no difference in its tables that is not one', () => {
        const names = new Set(all.map(([name]) => name));
        for (const name of [...Object.keys(differences), ...Object.keys(over_websocket)])
            assert.ok(names.has(name), name);
        for (const rule of throughout) assert.ok(applied.has(rule), rule.why);
    });
});
