"""What each page of the web interface costs: bytes over the wire, and milliseconds of the server's processor; and what a person
waits for in a browser.

A signed-in owner of an agency with twelve companies and 100,000 calls opens every page of the route table that needs no id,
through the whole web edge, and some pages in Chromium.
"""

from __future__ import annotations

import gc
import re
import socket
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from sqlmodel import col, select
from starlette.testclient import TestClient

from benchmarks.figures import Figure, at_most
from benchmarks.pages import hub_in, signed_in_owner
from benchmarks.seed_calls import seed
from benchmarks.vitals import serving, vitals
from hub.model import Call
from hub.numbers.directory import LiveDirectory
from hub.startup.opening import COLLECT_AFTER
from hub.web.app import create_app
from hub.web.pages.routes import PAGES

CALLS = 100_000
ROUNDS = 20
FIRST_PAGE_BYTES = 60_000
WANTED_P95 = 60.0
WANTED_OF_ROW = 0.2
"""Milliseconds of the processor."""
HEADERS = {"sec-fetch-site": "none", "accept": "text/html", "accept-encoding": "gzip"}
FILES = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


def measure() -> list[Figure]:
    """The figures on SQLite."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        hub = hub_in(f"sqlite:///{folder}/door.db", Path(folder), address)
        edge = create_app(hub, LiveDirectory(hub.store))
        try:
            seed(hub.store, CALLS)
            browser = signed_in_owner(hub, edge)
            gc.freeze()  # as in `hub run`, like the next line
            gc.set_threshold(COLLECT_AFTER)
            figures = [_first_page(browser), *(_of_page(browser, path) for path in _paths())]
            with hub.store.reading() as session:
                call = session.exec(select(Call.id).order_by(col(Call.started_at).desc()).limit(1)).one()
            pages = {"overview": "/", "list of calls": "/calls", "one call": f"/calls/{call}"}
            with serving(edge, listener):
                return figures + vitals(address, dict(browser.cookies), pages)
        finally:
            edge.close()
            hub.close()


def _paths() -> list[str]:
    return sorted(page.path for page in PAGES if page.method == "GET" and "{" not in page.path)


def _first_page(browser: TestClient) -> Figure:
    """The overview in an empty browser: the page, its styles and its scripts."""
    page = browser.get("/", headers=HEADERS)
    files = {path: browser.get(path, headers=HEADERS).num_bytes_downloaded for path in FILES.findall(page.text)}
    detail = f"{page.num_bytes_downloaded:,} of the page, {len(files)} files"
    total = page.num_bytes_downloaded + sum(files.values())
    return at_most("first page: bytes over the wire", total, FIRST_PAGE_BYTES, detail=detail)


def _of_page(browser: TestClient, path: str) -> Figure:
    spent, answer = [], browser.get(path, headers=HEADERS, follow_redirects=False)  # the first one loads modules
    for _ in range(ROUNDS):
        began = time.process_time()
        answer = browser.get(path, headers=HEADERS, follow_redirects=False)
        spent.append((time.process_time() - began) * 1000)
    detail = f"{answer.num_bytes_downloaded:,} bytes over the wire, {len(answer.content):,} unpacked"
    wanted = WANTED_P95
    if path.endswith(".csv"):  # a file has as many rows as there are, so it is wanted by its rows
        rows = answer.text.count("\n")
        wanted, detail = wanted + rows * WANTED_OF_ROW, f"{detail}, {rows:,} rows"
    return at_most(f"{path}: processor time, p95", quantiles(spent, n=20)[18], wanted, "ms", detail)
