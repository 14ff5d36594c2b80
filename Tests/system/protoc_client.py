#!/usr/bin/env python3
"""A client whose codec protoc made of the schema: hello, send, stream, stop, history, resume.

Arguments: the directory of the schemas, the URL. Prints what is wrong and exits with 1.
"""

import asyncio
import importlib
import pathlib
import sys
import tempfile

import websockets
from grpc_tools import protoc


def expect(condition, what):
    if not condition:
        sys.exit(f"protoc_client: {what}")


def generate(schemas):
    """Makes Python of the schema, and returns the two modules of frames."""
    directory = tempfile.mkdtemp()
    files = sorted(str(path.relative_to(schemas)) for path in pathlib.Path(schemas).glob("weir/v1/*.proto"))
    expect(protoc.main(["protoc", f"-I{schemas}", f"--python_out={directory}", *files]) == 0, "protoc failed")
    sys.path.insert(0, directory)
    return importlib.import_module("weir.v1.client_pb2"), importlib.import_module("weir.v1.server_pb2")


class Client:
    def __init__(self, socket, client, server):
        self.socket = socket
        self.client = client
        self.server = server
        self.next_id = 1

    async def send(self, **frame):
        number, self.next_id = self.next_id, self.next_id + 1
        await self.socket.send(self.client.ClientFrame(request_id=number, **frame).SerializeToString())
        return number

    async def receive(self):
        message = await asyncio.wait_for(self.socket.recv(), 20)
        expect(isinstance(message, bytes), "a text message on the binary subprotocol")
        return self.server.ServerFrame.FromString(message)

    async def ask(self, **frame):
        number = await self.send(**frame)
        while True:
            answer = await self.receive()
            if answer.request_id == number:
                return answer

    async def stream(self, turn, text=b"", until=None):
        """The turn's text and its ending; with `until`, no more than at least so many bytes, and no ending."""
        while True:
            frame = await self.receive()
            kind = frame.WhichOneof("frame")
            if kind == "delta" and frame.delta.turn_id == turn:
                expect(frame.delta.offset == len(text), f"a piece at {frame.delta.offset} after {len(text)} bytes")
                text += frame.delta.text.encode()
                if until is not None and len(text) >= until:
                    return text, None
            if kind in ("turn_finished", "turn_failed") and getattr(frame, kind).turn_id == turn:
                expect(getattr(frame, kind).length == len(text), f"{kind} with another length than {len(text)}")
                return text, frame


async def main(schemas, url):
    client, server = generate(schemas)
    common = importlib.import_module("weir.v1.common_pb2")
    connect = lambda: websockets.connect(url + "?user=protoc", subprotocols=["weir.v1"])

    def message(text, **more):
        return client.SendMessage(conversation_id="talk", parts=[common.Part(text=text)], **more)

    async with connect() as socket:
        expect(socket.subprotocol == "weir.v1", f"subprotocol {socket.subprotocol}")
        me = Client(socket, client, server)
        welcome = (await me.ask(hello=client.Hello(version=1, agent="protoc"))).welcome
        expect(welcome.user == "protoc" and welcome.version == 1, f"welcome {welcome}")

        ack = (await me.ask(send_message=message("hello 水 👩🏽‍💻", client_message_id="m1"))).ack
        expect(ack.level == common.ACK_LEVEL_DURABLE and not ack.duplicate, f"ack {ack}")
        first, end = await me.stream(ack.turn_id)
        expect(end.turn_finished.reason == common.FINISH_REASON_COMPLETE, f"end {end}")
        again = (await me.ask(send_message=message("hello 水 👩🏽‍💻", client_message_id="m1"))).ack
        expect(again.duplicate and again.sequence == ack.sequence, f"duplicate {again}")

        ack = (await me.ask(send_message=message("go on [[tokens=100000 rate=200 delay=0ms]]"))).ack
        heard, _ = await me.stream(ack.turn_id, until=100)
    async with connect() as socket:
        me = Client(socket, client, server)
        resume = client.SubscribeTurn(turn_id=ack.turn_id, offset=len(heard))
        welcome = (await me.ask(hello=client.Hello(resume=[resume], follow=["talk"]))).welcome
        expect([turn.state for turn in welcome.resumed] == [common.TURN_STATE_RUNNING], f"resumed {welcome}")
        heard, _ = await me.stream(ack.turn_id, heard, until=200)
        await me.send(stop_turn=client.StopTurn(turn_id=ack.turn_id))
        heard, end = await me.stream(ack.turn_id, heard)
        expect(end.turn_finished.reason == common.FINISH_REASON_STOPPED, f"end {end}")

        page = (await me.ask(get_history=client.GetHistory(conversation_id="talk"))).history_page
        texts = ["".join(part.text for part in m.parts).encode() for m in page.messages]
        expect(texts[1] == first and texts[3] == heard and len(texts) == 4, f"history {texts}")
        expect([m.role for m in page.messages] == [common.ROLE_USER, common.ROLE_ASSISTANT] * 2, "roles")
        listed = (await me.ask(list_conversations=client.ListConversations())).conversation_list
        expect([c.id for c in listed.conversations] == ["talk"], f"list {listed}")

        # A newer client: fields nobody here knows are skipped (number 1000, all four wire types).
        unknown = bytes.fromhex("c03e01 c13e0102030405060708 c23e03616263 c53e01020304".replace(" ", ""))
        await socket.send(client.ClientFrame(request_id=99, ping=client.Ping(nonce=7)).SerializeToString() + unknown)
        expect((await me.receive()).pong.nonce == 7, "a frame with unknown fields")


asyncio.run(main(sys.argv[1], sys.argv[2]))
