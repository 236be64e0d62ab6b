"""Receives a provider's answer to a sign-in: by a redirect to this machine, or pasted by a person."""

from __future__ import annotations

import queue
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import typer

from hub.errors import AuthError
from hub.plugin_host.oauth_grant import Attempt

Answer = Callable[["Attempt"], str]
PATH = "/ringfence"
PASTE_PORT = 8765
"""Part of a redirect address on which no server listens; the browser shows the address anyway."""
SIGN_IN_TIMEOUT_SECONDS = 600.0
"""Seconds."""
DONE_PAGE = b"Ringfence has the answer. You can close this page and go back to the terminal."


@contextmanager
def by_browser(port: int) -> Iterator[tuple[str, Answer]]:
    """The redirect address on a port of 127.0.0.1, and a function that waits for the request that answers the attempt."""
    heard: queue.Queue[str] = queue.Queue(maxsize=100)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _listener(heard))
    except OSError:
        raise AuthError(f"Port {port} of this machine is in use; choose another with --port, or use --paste.") from None
    server.daemon_threads = True
    origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(attempt: Attempt) -> str:
        typer.echo(f"Sign in at this address; your browser opens it if this machine has one:\n{attempt.address}\n")
        webbrowser.open(attempt.address)
        try:
            while True:
                address = origin + heard.get(timeout=SIGN_IN_TIMEOUT_SECONDS)
                if attempt.answers(address):
                    return address
        except queue.Empty:
            raise AuthError("Nobody signed in within ten minutes; start a new sign-in.") from None

    try:
        yield origin + PATH, answer
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def by_paste(port: int) -> Iterator[tuple[str, Answer]]:
    """A redirect address on which no server listens, and a prompt to paste the address that the browser shows."""

    def answer(attempt: Attempt) -> str:
        typer.echo(
            f"Sign in at this address:\n{attempt.address}\n\nThe browser then shows a page that cannot be reached: paste its "
            "full address here."
        )
        return str(typer.prompt("Address")).strip()

    yield f"http://127.0.0.1:{port or PASTE_PORT}{PATH}", answer


def _listener(heard: queue.Queue[str]) -> type[BaseHTTPRequestHandler]:
    class Listener(BaseHTTPRequestHandler):
        server: ThreadingHTTPServer

        def do_GET(self) -> None:
            # DNS rebinding: the Host header reveals a page of another site whose name points to this machine.
            ours = self.headers.get("host") == f"127.0.0.1:{self.server.server_port}"
            if not ours or self.path.partition("?")[0] != PATH:
                self.send_error(404)
                return
            self.send_response(200)
            for name, value in (
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", str(len(DONE_PAGE))),
                ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(DONE_PAGE)
            if not heard.full():
                heard.put(self.path)

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing, because the address holds the code."""

    return Listener
