"""A person at a terminal: the real `weir chat` on a pseudo terminal, its screen read by an emulator that is not ours.

Usage: terminal.py WEIR_BINARY. Prints what was seen when something is not as promised, and exits with 1.
"""
import fcntl
import http.server
import json
import os
import pty
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

import pyte

LIMIT = 30.0

MARKDOWN = """# Weather *today*

It is **very** mild, says `sensor` in [Rome](https://example.org/rome).

- one
- two

| city | 気温 |
|------|----:|
| Rome | 21 |
| 東京 | 9 |

```python
print("**not bold**")
```
\u001b]0;owned\u0007done\u001b[2J
"""


class Provider(http.server.BaseHTTPRequestHandler):
    """An OpenAI-compatible provider that answers by the words of the question."""

    protocol_version = "HTTP/1.1"
    asked = []
    go_on = threading.Event()

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = body["messages"][-1]["content"]
        if isinstance(question, list):
            question = "".join(part.get("text", "") for part in question)
        Provider.asked.append(question)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for delta in self.answer(question):
                self.event({"choices": [{"index": 0, "delta": delta}]})
            self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass  # The answer was stopped.
        self.close_connection = True

    def answer(self, question):
        if "markdown" in question:
            yield {"reasoning_content": "Let me think about the weather."}
            Provider.go_on.wait(LIMIT)
            for character in MARKDOWN:
                yield {"content": character}
        elif "endless" in question:
            for word in range(1_000_000):
                yield {"content": f"word{word} "}
                time.sleep(0.01)
        else:
            yield {"content": f"You said: {question}"}

    def event(self, event):
        event.update({"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"})
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()


class Terminal:
    """`weir chat` and what stands on its screen."""

    def __init__(self, command, environment, columns=60, rows=30):
        self.screen = pyte.HistoryScreen(columns, rows, history=5000)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, environment)
        self.set_size(columns, rows)
        self.before = termios.tcgetattr(self.fd)

    def set_size(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self.set_size(columns, rows)

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            return None
        self.raw += data
        self.stream.feed(data)
        return True

    def text(self):
        def line(row):
            return "".join(row[column].data for column in range(self.screen.columns)).rstrip()

        past = [line(row) for row in self.screen.history.top]
        return "\n".join(past + [text.rstrip() for text in self.screen.display]).rstrip()

    def type(self, text):
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def until(self, what, holds):
        """Reads until `holds` of the screen's text."""
        end = time.monotonic() + LIMIT
        while not holds(self.text()):
            if time.monotonic() > end:
                self.fail(f"waited for {what}")
            if self.read(0.2) is None:
                if holds(self.text()):
                    return
                self.fail(f"ended before {what}")

    def see(self, pattern):
        self.until(repr(pattern), lambda text: re.search(pattern, text, re.MULTILINE))

    def prompt(self, line=""):
        """The last row is the prompt, with this in it, and the cursor behind it."""
        self.until(f"the prompt with {line!r}", lambda text: self.last() == ("> " + line).rstrip())

    def last(self):
        return self.screen.display[self.screen.cursor.y].rstrip()

    def check(self, holds, what):
        if not holds:
            self.fail(what)

    def fail(self, what):
        print(f"FAILED: {what}\n--- screen\n{self.text()}\n--- the last bytes\n{self.raw[-1500:]!r}")
        os.kill(self.pid, signal.SIGKILL)
        sys.exit(1)

    def ended(self):
        """Reads to the end; returns the exit code, or minus the signal."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0.1):
                    pass
                return os.waitstatus_to_exitcode(status)
            self.read(0.1)
        self.fail("did not end")

    def restored(self):
        self.check(termios.tcgetattr(self.fd) == self.before, "the terminal is not as it was")
        self.check(self.raw.rfind(b"\x1b[?2004l") > self.raw.rfind(b"\x1b[?2004h"), "bracketed paste is still on")


def talk(binary, url, environment, state):
    terminal = Terminal([binary, "chat", url, "--user", "ann"], environment)
    terminal.prompt()

    # Editing, and an answer.
    terminal.type("helo" + "\x1b[D" + "l" + "\x05" + " 世界!" + "\x7f" + "?\r")
    terminal.see(r"^You said: hello 世界\?$")
    terminal.prompt()
    terminal.check("> hello 世界?" in terminal.text(), "the line that was sent does not stay")

    # Thoughts, Markdown, and no escape of the model's.
    terminal.type("markdown\r")
    terminal.see("thinking")
    Provider.go_on.set()
    terminal.see(r"^.*done")
    terminal.prompt()
    text = terminal.text()
    for line in [
        r"thought for \S+ m?s", "Weather today", "It is very mild, says sensor in Rome$", r"\(https://example.org/rome\)\.", "• two",
        "city │ 気温", "─────┼─────", "Rome │   21", "東京 │    9", r"── python ─+", r'print\("\*\*not bold\*\*"\)',
    ]:
        terminal.check(re.search("^" + line, text.replace("  (", "\n("), re.MULTILINE) or re.search(line, text), f"no line like {line}")
    terminal.check("thinking" not in text, "what was waited for stays")
    terminal.check("think about the weather" not in text, "thoughts are not folded")
    terminal.check(b"\x1b]0" not in terminal.raw and b"\x1b[2J" not in terminal.raw, "the model wrote to the terminal")
    rows = [row for row in terminal.screen.buffer.values() if "".join(row[c].data for c in range(60)).startswith("It is very")]
    terminal.check(rows and rows[0][6].bold and not rows[0][5].bold, "very is not bold")

    # History, search, completion.
    terminal.type("\x1b[A")
    terminal.prompt("markdown")
    terminal.type("\x1b[A\x1b[B\x1b[B")
    terminal.prompt()
    terminal.type("\x12hel")
    terminal.see(r"search: hel +hello 世界\?")
    terminal.type("\x05\x15")
    terminal.prompt()
    terminal.type("/us\t")
    terminal.prompt("/usage")
    terminal.type("\x03")
    terminal.prompt()

    # A paste of several lines is one message, sent when the person says so.
    terminal.type("\x1b[200~first\rsecond\x1b[201~")
    terminal.see(r"^> first\n  second$")
    terminal.type("\r")
    terminal.see(r"^You said: first\nsecond$")
    terminal.prompt()
    terminal.check("first\nsecond" in Provider.asked, "the paste was torn")

    # A window that changes while an answer comes, and a line typed meanwhile.
    terminal.type("endless\r")
    terminal.see("word40 ")
    terminal.resize(30, 24)
    seen = len(terminal.raw)
    terminal.type("typed ahead")

    def are_narrow(text):
        lines = terminal.raw[seen:].decode(errors="replace").split("\r\n")
        return len(lines) > 14 and all(15 < len(line) <= 30 for line in lines[-12:-1])

    terminal.until("rows of the new width", are_narrow)

    # Ctrl-C stops the answer, once; what was typed is still there.
    terminal.type("\x03")
    terminal.see(r"Stopped")
    terminal.until("the prompt", lambda text: terminal.last().startswith(">"))
    terminal.type("\x03")
    terminal.prompt()

    # Stopped by Ctrl-Z the terminal is the shell's; back again it is ours.
    terminal.type("\x1a")
    _, status = os.waitpid(terminal.pid, os.WUNTRACED)
    terminal.check(os.WIFSTOPPED(status), "Ctrl-Z does not stop")
    terminal.check(termios.tcgetattr(terminal.fd) == terminal.before, "the terminal is not the shell's")
    terminal.raw = b""
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.until("its being back", lambda text: b"\x1b[?2004h" in terminal.raw)
    terminal.prompt()
    terminal.type("back\r")
    terminal.see(r"^You said: back")
    terminal.prompt()

    # Ctrl-C twice at the prompt would leave; Ctrl-D does.
    terminal.type("\x03")
    terminal.see("leaves, and so")
    terminal.prompt()
    terminal.type("\x04")
    code = terminal.ended()
    terminal.check(code == 0, f"ended with {code}")
    terminal.restored()
    history = os.path.join(state, "weir", "chat-history")
    terminal.check(stat.S_IMODE(os.stat(history).st_mode) == 0o600, "others can read the history")
    with open(history, encoding="utf-8") as file:
        lines = file.read().splitlines()
    terminal.check(lines[:3] == ["hello 世界?", "markdown", "first\\nsecond"], f"history: {lines}")


def killed(binary, url, environment, number, expected):
    terminal = Terminal([binary, "chat", url, "--user", "ann", "--new"], environment)
    terminal.prompt()
    terminal.type("half a li")
    terminal.prompt("half a li")
    if number == signal.SIGINT:
        terminal.type("\x03")
        terminal.prompt()
        terminal.type("\x03")
        terminal.see("again leaves")
        terminal.type("\x03")
    else:
        os.kill(terminal.pid, number)
    code = terminal.ended()
    terminal.check(code == expected, f"signal {number} ended it with {code}")
    terminal.restored()


def plain(binary, url, environment):
    """Without colours the text is the model's, byte for byte, and no escape is written at all where TERM says dumb."""
    for variables in [{"TERM": "dumb"}, {"TERM": "dumb", "NO_COLOR": "1"}]:
        terminal = Terminal([binary, "chat", url, "--user", "bob", "--new", "--once", "**a** `b`"], {**environment, **variables})
        code = terminal.ended()
        terminal.check(code == 0 and terminal.raw == b"You said: **a** `b`\r\n", f"{variables}: {terminal.raw!r}")
    command = [binary, "chat", url, "--user", "bob", "--new", "--once", "**a** `b`"]
    piped = subprocess.run(command, env=environment, capture_output=True, timeout=LIMIT)
    assert piped.stdout == b"You said: **a** `b`\n", piped
    forced = subprocess.run(command, env={**environment, "CLICOLOR_FORCE": "1"}, capture_output=True, timeout=LIMIT)
    assert forced.stdout == b"You said: \x1b[1ma\x1b[0m \x1b[36mb\x1b[0m\n", forced


def main():
    binary = sys.argv[1]
    provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    directory = tempfile.mkdtemp(prefix="weir-terminal-")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "OPENAI_")) and "proxy" not in k.lower()}
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_HYPERLINK", "TMUX", "TERM_PROGRAM", "VTE_VERSION"]:
        environment.pop(name, None)
    environment.update({"TERM": "xterm-256color", "XDG_STATE_HOME": directory + "/state", "LANG": "C.UTF-8"})
    server = subprocess.Popen(
        [
            binary, "serve", "--port", "0", "--data", directory + "/data", "--model", "m", "--upstream",
            f"http://127.0.0.1:{provider.server_port}/v1",
        ],
        env={**environment, "NO_COLOR": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        url = None
        for line in server.stdout:
            if match := re.search(r"ws://\S+", line):
                url = match[0]
                break
        assert url, "the server did not start"
        threading.Thread(target=server.stdout.read, daemon=True).start()
        talk(binary, url, environment, directory + "/state")
        killed(binary, url, environment, signal.SIGTERM, -signal.SIGTERM)
        killed(binary, url, environment, signal.SIGHUP, -signal.SIGHUP)
        killed(binary, url, environment, signal.SIGINT, 130)
        plain(binary, url, environment)
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(directory, ignore_errors=True)
    print("ok")


main()
