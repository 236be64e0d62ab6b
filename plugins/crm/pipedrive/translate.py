"""Calls, persons and deals in Pipedrive's words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from typing import Any

import phonenumbers

from hub.api import JsonObject, Money, as_text
from hub.api.crm import CallActivity, Outcome, changed_at

KEY = "Ringfence call "
"""Before our key in the note of an activity, in its last line."""
LONGEST = 23 * 60 + 59
MOST_IDS = 100


def spellings(number: str) -> list[str]:
    """The terms that find a number in E.164, which Pipedrive keeps as people wrote it: whole, without its country code, and as
    it is written in its country."""
    parsed = phonenumbers.parse(number)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return list(dict.fromkeys((number, phonenumbers.national_significant_number(parsed), national)))


def in_requests(ids: Iterable[str]) -> list[str]:
    """Ids as Pipedrive takes them: with commas, at most 100 in a request."""
    known = list(ids)
    return [",".join(known[start : start + MOST_IDS]) for start in range(0, len(known), MOST_IDS)]


def whole_second(at: datetime) -> str:
    """A time as Pipedrive takes it: in UTC, without a fraction of a second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def call_record(activity: CallActivity, person: Mapping[str, Any]) -> JsonObject:
    """A call as a finished activity, with our key at the end of its note. Pipedrive keeps durations in minutes."""
    at = activity.started_at.astimezone(UTC)
    hours, minutes = divmod(min(-(-activity.duration // 60), LONGEST), 60)
    campaign = " / ".join(filter(None, (activity.source, activity.medium, activity.campaign)))
    lines = (
        activity.caller_name, activity.caller_number, campaign, activity.landing_page,
        f"To {activity.tracking_number}, {activity.company}", f"{at.isoformat()}, {activity.duration} s", KEY + activity.key,
    )  # fmt: skip
    kind = "Call" if activity.answered else "Missed call"
    return {
        "subject": f"{kind} ({activity.direction})",
        "type": "call",
        "done": True,
        "due_date": at.strftime("%Y-%m-%d"),
        "due_time": at.strftime("%H:%M"),
        "duration": f"{hours:02}:{minutes:02}",
        "note": "<br>".join(escape(line) for line in lines if line),
        **({"participants": [{"person_id": person["id"], "primary": True}]} if person else {}),
    }


def call_key(call: Mapping[str, Any]) -> str:
    """Our key of a call that the hub logged; empty for another activity."""
    note = as_text(call.get("note"))
    return note.rpartition(KEY)[2].partition("<")[0].strip() if KEY in note else ""


def outcome(
    deal: Mapping[str, Any],
    stages: Mapping[Any, str],
    qualified: Sequence[str],
    reach: tuple[Sequence[str], Sequence[str]],
) -> Outcome:
    """The present state of a deal and of its person."""
    status, changed = as_text(deal.get("status")), changed_at(deal.get("update_time"))
    ended = status in ("won", "lost")
    reached = deal.get(f"{status}_time" if ended else "stage_change_time")
    stage = stages.get(deal.get("stage_id"), "")
    value, currency = deal.get("value"), as_text(deal.get("currency"))
    return Outcome(
        external_id=str(deal.get("id")),
        stage=status if ended else "qualified" if stage in qualified else stage,
        changed_at=changed,
        # People can write the time of winning, also one that is to come.
        occurred_at=min(changed_at(reached), changed) if reached else changed,
        value=Money(Decimal(str(value)), currency) if isinstance(value, int | float) and currency else None,
        phone_numbers=tuple(dict.fromkeys(reach[0])),
        email=next(iter(reach[1]), None),
    )
