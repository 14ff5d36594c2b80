#!/usr/bin/env python3
"""A provider of the OpenAI kind that says what it is told to: the last user message, as it is, Markdown and all.

Prints "port N". A message may begin with a line of directives, which is not repeated:
  !delay=1.5 piece=20 every=0.05 cut=300
waits so many seconds before the first piece; sends so many characters at a time, so many seconds apart; drops the
connection after so many characters. With reasoning=1 the message is thought, with tool=1 it is the name and the arguments
of a tool that is called, with refuse=1 it is the reason of a refusal.
"""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def directives(text):
    first, _, rest = text.partition("\n")
    if not first.startswith("!"):
        return {}, text
    return {name: float(value) for name, value in (word.split("=") for word in first[1:].split())}, rest


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = [message["content"] for message in request["messages"] if message["role"] == "user"]
        goes_on = len(asked) > 1 and asked[-1].startswith("Go on with your last answer")
        told, text = directives(asked[-2 if goes_on else -1])
        if goes_on:
            # What the answer has is not said again, and it does not break off again.
            said = [message["content"] for message in request["messages"] if message["role"] == "assistant"][-1]
            text = text.removeprefix(said)
            told.pop("cut", None)
        if "refuse" in told:
            return self.refuse(text)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        time.sleep(told.get("delay", 0))
        piece, cut = int(told.get("piece", 24)), int(told.get("cut", 1 << 40))
        if "tool" in told:
            call = {"index": 0, "id": "call-1", "type": "function", "function": {"name": text, "arguments": text}}
            self.event({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
            self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
            self.chunk(b"data: [DONE]\n\n")
            return self.chunk(b"")
        kind = "reasoning_content" if "reasoning" in told else "content"
        for start in range(0, len(text), piece):
            if start >= cut:
                self.close_connection = True
                return
            self.event({"choices": [{"index": 0, "delta": {kind: text[start : start + piece]}}]})
            time.sleep(told.get("every", 0))
        self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": max(1, len(text) // 4)}})
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def refuse(self, reason):
        body = json.dumps({"error": {"message": reason, "type": reason, "code": reason}}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def event(self, fields):
        self.chunk(b"data: " + json.dumps({"id": "p", "object": "chat.completion.chunk", **fields}).encode() + b"\n\n")

    def chunk(self, data):
        try:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        """Quiet: only the port is to be read from the output."""


if __name__ == "__main__":
    ThreadingHTTPServer.daemon_threads = True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print("port", server.server_address[1], flush=True)
    server.serve_forever()
