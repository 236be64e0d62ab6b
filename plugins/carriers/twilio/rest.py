"""Twilio's REST API over the hub's HTTP client: signing in, pages, and what each failure means.

Source: twilio.com/docs/usage/requests-to-twilio and /docs/api/errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub.api import ConfigError, JsonObject, Provider, Refusal, Rejected, RetryLater, Services, as_text
from hub.api.carriers import type_and_bytes
from hub.api.twiml import TwimlCarrier
from plugins.carriers.twilio.settings import TwilioSettings

if TYPE_CHECKING:
    import httpx

PAGE_SIZE = 1000
"""The most that Twilio puts on a page."""
NOT_FOUND = "20404"
REDIRECTS = range(300, 400)


def _details(refusal: Refusal) -> tuple[str, str]:
    code = str(refusal.body.get("code") or refusal.status)
    return (code if code.isdecimal() else str(refusal.status)), as_text(refusal.body.get("message"))


TWILIO = Provider(
    name="Twilio",
    remedy="check account_sid and its auth token or API key",
    details=_details,
    help="https://www.twilio.com/docs/api/errors/{code}",
)


class Rest:
    """One account's REST API. Every method returns its result or raises one of the hub's errors."""

    def __init__(self, settings: TwilioSettings, services: Services) -> None:
        self._settings = settings
        self._services = services
        self.account = f"{settings.base_url}/2010-04-01/Accounts/{settings.account_sid}"
        """The address of the account, to which resources are appended."""

    def get(self, url: str, query: Mapping[str, str] | None = None) -> JsonObject:
        """A resource."""
        return self._json("GET", url, params=query)

    def find(self, url: str) -> dict[str, object] | None:
        """A resource; None if it does not exist."""
        try:
            return self.get(url)
        except Rejected as error:
            if error.code != NOT_FOUND:
                raise
            return None

    def post(self, url: str, form: Mapping[str, str]) -> dict[str, object]:
        """Create or change a resource. Returns its new state."""
        return self._json("POST", url, data=form)

    def post_once(self, url: str, form: Mapping[str, str | Sequence[str]]) -> dict[str, object]:
        """Create a resource that must not be created twice. Raises OutcomeUnknown if Twilio may have created it anyway."""
        return self._json("POST", url, data=form, once=True)

    def post_json(self, url: str, body: Mapping[str, object]) -> dict[str, object]:
        """Create a resource of one of Twilio's newer APIs."""
        return self._json("POST", url, json=body)

    def upload(self, url: str, form: Mapping[str, str], name: str, content_type: str, data: bytes) -> JsonObject:
        """Upload a document."""
        return self._json("POST", url, data=form, files={"File": (name, data, content_type)})

    def delete(self, url: str) -> None:
        """Delete a resource. It is not an error if it is already gone."""
        try:
            response = self._send("DELETE", url)
        except Rejected as error:
            if error.code != NOT_FOUND:
                raise
            return
        if response.status_code != 204:
            raise RetryLater("Twilio did not confirm the deletion.")

    def audio(self, url: str) -> tuple[str, bytes]:
        """A media file: content type and bytes."""
        response = self._send("GET", url)
        content_type, data = type_and_bytes(response)
        if not content_type.startswith("audio/"):
            raise RetryLater("Twilio did not return audio.")
        return content_type, data

    def media(self, url: str, media_origin: str) -> tuple[str, bytes]:
        """A text's picture: content type and bytes. Twilio redirects to `media_origin`, which needs no credentials; an
        address elsewhere is refused."""
        response = self._send("GET", url, expected=REDIRECTS)
        if response.is_redirect:
            where = urlsplit(response.headers.get("location", ""))
            if f"{where.scheme}://{where.netloc}" != media_origin:
                raise Rejected("Twilio redirects to a host that is not its own for pictures; it is not fetched.")
            response = self._send("GET", where.geturl(), auth=None)
        content_type, data = type_and_bytes(response)
        if not re.fullmatch(r"(image|video|audio|text|application)/[\w.+-]{1,80}", content_type) or (
            content_type in ("application/json", "application/xml", "text/xml")
        ):
            raise RetryLater("Twilio did not return a picture.")
        return content_type, data

    def pages(self, resource: str, query: Mapping[str, str] | None = None) -> Iterator[JsonObject]:
        """Each item of a list, through all pages; `resource` as in `IncomingPhoneNumbers`."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", resource).lower()
        page = self.get(f"{self.account}/{resource}.json", {"PageSize": str(PAGE_SIZE), **(query or {})})
        while True:
            items = page.get(name)
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise RetryLater(f"Twilio answered without a list of {name}.")
            yield from items
            following = page.get("next_page_uri")
            if not following or not items:
                return
            if not re.match(r"/[^/]", str(following)):
                raise RetryLater("Twilio names a next page that is not its own.")
            page = self.get(f"{self._settings.base_url}{following}")

    def listed(self, url: str, name: str) -> Iterator[JsonObject]:
        """Each item of a list of one of Twilio's newer APIs, through all pages."""
        origin = urlsplit(url)._replace(path="", query="").geturl()
        page = self.get(url)
        while True:
            items = page.get(name)
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise RetryLater(f"Twilio answered without a list of {name}.")
            yield from items
            meta = page.get("meta")
            following = str(meta.get("next_page_url") or "") if isinstance(meta, dict) else ""
            if not following or not items:
                return
            if not following.startswith(f"{origin}/"):
                raise RetryLater("Twilio names a next page that is not its own.")
            page = self.get(following)

    def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._services.send(TWILIO, method, url, **{"auth": self._credentials(), **options})

    def _json(self, method: str, url: str, **options: Any) -> dict[str, object]:
        return self._services.json(TWILIO, method, url, auth=self._credentials(), **options)

    def _credentials(self) -> tuple[str, str]:
        settings = self._settings
        if settings.rest_key_sid and settings.rest_key_secret:
            return settings.rest_key_sid, settings.rest_key_secret.get_secret_value()
        return settings.account_sid, settings.auth_token.get_secret_value()


class Account(TwimlCarrier):
    """One account as a connector; the modules beside this one add its hooks by subject."""

    settings: TwilioSettings

    def __init__(self, name: str, settings: TwilioSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        missing = settings.missing_secrets()
        if missing:
            raise ConfigError(f"connector {name!r} has an empty {' and '.join(missing)}; set it in config.yaml.")
        self._rest = Rest(settings, services)
