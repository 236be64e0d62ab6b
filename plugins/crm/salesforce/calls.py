"""Calls into Tasks: searched by our key, linked to the caller's contact or lead, created two hundred at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hub.api import Receipt, Rejected
from hub.api.crm import CallActivity

from .connection import MAX_RECORDS_PER_REQUEST, Connection, Row
from .people import Person, by_numbers
from .refusals import TRANSIENT_CODES, first_error, scrubbed
from .translate import task


def log(connection: Connection, activities: Sequence[CallActivity]) -> list[Receipt]:
    """One receipt for each activity; a call that Salesforce already has is a duplicate."""
    first: dict[str, CallActivity] = {}
    for activity in activities:
        first.setdefault(activity.key, activity)
    receipts = {
        key: Receipt(key=key, status="duplicate", reference=reference)
        for key, reference in _logged(connection, list(first)).items()
    }
    fresh = [activity for key, activity in first.items() if key not in receipts]
    people, unsearched = _people(connection, {activity.caller_number for activity in fresh if activity.caller_number})
    for start in range(0, len(fresh), MAX_RECORDS_PER_REQUEST):
        batch = fresh[start : start + MAX_RECORDS_PER_REQUEST]
        records = []
        for activity in batch:
            callers = people.get(activity.caller_number or "", [])
            records.append(task(activity, callers[0].id if callers else None, connection.settings))
        results = connection.create(records)
        receipts.update({a.key: _receipt(a, result, unsearched) for a, result in zip(batch, results, strict=True)})
    return [receipts[a.key] if first[a.key] is a else _of_the_second(receipts[a.key]) for a in activities]


def _people(connection: Connection, numbers: set[str]) -> tuple[dict[str, list[Person]], str | None]:
    """The people with these numbers, or why Salesforce refuses to search for them. A refused search decides nothing about
    a call's own data, so the calls are logged without a contact."""
    try:
        return by_numbers(connection, numbers), None
    except Rejected as refusal:
        return {}, f"logged, but not on the contact: Salesforce refuses the search ({refusal.code or 'no code'})"


def _logged(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """The keys that Salesforce already has, with the Task's id."""
    field = connection.settings.call_key_field
    query = f"SELECT Id, {field} FROM Task WHERE {field} IN {{}} AND IsDeleted = false"  # noqa: S608 - a field's name
    held = {str(row[field]): str(row["Id"]) for row in connection.select_each(query, keys, archived=True)}
    return {key: held[key] for key in keys if key in held}


def _receipt(activity: CallActivity, result: Row, unsearched: str | None) -> Receipt:
    if result.get("success"):
        reason = unsearched if activity.caller_number else None
        return Receipt(key=activity.key, status="delivered", reason=reason, reference=str(result.get("id")))
    code, message = first_error(result.get("errors"))
    if code == "DUPLICATE_VALUE":
        return Receipt(key=activity.key, status="duplicate", code=code)
    personal = (activity.caller_number, activity.caller_name, activity.landing_page, activity.recording_url)
    return Receipt(
        key=activity.key,
        status="retry" if code in TRANSIENT_CODES else "rejected",
        code=code,
        reason=scrubbed(message, personal),
    )


def _of_the_second(receipt: Receipt) -> Receipt:
    """The receipt of a call that is twice in one batch."""
    return replace(receipt, status="duplicate") if receipt.status == "delivered" else receipt
