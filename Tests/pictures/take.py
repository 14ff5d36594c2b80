#!/usr/bin/env python3
"""Takes the README's pictures. Arguments: words; only pictures with one of them in their name are taken."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

from PIL import Image
from playwright.sync_api import sync_playwright

import stage
from terminal import Terminal
from writer import Writer

MOST_BYTES = 150_000
LOAD = """
models:
  default: fast
  fast:
    endpoints:
      alder: {{url: "{alder}", model: fast-1}}
      birch: {{url: "{birch}", model: fast-1, priority: 1}}
  thorough:
    endpoints:
      cedar: {{url: "{birch}", model: thorough-1}}
plans:
  default: {{tokensPerDay: 40000, turnsAtOnce: 4, turnsPerMinute: 600}}
retry: {{maximumAttempts: 3}}
"""
# Users who come one after the other, each with a device of its own, and say something again and again.
CROWD = """async users => {
  const address = performance.getEntriesByType('resource').find(entry => /\\/weir(-[0-9a-f]+)?\\.js/.test(entry.name))
  const { Weir } = await import(address.name)
  for (let number = 0; number < users; number++) {
    const weir = new Weir({ user: `user-${number + 10}`, storage: 'memory' })
    const options = { model: number % 5 ? 'fast' : 'thorough', lane: number % 3 ? '' : 'batch' }
    const conversation = weir.conversation()
    ;(async () => {
      for (;;) {
        await conversation.send('How are you?', options).done.catch(() => {})
        await new Promise(resolve => setTimeout(resolve, 200 + Math.random() * 2500))
      }
    })()
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}"""


class Fake:
    def __init__(self, *arguments):
        self.port = stage.free_port()
        command = [os.environ["WEIR_BINARY"], "fake", "--port", str(self.port), "--report", "0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{self.port}/v1"
        stage.until(self.answers, "weir fake does not start")

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/fake/settings", timeout=1).status == 200
        except OSError:
            return False

    def set(self, **settings):
        body = json.dumps(settings).encode()
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/fake/settings", body), timeout=5).read()

    def stop(self):
        self.process.kill()
        self.process.wait()


def keep(name, png):
    """As few colours as do: a screen of text needs no more than a palette."""
    path = stage.SCREENSHOTS / f"{name}.png"
    path.write_bytes(png)
    with Image.open(path) as image:
        image.convert("RGB").quantize(224, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.name}: {size // 1000} kB", flush=True)
    assert size < MOST_BYTES, "too large for the README: take less of the page"


def answered(page, question, number):
    stage.say(page, question)
    stage.finished(page, number)


def chat(browser, server):
    page = browser.new_page(viewport={"width": 1180, "height": 860}, color_scheme="light")
    page.goto(f"{server.url}?user=ann")
    answered(page, "Why this name?", 1)
    page.locator("#new-chat").click()
    answered(page, "How much water flows over a weir of 1.2 m?", 1)
    page.locator("#list li").nth(1).wait_for()
    answered(page, "And with twice the height?", 2)
    page.locator("#input").focus()
    page.evaluate("document.getElementById('scroller').scrollTop = 0")
    page.wait_for_timeout(300)
    keep("chat", page.screenshot())
    page.context.close()


def phone(browser, server):
    context = browser.new_context(
        viewport={"width": 390, "height": 780}, device_scale_factor=1.5, color_scheme="dark", has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server.url}?user=ben")
    answered(page, "Why this name?", 1)
    answered(page, "And with twice the height of the water?", 2)
    page.wait_for_timeout(300)
    keep("phone", page.screenshot())
    context.close()


def operator(browser):
    alder, birch = Fake("--tokens", "60", "--first-token", "lognormal:250ms:0.5"), Fake("--tokens", "80", "--concurrent", "12")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file, tempfile.NamedTemporaryFile("w") as secret_file:
        file.write(LOAD.format(alder=alder.url, birch=birch.url))
        file.flush()
        secret = "a secret for the picture"
        secret_file.write(secret)
        secret_file.flush()
        server = stage.Server("--config", file.name, "--set", f"admin.secretFile={secret_file.name}")
        try:
            context = browser.new_context(viewport={"width": 1360, "height": 1420}, color_scheme="light")
            page = context.new_page()
            page.goto(server.url + "admin")
            page.locator("#secret").fill(secret)
            page.locator("#enter-go").click()
            crowd = browser.new_page()
            crowd.goto(f"{server.url}?user=user-1")
            load(crowd)
            for seconds, settings in ((45, {"errorShare": 1.0}), (25, {"errorShare": 0.0}), (35, {})):
                time.sleep(seconds)
                if settings:
                    alder.set(**settings)
            keep("operator", page.screenshot())
            crowd.context.close()
            context.close()
        finally:
            server.stop()
            alder.stop()
            birch.stop()


def load(page):
    """Begins without waiting for its end, which does not come."""
    page.evaluate(f"users => {{ ({CROWD})(users) }}", 60)


def terminal(browser, server):
    with tempfile.TemporaryDirectory() as home:
        command = [os.environ["WEIR_BINARY"], "chat", f"ws://127.0.0.1:{server.port}/", "--user", "cleo", "--new"]
        shell = Terminal(command, environment={"HOME": home, "LANG": "C.UTF-8"})
        try:
            shell.read("/help")
            shell.type("Why this name?\r")
            shell.read("is not lost.")
            shell.type("How much water flows over a weir of 1.2 m?\r")
            shell.read("already dips.")
            html = shell.page(f"weir chat ws://127.0.0.1:{server.port}/".replace(str(server.port), "8080"))
        finally:
            shell.stop()
    page = browser.new_page(viewport={"width": 900, "height": 800}, device_scale_factor=1.25)
    page.set_content(html)
    keep("terminal", page.locator("body").screenshot())
    page.context.close()


def main(words):
    wanted = lambda name: not words or any(word in name for word in words)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=stage.CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        writer = Writer()
        server = stage.Server("--upstream", writer.url, "--model", "river-1")
        try:
            for take in (chat, phone, terminal):
                if wanted(take.__name__):
                    take(browser, server)
            if wanted("operator"):
                operator(browser)
        finally:
            server.stop()
            writer.stop()
            browser.close()


main(sys.argv[1:])
