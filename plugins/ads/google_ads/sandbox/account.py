"""What Google stores for one account (tokens, conversion actions, requests, conversions), and switches for its behavior."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.api.ads import Cost
from hub.api.sandbox import HttpSandbox, VendorRules
from plugins.ads.google_ads.sandbox.ledger import Ledger
from plugins.ads.google_ads.sandbox.tokens import Tokens


@dataclass
class Ingested:
    """An accepted request, and what its diagnostics will say about each conversion action."""

    received_at: datetime
    destinations: Sequence[Mapping[str, Any]]
    events: Counter[str]
    """Conversion action → how many events."""
    errors: dict[str, dict[str, list[int]]]
    """Conversion action → reason → the rows of its events."""


class Account(HttpSandbox):
    """Google with one account, 123-456-7890, and a few conversion actions.

    Its switches may be changed at any time: `allowlisted` (may the account use the Google Ads API for conversions?),
    `login_customer_id` (is a manager account needed?), `names_fields` (does a refusal name the fields at fault?),
    `names_rows` (do diagnostics?), `diagnostics_delay`, `requests_per_minute`, `tagged`, `one_per_click`, `tokens`.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.lock = threading.RLock()
        self.rules: VendorRules = VendorRules(Path(__file__).with_name("rules.yaml"))
        self.certificate: tuple[bytes, bytes] | None = None
        """Key and chain (PEM) for TLS on the Google Ads API; set them before the start."""
        self.forget()

    def forget(self) -> None:
        """Reset: no requests received, no faults, every switch at its default."""
        with self.lock:
            self.heal()
            self.tokens = Tokens(self.clock)
            self.ledger = Ledger()
            self.requests: dict[str, Ingested] = {}
            """Data Manager's requests by their id."""
            self.requests_in: Counter[datetime] = Counter()
            """Number of requests that Data Manager received, by minute."""
            self.customer_id = "1234567890"
            self.conversion_actions = ["987654321", "123123123", "456456456", "789789789"]
            self.call_actions = ["333000111"]
            """Conversion actions whose source is calls from ads."""
            self.one_per_click: set[str] = set()
            """Conversion actions that count one conversion per click; the others count every one."""
            self.tagged: set[str] = set()
            """Hashed numbers and addresses that a tag on a lead form has seen after an ad click."""
            self.login_customer_id: str | None = None
            self.costs: list[Cost] = []
            """What the account has spent."""
            self.hides_reports: str | None = None
            """The code with which it refuses to show what it spends; None: it shows it."""
            self.allowlisted = True
            self.names_fields = True
            self.names_rows = True
            self.diagnostics_delay = timedelta()
            self.requests_per_minute = 300
            self.refused: set[str] = set()
            self.refused_late: dict[str, str] = {}
            """Transaction id → the reason that Data Manager's diagnostics give."""
            self.ingested: list[Mapping[str, object]] = []
            """The bodies received at `events:ingest`."""
            self.headers: list[Mapping[str, str]] = []
            """The metadata of the calls that the Google Ads API received."""
