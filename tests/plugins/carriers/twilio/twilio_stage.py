"""Twilio's own client, sent to the stand-in: the independent witness of our plugin and of the stand-in itself."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient

from hub.testing import FrozenClock

CLOCK = FrozenClock()


class Local(TwilioHttpClient):
    """Twilio's HTTP client, sent to the sandbox whatever host it means."""

    def __init__(self, url: str) -> None:
        super().__init__()
        assert self.session is not None
        self.session.trust_env = False
        self._base = urlsplit(url)

    def request(self, method: str, url: str, *args: object, **options: object) -> object:  # type: ignore[override]
        parts = urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc)
        return super().request(method, urlunsplit(parts), *args, **options)  # type: ignore[arg-type]
