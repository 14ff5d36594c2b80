#!/usr/bin/env python3
"""Serves one empty page, so that a browser has an origin. Prints its address."""

from http.server import BaseHTTPRequestHandler, HTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>page</title>")

    def log_message(self, *_):
        """Quiet: only the address is to be read from the output."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Page)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
