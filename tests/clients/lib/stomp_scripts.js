'use strict';

// Scripts of frames, by what they look at, for `play` of `stomp_transcript.js`.

const { frame } = require('./stomp_transcript');

const guest = ['host:/', 'login:guest', 'passcode:guest'];

// Says `frames` as the first of a connection.
const first = (count, ...frames) => async (stage) => {
    await (await stage.open()).send(...frames).take(count);
};

// Says them when it is connected, and takes so many answers.
const says_in = (version, count, ...frames) => async (stage) => {
    await (await stage.connect(version)).send(...frames).take(count);
};
const says = (count, ...frames) => says_in('1.2', count, ...frames);

async function until_sentinel(reader) {
    do await reader.take(1); while (!reader.ended && !reader.lines.at(-1).endsWith('| sentinel'));
}

// What arrives of a SEND with these lines of head and body, and at which version.
const arrives = (head, body, { from = '1.2', to = from } = {}) => async (stage) => {
    const reader = await stage.subscribe('/topic/arrives', { version: to });
    const writer = await stage.connect(from);
    writer.send(`SEND\ndestination:/topic/arrives\n${head}\n\n${body}\0`,
        ['SEND', ['destination:/topic/arrives'], 'sentinel']);
    await until_sentinel(reader);
};

const connecting = {
    'accept-version 1.2': first(1, ['CONNECT', ['accept-version:1.2', ...guest]]),
    'accept-version 1.1': first(1, ['CONNECT', ['accept-version:1.1', ...guest]]),
    'accept-version 1.0': first(1, ['CONNECT', ['accept-version:1.0', ...guest]]),
    'accept-version 1.0,1.1,1.2': first(1, ['CONNECT', ['accept-version:1.0,1.1,1.2', ...guest]]),
    'accept-version 1.2,9.9': first(1, ['CONNECT', ['accept-version:1.2,9.9', ...guest]]),
    'accept-version with a blank': first(1, ['CONNECT', ['accept-version:1.1, 1.2', ...guest]]),
    'no accept-version': first(1, ['CONNECT', guest]),
    'accept-version 9.9': first(1, ['CONNECT', ['accept-version:9.9', ...guest]]),
    'STOMP in place of CONNECT': first(1, ['STOMP', ['accept-version:1.2', ...guest]]),
    'no host': first(1, ['CONNECT', ['accept-version:1.2', 'login:guest', 'passcode:guest']]),
    'an unknown host': first(1,
        ['CONNECT', ['accept-version:1.2', 'host:nowhere', 'login:guest', 'passcode:guest']]),
    'no login': first(1, ['CONNECT', ['accept-version:1.2', 'host:/']]),
    'a wrong passcode': first(1, ['CONNECT', ['accept-version:1.2', 'host:/', 'login:guest', 'passcode:x']]),
    'heart-beat 0,0': first(1, ['CONNECT', ['accept-version:1.2', 'heart-beat:0,0', ...guest]]),
    'heart-beat 5000,9000': first(1, ['CONNECT', ['accept-version:1.2', 'heart-beat:5000,9000', ...guest]]),
    'heart-beat 100,100': first(1, ['CONNECT', ['accept-version:1.2', 'heart-beat:100,100', ...guest]]),
    'heart-beat abc': first(1, ['CONNECT', ['accept-version:1.2', 'heart-beat:abc', ...guest]]),
    'heart-beat -1,5': first(1, ['CONNECT', ['accept-version:1.2', 'heart-beat:-1,5', ...guest]]),
    'heart-beat 1000': first(1, ['CONNECT', ['accept-version:1.2', 'heart-beat:1000', ...guest]]),
    'ends of lines before CONNECT': first(1, '\n\r\n\n', ['CONNECT', ['accept-version:1.2', ...guest]]),
    'CONNECT with a body': first(1, ['CONNECT', ['accept-version:1.2', ...guest], 'body']),
    'CONNECT with CR LF': first(1, frame('CONNECT', ['accept-version:1.2', ...guest]).replaceAll('\n', '\r\n')),
    'a second CONNECT': says(1, ['CONNECT', ['accept-version:1.2', ...guest]]),
    'a second CONNECT at once': first(2, ...Array(2).fill(['CONNECT', ['accept-version:1.2', ...guest]])),
    'SEND first': first(1, ['SEND', ['destination:/topic/x']]),
    'SUBSCRIBE first': first(1, ['SUBSCRIBE', ['id:s', 'destination:/topic/x', 'receipt:r']]),
    'DISCONNECT first': first(1, ['DISCONNECT', ['receipt:r']]),
    'an unknown command first': first(1, ['FOO']),
    'connect in small letters first': first(1, ['connect', ['accept-version:1.2', ...guest]]),
    'HTTP first': first(1, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n\0'),
};

const topics = {
    'a topic': arrives('own:value\ncontent-type:text/x', 'body'),
    'headers that repeat': arrives('own:1\nown:2', ''),
    'a second destination': arrives('destination:/topic/other', ''),
    'headers of the protocol': arrives('subscription:x\nack:y\nredelivered:true', ''),
    'the same with blanks, which clients trim': arrives('ack :y\n redelivered:true', ''),
    'message-id in SEND': arrives('message-id:mine', ''),
    'receipt in SEND': arrives('receipt:r', ''),
    'two subscriptions of one client': async (stage) => {
        const client = await stage.subscribe('/topic/two', { id: 'one' });
        client.send(['SUBSCRIBE', ['id:two', 'destination:/topic/two', 'receipt:r']]);
        await client.take(1);
        await client.send(['SEND', ['destination:/topic/two'], 'x']).acks(2);
        client.lines.splice(-2, 2, ...client.lines.slice(-2).sort());
    },
    'SUBSCRIBE without an id in 1.0': async (stage) => {
        const client = await stage.connect('1.0');
        await client.send(['SUBSCRIBE', ['destination:/topic/no-id', 'receipt:r']]).take(1);
        await client.send(['SEND', ['destination:/topic/no-id'], 'x']).take(1);
    },
    'SUBSCRIBE without an id in 1.2': says(1, ['SUBSCRIBE', ['destination:/topic/x', 'receipt:r']]),
    'SUBSCRIBE without a destination': says(1, ['SUBSCRIBE', ['id:s', 'receipt:r']]),
    'SUBSCRIBE to an unknown kind': says(1, ['SUBSCRIBE', ['id:s', 'destination:/elsewhere/x', 'receipt:r']]),
    'SUBSCRIBE without a slash': says(1, ['SUBSCRIBE', ['id:s', 'destination:x', 'receipt:r']]),
    'SUBSCRIBE with an empty name': says(1, ['SUBSCRIBE', ['id:s', 'destination:/topic/', 'receipt:r']]),
    'SUBSCRIBE with an id in use': says(2, ['SUBSCRIBE', ['id:s', 'destination:/topic/x', 'receipt:one']],
        ['SUBSCRIBE', ['id:s', 'destination:/topic/y', 'receipt:two']]),
    'an id that is free again': says(3, ['SUBSCRIBE', ['id:s', 'destination:/topic/x', 'receipt:1']],
        ['UNSUBSCRIBE', ['id:s', 'receipt:2']], ['SUBSCRIBE', ['id:s', 'destination:/topic/y', 'receipt:3']]),
    'SEND without a destination': says(1, ['SEND', ['receipt:r'], 'x']),
    'SEND to an unknown kind': says(1, ['SEND', ['destination:/elsewhere/x', 'receipt:r'], 'x']),
    'nothing after UNSUBSCRIBE': async (stage) => {
        const client = await stage.subscribe('/topic/left', { id: 'old' });
        await client.send(['UNSUBSCRIBE', ['id:old', 'receipt:1']],
            ['SUBSCRIBE', ['id:new', 'destination:/topic/left', 'receipt:2']]).take(2);
        await client.send(['SEND', ['destination:/topic/left'], 'x']).take(1);
    },
    'UNSUBSCRIBE of an unknown id': says(1, ['UNSUBSCRIBE', ['id:none', 'receipt:r']]),
    'UNSUBSCRIBE without an id': says(1, ['UNSUBSCRIBE', ['receipt:r']]),
    'UNSUBSCRIBE by destination in 1.0': says_in('1.0', 2, ['SUBSCRIBE', ['destination:/topic/x', 'receipt:1']],
        ['UNSUBSCRIBE', ['destination:/topic/x', 'receipt:2']]),
};

const heads = {
    'the escapes of 1.2': arrives('own:\\n \\c \\\\ \\r \\\\n', ''),
    'escapes in a name': arrives('o\\cwn:x', ''),
    'the escapes of 1.1': arrives('own:\\n \\c \\\\', '', { from: '1.1' }),
    '\\r in 1.1': arrives('own:\\r', '', { from: '1.1' }),
    'no escapes in 1.0': arrives('own:a\\nb\\\\', '', { from: '1.0' }),
    'an escape from 1.2 to 1.0': arrives('own:a\\cb', '', { to: '1.0' }),
    'a line feed from 1.2 to 1.0': arrives('own:a\\nb', '', { to: '1.0' }),
    'a raw colon': arrives('own:a:b', ''),
    'an empty value': arrives('own:', ''),
    'blanks in 1.2': arrives('own:  a ', ''),
    'blanks in 1.0': arrives('own:  a ', '', { from: '1.0' }),
    'UTF-8': arrives('own:é€😀', 'é€😀'),
    'an unknown escape': says(1, 'SEND\ndestination:/topic/x\nown:\\t\nreceipt:r\n\n\0'),
    'a lone backslash': says(1, 'SEND\ndestination:/topic/x\nown:a\\\nreceipt:r\n\n\0'),
    'a line without a colon': says(1, 'SEND\ndestination:/topic/x\nown\nreceipt:r\n\n\0'),
    'an empty name': says(1, 'SEND\ndestination:/topic/x\n:x\nreceipt:r\n\n\0'),
    'a carriage return in a value': says(1, 'SEND\ndestination:/topic/x\nown:a\rb\nreceipt:r\n\n\0'),
    'CR LF in 1.2': says(1, 'SEND\r\ndestination:/topic/x\r\nreceipt:r\r\n\r\nbody\0'),
    'CR LF in 1.1': says_in('1.1', 1, 'SEND\r\ndestination:/topic/x\r\nreceipt:r\r\n\r\nbody\0'),
    'an unknown command': says(1, ['FOO', ['receipt:r']]),
    'a command in small letters': says(1, ['send', ['destination:/topic/x', 'receipt:r']]),
    'a frame of servers': says(1, ['MESSAGE', ['destination:/topic/x', 'receipt:r']]),
};

const length_of = (value, body = 'abc') =>
    says(1, `SEND\ndestination:/topic/x\nreceipt:r\ncontent-length:${value}\n\n${body}\0`);
const bodies = {
    'NULs with content-length': arrives('content-length:5', 'a\0b\0c'),
    'an empty body': arrives('content-length:0', ''),
    'a first NUL without content-length': arrives('own:x', 'a'),
    'frames at once, with ends of lines': says(3, '\n\n', ['BEGIN', ['transaction:t', 'receipt:1']], '\r\n\n',
        ['ABORT', ['transaction:t', 'receipt:2']], ['SEND', ['destination:/topic/x', 'receipt:3']], '\n'),
    'NULs between frames': says(2, ['SEND', ['destination:/topic/x', 'receipt:1']], '\0\0',
        ['SEND', ['destination:/topic/x', 'receipt:2']]),
    'a frame in pieces': async (stage) => {
        const client = await stage.connect();
        for (const piece of frame('SEND', ['destination:/topic/x', 'receipt:r'], 'x')) client.write(piece);
        await client.take(1);
    },
    'content-length too short': length_of('1'),
    'content-length abc': length_of('abc'),
    'content-length -1': length_of('-1'),
    'content-length 1e3': length_of('1e3'),
    'content-length twice': length_of('3\ncontent-length:1'),
    'a body of SUBSCRIBE': says(1, ['SUBSCRIBE', ['id:s', 'destination:/topic/x', 'receipt:r'], 'body']),
    'a megabyte': says(1, ['SEND', ['destination:/topic/x', 'receipt:r'], 'x'.repeat(1_000_000)]),
};

// A subscriber of a queue with so many messages.
async function queue_of(stage, name, count, options) {
    const to = `/queue/${stage.carrier}-${name}`;
    const writer = await stage.connect();
    for (let i = 0; i < count; ++i) writer.send(['SEND', [`destination:${to}`, `receipt:${i}`], String(i)]);
    await writer.take(count);
    return stage.subscribe(to, options);
}
// Three messages of a queue to one that acknowledges in some way, and what another one gets then.
const settling = (name, ack, act, left, version) => async (stage) => {
    const client = await queue_of(stage, name, 3, { ack, version });
    await act(client, await client.acks(3));
    await client.finish();
    const other = await stage.subscribe(`/queue/${stage.carrier}-${name}`, { ack: 'client-individual' });
    await other.acks(left);
};
const ack = (client, id, ...more) => client.send(['ACK', [`id:${id}`, 'receipt:a', ...more]]).take(1);
const queues = {
    'a queue that has waited': async (stage) => { await (await queue_of(stage, 'waited', 2)).take(2); },
    'a queue of two subscribers': async (stage) => {
        const one = await queue_of(stage, 'shared', 0);
        const two = await stage.subscribe(`/queue/${stage.carrier}-shared`);
        for (const body of ['a', 'b']) two.send(['SEND', [`destination:/queue/${stage.carrier}-shared`], body]);
        for (const party of [one, two]) {
            await party.take(1);
            party.lines.push(party.lines.pop().replace(/[ab]$/, '*'));
        }
    },
    'ack auto': settling('auto', 'auto', async () => {}, 0),
    'ack client, the second': settling('client', 'client', (c, ids) => ack(c, ids[1]), 1),
    'ack client, the second, in 1.1': settling('client-1.1', 'client', (c, ids) => c.send(
        ['ACK', [`message-id:${ids[1]}`, 'subscription:s', 'receipt:a']]).take(1), 1, '1.1'),
    'ack client, the second, in 1.0': settling('client-1.0', 'client', (c, ids) => c.send(
        ['ACK', [`message-id:${ids[1]}`, 'receipt:a']]).take(1), 1, '1.0'),
    'ack client-individual, the second': settling('individual', 'client-individual', (c, ids) => ack(c, ids[1]), 2),
    'ack client, none': settling('none', 'client', async () => {}, 3),
    'ACK by message-id in 1.2': settling('by-message-id', 'client-individual', (c, ids) => c.send(
        ['ACK', [`message-id:${ids[0]}`, 'subscription:s', 'receipt:a']]).take(1), 2),
    'ACK after UNSUBSCRIBE': settling('left', 'client', async (c, ids) => {
        await c.send(['UNSUBSCRIBE', ['id:s', 'receipt:u']]).take(1);
        await ack(c, ids[2]);
    }, 0),
    'ACK twice': settling('twice', 'client-individual', async (c, ids) => {
        await ack(c, ids[0]);
        await ack(c, ids[0]);
    }, 2),
    'ACK in a transaction that aborts': settling('aborts', 'client-individual', async (c, ids) => {
        c.send(['BEGIN', ['transaction:t']], ['ACK', [`id:${ids[0]}`, 'transaction:t']]);
        await c.send(['ABORT', ['transaction:t', 'receipt:t']]).take(1);
    }, 3),
    'ACK in a transaction that commits': settling('commits', 'client-individual', async (c, ids) => {
        c.send(['BEGIN', ['transaction:t']], ['ACK', [`id:${ids[0]}`, 'transaction:t']]);
        await c.send(['COMMIT', ['transaction:t', 'receipt:t']]).take(1);
    }, 2),
    'NACK': async (stage) => {
        const client = await queue_of(stage, 'nack', 1, { ack: 'client-individual' });
        const [id] = await client.acks(1);
        await client.send(['NACK', [`id:${id}`, 'receipt:n']]).acks(2);
    },
    'NACK in 1.0': settling('nack-1.0', 'client', (c, ids) => c.send(
        ['NACK', [`message-id:${ids[0]}`, 'receipt:n']]).take(1), 0, '1.0'),
    'an unknown ack mode': says(1, ['SUBSCRIBE', ['id:s', 'destination:/topic/x', 'ack:sometimes', 'receipt:r']]),
    'ACK of nothing': says(1, ['ACK', ['id:none', 'receipt:r']]),
    'ACK without an id': says(1, ['ACK', ['receipt:r']]),
    'NACK of nothing': says(1, ['NACK', ['id:none', 'receipt:r']]),
};

const in_transaction = (...frames) => async (stage) => {
    const reader = await stage.subscribe('/topic/transacted');
    const writer = await stage.connect();
    const text = (body, ...more) => ['SEND', ['destination:/topic/transacted', ...more], body];
    writer.send(['BEGIN', ['transaction:t', 'receipt:b']],
        text('1', 'transaction:t'), text('2', 'transaction:t'), text('0'), ...frames);
    await writer.take(1 + frames.length);
    writer.send(text('sentinel'));
    await until_sentinel(reader);
};
const transactions = {
    'COMMIT': in_transaction(['COMMIT', ['transaction:t', 'receipt:c']]),
    'ABORT': in_transaction(['ABORT', ['transaction:t', 'receipt:a']]),
    'DISCONNECT': async (stage) => {
        const reader = await stage.subscribe('/topic/given-up');
        const writer = await stage.connect();
        writer.send(['BEGIN', ['transaction:t']], ['SEND', ['destination:/topic/given-up', 'transaction:t'], '1']);
        await writer.send(['DISCONNECT', ['receipt:d']]).finish();
        await reader.send(['SEND', ['destination:/topic/given-up'], 'sentinel']).take(1);
    },
    'a receipt inside': says(3, ['BEGIN', ['transaction:t', 'receipt:1']],
        ['SEND', ['destination:/topic/x', 'transaction:t', 'receipt:2']], ['COMMIT', ['transaction:t', 'receipt:3']]),
    'SEND in an unknown one': says(1, ['SEND', ['destination:/topic/x', 'transaction:none', 'receipt:r']]),
    'COMMIT of an unknown one': says(1, ['COMMIT', ['transaction:none', 'receipt:r']]),
    'ABORT of an unknown one': says(1, ['ABORT', ['transaction:none', 'receipt:r']]),
    'BEGIN without an id': says(1, ['BEGIN', ['receipt:r']]),
    'COMMIT without an id': says(1, ['COMMIT', ['receipt:r']]),
    'BEGIN twice': says(2, ['BEGIN', ['transaction:t', 'receipt:1']], ['BEGIN', ['transaction:t', 'receipt:2']]),
    'COMMIT twice': says(3, ['BEGIN', ['transaction:t', 'receipt:1']], ['COMMIT', ['transaction:t', 'receipt:2']],
        ['COMMIT', ['transaction:t', 'receipt:3']]),
    'an id that is free again': says(4, ...['BEGIN', 'COMMIT', 'BEGIN', 'ABORT'].map(
        (command, at) => [command, ['transaction:t', `receipt:${at}`]])),
};

const ends = {
    'receipts in order': says(3, ...[1, 2, 3].map((n) => ['SEND', ['destination:/topic/x', `receipt:${n}`]])),
    'a receipt twice': says(2, ...[1, 1].map((n) => ['SEND', ['destination:/topic/x', `receipt:${n}`]])),
    'an odd receipt': says(1, ['SEND', ['destination:/topic/x', 'receipt:a\\cb\\\\c\\nd e']]),
    'an empty receipt': says(1, ['SEND', ['destination:/topic/x', 'receipt:']]),
    'DISCONNECT with a receipt': says(2, ['DISCONNECT', ['receipt:r']]),
    'DISCONNECT without one': says(1, ['DISCONNECT']),
    'frames after DISCONNECT': says(2, ['DISCONNECT', ['receipt:r']],
        ['SEND', ['destination:/topic/x', 'receipt:after']]),
    'work before DISCONNECT': async (stage) => {
        const reader = await stage.subscribe('/topic/work');
        const writer = await stage.connect();
        writer.send(['SEND', ['destination:/topic/work'], 'x'], ['DISCONNECT', ['receipt:r']]);
        await writer.take(2);
        await reader.take(1);
    },
};

module.exports = { scripts: { connecting, topics, heads, bodies, queues, transactions, ends } };
