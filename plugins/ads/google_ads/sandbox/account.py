"""What Google keeps of one account: its tokens, conversion actions, requests and conversions, and how it behaves."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import HttpSandbox
from plugins.ads.google_ads.sandbox.ledger import Ledger
from plugins.ads.google_ads.sandbox.tokens import Tokens


@dataclass
class Ingested:
    """A request that was accepted, and what its diagnostics will say of each conversion action."""

    received_at: datetime
    destinations: Sequence[Mapping[str, Any]]
    events: Counter[str]
    """Conversion action → how many events."""
    errors: dict[str, Counter[str]]
    """Conversion action → reason → how many events."""


class Account(HttpSandbox):
    """Google with one account, 123-456-7890, and a few conversion actions.

    Its switches may be turned at any time: `allowlisted` (may the account use the Google Ads API for conversions?),
    `login_customer_id` (is a manager account needed?), `names_fields` (does a refusal name the fields at fault?),
    `diagnostics_delay`, `requests_per_minute`, `tokens`.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.lock = threading.RLock()
        self.certificate: tuple[bytes, bytes] | None = None
        """Key and chain (PEM) with which the Google Ads API speaks TLS; set it before the start."""
        self.forget()

    def forget(self) -> None:
        """Back to the beginning: nothing was received, nothing fails, every switch as it was."""
        with self.lock:
            self.heal()
            self.tokens = Tokens(self.clock)
            self.ledger = Ledger()
            self.requests: dict[str, Ingested] = {}
            """Data Manager's requests by their id."""
            self.requests_in: Counter[datetime] = Counter()
            """How many requests Data Manager had in which minute."""
            self.customer_id = "1234567890"
            self.conversion_actions = ["987654321", "123123123", "456456456"]
            self.login_customer_id: str | None = None
            self.allowlisted = True
            self.names_fields = True
            self.diagnostics_delay = timedelta()
            self.requests_per_minute = 300
            self.refused: set[str] = set()
            self.refused_late: dict[str, str] = {}
            """Transaction id → the reason that Data Manager's diagnostics give."""
            self.ingested: list[Mapping[str, Any]] = []
            """The bodies that came to `events:ingest`."""
            self.headers: list[Mapping[str, str]] = []
            """The metadata of the calls that came to the Google Ads API."""
