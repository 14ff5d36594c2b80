"""An echo with websockets on uvloop.   python echo_websockets.py PORT [deflate [takeover]]"""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main():
    deflate, takeover = "deflate" in sys.argv, "takeover" in sys.argv
    extensions = [ServerPerMessageDeflateFactory(
        server_no_context_takeover=not takeover, client_no_context_takeover=True)] if deflate else None
    async with serve(
            echo, "127.0.0.1", int(sys.argv[1]), compression=None, extensions=extensions, ping_interval=None,
            backlog=4096):
        await asyncio.get_running_loop().create_future()


uvloop.run(main())
