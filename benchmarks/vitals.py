"""What a person waits for in a browser: LCP, CLS and INP by the browser's own PerformanceObserver, on a phone and on a desk.

Chromium without a window opens each page of a served hub some times with an empty cache, opens the first menu or section of the
page, and presses J. The limits are those of https://web.dev/articles/vitals for "good".
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from benchmarks.figures import Figure, at_most

WIDTHS = (360, 1_440)
HEIGHT = 800
ROUNDS = 3
SETTLED_MS = 400
"""Milliseconds in which late changes of the page and the paint after an interaction happen."""
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
WANTED: Mapping[str, tuple[float, str]] = {"LCP": (2_500, "ms"), "CLS": (0.1, ""), "INP": (200, "ms")}
OBSERVE = """
window.vitals = {LCP: 0, CLS: 0, INP: 0};
const watch = (type, note, more = {}) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({type, buffered: true, ...more});
watch('largest-contentful-paint', (entry) => { vitals.LCP = entry.startTime; });
watch('layout-shift', (entry) => { if (!entry.hadRecentInput) vitals.CLS += entry.value; });
watch('event', (entry) => { if (entry.interactionId) vitals.INP = Math.max(vitals.INP, entry.duration); },
  {durationThreshold: 16});
"""


@contextmanager
def serving(app: Any, listener: socket.socket) -> Iterator[None]:
    """The web edge on a socket, in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def vitals(address: str, cookies: Mapping[str, str], pages: Mapping[str, str]) -> list[Figure]:
    """The figures of some pages (name → path) for a signed-in user; none without a Chromium on this machine."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        return [Figure(what="LCP, CLS and INP", measured="not measured: there is no Chromium on this machine")]
    found = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        for name, page in pages.items():
            for width in WIDTHS:
                rounds = [_visit(browser, address, cookies, page, width) for _ in range(ROUNDS)]
                for vital, (wanted, unit) in WANTED.items():
                    value = median(each[vital] for each in rounds)
                    found.append(at_most(f"{name} at {width} px: {vital}", value, wanted, unit))
        browser.close()
    return found


def _visit(browser: Browser, address: str, cookies: Mapping[str, str], path: str, width: int) -> dict[str, float]:
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, has_touch=width < 600)
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    page = context.new_page()
    page.add_init_script(OBSERVE)
    page.goto(address + path, wait_until="load")
    page.wait_for_timeout(SETTLED_MS)
    page.locator("main summary:visible").first.click()
    page.keyboard.press("j")
    page.wait_for_timeout(SETTLED_MS)
    measured: dict[str, float] = page.evaluate("window.vitals")
    context.close()
    return measured
