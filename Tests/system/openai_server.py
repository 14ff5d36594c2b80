#!/usr/bin/env python3
"""A provider of the OpenAI kind on Python's own HTTP server and JSON parser.

Prints "port N". Checks every request and answers with the last user message, a character at a time, or with what was
wrong with the request. Counts a message as a prompt token.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def problem(path, headers, request):
    """What is wrong with a request; None: nothing."""
    if path != "/v1/chat/completions":
        return f"path {path}"
    if headers.get("Content-Type", "").split(";")[0] != "application/json":
        return f"content type {headers.get('Content-Type')}"
    if request.get("model") != "parrot" or request.get("stream") is not True:
        return f"model {request.get('model')}, stream {request.get('stream')}"
    if request.get("stream_options") != {"include_usage": True}:
        return f"stream_options {request.get('stream_options')}"
    roles = [message.get("role") for message in request.get("messages", [])]
    turns = roles[1:]
    if roles[:1] != ["system"] or turns != (["user", "assistant"] * len(turns))[: len(turns)] or roles[-1] != "user":
        return f"roles {roles}"
    return None


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = problem(self.path, self.headers, request) or request["messages"][-1]["content"]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
        for character in text:
            self.event({"choices": [{"index": 0, "delta": {"content": character}, "finish_reason": None}]})
        self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        prompt, answer = len(request.get("messages", [])), len(text)
        usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
        self.event({"choices": [], "usage": usage})
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def event(self, fields):
        self.chunk(b"data: " + json.dumps({"id": "p", "object": "chat.completion.chunk", **fields}).encode() + b"\n\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def log_message(self, *_):
        """Quiet: only the port is to be read from the output."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print("port", server.server_address[1], flush=True)
    server.serve_forever()
