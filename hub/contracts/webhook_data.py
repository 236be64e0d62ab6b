"""What an event for a webhook of the business may say about a person, in parts that a business can withhold.

The parts are declared like those of a hook of a plugin, so the data map, the question about consent and the record of
disclosures treat an endpoint like every other recipient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.contracts.manifest import DataFlow, Deletion, Manifest, Recipient, Share
from hub.contracts.values import personal, personal_fields


@dataclass(frozen=True)
class _Person:
    """What an event of any kind says about a person."""

    person: Any = personal("user.unique_id.pseudonymous")
    contact: Any = personal("user.telephony.call_metadata")
    """When, how long, from which ad, and what became of it."""
    phone_number: Any = personal("user.contact.phone_number")
    """These three may stand in every text of an event too."""
    email: Any = personal("user.contact.email")
    name: Any = personal("user.name")
    notes: Any = personal("user.content.private")


@dataclass(frozen=True)
class CallNews(_Person):
    """The parts of an event about a call."""

    place: Any = personal("user.location.imprecise")
    pages: Any = personal("user.behavior.browsing_history")
    click_ids: Any = personal("user.advertising.click_id")
    recording: Any = personal("user.telephony.recording")
    transcript: Any = personal("user.content.private")


@dataclass(frozen=True)
class TextNews(_Person):
    """The parts of an event about a text."""

    message: Any = personal("user.telephony.message_body")


@dataclass(frozen=True)
class FormNews(_Person):
    """The parts of an event about a form."""

    fields: Any = personal("user.content.private")
    pages: Any = personal("user.behavior.browsing_history")
    click_ids: Any = personal("user.advertising.click_id")


NEWS: Mapping[str, type] = {"webhook_call": CallNews, "webhook_text": TextNews, "webhook_form": FormNews}
"""The kinds of events by name, each with its parts."""
KINDS: Mapping[str, str] = {
    "pre_call": "webhook_call",
    "call_routing_complete": "webhook_call",
    "post_call": "webhook_call",
    "call_modified": "webhook_call",
    "outbound_post_call": "webhook_call",
    "text_received": "webhook_text",
    "text_sent": "webhook_text",
    "form": "webhook_form",
}
"""The kind of each type of event (`hub.model.states.WebhookType`)."""


def manifest_of(
    recipient: Recipient,
    regions: tuple[str, ...],
    host: str,
    use: str,
    events: frozenset[str],
    withheld: frozenset[str],
) -> Manifest:
    """What an endpoint is given, in the form in which plugins declare it."""
    kinds = sorted({KINDS[event] for event in events})
    return Manifest(
        name="webhook",
        kind="crm",
        version="1",
        title="Webhook",
        summary="What happens at the company, sent to an address that the business chose.",
        recipient=recipient,
        regions=regions,
        hosts=(host,),
        flows=tuple(
            DataFlow(
                hook=kind,
                use=use,
                shares=tuple(Share(field=part) for part in personal_fields(NEWS[kind]) if part not in withheld),
            )
            for kind in kinds
        ),
        retention="as long as its operator decides",
        deletion=Deletion(
            supported=False,
            note="The hub cannot delete there what it has sent. It notifies the address that the person was erased, with the "
            "ids of what it was sent.",
        ),
    )
