"""A provider for pictures: has an answer ready for each question, and takes its time like a model."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = {
    "How much water": """A sharp-crested weir measures flow by the height of the water above its crest:

> Q = ⅔ · C · b · √(2g) · h√h

For a crest **1.2 m** wide and water **18 cm** above it:

| quantity | value |
| --- | --- |
| discharge coefficient C | 0.62 |
| width b | 1.20 m |
| height h | 0.18 m |
| **flow Q** | **0.168 m³/s** |

The same in Python, for any height:

```python
def flow(height, width=1.2, coefficient=0.62, g=9.81):
    # Cubic metres a second over a sharp crest.
    return 2 / 3 * coefficient * width * (2 * g) ** 0.5 * height ** 1.5
```

Measure the height *upstream*, at least four times `h` away from the crest: closer, the surface already dips.""",
    "twice": """Not quite twice. The flow grows faster than the height, so twice the height gives

1. 2 · √2, or **2.83 times** the flow,
2. which is about **0.475 m³/s** here.

That is why weirs are good at measuring small flows and good at passing large ones.""",
    "name": """Because it does what a **weir** does in a river:

- it holds back what comes too fast,
- it lets through a steady stream,
- and the water behind it is not lost.""",
}


class Writer:
    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked = [message["content"] for message in request["messages"] if message["role"] == "user"][-1]
                text = next((answer for part, answer in ANSWERS.items() if part in asked), "I do not know.")
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream; charset=utf-8")
                self.send_header("Connection", "close")
                self.end_headers()
                for start in range(0, len(text), 7):
                    self.event({"choices": [{"index": 0, "delta": {"content": text[start : start + 7]}}]})
                    time.sleep(0.004)
                usage = {"prompt_tokens": 41, "completion_tokens": len(text) // 4}
                self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage})
                self.wfile.write(b"data: [DONE]\n\n")
                self.close_connection = True

            def event(self, fields):
                body = json.dumps({"id": "w", "object": "chat.completion.chunk", "model": "river-1", **fields})
                self.wfile.write(b"data: " + body.encode() + b"\n\n")

            def log_message(self, *_):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
