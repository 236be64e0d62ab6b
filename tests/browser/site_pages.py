"""A website that tests write: pages by host and path, served on a loopback port that stands for port 80 of the world."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FILL = "<p>Plumbing, drains and boilers.</p>"


class Site:
    """What is served; `port` of http://HOST:port/."""

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str], str] = {}
        self.headers: dict[str, str] = {}
        self.port = 0

    def page(self, host: str, path: str, html: str) -> str:
        """Put a page there; its address."""
        self.pages[host, urlsplit(path).path] = html
        return f"http://{host}:{self.port}{path}"

    def clear(self) -> None:
        """Take all pages away."""
        self.pages.clear()
        self.headers.clear()


@contextmanager
def serve_site() -> Iterator[Site]:
    """An empty website on a free port."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = (self.headers["Host"] or "").partition(":")[0]
            html = site.pages.get((host, urlsplit(self.path).path))
            body = (html or "Not here").encode()
            self.send_response(200 if html else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **site.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
