"""A conversion on its way to an ad network, a call on its way to a CRM, and the receipt that each item gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from hub.contracts.values import Money, personal, plugin_text

Permission = Literal["granted", "denied", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversion:
    """The result of a call, a text or a CRM outcome, with only the fields that the manifest declares.

    `key` is stable: the same conversion has the same key on every try, so networks that know transaction ids drop
    duplicates. `kind` is `new`; `restate` gives an earlier conversion (same key) its changed value; `retract` takes it back.
    """

    key: str
    kind: Literal["new", "restate", "retract"] = "new"
    name: str
    """The rule's name in config.yaml."""
    contact: Literal["call", "text", "form"] = "call"
    """How the person got in touch; a CRM outcome has the contact that it is linked to."""
    occurred_at: datetime
    """When the conversion happened: the call's start, or the outcome's date. On `restate` it is that of the first upload."""
    changed_at: datetime | None = None
    """When the value changed, on `restate` and `retract`."""
    value: Money | None = None
    destination: Mapping[str, Any] = field(default_factory=dict)
    """What the customer wrote below `send_to:` for this connector, as the plugin's `Destination` has it: with its defaults."""
    ad_user_data: Permission = "unknown"
    """May the network use the person's data for ads? Never turn `unknown` into `granted`."""
    ad_personalization: Permission = "unknown"
    call_started_at: datetime | None = personal("user.telephony.call_metadata")
    click_ids: Mapping[str, str] = personal("user.advertising.click_id", default={})
    """The network's own click ids by parameter name (`gclid`, `msclkid` …), the newest of each."""
    clicked_at: Mapping[str, datetime] = personal("user.advertising.click_id", default={})
    """When each click id came to the website, by the same parameter names."""
    cookies: Mapping[str, str] = personal("user.device.cookie_id", default={})
    """The network's own cookies of the visit, by name: only those that a manifest declares, and only with consent."""
    phone_number: str | None = personal("user.contact.phone_number")
    email: str | None = personal("user.contact.email")
    country: str | None = personal("user.contact.address.country")
    """ISO 3166 code of the person's likely country."""
    landing_page: str | None = personal("user.behavior.browsing_history")
    user_agent: str | None = personal("user.device.device_id")

    @property
    def amount(self) -> float | None:
        """The value's amount, for networks that take numbers; None without a value."""
        return float(self.value.amount) if self.value else None

    @property
    def currency(self) -> str | None:
        """The value's currency; None without a value."""
        return self.value.currency if self.value else None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallActivity:
    """A finished call to be written into a CRM. `key` is our call's id; the same call is never logged twice."""

    key: str
    direction: Literal["inbound", "outbound"] = "inbound"
    answered: bool
    started_at: datetime
    duration: int
    """Seconds."""
    tracking_number: str
    company: str
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    caller_number: str | None = personal("user.contact.phone_number")
    caller_name: str | None = personal("user.name")
    landing_page: str | None = personal("user.behavior.browsing_history")
    recording_url: str | None = personal("user.telephony.recording")


ReceiptStatus = Literal["delivered", "accepted", "duplicate", "unmatched", "rejected", "retry"]
"""`accepted`: the provider took it, but its diagnostics are still to come; `duplicate`: the provider had it already, which
counts as delivered; `unmatched`: final and no failure, because the network cannot tie the person to an ad (no click, or no
identifier that it takes); `retry`: not now, perhaps after `retry_after` seconds."""
MAX_REFERENCE_CHARACTERS = 1_000
NOT_SUPPORTED = "not_supported"
"""The code of a change that the network cannot take."""
UNVERIFIABLE = "unverifiable"
"""The code of a `delivered` receipt of a provider that takes everything and confirms nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What became of one item. `reason` holds the provider's own words, without personal data."""

    key: str
    status: ReceiptStatus
    code: str | None = plugin_text(None)
    """The provider's error code, as in its documentation."""
    reason: str | None = plugin_text(None)
    reference: str | None = None
    """The provider's id of the item or of the request, to be polled for `accepted` items; at most 1,000 characters are kept."""
    retry_after: float | None = None
    """Seconds: on `retry` until the earliest next try, on `accepted` until diagnostics may be available."""
    opted_out: bool = False
    """On a text that is `rejected`: the person asked the carrier to stop. The hub stores it as the person's own refusal."""
    sent: bool = True
    """False: the plugin settled the item without any request about it, so nothing was disclosed. It counts on `unmatched`,
    `rejected` and `retry` alone."""

    def __post_init__(self) -> None:
        if self.reference is not None and len(self.reference) > MAX_REFERENCE_CHARACTERS:
            object.__setattr__(self, "reference", self.reference[:MAX_REFERENCE_CHARACTERS])

    @property
    def disclosed(self) -> bool:
        """Whether data of the item left the hub, or may have."""
        return self.sent or self.status not in ("unmatched", "rejected", "retry")


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingReceipt:
    """An item whose diagnostics are still to come: what `poll_receipts` is asked about."""

    key: str
    reference: str
    accepted_at: datetime
    destination: Mapping[str, Any] = field(default_factory=dict)
