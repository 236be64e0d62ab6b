"""A visitor: a browser profile with its tabs, and what it sees of the company's numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from site_pages import Site
from stage_hub import BrowserHub

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP *.example.com 127.0.0.1",
]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
HOST = "www.lakeside.example.com"
WAIT = 60_000
"""Milliseconds after which no test waits any longer for what must come. No assertion depends on it."""
PATIENT = """const abort = AbortController.prototype.abort;
AbortController.prototype.abort = function () { if (window.impatient) abort.call(this) };"""
"""Pages wait for a hub that needs more than two seconds, as on a busy machine; those that are `impatient` do not."""


@dataclass
class Visitor:
    """One profile; `page` is its first tab."""

    context: Any
    site: Site
    hub: BrowserHub
    page: Any = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What the pages posted to the hub, oldest first."""

    @classmethod
    @contextmanager
    def arriving(cls, browser: Any, site: Site, hub: BrowserHub, **profile: Any) -> Iterator[Visitor]:
        """A visitor with an empty profile."""
        context = browser.new_context(user_agent=AGENT, **profile)
        context.set_default_timeout(WAIT)
        visitor = cls(context, site, hub)
        context.add_init_script(PATIENT)
        context.on("request", visitor._note)
        visitor.page = context.new_page()
        try:
            yield visitor
        finally:
            context.close()

    def _note(self, request: Any) -> None:
        if "/track/" in request.url:
            path = request.url.partition("/track/")[2]
            self.asked.append({"path": path, "body": request.post_data_json if request.post_data else None})

    def snippet(
        self, company: str = "lakeside", how: str = "async", pinned: bool = False, name: Any = "ringfence"
    ) -> str:
        """A script's tag, as `hub snippet` prints it."""
        tag = self.hub.website(company).tag(self.hub.address, name, pinned=pinned)
        return tag.replace("<script async", f"<script {how}")

    def html(self, body: str, head: str = "", **snippet: Any) -> str:
        """A page with the script in its head."""
        return f"<!doctype html><title>Lakeside</title>{head}{self.snippet(**snippet)}<body>{body}</body>"

    def open(
        self, body: str, *, host: str = HOST, path: str = "/", head: str = "", act: bool = True, **snippet: Any
    ) -> Any:
        """Open a page in the first tab and, as a person would, move the mouse over it."""
        self.page.goto(self.site.page(host, path, self.html(body, head, **snippet)))
        if act:
            self.act()
        return self.page

    def stop_clock(self) -> None:
        """The clock of the first tab stands still; `page.clock.run_for` moves it."""
        self.page.clock.install(time=0)
        self.page.clock.pause_at(1_000)

    def act(self, page: Any = None) -> None:
        """A person's sign."""
        (page or self.page).mouse.move(40, 50)

    def sees(self, expression: str, page: Any = None) -> Any:
        """Wait until a JavaScript expression holds; its value."""
        return (page or self.page).wait_for_function(expression, polling=10).json_value()

    def swapped(self, page: Any = None) -> str:
        """Wait until the page shows the hub's number; that number."""
        return str(self.sees("window.ringfence && Object.values(ringfence.numbers())[0]", page))

    def text(self, selector: str = "body", page: Any = None) -> str:
        """What an element says."""
        return str((page or self.page).locator(selector).first.inner_text())

    def until(self, what: Callable[[], Any], wanted: Any = True) -> None:
        """Wait until this is so: what a page posts when it goes away is answered to nobody."""
        deadline = time.monotonic() + WAIT / 1000
        while what() != wanted and time.monotonic() < deadline:
            self.context.pages[0].wait_for_timeout(10)  # lets Playwright's events in, unlike time.sleep
        assert what() == wanted
