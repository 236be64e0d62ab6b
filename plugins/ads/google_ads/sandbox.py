"""A stand-in of Google on loopback: Data Manager and sign-in over HTTP, the Google Ads API over gRPC, one memory."""

from __future__ import annotations

import importlib.util
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import HttpSandbox
from plugins.ads.google_ads.sandbox_grpc import AdsServer
from plugins.ads.google_ads.sandbox_http import DataManagerApi, Ingested
from plugins.ads.google_ads.sandbox_ledger import Ledger
from plugins.ads.google_ads.sandbox_tokens import Tokens


class Sandbox(HttpSandbox):
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
        self._ads_server = AdsServer(self)
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

    def start(self) -> None:
        super().start()
        if importlib.util.find_spec("grpc") is not None:
            self._ads_server.start()

    def stop(self) -> None:
        super().stop()
        if self._ads_server.endpoint:
            self._ads_server.stop()

    def app(self) -> Callable[..., Any]:
        return DataManagerApi(self).app()

    def settings(self) -> dict[str, Any]:
        return {
            "customer_id": self.customer_id,
            "credentials": {
                "client_id": self.tokens.client_id,
                "client_secret": self.tokens.client_secret,
                "refresh_token": self.tokens.refresh_token,
            },
            "data_manager_url": self.url,
            "token_url": f"{self.url}/token",
            "diagnostics_after": 1,
            "endpoint": self._ads_server.endpoint or "127.0.0.1:1",
            "insecure": self.certificate is None,
        }

    def destination(self) -> Mapping[str, Any]:
        """A conversion action of the account."""
        return {"conversion_action": int(self.conversion_actions[0])}

    def know_destination(self, destination: Mapping[str, Any]) -> None:
        """Make a conversion action exist."""
        self.conversion_actions.append(str(destination["conversion_action"]))

    def conversions(self) -> Mapping[str, Mapping[str, Any]]:
        """Order or transaction id → what counts now."""
        with self.lock:
            return self.ledger.states()

    def refuse(self, key: str) -> None:
        """Refuse the item with this key: its click belongs to another account."""
        self.refused.add(key)

    def refuse_later(self, key: str, reason: str) -> None:
        """Accept the item with this key, and refuse it in the diagnostics with a `ProcessingErrorReason`."""
        self.refused_late[key] = reason
