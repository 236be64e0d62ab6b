"""The fake's sign-in: one person, who may be asked on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from hub.api import SandboxSignIn

CLIENT_ID = "stand-in-client.apps.example.com"
CLIENT_SECRET = "stand-in-client-secret-of-contacts"  # noqa: S105


class Grants(SandboxSignIn):
    """What one person allowed one client; the person answers immediately, as a test says."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(
            clock,
            provider="Google",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            refresh_token="1//stand-in-refresh-token",  # noqa: S106
            code_prefix="4/",
            token_prefix="ya29.",  # noqa: S106
        )
        self.asks = False

    def gives_refresh_token(self, asked: Mapping[str, str], account: str) -> bool:
        return asked.get("access_type") == "offline"
