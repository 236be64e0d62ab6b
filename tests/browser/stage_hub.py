"""A hub behind a real HTTP server for browsers: two companies with pools, and what the database says of their visitors."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import text, update
from sqlmodel import SQLModel

from hub.model import TrackingNumber
from hub.opening import Opened, open_hub, read_config
from hub.testing import FrozenClock
from hub.web.app import create_app
from hub.web.script import Website

HUB_HOST = "calls.lakeside.example.com"
SHOWN, SECOND, LONDON = "+13125550190", "+18004442277", "+442079460958"
"""What the pages show: two numbers of Lakeside's (the second is 1-800-444-CARS), and one in London."""
POOL = tuple(f"+131255501{number:02}" for number in range(8))
DEFAULT, FACEBOOK = "+13125550120", "+13125550121"
HASTY = "+13125550130"
"""The only number of a company that lends for a second and sets no cookie."""
BERLIN_SHOWN, BERLIN_POOL, BERLIN_DEFAULT = "+49301234567", "+49309876543", "+4930999999"
CONFIG = """
hub:
  public_url: http://{host}:{port}
  database: sqlite:///ringfence.db
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside Plumbing
        domains: [lakeside.example.com]
        website:
          swap: ["{shown}", "{second}", "{london}"]
          linked_domains: [drains.example.com]
        route: {{dial: "+13125550199"}}
        trackers:
          - {{name: website, type: session, carrier: twilio, numbers: {pool}, reserve: 0}}
          - {{name: default, type: source, carrier: twilio, numbers: ["{default}"], source: website, default: true}}
          - {{name: social, type: source, carrier: twilio, numbers: ["{facebook}"], source: facebook, medium: cpc}}
      - name: hasty
        title: Hasty Locksmiths
        domains: [hasty.example.com]
        website: {{swap: ["{shown}"], cookie_days: 0}}
        route: {{dial: "+13125550199"}}
        trackers:
          - {{name: website, type: session, carrier: twilio, numbers: ["{hasty}"], reserve: 0, hold: 1s}}
      - name: berlin
        title: Rohr Berlin
        country: DE
        domains: [berlin.example.com]
        website: {{swap: ["{berlin_shown}"]}}
        route: {{dial: "+49301234568"}}
        trackers:
          - {{name: website, type: session, carrier: twilio, numbers: ["{berlin_pool}"], reserve: 0}}
          - {{name: default, type: source, carrier: twilio, numbers: ["{berlin_default}"], source: website, default: true}}
"""


@dataclass
class BrowserHub:
    """The hub and what it knows."""

    opened: Opened
    clock: FrozenClock
    address: str

    def website(self, company: str = "lakeside") -> Website:
        """A company's pages."""
        directory = self.opened.directory.current()
        return Website.of(directory.companies[company], directory)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What the database says."""
        with self.opened.hub.store.reading() as session:
            return [dict(row) for row in session.connection().execute(text(query)).mappings()]

    def visits(self) -> list[dict[str, Any]]:
        """All visits, oldest first; JSON read."""
        visits = self.rows("SELECT * FROM visit ORDER BY id")
        return [visit | {name: json.loads(visit[name]) for name in ("consent", "click_ids")} for visit in visits]

    def leases(self) -> int:
        """How many leases are live."""
        now = self.clock()
        return len(self.rows(f"SELECT id FROM lease WHERE expires_at > '{now:%Y-%m-%d %H:%M:%S.%f}'"))

    def forget(self) -> None:
        """As on the first day."""
        kept = {"account", "company", "tracker", "tracking_number"}
        with self.opened.hub.store.writing() as session:
            for table in reversed(SQLModel.metadata.sorted_tables):
                if table.name not in kept:
                    session.execute(table.delete())
            session.execute(update(TrackingNumber).values(leased_until=None, lease_id=None))
        self.clock.now = FrozenClock().now


@contextmanager
def open_browser_hub(folder: Path) -> Iterator[BrowserHub]:
    """A hub with an empty database, at http://calls.lakeside.example.com:PORT as browsers see it."""
    listener = socket.create_server(("127.0.0.1", 0))
    port, clock, path = listener.getsockname()[1], FrozenClock(), folder / "config.yaml"
    numbers = {
        "shown": SHOWN,
        "second": SECOND,
        "london": LONDON,
        "default": DEFAULT,
        "facebook": FACEBOOK,
        "hasty": HASTY,
    }
    berlin = {"berlin_shown": BERLIN_SHOWN, "berlin_pool": BERLIN_POOL, "berlin_default": BERLIN_DEFAULT}
    path.write_text(CONFIG.format(host=HUB_HOST, port=port, pool=json.dumps(POOL), **numbers, **berlin))
    with open_hub(read_config(path), clock) as opened:
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(opened.hub, opened.directory),
                log_level="error",
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        try:
            yield BrowserHub(opened, clock, f"http://{HUB_HOST}:{port}")
        finally:
            server.should_exit = True
            thread.join(timeout=10)
