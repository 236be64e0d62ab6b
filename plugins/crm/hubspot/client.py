"""Requests to HubSpot's API: the bearer token, and paths of a dated version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub.api import RetryLater, Services, json_object

from .refusals import HUBSPOT, UNREADABLE
from .settings import HubSpotSettings
from .tokens import access_tokens

if TYPE_CHECKING:
    import httpx


class Client:
    """One account."""

    def __init__(self, settings: HubSpotSettings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._tokens = access_tokens(settings, services)

    def token(self) -> str:
        """The bearer token to use now: the private one, or one by OAuth."""
        private = self._settings.access_token
        return private.get_secret_value() if private else self._tokens.current()

    def json(self, method: str, area: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object of a reply."""
        return self.content(self.send(method, area, path, body))

    def send(
        self, method: str, area: str, path: str, body: Mapping[str, Any] | None = None, expected: tuple[int, ...] = ()
    ) -> httpx.Response:
        """A reply that is a success or has an `expected` status; every other one is raised as one of our errors."""
        private = self._settings.access_token
        return self._services.send(
            HUBSPOT,
            method,
            self._settings.base_url.rstrip("/") + dated(area, path, self._settings.api_version),
            expected=expected,
            tokens=None if private else self._tokens,
            headers={"authorization": f"Bearer {private.get_secret_value()}"} if private else {},
            **({} if body is None else {"json": body}),
        )

    @staticmethod
    def content(reply: httpx.Response) -> dict[str, Any]:
        """The JSON object of a reply; anything else counts as silence."""
        content = json_object(reply.content)
        if content is None:
            raise RetryLater(UNREADABLE)
        return content


def dated(area: str, path: str, version: str) -> str:
    """The path of a resource, such as `objects` and `calls/search`, in a version of the API; associations of v3 are in v4.

    Source: the API reference's paths since version 2025-09.
    """
    if version == "v3":
        return f"/crm/{'v4' if area == 'associations' else 'v3'}/{area}/{path}"
    return f"/crm/{area}/{version}/{path}"
