"""Calls, contacts and opportunities in Close's words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

from hub.api import JsonObject, Money, as_mappings, as_text
from hub.api.crm import CallActivity, Outcome, changed_at

KEY = "Ringfence call "
"""Before our key in the note of a call, in its last line."""


def contact_with(field: str, value: str) -> JsonObject:
    """The part of a search for contacts with exactly this phone number or email address."""
    kind = f"contact_{field}"
    return {
        "type": "has_related",
        "this_object_type": "contact",
        "related_object_type": kind,
        "related_query": {
            "type": "field_condition",
            "field": {"type": "regular_field", "object_type": kind, "field_name": field},
            "condition": {"type": "text", "mode": "exact_value", "value": value},
        },
    }


def call_record(activity: CallActivity, contact: Mapping[str, Any]) -> JsonObject:
    """A call as Close takes one that was made elsewhere, with our key at the end of its note."""
    campaign = " / ".join(filter(None, (activity.source, activity.medium, activity.campaign)))
    lines = (
        activity.caller_name, campaign, activity.landing_page, f"To {activity.tracking_number}, {activity.company}",
        KEY + activity.key,
    )  # fmt: skip
    return {
        "lead_id": contact.get("lead_id"),
        "contact_id": contact.get("id"),
        "direction": activity.direction,
        "status": "completed" if activity.answered else "no-answer",
        "date_created": activity.started_at.astimezone(UTC).isoformat(),
        "duration": min(activity.duration, 604_800),
        "phone": activity.caller_number,
        "note": "\n".join(filter(None, lines)),
    }


def call_key(call: Mapping[str, Any]) -> str:
    """Our key of a call that the hub logged; empty for another one."""
    note = as_text(call.get("note"))
    return note.rpartition(KEY)[2].partition("\n")[0].strip() if KEY in note else ""


def people_of(deal: Mapping[str, Any], lead: Mapping[str, Any]) -> list[JsonObject]:
    """The contact that an opportunity names, else the only one of its lead."""
    people = as_mappings(lead.get("contacts"))
    if deal.get("contact_id") or len(people) > 1:
        return [dict(person) for person in people if person.get("id") == deal.get("contact_id")]
    return [dict(person) for person in people]


def outcome(
    deal: Mapping[str, Any], qualified: Sequence[str], phone_numbers: Sequence[str], emails: Sequence[str]
) -> Outcome:
    """The present state of an opportunity and of the people in it."""
    kind, label = as_text(deal.get("status_type")), as_text(deal.get("status_label"))
    changed, reached = changed_at(deal.get("date_updated")), deal.get(f"date_{kind}")
    value, currency = deal.get("value"), as_text(deal.get("value_currency"))
    return Outcome(
        external_id=as_text(deal.get("id")),
        stage=kind if kind in ("won", "lost") else "qualified" if label in qualified else label,
        changed_at=changed,
        # Close lets people write the date of winning, also one that is to come.
        occurred_at=min(changed_at(reached), changed) if reached else changed,
        value=Money(Decimal(value) / 100, currency) if isinstance(value, int) and currency else None,
        phone_numbers=tuple(dict.fromkeys(phone_numbers)),
        email=next(iter(emails), None),
    )
