#!/usr/bin/env python3
"""Talks weir.v1.json with PyPI's websockets: message, stream, history, ping. Prints what is wrong and exits with 1."""

import asyncio
import json
import sys

import websockets


def expect(condition, what):
    if not condition:
        sys.exit(f"json_client: {what}")


async def reply(socket, request_id, frame):
    """Sends a frame and returns its direct reply; what else comes is thrown away."""
    await socket.send(json.dumps({"requestId": str(request_id), **frame}))
    while True:
        answer = json.loads(await asyncio.wait_for(socket.recv(), 20))
        if answer.get("requestId") == str(request_id):
            return answer


async def main(url):
    # The library offers permessage-deflate by itself.
    async with websockets.connect(url + "?user=python", subprotocols=["weir.v1.json"]) as socket:
        expect(socket.subprotocol == "weir.v1.json", f"subprotocol {socket.subprotocol}")
        extensions = [extension.name for extension in socket.protocol.extensions]
        expect(extensions == ["permessage-deflate"], f"extensions {extensions}")
        hello = await reply(socket, 1, {"hello": {"version": 1, "agent": "python"}})
        expect(hello["welcome"]["user"] == "python", f"welcome {hello}")

        question = {"conversationId": "talk", "clientMessageId": "m1", "parts": [{"text": "hello 水"}]}
        ack = await reply(socket, 2, {"sendMessage": question})
        expect(ack["ack"]["level"] == "ACK_LEVEL_DURABLE", f"ack {ack}")
        text = ""
        while True:
            message = await asyncio.wait_for(socket.recv(), 20)
            expect(isinstance(message, str), "a binary message on the JSON subprotocol")
            frame = json.loads(message)
            if "delta" in frame:
                expect(int(frame["delta"].get("offset", "0")) == len(text.encode()), f"offset {frame}")
                text += frame["delta"]["text"]
            if "turnFinished" in frame:
                expect(int(frame["turnFinished"]["length"]) == len(text.encode()), f"length {frame}")
                break
        history = await reply(socket, 3, {"getHistory": {"conversationId": "talk"}})
        said = ["".join(part["text"] for part in m["parts"]) for m in history["historyPage"]["messages"]]
        expect(said == ["hello 水", text], f"history {said}")
        expect(len(text) > 600, "an answer long enough to be compressed")

        again = await reply(socket, 4, {"sendMessage": question})
        expect(again["ack"].get("duplicate") is True, f"duplicate {again}")
        refused = await reply(socket, 5, {"getHistory": {"conversationId": "no such"}})
        expect(refused["error"]["code"] == "ERROR_CODE_INVALID_ARGUMENT", f"error {refused}")
        await asyncio.wait_for(await socket.ping(), 20)


asyncio.run(main(sys.argv[1]))
