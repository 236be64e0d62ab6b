"""Vonage's REST APIs over the hub's HTTP client: signing in, lists, and what each failure means.

Source: developer.vonage.com/en/getting-started/concepts/authentication, /en/api-errors (problem details, RFC 7807) and
/en/voice/voice-api/guides/troubleshooting (3 calls and 15 other requests a second).
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from hub.api import (
    ConfigError,
    JsonObject,
    Provider,
    Refusal,
    Rejected,
    RetryLater,
    Services,
    as_text,
    each_item,
)
from hub.api.carriers import type_and_bytes
from hub.api.oauth import key_token, public_key
from hub.api.twiml import SealedCallers, TwimlCarrier
from plugins.carriers.vonage.settings import VonageSettings

HOSTS = (
    "api.nexmo.com",
    *(f"api-{region}.nexmo.com" for region in ("us", "eu", "ap", "us-1", "us-2", "eu-1", "eu-2", "ap-1", "ap-2")),
    *(f"api-{region}.vonage.com" for region in ("us-3", "us-4", "eu-3", "eu-4", "ap-3", "ap-4")),
)
"""The hosts of Vonage's regions, on which recordings and pictures may be."""
TOKEN_SECONDS = 300
PAGE_SIZE = 100
"""The most that Vonage puts on a page."""
UNPROVISIONED = "unprovisioned"
"""The account may not use this API, although the key is right."""
NOT_FOUND = ("404", "not-found", "invalid-id", "NOT_FOUND")


def refusal_details(refusal: Refusal) -> tuple[str, str]:
    """The code and the words of a refusal: problem details, or the older form of the API for numbers."""
    body = refusal.body
    kind = as_text(body.get("type"))
    code = as_text(body.get("error-code")) or re.split(r"[#/]", kind)[-1] or str(refusal.status)
    names = ("detail", "error-code-label", "title", "error_title")
    words = next((as_text(body.get(name)) for name in names if as_text(body.get(name))), "")
    return (code if re.fullmatch(r"[\w-]{1,40}", code, re.ASCII) else str(refusal.status)), words


VONAGE = Provider(
    name="Vonage",
    remedy="check api_key, api_secret, application_id and private_key",
    details=refusal_details,
    # A person pays the account's bill: until then what is due waits.
    codes={
        "premature-redaction": RetryLater,
        UNPROVISIONED: Rejected,
        "low-balance": ConfigError,
        "out-of-credit": ConfigError,
    },
    # The API for numbers answers some refusals with HTTP 200.
    succeeded=lambda body: str(body.get("error-code", "200")) == "200",
)


class Rest:
    """One account's APIs. Every method returns its result or raises one of the hub's errors.

    Calls, recordings and texts are the application's: a token signed with its key signs in. Applications, numbers and
    redaction are the account's: the API key and secret do.
    """

    def __init__(self, settings: VonageSettings, services: Services) -> None:
        self.settings = settings
        self._services = services

    def json(
        self, method: str, path: str, *, once: bool = False, provider: Provider = VONAGE, **options: object
    ) -> JsonObject:
        """The JSON reply to a request of the application."""
        address = f"{self.settings.base_url}{path}"
        return self._services.json(provider, method, address, once=once, headers=self._token(), **options)

    def find(self, path: str) -> dict[str, object] | None:
        """What the application finds at a path; None if there is nothing."""
        try:
            return self.json("GET", path)
        except Rejected as error:
            if error.code not in NOT_FOUND:
                raise
            return None

    def delete(self, path: str) -> None:
        """Delete something of the application. It is not an error if it is already gone."""
        self._emptied("DELETE", path, headers=self._token())

    def calls(self, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """The legs of the application's calls, through all pages."""

        def ask(read: int) -> JsonObject:
            request = {"page_size": str(PAGE_SIZE), "record_index": str(read), **query}
            return self.json("GET", "/v1/calls", params=request)

        return each_item(ask, "_embedded.calls", by="offset", total="count")

    def download(self, url: str) -> tuple[str, bytes]:
        """A file of the application: content type and bytes. The address must be checked before."""
        reply = self._services.send(VONAGE, "GET", url, headers=self._token())
        return type_and_bytes(reply)

    def application(self, changed: Mapping[str, object] | None = None) -> JsonObject:
        """The application; with `changed` it is replaced by that."""
        url = f"{self.settings.base_url}/v2/applications/{self.settings.application_id}"
        method = "PUT" if changed is not None else "GET"
        return self._services.json(VONAGE, method, url, headers=self._basic(), json=changed)

    def numbers(self, method: str, path: str, **options: Any) -> JsonObject:
        """The reply of the API for numbers."""
        return self._services.json(
            VONAGE, method, f"{self.settings.numbers_url}{path}", headers=self._basic(), **options
        )

    def redact(self, product: str, record_id: str, direction: str) -> bool:
        """Remove what is personal in a record; whether there is such a record."""
        request = {"id": record_id, "product": product, "type": direction}
        return self._emptied("POST", "/v1/redact/transaction", headers=self._basic(), json=request)

    def _emptied(self, method: str, path: str, **options: Any) -> bool:
        """Send a request whose reply has no content; False if what it is about is not there."""
        reply = self._services.send(VONAGE, method, f"{self.settings.base_url}{path}", expected=(404,), **options)
        if reply.status_code not in (204, 404):
            raise RetryLater("Vonage answered with something else than a confirmation.")
        return reply.status_code == 204

    def _basic(self) -> dict[str, str]:
        pair = f"{self.settings.api_key.get_secret_value()}:{self.settings.api_secret.get_secret_value()}"
        return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def _token(self) -> dict[str, str]:
        now = int(self._services.clock().timestamp())
        claims = {"application_id": self.settings.application_id, "iat": now, "exp": now + TOKEN_SECONDS}
        token = key_token({**claims, "jti": str(uuid.uuid4())}, self.settings.private_key.get_secret_value())
        return {"authorization": f"Bearer {token}"}


class Account(TwimlCarrier):
    """One account as a connector; the modules beside this one add its hooks by subject."""

    settings: VonageSettings

    def __init__(self, name: str, settings: VonageSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        for secret in ("api_key", "api_secret", "private_key"):
            if not getattr(settings, secret).get_secret_value().strip():
                raise ConfigError(f"connector {name!r} has an empty {secret}; set it in config.yaml.")
        try:
            public_key(settings.private_key.get_secret_value())
        except ValueError as error:
            raise ConfigError(f"connector {name!r} has a private_key that cannot sign: {error}.") from None
        self._rest = Rest(settings, services)
        self._callers = SealedCallers(settings.api_secret.get_secret_value())
