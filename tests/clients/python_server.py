"""Servers of python-socketio and python-engineio on aiohttp, for the clients in C++.

usage: python_server.py [CERT.pem KEY.pem]

Serves Socket.IO at /socket.io/ and an Engine.IO echo at /engine.io/, and prints one line, "listening
on URL", once it does. The events are those that client_socketio.test.js and
tests/client_checker/socketio_checker.cpp expect.
"""

import asyncio
import logging
import ssl
import sys

import engineio
import socketio
from aiohttp import web

SIO = socketio.AsyncServer(async_mode='aiohttp', cors_allowed_origins='*', logger=False)
EIO = engineio.AsyncServer(async_mode='aiohttp', cors_allowed_origins='*', logger=False)
AUTH = {}
NAMESPACES = ['/', '/chat', '/admin']


@EIO.on('message')
async def echo(sid, data):
    await EIO.send(sid, data)


def serve(namespace):
    """The events of one namespace."""

    def on(name):
        return SIO.on(name, namespace=namespace)

    @on('connect')
    async def connect(sid, _environ, auth=None):
        AUTH[sid] = auth or {}
        if namespace == '/admin' and AUTH[sid].get('token') != 'right':
            raise socketio.exceptions.ConnectionRefusedError('not you', {'code': 401})

    @on('disconnect')
    async def disconnect(sid):
        AUTH.pop(sid, None)

    @on('echo')
    async def on_echo(sid, *args):
        await SIO.emit('echoed', args, to=sid, namespace=namespace)
        return args

    @on('auth')
    async def on_auth(sid):
        return AUTH[sid]

    @on('ask')
    async def on_ask(sid):
        async def answered(number):
            await SIO.emit('answered', number, to=sid, namespace=namespace)
        await SIO.emit('question', 5, to=sid, namespace=namespace, callback=answered)

    @on('mark me')
    async def on_mark(sid):
        await SIO.emit('mark', to=sid, namespace=namespace)

    @on('away')
    async def on_away(sid):
        await SIO.eio.disconnect(SIO.manager.eio_sid_from_sid(sid, namespace))

    @on('out')
    async def on_out(sid):
        await SIO.disconnect(sid, namespace=namespace)


async def main():
    logging.disable(logging.CRITICAL)  # what it says of refused requests is what the tests provoke
    for namespace in NAMESPACES:
        serve(namespace)
    app = web.Application()
    SIO.attach(app)
    EIO.attach(app)
    secure = None
    if len(sys.argv) > 2:
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(sys.argv[1], sys.argv[2])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, '127.0.0.1', 0, ssl_context=secure)
    await site.start()
    port = runner.addresses[0][1]
    print(f'listening on {"https" if secure else "http"}://localhost:{port}', flush=True)
    await asyncio.Event().wait()


if __name__ == '__main__':
    asyncio.run(main())
