"""A page of somebody else's, on a server of its own, made of what weir-js.md says and nothing more."""

import re
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from reach import token_of
from stage import Server, shot, test, until

DOCUMENT = Path(__file__).parent.parent.parent / "Sources/WeirServer/Resources/weir-js.md"


class Site:
    """Serves a page, and a token for whoever looks at it."""

    def __init__(self):
        site = self
        self.files = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = site.files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", "text/html" if self.path == "/" else "text/plain")
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@test("the page of weir-js.md, of about 20 lines, chats from another origin with a token of its own")
def page_of_others(scene):
    source = re.search(r"^```html\n(.*?)^```", DOCUMENT.read_text(), re.M | re.S).group(1)
    lines = len(source.splitlines())
    assert lines <= 24, f"{lines} lines"
    site = Site()
    with tempfile.NamedTemporaryFile("w", suffix=".secret") as secret:
        secret.write("0123456789abcdef" * 4)
        secret.flush()
        server = Server("--jwt-secret-file", secret.name, "--allow-origin", site.url, "--demo-rate", "200")
        try:
            site.files = {
                "/": source.replace("https://chat.example.org/", server.url), "/my-token": token_of("ann", secret.name),
                "/favicon.ico": ""}
            page = scene.blank()
            page.goto(site.url)
            page.get_by_label("Message").fill("Is <b>this</b> short?")
            page.keyboard.press("Enter")
            answer = page.locator("main p").nth(1)
            until(lambda: answer.inner_text().endswith("no model has been set up.") or "You wrote" in answer.inner_text(), "no answer")
            assert page.locator("main p").first.inner_text() == "Is <b>this</b> short?"
            server.kill()
            page.get_by_label("Message").fill("And after a restart?")
            page.get_by_role("button").click()
            server.start()
            until(lambda: "after a restart?" in page.locator("main p").nth(3).inner_text(), "no second answer", 20)
            shot(page, "library")
            return f"{lines} lines"
        finally:
            server.stop()
            site.stop()
