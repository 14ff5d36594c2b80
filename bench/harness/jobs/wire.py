"""Job 10: what a token of 24 bytes takes on the wire."""

import json
import urllib.request
import zlib

from harness.jobs.relay import Streams
from harness.scenario import Scenario
from harness.table import Column

TOKENS = 200


class OpenAIChunks:
    """The provider's own events, as they stand and deflated."""

    def __init__(self, name, pack):
        self.name, self.series, self._pack = name, "openai", pack

    def measure(self, bench):
        port = bench.port()
        provider = bench.start([bench.loader, "bench", "upstream", "--port", port], port, bench.load_core)
        try:
            question = {"role": "user", "content": f"[[tokens={TOKENS} rate=200 delay=0ms]]"}
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/v1/chat/completions", headers={"Content-Type": "application/json"},
                data=json.dumps({"model": "mock", "stream": True, "messages": [question]}).encode())
            with urllib.request.urlopen(request, timeout=20) as reply:
                events = [event + b"\n\n" for event in reply.read().split(b"\n\n") if b'"content":"~' in event]
        finally:
            provider.stop()
        return {"bytes_per_token": self._pack(events) / len(events)}


def plain(events):
    return sum(len(event) for event in events)


def alone(events):
    return sum(len(zlib.compress(event, 6)) - 6 for event in events)


def together(events):
    """With one context for the whole stream, flushed after each event."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return sum(len(packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH)) for event in events)


class WeirFrames:
    """Weir's deltas, where each token travels alone."""

    def __init__(self):
        self.name, self.series = "weir, weir.v1", "weir"

    def measure(self, bench):
        figures = Streams(50, 20, 2).weir().measure(bench)
        tokens, deltas = figures["tokens_per_s"], figures["deltas_per_s"]
        text = figures["text_bytes_per_s"]
        return {"bytes_per_token": (text + figures["overhead_bytes_per_delta"] * deltas) / tokens}


def scenarios(quick):
    return [
        Scenario("bytes", "bytes on the wire for a token of 24 bytes of text", [
            Column("bytes_per_token", "bytes/token", 1, ratio=True),
        ], [
            OpenAIChunks("OpenAI chunk", plain),
            OpenAIChunks("OpenAI chunk, deflated by itself", alone),
            OpenAIChunks("OpenAI chunk, deflated with a kept context", together),
            WeirFrames(),
        ], job=10, once=True),
    ]
