"""Telnyx' REST API over the hub's HTTP client: signing in, pages, and what each failure means.

Source: developers.telnyx.com/development/api-fundamentals (authentication, rate limiting, API errors, pagination).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hub.api import (
    ConfigError,
    JsonObject,
    Provider,
    Refusal,
    Rejected,
    RetryLater,
    Services,
    as_mappings,
    as_text,
    each_item,
    json_object,
)
from hub.api.carriers import type_and_bytes
from hub.api.twiml import TwimlCarrier
from plugins.carriers.telnyx.settings import TelnyxSettings

if TYPE_CHECKING:
    import httpx2

PAGE_SIZE = 250
"""The most that Telnyx puts on a page of most lists."""
NOT_FOUND = ("404", "10005")
MAX_LINK_CHARACTERS = 3000
"""Of a pre-signed address of a file."""


def refusal_details(refusal: Refusal) -> tuple[str, str]:
    """The first error's code and message; the HTTP status replaces a missing code."""
    first = next(iter(as_mappings(refusal.body.get("errors"))), {})
    code = str(first.get("code") or refusal.status)
    words = as_text(first.get("detail")) or as_text(first.get("title"))
    return (code if re.fullmatch(r"\w{1,20}", code, re.ASCII) else str(refusal.status)), words


TELNYX = Provider(
    name="Telnyx",
    remedy="check api_key and its permissions",
    details=refusal_details,
    wait_headers=("retry-after", "x-ratelimit-reset"),
    # Limits and full queues pass, whatever their HTTP status; a person pays the bill.
    codes={**dict.fromkeys(("40011", "40318", "40333"), RetryLater), "20100": ConfigError},
)


class Rest:
    """One account's REST API. Every method returns its result or raises one of the hub's errors.

    Paths start after `/v2`, as in `/phone_numbers`.
    """

    def __init__(self, settings: TelnyxSettings, services: Services) -> None:
        self.settings = settings
        self._services = services
        self.texml = f"/texml/Accounts/{settings.account_id}"
        """The path of the account's TeXML resources."""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> JsonObject:
        """A raw reply; most have `data`."""
        return self._json("GET", path, params=query)

    def find(self, path: str) -> JsonObject | None:
        """A raw reply; None if the resource does not exist."""
        try:
            return self.get(path)
        except Rejected as error:
            if error.code not in NOT_FOUND:
                raise
            return None

    def one(self, path: str) -> JsonObject:
        """The `data` of one resource."""
        return _data(self.get(path))

    def post(self, path: str, body: Mapping[str, object] | None = None) -> JsonObject:
        """Create something or send a command, which has no body. Returns the raw reply."""
        return self._json("POST", path, json=body)

    def post_form(self, path: str, form: Mapping[str, str]) -> dict[str, object]:
        """Change a TeXML resource; most of these take forms only. Returns the raw reply."""
        return self._json("POST", path, data=form)

    def post_once(
        self, path: str, body: Mapping[str, object], key: str, provider: Provider = TELNYX
    ) -> dict[str, object]:
        """Create something that must not be created twice. Raises OutcomeUnknown if Telnyx may have created it anyway."""
        options = self._authorized({"json": body, "headers": {"idempotency-key": key}})
        return self._services.json(provider, "POST", self._url(path), once=True, **options)

    def patch(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        """Change a resource. Returns the `data` of its new state."""
        return _data(self._json("PATCH", path, json=body))

    def delete(self, path: str) -> None:
        """Delete a resource. It is not an error if it is already gone."""
        try:
            response = self._send("DELETE", path)
        except Rejected as error:
            if error.code not in NOT_FOUND:
                raise
            return
        if response.content and json_object(response.content) is None:
            # Telnyx returns what it deleted; any other reply did not come from Telnyx.
            raise RetryLater("Telnyx did not return a JSON object.")

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[JsonObject]:
        """Each item of a list, through all pages."""

        def ask(number: int) -> JsonObject:
            return self.get(path, {"page[size]": str(PAGE_SIZE), "page[number]": str(number), **(query or {})})

        return each_item(ask, "data", by="page", total="meta.total_results")

    def texml_pages(self, resource: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, object]]:
        """Each item of a TeXML list, whose pages name the next one; `resource` as in `Calls` or `Calls/…/Recordings.json`."""
        name = resource.rpartition("/")[2].partition(".")[0].lower()

        def ask(following: str | None) -> JsonObject:
            if following is None:
                return self.get(f"{self.texml}/{resource}", query)
            if not re.match(r"/v2/texml/Accounts/", str(following)):
                raise RetryLater("Telnyx names a next page that is not its own.")
            return self.get(following.removeprefix("/v2"))

        return each_item(ask, name, "next_page_uri")

    def download(self, url: str) -> tuple[str, bytes]:
        """A file from Telnyx' storage (a pre-signed address): content type and bytes.

        The API key is never sent: the storage is not the API, and refuses a request with two permissions.
        """
        response = self._services.send(TELNYX, "GET", url, expected=(403, 404, 410))
        if not response.is_success:
            raise RetryLater("Telnyx' storage does not deliver the file now.")
        return type_and_bytes(response)

    def _send(self, method: str, path: str, **options: object) -> httpx2.Response:
        return self._services.send(TELNYX, method, self._url(path), **self._authorized(options))

    def _json(self, method: str, path: str, **options: object) -> JsonObject:
        return self._services.json(TELNYX, method, self._url(path), **self._authorized(options))

    def _url(self, path: str) -> str:
        return f"{self.settings.base_url}/v2{path}"

    def _authorized(self, options: JsonObject) -> JsonObject:
        bearer = {"authorization": f"Bearer {self.settings.api_key.get_secret_value()}"}
        return options | {"headers": bearer | options.get("headers", {})}


class Account(TwimlCarrier):
    """One account as a connector; the modules beside this one add its hooks by subject."""

    settings: TelnyxSettings

    def __init__(self, name: str, settings: TelnyxSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        if not settings.api_key.get_secret_value().strip():
            raise ConfigError(f"connector {name!r} has an empty api_key; set it in config.yaml.")
        self._rest = Rest(settings, services)


def _data(body: Mapping[str, Any]) -> JsonObject:
    data = body.get("data")
    if not isinstance(data, dict):
        raise RetryLater("Telnyx answered without data.")
    return data
