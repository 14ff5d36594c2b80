"""Tries Weir through a proxy: try.py PORT SECRET-FILE LOG-OF-WEIR COMMAND-THAT-RELOADS-THE-PROXY

Only Python's own library, so that nothing of ours on the client's side can hide a fault: a WebSocket by hand, with
permessage-deflate (RFC 7692).
"""
import base64, hashlib, hmac, json, os, socket, struct, subprocess, sys, threading, time, urllib.error, urllib.request, zlib

port, secret_file, log, reload_command = int(sys.argv[1]), *sys.argv[2:]
IDLE = float(os.environ.get("IDLE_SECONDS", "20"))
secret = open(secret_file, "rb").read().strip()
minted = []


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(user, key=secret):
    claims = {"sub": user, "exp": int(time.time()) + 600}
    text = encoded(b'{"alg":"HS256"}') + b"." + encoded(json.dumps(claims).encode())
    signature = encoded(hmac.new(key, text, hashlib.sha256).digest()).decode()
    minted.append(signature)
    return f"{text.decode()}.{signature}"


class Device:
    """A WebSocket client that offers compression and answers pings on a thread of its own."""

    def __init__(self, path, source="127.0.0.1", headers=""):
        self.socket = socket.create_connection(("127.0.0.1", port), 30, source_address=(source, 0))
        self.socket.settimeout(90)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: weir.v1.json\r\n"
             f"Sec-WebSocket-Extensions: permessage-deflate\r\n{headers}\r\n").encode())
        self.file = self.socket.makefile("rb")
        lines = []
        while (line := self.file.readline().strip()):
            lines.append(line.decode())
        if not lines:
            raise ConnectionError("closed before the upgrade")
        self.status = int(lines[0].split()[1])
        self.head = dict(line.lower().split(": ", 1) for line in lines[1:])
        self.inflater, self.deflater = zlib.decompressobj(-15), zlib.compressobj(wbits=-15)
        self.requests, self.pings, self.compressed, self.frames = 0, 0, 0, []
        self.arrived = threading.Condition()
        self.end = None
        if self.status == 101:
            self.extension = self.head.get("sec-websocket-extensions", "")
            self.deflates = self.extension.startswith("permessage-deflate")
            threading.Thread(target=self.receive, daemon=True).start()

    def write(self, first, payload):
        mask = os.urandom(4)
        size = len(payload)
        head = struct.pack("!BB", first, 0x80 | size) if size < 126 else struct.pack("!BBH", first, 0xFE, size)
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def receive(self):
        try:
            while True:
                first, size = self.file.read(2)
                if size == 126:
                    (size,) = struct.unpack("!H", self.file.read(2))
                elif size == 127:
                    (size,) = struct.unpack("!Q", self.file.read(8))
                payload = self.file.read(size)
                if first & 15 == 9:
                    self.pings += 1
                    self.write(0x8A, payload)
                elif first & 15 == 8:
                    raise ConnectionError(f"close {payload}")
                elif first & 15 == 1:
                    if first & 0x40:
                        self.compressed += 1
                        if "server_no_context_takeover" in self.extension:
                            self.inflater = zlib.decompressobj(-15)
                        payload = self.inflater.decompress(payload + b"\0\0\xff\xff")
                    with self.arrived:
                        self.frames.append(json.loads(payload))
                        self.arrived.notify_all()
        except Exception as error:
            with self.arrived:
                self.end = error
                self.arrived.notify_all()

    def ask(self, **frame):
        self.requests += 1
        text = json.dumps({"requestId": str(self.requests), **frame}).encode()
        if self.deflates:
            if "client_no_context_takeover" in self.extension:
                self.deflater = zlib.compressobj(wbits=-15)
            text = self.deflater.compress(text) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
            self.write(0xC1, text[:-4])
        else:
            self.write(0x81, text)
        return self.wait(lambda frame: frame.get("requestId") == str(self.requests))

    def wait(self, match):
        with self.arrived:
            found = self.arrived.wait_for(
                lambda: self.end or next((frame for frame in self.frames if match(frame)), None), 60)
        assert found and found is not self.end, f"nothing came: {self.end or self.frames[-3:]}"
        return found

    def converse(self, text):
        ack = self.ask(sendMessage={"parts": [{"text": text}]})["ack"]
        self.wait(lambda frame: frame.get("turnFinished", {}).get("turnId") == ack["turnId"])
        return "".join(
            frame["delta"].get("text", "") for frame in self.frames
            if frame.get("delta", {}).get("turnId") == ack["turnId"])


def get(path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


ann = Device(f"/?token={token('ann')}")
assert ann.status == 101 and ann.deflates, ann.head
question = "hello through a proxy " * 400
assert "Weir" in ann.converse(question), ann.frames
# Short messages are not worth compressing, a page of history is.
talk = ann.ask(listConversations={})["conversationList"]["conversations"][0]["id"]
page = ann.ask(getHistory={"conversationId": talk})["historyPage"]["messages"]
assert page[0]["parts"] == [{"text": question}] and ann.compressed > 0, f"{ann.compressed} came compressed"
print("  a WebSocket with compression passes, both ways")

# Where the connections come from is known to the server: each address has an account of its own for bad tokens.
for _ in range(4):
    bad = Device(f"/?token={token('ann', b'x' * 32)}", source="127.0.0.77")
refused = Device(f"/?token={token('bob')}", source="127.0.0.77")
assert refused.status == 429, f"the clients' addresses do not arrive: {refused.status}"
assert Device(f"/?token={token('bob')}", source="127.0.0.78").status == 101, "one address answers for another"
liar = Device(f"/?token={token('bob')}", source="127.0.0.77", headers="X-Forwarded-For: 127.0.0.99\r\n")
assert liar.status == 429, "a client may say where it comes from"
print("  clients' addresses arrive, and clients cannot choose them")

text = json.dumps({"model": "demo", "stream": True, "messages": [{"role": "user", "content": "hi"}]}).encode()
request = urllib.request.Request(
    f"http://127.0.0.1:{port}/v1/chat/completions", text,
    {"Authorization": f"Bearer {token('cy')}", "Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=30) as answer:
    assert b"data: [DONE]" in answer.read()
assert get("/metrics") == 404 and get("/admin/state") == 404 and get("/readyz") == 200
print("  the HTTP API streams; figures and operators' paths stay inside")

subprocess.run(reload_command, shell=True, check=True)
new = None
for _ in range(100):
    try:
        new = Device(f"/?token={token('dan')}")
        break
    except OSError:
        time.sleep(0.1)
assert new and new.status == 101 and "Weir" in new.converse("hello, new proxy")
assert "Weir" in ann.converse("still there?"), "a reload dropped a connection"
print("  a reload of the proxy drops nobody")

before = ann.pings
time.sleep(IDLE)
assert ann.pings > before and ann.end is None, ann.end
assert "Weir" in ann.converse("and now?")
print(f"  {IDLE:g} s of silence are survived, by {ann.pings - before} pings")

text = open(log).read()
assert text and not any(signature in text for signature in minted), "the server logs tokens"
