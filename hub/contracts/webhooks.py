"""A carrier's webhook as received, what the plugin verified of it, and the document that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from hub.contracts.answers import AnswerPoint


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One HTTP request of a provider.

    `url` is the address as the provider saw it, built from the hub's `public_url` and never from a Host header;
    `headers` have lower-case names; `body` is the raw bytes.
    """

    method: str
    url: str
    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""
    """The sender's IP address, set while a webhook is verified and its manifest asks for it (`Webhooks.needs_sender`)."""

    @property
    def path(self) -> str:
        """The part of the address after `/webhooks/{connector}/`, without the query: `voice`, `status` …"""
        parts = urlsplit(self.url).path.split("/webhooks/", 1)[-1].split("/", 1)
        return parts[1] if len(parts) > 1 else ""

    @property
    def query(self) -> str:
        """The raw query string."""
        return urlsplit(self.url).query


@dataclass(frozen=True, slots=True)
class AnswerDocument:
    """The reply that says what the carrier must do with the call, in the carrier's own language."""

    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class VerifiedWebhook:
    """What a genuine webhook is, from its signed content only.

    `event_key` names the provider's event: the same event has the same key however often it is sent, and two events
    never share one. `answer` is set if the carrier waits for a document.
    """

    event_key: str
    answer: AnswerPoint | None = None
    document: AnswerDocument | None = None
    """The reply, for a carrier that asks again about a call that the hub has placed. Without it, and without `answer`, the
    reply is the acknowledgement."""
