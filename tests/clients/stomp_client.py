"""Holds an Anywire server to what stomp.py's clients expect of it over TCP.

usage: stomp_client.py PORT 1.0|1.1|1.2 CHECK...

Prints one JSON object a check: {"check": name, "error": null or text}. The checks `restart` and
`broker_restart` print {"ready": true} when they may be cut off; `audience` meets a client of another
kind.
"""

import json
import queue
import sys
import time
import traceback

import stomp

LIMIT = 60  # seconds that anything may take
CLASSES = {
    '1.0': stomp.Connection10, '1.1': stomp.Connection11, '1.2': stomp.Connection12}
TEXT = 'é€😀 \x00 and : \\ more\n'


class Client(stomp.ConnectionListener):
    """A connection of stomp.py, whose events can be waited for."""

    def __init__(self, port, version, login=('guest', 'guest'), **options):
        self.version = version
        self.events = queue.Queue()
        self.count = 0
        self.login = login
        self.connection = CLASSES[version](
            [('127.0.0.1', port)], try_loopback_connect=False, reconnect_sleep_initial=0.2,
            reconnect_sleep_increase=0, reconnect_attempts_max=200, **options)
        self.connection.set_listener('', self)

    def connect(self):
        self.connection.connect(*self.login, wait=False)
        return self.wait('connected')

    def connect_again(self):
        """Connects until it is let in: the backlog of a server that dies takes one more."""
        while True:
            try:
                self.connection.connect(*self.login, wait=False)
            except stomp.exception.NotConnectedException:
                pass  # it has ended already, which comes as an event, too
            name, frame = self.events.get(timeout=LIMIT)
            if name != 'disconnected':
                assert name == 'connected', (name, frame)
                return

    def on_connected(self, frame):
        self.events.put(('connected', frame))

    def on_message(self, frame):
        self.events.put(('message', frame))

    def on_receipt(self, frame):
        self.events.put(('receipt', frame))

    def on_error(self, frame):
        self.events.put(('error', frame))

    def on_heartbeat(self):
        self.events.put(('heartbeat', None))

    def on_heartbeat_timeout(self):
        self.events.put(('heartbeat timeout', None))

    def on_disconnected(self):
        self.events.put(('disconnected', None))

    def wait(self, kind):
        """The next event, which is of that kind; heart-beats come in between."""
        while True:
            name, frame = self.events.get(timeout=LIMIT)
            if name == kind:
                return frame
            if name != 'heartbeat':
                raise AssertionError('%s in place of %s: %s' % (name, kind, frame))

    def quiet(self, seconds=0.3):
        """Asserts that nothing comes but heart-beats."""
        try:
            until = time.monotonic() + seconds
            while True:
                name, frame = self.events.get(timeout=max(0, until - time.monotonic()))
                assert name == 'heartbeat', (name, frame)
        except queue.Empty:
            pass

    def receipt(self):
        self.count += 1
        return 'r%d' % self.count

    def await_receipt(self, receipt):
        frame = self.wait('receipt')
        assert frame.headers['receipt-id'] == receipt, frame

    def subscribe(self, destination, ident='0', ack='auto'):
        receipt = self.receipt()
        self.connection.subscribe(
            destination, id=ident, ack=ack, headers={'receipt': receipt})
        self.await_receipt(receipt)

    def send(self, destination, body, **more):
        receipt = self.receipt()
        self.connection.send(destination, body, headers={'receipt': receipt}, **more)
        self.await_receipt(receipt)

    def settle(self, frame, how='ack', transaction=None, end=None):
        """With a receipt, which is that of the transaction's end if there is one."""
        receipt = self.receipt()
        own = None if transaction else receipt
        call = getattr(self.connection, how)
        headers = frame.headers
        if self.version == '1.1':
            call(headers['message-id'], headers['subscription'], transaction, own)
        elif self.version == '1.2':
            call(headers['ack'], transaction, own)
        else:
            call(headers['message-id'], transaction, own)
        if transaction:
            getattr(self.connection, end)(transaction, headers={'receipt': receipt})
        self.await_receipt(receipt)

    def disconnect(self):
        receipt = self.receipt()
        self.connection.disconnect(receipt)
        # stomp.py tells of the end first, as it knows this receipt.
        waited = {'receipt', 'disconnected'}
        while waited:
            name, frame = self.events.get(timeout=LIMIT)
            assert name in waited or name == 'heartbeat', (name, frame)
            waited.discard(name)


class Checks:
    def __init__(self, port, version):
        self.port = port
        self.version = version

    def client(self, **options):
        client = Client(self.port, self.version, **options)
        client.connect()
        return client

    def admitted(self):
        """A client, once the server's broker is there again."""
        while True:
            # A new one each time: stomp.py may tell of no second end.
            client = Client(self.port, self.version)
            client.connection.connect(*client.login, wait=False)
            name, frame = client.events.get(timeout=LIMIT)
            if name == 'connected':
                return client
            assert name == 'error' and frame.body == 'Broker not available.', (name, frame)
            client.wait('disconnected')

    @staticmethod
    def say_ready():
        print(json.dumps({'ready': True}), flush=True)

    def destination(self, kind, name):
        return '/%s/%s-%s' % (kind, name, self.version)

    def connect(self):
        client = Client(self.port, self.version)
        headers = client.connect().headers
        assert headers['version'] == self.version, headers
        assert headers['session'] and headers['user-name'] == 'guest', headers
        client.disconnect()

    def messages(self):
        client = self.client()
        topic = self.destination('topic', 'messages')
        client.subscribe(topic)
        for body in (TEXT, '', 'x' * 500000):
            receipt = client.receipt()
            client.connection.send(topic, body, headers={'receipt': receipt, 'my-header': 'a b'})
            got = {}
            for _ in range(2):
                name, frame = client.events.get(timeout=LIMIT)
                got[name] = frame
            assert got['message'].body == body, got['message'].body[:100]
            assert got['message'].headers['my-header'] == 'a b'
            assert got['receipt'].headers['receipt-id'] == receipt
        client.disconnect()

    def header_escapes(self):
        client = self.client()
        topic = self.destination('topic', 'escapes')
        client.subscribe(topic)
        value = 'a:b\\c\nd'
        client.connection.send(topic, 'x', headers={'odd': value})
        assert client.wait('message').headers['odd'] == value
        client.disconnect()

    def unsubscribe(self):
        client = self.client()
        topic = self.destination('topic', 'unsubscribe')
        client.subscribe(topic)
        receipt = client.receipt()
        client.connection.unsubscribe(id='0', headers={'receipt': receipt})
        client.await_receipt(receipt)
        client.send(topic, 'x')
        client.quiet()
        client.disconnect()

    def acks(self, ack, redelivered):
        """Three messages, the second of which is acknowledged: what another one gets then."""
        queue_name = self.destination('queue', 'acks-' + ack)
        first = self.client()
        first.subscribe(queue_name, ack=ack)
        for number in range(3):
            first.connection.send(queue_name, str(number))
        frames = [first.wait('message') for _ in range(3)]
        assert [f.body for f in frames] == ['0', '1', '2'], frames
        if ack != 'auto':
            first.settle(frames[1])
        first.connection.transport.disconnect_socket()
        second = self.client()
        second.subscribe(queue_name, ack='client-individual' if ack != 'auto' else 'auto')
        frames = [second.wait('message') for _ in redelivered]
        assert [f.body for f in frames] == redelivered, frames
        for frame in frames:
            assert frame.headers['redelivered'] == 'true', frame
            second.settle(frame)
        second.quiet()
        second.disconnect()

    def ack_auto(self):
        self.acks('auto', [])

    def ack_client(self):
        self.acks('client', ['2'])

    def ack_individual(self):
        self.acks('client-individual', ['0', '2'])

    def nack(self):
        queue_name = self.destination('queue', 'nack')
        client = self.client()
        client.subscribe(queue_name, ack='client-individual')
        client.connection.send(queue_name, 'again')
        client.settle_first = client.wait('message')
        receipt = client.receipt()
        headers = client.settle_first.headers
        if self.version == '1.1':
            client.connection.nack(headers['message-id'], headers['subscription'], None, receipt)
        else:
            client.connection.nack(headers['ack'], None, receipt)
        got = dict(client.events.get(timeout=LIMIT) for _ in range(2))
        assert got['receipt'].headers['receipt-id'] == receipt
        assert got['message'].body == 'again'
        assert got['message'].headers['redelivered'] == 'true'
        client.settle(got['message'])
        client.disconnect()

    def transactions(self):
        topic = self.destination('topic', 'transactions')
        other = self.client()
        other.subscribe(topic)
        client = self.client()
        aborted = client.connection.begin()
        client.connection.send(topic, 'aborted', transaction=aborted)
        client.connection.abort(aborted)
        committed = client.connection.begin()
        client.connection.send(topic, 'one', transaction=committed)
        client.connection.send(topic, 'two', transaction=committed)
        client.send(topic, 'outside')
        assert other.wait('message').body == 'outside'
        other.quiet()
        client.connection.commit(committed)
        assert [other.wait('message').body for _ in range(2)] == ['one', 'two']
        client.disconnect()
        other.disconnect()

    def acks_in_transactions(self):
        """Of two acknowledgements only the one counts that is committed."""
        queue_name = self.destination('queue', 'acks-in-transactions')
        first = self.client()
        first.subscribe(queue_name, ack='client-individual')
        for number in range(2):
            first.connection.send(queue_name, str(number))
        frames = [first.wait('message') for _ in range(2)]
        for frame, end in zip(frames, ('abort', 'commit')):
            transaction = first.connection.begin()
            first.settle(frame, transaction=transaction, end=end)
        first.connection.transport.disconnect_socket()
        second = self.client()
        second.subscribe(queue_name, ack='client-individual')
        frame = second.wait('message')
        assert frame.body == '0' and frame.headers['redelivered'] == 'true', frame
        second.settle(frame)
        second.quiet()
        second.disconnect()

    def wrong_login(self):
        client = Client(self.port, self.version, login=('guest', 'bad-passcode'))
        client.connection.connect(*client.login, wait=False)
        frame = client.wait('error')
        assert frame.headers['message'] == 'Bad login', frame
        client.wait('disconnected')

    def errors(self):
        client = self.client()
        client.connection.send('/elsewhere/x', 'x', headers={'receipt': 'r'})
        frame = client.wait('error')
        assert frame.headers['receipt-id'] == 'r', frame
        client.wait('disconnected')

    def heart_beats(self):
        client = self.client(heartbeats=(1000, 1000))
        until = time.monotonic() + 4.5
        beats = 0
        while time.monotonic() < until:
            try:
                name, _ = client.events.get(timeout=0.1)
            except queue.Empty:
                continue
            assert name == 'heartbeat', name
            beats += 1
        assert beats >= 3, beats
        client.disconnect()

    def silence(self):
        """A client that keeps no promise of heart-beats is cut off: this one's do not go out."""
        client = Client(self.port, self.version, heartbeats=(1000, 0))
        client.connection.transport.send = self.without_beats(client.connection.transport.send)
        began = time.monotonic()
        client.connect()
        client.wait('disconnected')
        passed = time.monotonic() - began
        assert 2.8 < passed < 20, passed

    @staticmethod
    def without_beats(send):
        return lambda data: None if data in (b'\n', b'\r\n') else send(data)

    def audience(self):
        client = self.client(vhost='/')  # RabbitMQ has no other
        client.subscribe('/topic/audience')
        client.connection.send('/topic/audience', 'from stomp.py')
        bodies = {client.wait('message').body for _ in range(2)}
        assert bodies == {'from stomp.py', 'from a browser'}, bodies
        client.disconnect()

    def restart(self):
        client = self.client()
        self.say_ready()
        client.wait('disconnected')
        client.connect_again()
        topic = self.destination('topic', 'restart')
        client.subscribe(topic)
        client.connection.send(topic, 'back')
        assert client.wait('message').body == 'back'
        client.disconnect()

    def broker_restart(self):
        """The broker behind the server goes and comes back; the server stays."""
        queue_name = self.destination('queue', 'broker-restart')
        client = self.client()
        for number in range(2):
            client.send(queue_name, str(number), persistent='true')
        client.subscribe(queue_name, ack='client-individual')
        frames = [client.wait('message') for _ in range(2)]
        client.settle(frames[0])
        self.say_ready()
        assert client.wait('error').body == 'Connection to broker closed.'
        client.wait('disconnected')
        client = self.admitted()
        client.subscribe(queue_name, ack='client-individual')
        frames = []
        while not frames or frames[-1].body != '1':
            frames.append(client.wait('message'))
        # A broker that was killed may have forgotten that the first was acknowledged.
        assert [f.body for f in frames] in (['1'], ['0', '1']), frames
        for frame in frames:
            assert frame.headers['redelivered'] == 'true', frame
            client.settle(frame)
        client.connection.send(queue_name, 'back')
        frame = client.wait('message')
        assert frame.body == 'back' and frame.headers['redelivered'] == 'false', frame
        client.settle(frame)
        client.quiet()
        client.disconnect()


def main():
    port, version, names = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    checks = Checks(port, version)
    for name in names:
        error = None
        try:
            getattr(checks, name)()
        except BaseException:  # a queue that stays empty, too
            error = traceback.format_exc()
        print(json.dumps({'check': name, 'error': error}), flush=True)


main()
