#!/usr/bin/env python3
"""Lets a browser talk to Weir.

Arguments: the browser's path, the page to open, Weir's URL, and "allowed" or "refused": what is to be expected of a page
from there. Prints what is wrong and exits with 1.
"""

import sys

from playwright.sync_api import sync_playwright

TALK = """
async url => await new Promise((resolve, reject) => {
  const socket = new WebSocket(url, ['weir.v1.json'])
  const seen = {text: '', deltas: 0}
  setTimeout(() => reject(new Error('no end in time')), 30000)
  socket.onerror = () => resolve({refused: true})
  socket.onclose = event => resolve({...seen, closed: event.code})
  socket.onopen = () => {
    seen.protocol = socket.protocol
    seen.extensions = socket.extensions
    socket.send(JSON.stringify({requestId: '1', sendMessage: {parts: [{text: 'hello from a browser'}]}}))
  }
  socket.onmessage = event => {
    const frame = JSON.parse(event.data)
    if (frame.ack) seen.ack = frame.ack
    if (frame.delta) {
      seen.text += frame.delta.text
      seen.deltas += 1
    }
    if (frame.turnFinished) {
      seen.finished = frame.turnFinished
      resolve(seen)
    }
  }
})
"""


def expect(condition, what):
    if not condition:
        sys.exit(f"browser: {what}")


def main(program, page_url, url, expected):
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root, as which CI often runs.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(page_url)
        seen = page.evaluate(TALK, url)
        browser.close()
    if expected == "refused":
        expect(seen.get("refused"), f"a page from elsewhere got in: {seen}")
        return
    expect(seen.get("protocol") == "weir.v1.json", f"subprotocol: {seen}")
    expect("permessage-deflate" in seen.get("extensions", ""), f"extensions: {seen}")
    expect(seen["ack"]["level"] == "ACK_LEVEL_DURABLE", f"ack: {seen}")
    expect(int(seen["finished"]["length"]) == len(seen["text"].encode()), f"length: {seen}")
    expect(seen["deltas"] > 10, f"the answer came in {seen['deltas']} pieces, not as a stream")
    print(f"{seen['deltas']} pieces, {len(seen['text'])} characters")


main(*sys.argv[1:])
