#!/usr/bin/env python3
"""Sends Weir messages of 64 MiB that are 64 KiB on the wire. Each must end its connection with 1009."""

import asyncio
import sys

import websockets

SIZE = 64 << 20


async def main(url):
    for _ in range(10):
        async with websockets.connect(url, subprotocols=["weir.v1"], max_size=None) as socket:
            try:
                await socket.send(b"\0" * SIZE)
                await asyncio.wait_for(socket.recv(), 20)
                sys.exit("bomb: the server answered")
            except websockets.ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
                if code != 1009:
                    sys.exit(f"bomb: the connection ended with {code}")


asyncio.run(main(sys.argv[1]))
