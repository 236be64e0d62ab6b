"""A fake Google on loopback: Data Manager and sign-in over HTTP, the Google Ads API over gRPC, one account."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.api import JsonObject
from hub.api.ads import Cost
from hub.api.sandbox import HeardRequest
from plugins.ads.google_ads.sandbox.account import Account
from plugins.ads.google_ads.sandbox.ads_api_server import AdsServer
from plugins.ads.google_ads.sandbox.data_manager_server import DataManagerApi


class Sandbox(Account):
    """Google's two servers over one account."""

    not_kept = Account.not_kept | {"_ads_server", "certificate", "ingested", "headers"}

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self._ads_server = AdsServer(self)

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

    def settings(self) -> JsonObject:
        return {
            "customer_id": self.customer_id,
            "credentials": {
                "client_id": self.tokens.client_id,
                "client_secret": self.tokens.client_secret,
                "refresh_token": self.tokens.refresh_token,
            },
            "data_manager_url": self.url,
            "token_url": f"{self.url}/token",
            "authorize_url": f"{self.url}/o/oauth2/v2/auth",
            "ads_url": self.url,
            "diagnostics_after": 1,
            "endpoint": self._ads_server.endpoint or "127.0.0.1:1",
            "insecure": self.certificate is None,
        }

    def authorized(self, request: HeardRequest) -> HeardRequest:
        return request.with_token(self.tokens.issue(self.tokens.accounts[0])["access_token"])

    def destination(self) -> Mapping[str, Any]:
        """A conversion action of the account."""
        return {"conversion_action": int(self.conversion_actions[0])}

    def know_destination(self, destination: Mapping[str, object]) -> None:
        """Create a conversion action, if it does not exist."""
        for name, actions in (
            ("conversion_action", self.conversion_actions),
            ("call_conversion_action", self.call_actions),
        ):
            if destination.get(name) and str(destination[name]) not in actions:
                actions.append(str(destination[name]))

    def spend(self, cost: Cost) -> None:
        """Let a campaign of the account spend something."""
        with self.lock:
            self.costs.append(cost)

    def spent(self) -> Sequence[Cost]:
        """Everything that the account has spent."""
        with self.lock:
            return tuple(self.costs)

    def conversions(self) -> Mapping[str, Mapping[str, Any]]:
        """Order or transaction id → the conversion that counts now."""
        with self.lock:
            return self.ledger.states()

    def refuse(self, key: str) -> None:
        """Refuse the item with this key because its click belongs to another account."""
        self.refused.add(key)

    def refuse_later(self, key: str, reason: str) -> None:
        """Accept the item with this key, then refuse it in the diagnostics with a `ProcessingErrorReason`."""
        self.refused_late[key] = reason
