"""A carrier with phones in browsers, for tests of the page *Phone*."""

from __future__ import annotations

from collections.abc import Mapping

from fake_connectors import FakeCarrier

from hub.api import PluginSettings, hookimpl
from hub.api.carriers import PhoneToken


class BrowserSettings(PluginSettings):
    """Two phones in browsers."""

    def phone_users(self) -> Mapping[str, str]:
        return {"anna": "Anna@example.com", "desk": "desk@example.com"}


class BrowserCarrier(FakeCarrier):
    """Its SDK is Twilio's."""

    manifest = FakeCarrier.manifest.model_copy(update={"browser_phone": "twilio"})
    Settings = BrowserSettings

    @hookimpl
    def sign_in_phone(self, name: str) -> PhoneToken:
        return PhoneToken(token=f"token-of-{name}", seconds=900)
