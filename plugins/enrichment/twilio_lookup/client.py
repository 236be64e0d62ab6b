"""Twilio's look-up API over the hub's own HTTP client, and what each of its refusals means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from hub.api import AuthError, Rejected, RetryLater, Services

from .settings import Package, TwilioLookupSettings

UNREADABLE = "Twilio's answer to a look-up could not be read."
CODE = re.compile(r"[0-9]{1,6}")


class NotCharged(Exception):
    """Twilio answered that it made no look-up; `error` says why, None where it simply knows nothing of the number."""

    def __init__(self, error: AuthError | Rejected | RetryLater | None) -> None:
        super().__init__()
        self.error = error


class Client:
    """One account's look-ups."""

    def __init__(self, settings: TwilioLookupSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def look_up(self, number: str, packages: tuple[Package, ...]) -> Mapping[str, Any]:
        """What Twilio knows of an E.164 number; without `packages` the free validation alone.

        NotCharged where Twilio says that it looked nothing up; RetryLater where nobody knows whether it did.
        Source: GET /v2/PhoneNumbers/{PhoneNumber} of Twilio's OpenAPI document twilio_lookups_v2.json.
        """
        import httpx

        try:
            answer = self._services.http().get(
                f"{self._settings.base_url}/v2/PhoneNumbers/{quote(number, safe='+')}",
                params={"Fields": ",".join(packages)} if packages else {},
                auth=self._credentials(),
            )
        except httpx.TransportError:
            raise RetryLater("Twilio did not answer a look-up in time.") from None
        if answer.status_code != 200:
            raise NotCharged(_refusal(answer.status_code, answer.content, answer.headers.get("retry-after", "")))
        told = _json(answer.content)
        if told is None or not isinstance(told.get("valid"), bool):
            raise RetryLater(UNREADABLE)
        return told

    def _credentials(self) -> tuple[str, str]:
        settings = self._settings
        if settings.rest_key_sid is not None and settings.rest_key_secret is not None:
            return settings.rest_key_sid, settings.rest_key_secret.get_secret_value()
        return settings.account_sid, settings.auth_token.get_secret_value() if settings.auth_token else ""


def _refusal(status: int, body: bytes, retry_after: str) -> AuthError | Rejected | RetryLater | None:
    told = str((_json(body) or {}).get("code", ""))
    code = told if CODE.fullmatch(told) else None
    if status == 404:
        return None
    if status in (401, 403):
        return AuthError("Twilio refuses the look-up's credentials; put the right ones into config.yaml.")
    if status == 429 or status >= 500 or status < 400:
        after = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
        return RetryLater(f"Twilio cannot look numbers up now (status {status}).", after)
    return Rejected(f"Twilio refuses this look-up (status {status}, code {code or 'none'}).", code)


def _json(body: bytes) -> Mapping[str, Any] | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
