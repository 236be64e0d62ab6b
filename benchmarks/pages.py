"""Milliseconds that the server needs for each page at 100,000 and at a million calls, and for the totals that programs ask for
at `/v3`, on both databases, and the first page's bytes.

Each page is asked for 20 times by a signed-in owner of twelve companies, in turn, through the real routes and a thread pool;
the client runs in the same process, which adds about a millisecond. `--calls N` measures one size only.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from benchmarks.figures import Figure, at_most, print_figures
from benchmarks.postgres import postgres
from benchmarks.seed_calls import DAYS, add_copies, seed
from hub.access.keys import new_api_key
from hub.access.scope import AccessScope
from hub.access.sign_in.sessions import open_session
from hub.access.users import add_user
from hub.callrail.ids import ACCOUNT, wire_id
from hub.model import Account, Call, Company, Delivery, TextMessage, User
from hub.queries.live_calls import live_state
from hub.reports.calendar import day_of, own_days
from hub.reports.hours import CallFigures, count_hours, write_hours
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.startup.opening import COLLECT_AFTER
from hub.startup.reading import read_config
from hub.store.schema import upgrade
from hub.web.callrail import create_callrail_api
from hub.web.pages.routes import page_routes
from hub.web.pages.templates import static_url

SIZES = (100_000, 1_000_000)
ROUNDS = 20
WANTED_P95 = 150.0
WANTED_OF_MANY = {"overview, 30 days": 60.0, "calls of a source": 60.0, "/v3 summary, 30 days": 60.0}
"""Of pages over a million calls."""
LONG_PERIODS = (
    "overview, 30 days", "overview, 25 months", "report by hour, 25 months", "calls of a source", "/v3 summary, 30 days",
    "/v3 summary, all time",
)  # fmt: skip
WANTED_OF_LISTS = 50.0
"""Of a list over a million calls."""
ROW, ROW_OF_LONG_PERIODS = 13, 19
WANTED_OF_OPEN_PAGES = 10.0
LISTS = (
    "calls",
    "calls of one company",
    "people",
    "texts",
    "deliveries",
    "numbers",
    "conversions",
    "leads",
    "search by number",
)
FIRST_PAGE_BYTES = 60_000
CONFIG = """
hub: {{public_url: "{public_url}", database: "{database}", secret_keys: ["${{env:PAGES_KEY}}"]}}
connectors: {{}}
accounts:
  - name: agency
    title: Agency
    companies:
      - {{name: lakeside, title: Lakeside, time_zone: America/Chicago, route: {{dial: "+13125550190"}}}}
"""
FIRST_PAGE = ("pages/hub.css", "pages/pages.js", "pages/live.js", "vendor/htmx.min.js")


def measure(sizes: Sequence[int] = SIZES) -> list[Figure]:
    """The figures on SQLite and PostgreSQL."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        found += _measured("SQLite", f"sqlite:///{folder}/pages.db", Path(folder), sizes)
        with postgres() as server:
            found += _measured("PostgreSQL", server.create("pages"), Path(folder), sizes)
    return found


def _measured(kind: str, database: str, folder: Path, sizes: Sequence[int]) -> Iterator[Figure]:
    hub = hub_in(database, folder)
    try:
        calls = sizes[0]
        seed(hub.store, calls)
        browser = signed_in_owner(hub, Starlette(routes=[*page_routes(hub), Mount("/v3", create_callrail_api(hub))]))
        _use_api_key(hub, browser)
        gc.freeze()  # as in `hub run`, like the next line
        gc.set_threshold(COLLECT_AFTER)
        for size in sizes:
            if size > calls:
                add_copies(hub.store, size // calls - 1, size)
            keep_hours(hub)
            yield from _of_size(kind, hub, browser, size)
        size = len(gzip.compress(browser.get("/").content)) + sum(_packed(browser, each) for each in FIRST_PAGE)
        yield at_most(f"{kind}: bytes of the first page with its files, packed", size, FIRST_PAGE_BYTES)
    finally:
        hub.close()


def _of_size(kind: str, hub: Hub, browser: TestClient, calls: int) -> Iterator[Figure]:
    lists: dict[str, float] = {}
    for name, path in _paths(hub).items():
        times, body = _asked(browser, path)
        cuts = quantiles(times, n=20)
        detail = f"p50 {cuts[9]:.0f} ms, {len(body):,} bytes, {len(gzip.compress(body)):,} packed"
        many = calls >= SIZES[-1]
        wanted = WANTED_OF_MANY.get(name, WANTED_P95) if many else WANTED_P95
        row = ROW_OF_LONG_PERIODS if many and name in LONG_PERIODS else 0
        yield at_most(f"{kind}, {calls:,} calls: {name}, p95", cuts[18], wanted, "ms", detail, row)
        if name in LISTS:
            lists[name] = cuts[9]
    asked = quantiles(_of_an_open_page(hub), n=20)
    what = f"{kind}, {calls:,} calls: what an open page asks for every second, p95"
    yield at_most(what, asked[18], WANTED_OF_OPEN_PAGES, "ms", f"p50 {asked[9]:.1f} ms")
    if calls >= SIZES[-1]:
        slowest = max(lists, key=lambda name: lists[name])
        what = f"{kind}: slowest page of a list over {calls:,} calls"
        yield at_most(what, lists[slowest], WANTED_OF_LISTS, "ms", slowest, row=ROW)


def _of_an_open_page(hub: Hub) -> list[float]:
    """Milliseconds of each of some looks whether anything has changed."""
    times = list[float]()
    with hub.store.reading() as session:
        owner = session.exec(select(User)).first()
        companies = list(session.exec(select(Company.id)))
    assert owner is not None
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with hub.store.reading_as(owner.account_id, None) as session:
            live_state(session, AccessScope(owner), companies, hub.clock())
        times.append((time.perf_counter() - began) * 1e3)
    return times


def hub_in(database: str, folder: Path, public_url: str = "https://calls.example.com") -> Hub:
    """A hub of one company, with its tables."""
    from hub.store.encryption.keyring import new_key

    file = folder / "config.yaml"
    os.environ["PAGES_KEY"] = new_key()
    file.write_text(CONFIG.format(database=database, public_url=public_url))
    hub = assemble(read_config(file, sandbox=True))
    upgrade(hub.store)
    return hub


def keep_hours(hub: Hub) -> None:
    """Keep the hours of all days, as the worker does when it adds up days."""
    with hub.store.writing() as session:
        begins, ends = session.execute(select_columns(func.min(Call.started_at), func.max(Call.started_at))).one()
        for company in session.exec(select(Company)).all():
            zone = ZoneInfo(company.time_zone)
            (days,) = own_days([company], day_of(begins, zone), day_of(ends, zone))
            of_day: dict[date, dict[datetime, CallFigures]] = {}
            for at, figures in count_hours(session, days).items():
                of_day.setdefault(at.date(), {})[at] = figures
            for day, hours in of_day.items():
                write_hours(session, company.id, day, hours)


def signed_in_owner(hub: Hub, app: Any) -> TestClient:
    """A browser of the owner."""
    now = datetime.now(UTC)
    with hub.store.writing() as session:
        account = session.exec(select(Account)).one()
        token = open_session(session, add_user(session, account, "owner", "owner", now), "link", "", now)
    address = str(hub.config.hub.public_url).rstrip("/")
    client = TestClient(app, base_url=address)
    client.cookies.set("__Host-hub" if address.startswith("https") else "hub_session", token)
    return client


def _use_api_key(hub: Hub, browser: TestClient) -> None:
    """Let the browser's requests carry a key of the owner's, which only the API reads."""
    with hub.store.writing() as session:
        key = new_api_key(session, session.exec(select(User)).one(), hub.clock())
    browser.headers["Authorization"] = f'Token token="{key}"'


def _paths(hub: Hub) -> dict[str, str]:
    """What a page is called, and its address."""
    today = hub.clock().date()
    long = f"first={today - timedelta(days=DAYS - 1)}&last={today}"
    with hub.store.reading() as session:
        summary = f"/v3/a/{wire_id(ACCOUNT, session.exec(select(Account)).one().id)}/calls/summary.json?date_range="
        call = session.exec(
            select(Call).where(col(Call.person_id).is_not(None)).order_by(col(Call.started_at).desc()).limit(1)
        ).first()
        delivery = session.exec(select(Delivery).limit(1)).first()
        text = session.exec(select(TextMessage).limit(1)).first()
    assert call is not None
    paths = {
        "overview, today": "/",
        "overview, 30 days": "/?period=30d",
        "overview, 25 months": f"/?{long}",
        "calls": "/calls",
        "calls of one company": "/calls?company=lakeside",
        "calls of a source": "/calls?source=google+%2F+cpc&period=90d",
        "calls missed and not called back": "/calls?missed=open",
        "leads": "/calls?lead=qualified",
        "calls with words": "/calls?q=drain",
        "one call": f"/calls/{call.id}",
        "people": "/people",
        "one person": f"/people/{call.person_id}",
        "texts": "/texts",
        "report by source": "/reports/source",
        "report by hour": "/reports/hours",
        "report by hour, 25 months": f"/reports/hours?{long}",
        "/v3 summary, 30 days": f"{summary}last_30_days",
        "/v3 summary, all time": f"{summary}all_time",
        "deliveries": "/deliveries",
        "conversions": "/conversions",
        "numbers": "/numbers",
        "search by number": f"/search?q={(call.caller_number or '').lstrip('+')}",
    }
    if delivery is not None:
        paths["one delivery"] = f"/deliveries/{delivery.id}"
    if text is not None:
        paths["one thread of texts"] = f"/texts/{text.id}"
    return paths


def _asked(browser: TestClient, path: str) -> tuple[list[float], bytes]:
    times, body = [], b""
    for _ in range(ROUNDS + 2):
        began = time.perf_counter()
        answer: Any = browser.get(path)
        times.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            raise SystemExit(f"{path} answers {answer.status_code}: {answer.text[:300]}")
        body = answer.content
    return times[2:], body


def _packed(browser: TestClient, name: str) -> int:
    return len(gzip.compress(browser.get(static_url(name)).content, 9))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, help="measure this size only")
    given = parser.parse_args().calls
    print_figures(measure((given,) if given else SIZES))
