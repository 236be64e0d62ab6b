"""A call as a Task, an Opportunity as an outcome, a contact as facts. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from hub.api import Fact, JsonObject, Money, phone_number
from hub.api.crm import CallActivity, Correction, Outcome

from .settings import SalesforceSettings

Row = Mapping[str, Any]

PHONE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Contact": ("Phone", "MobilePhone", "HomePhone", "OtherPhone"),
    "Lead": ("Phone", "MobilePhone"),
}
"""The person's own phone fields, without the assistant's phone and the fax."""

SIGNATURE = "Logged by Ringfence"
"""The last line of each Task that we write. A Task without it is never deleted as ours."""

FACT_LIFETIME = timedelta(days=1)
"""Facts of a CRM are looked up again instead of stored."""


def task(activity: CallActivity, who_id: str | None, settings: SalesforceSettings) -> JsonObject:
    """The Task of a call. Source of names and lengths: Salesforce, Object Reference, Task."""
    origin = " / ".join(filter(None, (activity.source, activity.medium, activity.campaign)))
    subject = f"{activity.direction.capitalize()} call" + (f" from {origin}" if origin else "")
    record: dict[str, object] = {
        "attributes": {"type": "Task"},
        "Subject": written(subject if activity.answered else f"{subject} (missed)", 255),
        "Status": settings.task_status,
        "ActivityDate": activity.started_at.astimezone(ZoneInfo(settings.time_zone)).date().isoformat(),
        "TaskSubtype": "Call",
        "CallType": activity.direction.capitalize(),
        "CallDurationInSeconds": max(0, min(activity.duration, 99_999_999)),
        "CallDisposition": "Answered" if activity.answered else "Missed",
        "Description": _description(activity, settings),
    }
    for field, name in settings.task_fields.items():
        value = getattr(activity, name)
        if value:
            record[field] = written(value, 255)
    record[settings.call_key_field] = activity.key
    if who_id:
        record["WhoId"] = who_id
    return record


def right(correction: Correction, held: Row, kind: str, country: str) -> dict[str, str]:
    """The fields of a Contact or Lead that a correction changes. A number replaces the old one, else it goes to Phone."""
    changed: dict[str, str] = {}
    if correction.new_name:
        first, _, last = correction.new_name.strip().rpartition(" ")
        changed |= {"FirstName": first[:40], "LastName": last[:80]}
    if correction.new_email:
        changed["Email"] = correction.new_email
    if correction.new_phone_number:
        fields = PHONE_FIELDS[kind]
        old = [name for name in fields if phone_number(held.get(name), country) in correction.phone_numbers]
        changed |= dict.fromkeys(old or ["Phone"], correction.new_phone_number)
    return changed


def _description(activity: CallActivity, settings: SalesforceSettings) -> str:
    begun = activity.started_at.astimezone(ZoneInfo(settings.time_zone))
    lines = {
        "Call": f"{begun:%Y-%m-%d %H:%M %Z}, {activity.duration} s, {'answered' if activity.answered else 'missed'}",
        "Caller": " ".join(filter(None, (activity.caller_name, activity.caller_number))),
        "Tracking number": activity.tracking_number,
        "Company": activity.company,
        "Source": activity.source,
        "Medium": activity.medium,
        "Campaign": activity.campaign,
        "Landing page": activity.landing_page,
        "Recording": activity.recording_url,
    }
    text = "\n".join(f"{name}: {written(value, 2000)}" for name, value in lines.items() if value)
    return f"{text}\n{SIGNATURE}"


def written(text: str, longest: int) -> str:
    """`text` as one line that JSON and Salesforce accept: no control characters, no lone surrogates, not too long."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
    return " ".join(kept.split())[:longest]


def numbers(record: Row, kind: str, country: str) -> tuple[str, ...]:
    """The person's numbers in E.164, from the fields of a Contact or a Lead, each once."""
    read = (phone_number(record.get(field), country) for field in PHONE_FIELDS[kind])
    return tuple(dict.fromkeys(number for number in read if number))


def outcome(deal: Row, roles: Sequence[Row], call_key: str | None, settings: SalesforceSettings) -> Outcome:
    """The present state of an Opportunity; `roles` are its OpportunityContactRoles, the primary one first. If no contact
    has a number, the account's number is used; with person accounts it is the person's own."""
    contacts = [contact for role in roles if isinstance(contact := role.get("Contact"), Mapping)]
    found = [number for contact in contacts for number in numbers(contact, "Contact", settings.country)]
    account = phone_number((deal.get("Account") or {}).get("Phone"), settings.country)
    stage = stage_of(deal, settings)
    return Outcome(
        external_id=str(deal["Id"]),
        stage=stage,
        changed_at=instant(deal["SystemModstamp"]),
        occurred_at=_reached(deal, stage in ("won", "lost"), ZoneInfo(settings.time_zone)),
        value=_money(deal, settings),
        call_key=call_key,
        phone_numbers=tuple(dict.fromkeys(found or filter(None, [account]))),
        email=next((str(contact["Email"]) for contact in contacts if contact.get("Email")), None),
    )


def stage_of(deal: Row, settings: SalesforceSettings) -> str:
    """`qualified`, `won`, `lost`, or Salesforce's own stage name."""
    name = str(deal.get("StageName") or "")
    if name in settings.stages:
        return settings.stages[name]
    if deal.get("IsClosed"):
        return "won" if deal.get("IsWon") else "lost"
    return name


def _reached(deal: Row, closed: bool, zone: ZoneInfo) -> datetime:
    """When the deal reached its stage. CloseDate is a day in the business's time zone. A stamp of that day is used if known,
    because a conversion must not appear to be earlier than its click on the same day. Otherwise noon is used."""
    changed = instant(deal["SystemModstamp"])
    stamps = [instant(deal[name]) for name in ("LastStageChangeDate", "CreatedDate") if deal.get(name)]
    if not closed:
        return stamps[0] if stamps else changed
    day = date.fromisoformat(str(deal["CloseDate"])) if deal.get("CloseDate") else changed.astimezone(zone).date()
    same_day = next((stamp for stamp in stamps if stamp.astimezone(zone).date() == day), None)
    return same_day or min(datetime.combine(day, time(12), zone).astimezone(UTC), changed)


def _money(deal: Row, settings: SalesforceSettings) -> Money | None:
    if deal.get("Amount") is None:
        return None
    try:
        amount = Decimal(str(deal["Amount"]))
    except InvalidOperation:
        return None
    return Money(amount, str(deal.get("CurrencyIsoCode") or settings.currency)) if amount.is_finite() else None


def instant(text: object) -> datetime:
    """Salesforce's `2026-11-24T15:00:00.000+0000` as aware UTC. Raises ValueError for anything else."""
    stamp = datetime.fromisoformat(str(text))
    if stamp.tzinfo is None:
        raise ValueError("a Salesforce stamp has a zone")
    return stamp.astimezone(UTC)


def facts(person: Row, kind: str, deal: Row | None, alone: bool) -> list[Fact]:
    """Facts about a caller from a Contact or a Lead; less confident if the number is not theirs `alone`."""
    company = person.get("Company") if kind == "Lead" else (person.get("Account") or {}).get("Name")
    known = (
        ("name", person.get("Name"), "user.name"),
        ("company", company, "user.contact.organization"),
        (f"salesforce_{kind.lower()}_id", person.get("Id"), "user.unique_id"),
        ("owner", (person.get("Owner") or {}).get("Name"), "user.name"),
        ("open_opportunity", _opportunity(deal), "user.behavior.purchase_history"),
    )
    return [
        Fact(name=name, value=str(value), category=category, confidence=0.95 if alone else 0.5, lifetime=FACT_LIFETIME)
        for name, value, category in known
        if value
    ]


def _opportunity(deal: Row | None) -> str | None:
    return f"{deal.get('Name')} ({deal.get('StageName')})" if deal else None
