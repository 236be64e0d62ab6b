"""Twilio's lookup API over the hub's own HTTP client, and what each of its refusals means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from hub.api import Provider, Refusal, RetryLater, RingfenceError, Services, json_object

from .settings import Package, TwilioLookupSettings

UNREADABLE = "Twilio's response to a lookup could not be read."
ALL_STATUSES = range(600)


def _details(refusal: Refusal) -> tuple[str | None, str]:
    code = str(refusal.body.get("code", ""))
    # Its message may contain the number.
    return (code if re.fullmatch(r"[0-9]{1,6}", code) else None), ""


TWILIO = Provider(name="Twilio", remedy="put the right ones in config.yaml", details=_details)


class NotCharged(Exception):
    """Twilio answered that it made no lookup. `error` is the reason; None if Twilio just has no data about the number."""

    def __init__(self, error: RingfenceError | None) -> None:
        super().__init__()
        self.error = error


class Client:
    """One account's lookups."""

    def __init__(self, settings: TwilioLookupSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def look_up(self, number: str, packages: tuple[Package, ...]) -> Mapping[str, object]:
        """What Twilio knows about an E.164 number; without `packages` only the free validation.

        Raises NotCharged if Twilio says that it made no lookup, RetryLater if that is unknown.
        Source: GET /v2/PhoneNumbers/{PhoneNumber} of Twilio's OpenAPI document twilio_lookups_v2.json.
        """
        url = f"{self._settings.base_url}/v2/PhoneNumbers/{quote(number, safe='+')}"
        request = {"Fields": ",".join(packages)} if packages else {}
        answer = self._services.send(
            TWILIO, "GET", url, params=request, auth=self._credentials(), expected=ALL_STATUSES
        )
        status = answer.status_code
        if status != 200:
            refusal = TWILIO.refusal(status, answer.headers, answer.content, self._services.clock())
            raise NotCharged(None if status == 404 else TWILIO.error(refusal))
        content = json_object(answer.content)
        if content is None or not isinstance(content.get("valid"), bool):
            raise RetryLater(UNREADABLE)
        return content

    def _credentials(self) -> tuple[str, str]:
        settings = self._settings
        if settings.rest_key_sid is not None and settings.rest_key_secret is not None:
            return settings.rest_key_sid, settings.rest_key_secret.get_secret_value()
        return settings.account_sid, settings.auth_token.get_secret_value() if settings.auth_token else ""
