"""One account's REST API in the format of Twilio's: forms in, JSON out, lists in pages.

Source: twilio.com/docs/usage/requests-to-twilio and /docs/usage/twilios-response, which other carriers adopted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Literal

from hub.contracts.listing import each_item
from hub.contracts.refusals import Provider
from hub.contracts.services import Services
from hub.contracts.untrusted import JsonObject
from hub.errors import Rejected, RetryLater
from hub.protocols.carrier_hooks import type_and_bytes

if TYPE_CHECKING:
    import httpx2

PAGE_SIZE = 1000
"""The most that carriers put on a page."""
SINCE: Mapping[str, str] = {"Calls": "StartTime>", "Recordings": "DateCreated>", "Messages": "DateSent>"}
TimeFormat = Literal["iso", "rfc_2822", "day"]
NUMBER_KINDS: Mapping[str, str] = {"local": "Local", "toll_free": "TollFree"}
NUMBER_FIELDS: Mapping[str, tuple[str, str]] = {
    "label": ("FriendlyName", "friendly_name"),
    "voice_url": ("VoiceUrl", "voice_url"),
    "fallback_url": ("VoiceFallbackUrl", "voice_fallback_url"),
    "status_url": ("StatusCallback", "status_callback"),
    "message_url": ("SmsUrl", "sms_url"),
    "message_fallback_url": ("SmsFallbackUrl", "sms_fallback_url"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TwimlApi:
    """What differs between the carriers whose REST API has the format of Twilio's, and whose webhooks are signed like its."""

    provider: Provider
    account: str = "account_sid"
    """The setting with the account's id, which webhooks name too and which is the user of the sign-in."""
    token: str = "token"  # noqa: S105 - the name of a setting
    """The setting with the secret that signs in, and that signs the webhooks if `signing` names no other."""
    signing: str = ""
    """The setting with the secret that signs the webhooks, if it is not `token`."""
    call_back: bool = True
    """Whether the API places calls by a document in the request (`Twiml`). False: the class has no `place_call`."""
    path: str = "/2010-04-01/Accounts/{account}"
    """The account's path below the setting `base_url`; its resources and lists are below it, as `/Calls.json`."""
    signature_header: str = "x-twilio-signature"
    """In lower case."""
    uuids: bool = False
    """Whether ids are UUIDs. False: two letters and 32 hex digits, as `CA…` of a call and `RE…` of a recording."""
    since: Mapping[str, str] = field(default_factory=lambda: SINCE)
    """List → the parameter that leaves out what is older: `StartTime>` of `Calls`, `DateCreated>` of `Recordings` and
    `DateSent>` of `Messages` if this is left out."""
    since_formats: Mapping[str, TimeFormat] = field(default_factory=dict)
    """List → how that parameter is written: `iso` (2026-11-24T15:00:00Z) if a list is not named, `rfc_2822` (a second earlier,
    for a carrier that lists only what is later), or `day` (2026-11-23, the day before)."""
    number_kinds: Mapping[str, str] = field(default_factory=lambda: NUMBER_KINDS)
    """`NumberQuery.kind` → the list of `AvailablePhoneNumbers`: `Local` and `TollFree` if this is left out."""
    number_fields: Mapping[str, tuple[str, str]] = field(default_factory=lambda: NUMBER_FIELDS)
    """Field of `NumberSetup` → its names in forms and in replies, such as `("VoiceUrl", "voice_url")`; Twilio's if this is
    left out."""
    number_form: Mapping[str, str] = field(default_factory=dict)
    """What else the form of each number says, such as `VoiceMethod`."""
    number_search: Mapping[str, str] = field(default_factory=dict)
    """What each search for numbers asks, such as `VoiceEnabled`; `{limit}` stands for the count that is wanted."""
    number_wildcards: bool = True
    """Whether `Contains` takes `*` for any digit."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """The carrier's error codes of texts in words, without personal data."""
    call_reasons: Mapping[str, str] = field(default_factory=dict)
    """Those of calls that the hub places."""
    opted_out: str = "21610"
    """Its code of a text to a person who sent STOP."""
    not_found: str = "20404"
    """Its code of a resource that does not exist."""

    @property
    def signing_setting(self) -> str:
        """The setting with the secret that signs the webhooks."""
        return self.signing or self.token

    def since_query(self, resource: str, since: datetime) -> dict[str, str]:
        """The parameter with which a list leaves out what is older."""
        at = since.astimezone(UTC)
        written = {
            "iso": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "rfc_2822": format_datetime(at.replace(microsecond=0) - timedelta(seconds=1), usegmt=True),
            "day": f"{at - timedelta(days=1):%Y-%m-%d}",
        }
        return {self.since[resource]: written[self.since_formats.get(resource, "iso")]}


class TwimlRest:
    """One account's REST API. Every method returns its result or raises one of the hub's errors."""

    def __init__(
        self, api: TwimlApi, services: Services, base_url: str, account: str, credentials: Callable[[], tuple[str, str]]
    ) -> None:
        self.api, self.name = api, api.provider.name
        self.services, self._base_url, self._credentials = services, base_url, credentials
        self.account = f"{base_url}{api.path.format(account=account)}"
        """The address of the account, to which resources are appended."""

    def get(self, url: str, query: Mapping[str, str] | None = None) -> JsonObject:
        """A resource."""
        return self.json("GET", url, params=query)

    def find(self, url: str) -> JsonObject | None:
        """A resource; None if it does not exist."""
        try:
            return self.get(url)
        except Rejected as error:
            if error.code != self.api.not_found:
                raise
            return None

    def post(self, url: str, form: Mapping[str, str]) -> JsonObject:
        """Create or change a resource. Returns its new state."""
        return self.json("POST", url, data=form)

    def post_once(self, url: str, form: Mapping[str, str | Sequence[str]]) -> JsonObject:
        """Create a resource that must not be created twice. Raises OutcomeUnknown if the carrier may have created it anyway."""
        return self.json("POST", url, data=form, once=True)

    def delete(self, url: str) -> None:
        """Delete a resource. It is not an error if it is already gone."""
        try:
            response = self.send("DELETE", url)
        except Rejected as error:
            if error.code != self.api.not_found:
                raise
            return
        if response.status_code != 204:
            raise RetryLater(f"{self.name} did not confirm the deletion.")

    def audio(self, url: str) -> tuple[str, bytes]:
        """A media file: content type and bytes."""
        content_type, data = type_and_bytes(self.send("GET", url))
        if not content_type.startswith("audio/"):
            raise RetryLater(f"{self.name} did not return audio.")
        return content_type, data

    def pages(self, resource: str, query: Mapping[str, str] | None = None) -> Iterator[JsonObject]:
        """Each item of a list, through all pages; `resource` as in `IncomingPhoneNumbers`."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", resource).lower()

        def ask(following: str | None) -> JsonObject:
            if following is None:
                return self.get(f"{self.account}/{resource}.json", {"PageSize": str(PAGE_SIZE), **(query or {})})
            if not re.match(r"/[^/]", str(following)):
                raise RetryLater(f"{self.name} names a next page that is not its own.")
            return self.get(f"{self._base_url}{following}")

        return each_item(ask, name, "next_page_uri")

    def send(self, method: str, url: str, **options: Any) -> httpx2.Response:
        """One request with the account's credentials."""
        return self.services.send(self.api.provider, method, url, **{"auth": self._credentials(), **options})

    def json(self, method: str, url: str, **options: Any) -> JsonObject:
        """The JSON object with which the carrier answers one request."""
        return self.services.json(self.api.provider, method, url, **{"auth": self._credentials(), **options})
