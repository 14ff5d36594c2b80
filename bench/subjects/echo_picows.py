"""An echo with picows on uvloop.   python echo_picows.py PORT"""

import asyncio
import sys

import picows
import uvloop


class Echo(picows.WSListener):
    def on_ws_frame(self, transport, frame):
        if frame.msg_type in (picows.WSMsgType.TEXT, picows.WSMsgType.BINARY):
            transport.send(frame.msg_type, frame.get_payload_as_bytes())
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()


async def main():
    server = await picows.ws_create_server(lambda request: Echo(), "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


uvloop.run(main())
