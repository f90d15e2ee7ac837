"""Holds an Anywire server to what python-socketio's clients expect of it.

usage: python_client.py URL sync|asyncio polling|websocket|upgrade CHECK...

Prints one JSON object a check: {"check": name, "error": null or text}.
"""

import asyncio
import json
import os
import queue
import sys
import threading
import traceback

import socketio

LIMIT = 60  # seconds that anything may take
TRANSPORTS = {'polling': ['polling'], 'websocket': ['websocket'], 'upgrade': None}
EVENTS = ['auth', 'message-back', 'echo', 'message', 'room']
VALUES = [None, True, False, 0, -1, 1.5, '', 'text', '"\\/\n', '\u00e9\u20ac\U0001f680\u2028',
          [], {}, [[], [{}]], {'a': {'b': [1, {'c': None}]}, '': 'empty key'}]


class Loop:
    """Runs coroutines for callers that are none."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(LIMIT)


LOOP = Loop()


class Client:
    """Either client of python-socketio, with its events to be waited for."""

    def __init__(self, kind, mode, namespaces=('/',)):
        self.is_async = kind == 'asyncio'
        self.mode = mode
        self.namespaces = list(namespaces)
        self.events = queue.Queue()
        make = socketio.AsyncClient if self.is_async else socketio.Client
        self.sio = self.build(lambda: make(reconnection=False))
        for namespace in self.namespaces:
            for name in EVENTS:
                self.sio.on(name, self.handler(namespace, name), namespace=namespace)
            for name in ('connect_error', 'disconnect'):
                self.sio.on(name, self.handler(namespace, name), namespace=namespace)

    def build(self, make):
        if not self.is_async:
            return make()

        async def inside():
            return make()
        return LOOP.run(inside())

    def handler(self, namespace, name):
        return lambda *args: self.events.put((namespace, name, *args))

    def run(self, result):
        return LOOP.run(result) if self.is_async else result

    def open(self, url, auth=None):
        self.run(self.sio.connect(
            url, auth=auth, transports=TRANSPORTS[self.mode], namespaces=self.namespaces,
            wait_timeout=LIMIT))
        wanted = 'polling' if self.mode == 'polling' else 'websocket'
        same(self.sio.transport(), wanted)
        greetings = sorted(self.events.get(timeout=LIMIT)[:3] for _ in self.namespaces)
        same(greetings, sorted((n, 'auth', auth or {}) for n in self.namespaces))
        return self

    def emit(self, name, *args):
        self.run(self.sio.emit(name, args))

    def ask(self, name, *args):
        """The arguments of the acknowledgement: nothing, one value, or a tuple."""
        return self.run(self.sio.call(name, args, timeout=LIMIT))

    def next(self, name, *args, namespace='/'):
        """The next event has to be this; the offset of the server's recovery may come behind."""
        event = self.events.get(timeout=LIMIT)
        same(event[:len(args) + 2], (namespace, name, *args))
        extra = event[len(args) + 2:]
        if extra:
            same((len(extra), type(extra[0])), (1, str))

    def close(self):
        self.run(self.sio.disconnect())


def same(got, wanted):
    if got != wanted or isinstance(got, bool) != isinstance(wanted, bool):
        raise AssertionError(f'wanted {wanted!r:.300}, got {got!r:.300}')


def check_events(url, make):
    client = make().open(url, {'token': 'secret', 'n': 1})
    client.emit('message')
    client.next('message-back')
    client.emit('message', *VALUES)
    client.next('message-back', *VALUES)
    for value in VALUES:
        client.emit('echo', value)
    for value in VALUES:
        client.next('echo', value)
    client.close()


def check_acks(url, make):
    client = make().open(url)
    same(client.ask('message-with-ack', *VALUES), tuple(VALUES))
    same(client.ask('message-with-ack', 'one'), 'one')
    for value in VALUES:
        same(client.ask('echo', value), value)
    client.close()


def check_binary(url, make):
    client = make().open(url)
    octets = bytes(range(256)) * 5
    for length in (0, 1, 2, 3, 125, 126, 127, 1280):
        client.emit('echo', octets[:length])
    for length in (0, 1, 2, 3, 125, 126, 127, 1280):
        client.next('echo', octets[:length])
    mixed = ({'a': octets, 'list': [b'\x00', 'text']}, 'between', b'\xff')
    client.emit('message', *mixed)
    client.next('message-back', *mixed)
    same(client.ask('message-with-ack', *mixed), mixed)
    client.close()


def check_rooms(url, make):
    sender, inside, outside = (make().open(url) for _ in range(3))
    for client in (sender, inside):
        client.ask('join', 'room')
    sender.emit('room', 'room', 'hello', b'\x01')
    inside.next('room', 'hello', b'\x01')
    inside.ask('leave', 'room')
    sender.emit('room', 'room', 'into the void')
    sender.emit('bcast', 'to all', 1)
    for client in (sender, inside, outside):
        client.next('message', 'to all', 1)
        client.close()


def check_namespaces(url, make):
    client = make(namespaces=['/', '/custom']).open(url, {'who': 'both'})
    client.emit('echo', 'main')
    client.next('echo', 'main')
    client.close()
    # To wait in connect() would take all of its timeout.
    client = make(namespaces=['/unknown'])
    client.run(client.sio.connect(
        url, transports=TRANSPORTS[client.mode], namespaces=['/unknown'], wait=False))
    event = client.events.get(timeout=LIMIT)
    same(event[:2], ('/unknown', 'connect_error'))
    if 'Invalid namespace' not in str(event[2]):
        raise AssertionError(f'refused with {event[2]!r}')
    client.close()


def check_burst(url, make):
    client = make().open(url)
    for n in range(200):
        client.emit('bcast', n)
    for n in range(200):
        client.next('message', n)
    other = make().open(url)
    for n in range(200):
        client.emit('bcast', n)
    for who in (client, other):
        for n in range(200):
            who.next('message', n)
        who.close()


def main():
    url, kind, mode, *checks = sys.argv[1:]

    def make(**options):
        return Client(kind, mode, **options)

    for name in checks:
        error = None
        try:
            globals()[f'check_{name}'](url, make)
        except Exception:  # pylint: disable=broad-except
            error = traceback.format_exc()
        print(json.dumps({'check': name, 'error': error}), flush=True)


if __name__ == '__main__':
    main()
    # What a failed check has left open runs on threads that would keep the process.
    os._exit(0)
