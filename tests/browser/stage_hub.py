"""A hub behind a real HTTP server for browsers: two companies with pools, and what the database says of their visitors."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from served import ServedHub, serving

from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from hub.web.tracking.script import Website

HUB_HOST = "calls.lakeside.example.com"
SHOWN, SECOND, LONDON = "+13125550190", "+18004442277", "+442079460958"
"""What the pages show: two numbers of Lakeside's (the second is 1-800-444-CARS), and one in London."""
POOL = tuple(f"+131255501{number:02}" for number in range(8))
DEFAULT, FACEBOOK = "+13125550120", "+13125550121"
HASTY = "+13125550130"
"""The only number of a company that lends for a second and sets no cookie."""
BERLIN_SHOWN, BERLIN_POOL, BERLIN_DEFAULT = "+49301234567", "+49309876543", "+4930999999"
WAIT_SECONDS = 60.0
OWN_CLICK_IDS = ("rdt_cid", "sccid")
"""Those that only a connector of the hub knows, beside the well-known ones, which it reads all (tests/networks/reader.py)."""
CONFIG = """
hub:
  public_url: http://{host}:{port}
  database: sqlite:///ringfence.db
  plugin_dirs: [{plugins}]
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
  reader: {{plugin: reader, isolation: thread}}
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


class TickingClock(FrozenClock):
    """Moves on by a microsecond whenever it is looked at: no two leases of one visit end at the same moment, as in life."""

    def __call__(self) -> datetime:
        """The time now."""
        self.advance(microseconds=1)
        return self.now


@dataclass
class BrowserHub(ServedHub):
    """The hub and what it knows."""

    address: str
    server: uvicorn.Server

    def forget(self) -> None:
        """As on the first day, after the last request of a page that was closed: it may still be on its way."""
        deadline = time.monotonic() + WAIT_SECONDS
        while self.server.server_state.connections:
            assert time.monotonic() < deadline, "a page of the test before is still open"
            time.sleep(0.002)
        super().forget()

    def website(self, company: str = "lakeside") -> Website:
        """A company's pages."""
        directory = self.opened.directory.current()
        return Website.of(directory.companies[company], directory)

    def visits(self) -> list[dict[str, Any]]:
        """All visits, oldest first; JSON read."""
        visits = self.rows("SELECT * FROM visit ORDER BY id")
        return [visit | {name: json.loads(visit[name]) for name in ("consent", "click_ids")} for visit in visits]

    def leases(self) -> int:
        """How many leases are live."""
        now = self.clock()
        return len(self.rows(f"SELECT id FROM lease WHERE expires_at > '{now:%Y-%m-%d %H:%M:%S.%f}'"))


@contextmanager
def open_browser_hub(folder: Path) -> Iterator[BrowserHub]:
    """A hub with an empty database, at http://calls.lakeside.example.com:PORT as browsers see it."""
    listener = socket.create_server(("127.0.0.1", 0))
    port, clock, path = listener.getsockname()[1], TickingClock(), folder / "config.yaml"
    numbers = {
        "shown": SHOWN,
        "second": SECOND,
        "london": LONDON,
        "default": DEFAULT,
        "facebook": FACEBOOK,
        "hasty": HASTY,
    }
    berlin = {"berlin_shown": BERLIN_SHOWN, "berlin_pool": BERLIN_POOL, "berlin_default": BERLIN_DEFAULT}
    path.write_text(
        CONFIG.format(
            host=HUB_HOST,
            port=port,
            plugins=Path(__file__).parents[1] / "networks",
            pool=json.dumps(POOL),
            **numbers,
            **berlin,
        )
    )
    with open_hub(read_config(path), clock) as opened, serving(opened, listener) as server:
        yield BrowserHub(opened, clock, f"http://{HUB_HOST}:{port}", server)
