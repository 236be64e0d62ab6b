"""The companies' small websites, served on loopback: a number, the hub's snippet, a form, and a consent question."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jinja2
import phonenumbers

from hub.config.models import CompanySection, Config
from hub.web.tracking.script import Website

TEMPLATE = Path(__file__).parent / "site.html"
CHOICES = {
    "Allow all": {"analytics": "granted", "ad_user_data": "granted"},
    "Only measure": {"analytics": "granted", "ads": "denied"},
    "Refuse": {"analytics": "denied", "ads": "denied"},
}
"""The buttons of the page's consent question, and what each one passes to the hub's script."""


@dataclass(frozen=True)
class Websites:
    """The websites served on `port` of 127.0.0.1."""

    companies: dict[str, CompanySection]
    """Host → the company of its page; a company without a domain or a number to swap has no page."""
    port: int

    def host(self, company: str) -> str | None:
        """The host of a company's page."""
        return next((host for host, each in self.companies.items() if each.name == company), None)


@contextmanager
def serve_websites(config: Config, public_url: str) -> Iterator[Websites]:
    """Serve a page for each company that has a domain and a number on its pages."""
    able = {company.domains[0]: company for company in config.companies if company.domains and company.website.swap}
    pages = {host: website(config, company, public_url).encode() for host, company in able.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = pages.get((self.headers["Host"] or "").partition(":")[0])
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, *_: object) -> None:
            """Log nothing, because the log of this server is not used."""

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="sites", daemon=True).start()
    try:
        yield Websites(able, server.server_port)
    finally:
        server.shutdown()
        server.server_close()


def website(config: Config, company: CompanySection, public_url: str) -> str:
    """The page's HTML, with the tags that `hub snippet COMPANY --forms` prints."""
    settings, number = Website.written(config, company), str(company.website.swap[0])
    tags = [settings.tag(public_url), settings.tag(public_url, "ringfence-forms")]
    template = jinja2.Environment(autoescape=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        title=company.title,
        number=number,
        written=phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL),
        snippet="\n  ".join(tags),
        opt_out=settings.footer_link(public_url),
        choices=[(name, json.dumps(said)) for name, said in CHOICES.items()],
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Ignore errors from a browser that closes a page early."""
