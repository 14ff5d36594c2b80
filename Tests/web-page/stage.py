"""What the tests stand on: servers that can be killed, a provider that says what it is told to, and browsers."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("WEIR_CHROMIUM", "/usr/bin/chromium")
SCREENSHOTS = Path(os.environ["WEIR_SCREENSHOTS"])
TESTS = []


def test(promise):
    """Registers a test; its promise is its name."""

    def register(function):
        TESTS.append((promise, function))
        return function

    return register


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Provider:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, HERE / "provider.py"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def stop(self):
        self.process.kill()
        self.process.wait()


class Server:
    """A Weir server that keeps its port and its data through restarts."""

    def __init__(self, *arguments):
        self.data = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.arguments = arguments
        self.url = f"http://127.0.0.1:{self.port}/"
        self.start()

    def start(self):
        self.log = open(Path(self.data.name) / "log", "ab")
        command = [os.environ["WEIR_BINARY"], "serve", "--port", str(self.port), "--data", self.data.name + "/data"]
        self.process = subprocess.Popen([*command, *self.arguments], stdout=self.log, stderr=self.log)
        until = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(self.url + "readyz", timeout=1).read()
                return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    self.kill()
                    raise RuntimeError(f"the server does not start: {Path(self.log.name).read_text()}") from None
                time.sleep(0.05)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        self.data.cleanup()


class Stage:
    """The servers and the browser that all tests share. Each test gets contexts, and so users' devices, of its own."""

    def __init__(self, playwright):
        self.provider = Provider()
        self.demo = Server("--demo-rate", "60", "--demo-delay", "50ms")
        upstream = f"http://127.0.0.1:{self.provider.port}/v1"
        self.parrot = Server("--upstream", upstream, "--model", "parrot")
        # Chromium's own sandbox does not start for root, as which CI often runs.
        self.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        self.contexts = []
        self.complaints = []

    def context(self, **options):
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        return context

    def page(self, server, user, context=None, path="", **options):
        """A page of `user`; what it complains of fails the test."""
        page = self.blank(context, **options)
        page.goto(f"{server.url}?user={user}{path}")
        return page

    def blank(self, context=None, **options):
        """A page that shows nothing yet; what it complains of fails the test."""
        page = (context or self.context(**options)).new_page()
        page.on("console", lambda message: self.heard(message.type, message.text))
        page.on("pageerror", lambda error: self.heard("error", f"{error}\n{error.stack or ''}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"a dialog opened: {dialog.message}") or dialog.dismiss())
        return page

    def heard(self, kind, text):
        # A connection that is refused while the server is down is no fault of the page.
        if kind in ("error", "warning") and "net::ERR" not in text and "WebSocket connection" not in text:
            self.complaints.append(f"{kind}: {text}")

    def clear(self):
        for context in self.contexts:
            context.close()
        self.contexts = []
        self.complaints = []

    def stop(self):
        self.clear()
        self.browser.close()
        for server in (self.demo, self.parrot, self.provider):
            server.stop()


# What a person does and sees.


def say(page, text):
    page.locator("#input").fill(text)
    page.locator("#send").click()


def answers(page):
    return page.locator("article.answer:not(.superseded)")


def finished(page, number=1, timeout=20_000):
    """Waits until there are so many answers and none of them runs."""
    # Polled from outside: the page's policy forbids what Playwright would do inside.
    is_finished = """n => document.querySelectorAll('article.answer:not(.superseded)').length >= n
      && !document.querySelector('article.live') && document.getElementById('stop').hidden"""
    until(lambda: page.evaluate(is_finished, number), "no answer, or no end of it", timeout / 1000)


def text_of(locator):
    return locator.locator(".body").inner_text()


def until(condition, what, seconds=10):
    """Polls, for what no event tells."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(what)
        time.sleep(0.02)


def shot(page, name):
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
