"""Calls into Tasks: looked for by our key, hung on the caller's contact or lead, created two hundred at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.api import CallActivity, Receipt, RetryLater

from .people import by_numbers, select
from .refusals import PASSING, first_error, scrubbed
from .session import Connection
from .translate import task

MOST_CREATED = 200
"""Records in one request of the collections API. Source: Salesforce, REST API, "Create Multiple Records"."""
MOST_KEYS = 100
"""Keys in one query, so that the address stays below 16,384 bytes."""


def log(connection: Connection, activities: Sequence[CallActivity]) -> list[Receipt]:
    """One receipt for each activity; what Salesforce has already is a duplicate."""
    first: dict[str, CallActivity] = {}
    for activity in activities:
        first.setdefault(activity.key, activity)
    known = _logged(connection, list(first))
    fresh = [activity for key, activity in first.items() if key not in known]
    people = by_numbers(connection, {a.caller_number for a in fresh if a.caller_number}) if fresh else {}
    receipts: dict[str, Receipt] = {
        key: Receipt(key=key, status="duplicate", reference=reference) for key, reference in known.items()
    }
    for batch in _batches(fresh, MOST_CREATED):
        records = []
        for activity in batch:
            matching = people.get(activity.caller_number or "", [])
            records.append(task(activity, matching[0].id if matching else None, connection.settings))
        results = connection.call(
            lambda client, records=records: client.restful(
                "composite/sobjects", method="POST", json={"allOrNone": False, "records": records}
            )
        )
        if not isinstance(results, list) or len(results) != len(batch):
            raise RetryLater("Salesforce did not answer for each call; the hub looks again which of them it has.")
        receipts.update({a.key: _receipt(a, result) for a, result in zip(batch, results, strict=True)})
    return [_repeated(receipts[a.key]) if first[a.key] is not a else receipts[a.key] for a in activities]


def _logged(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    field = connection.settings.call_key_field
    query = f"SELECT Id, {field} FROM Task WHERE {field} IN {{}}"  # noqa: S608 - the settings admit only a field's name
    return {
        row[field]: row["Id"] for batch in _batches(keys, MOST_KEYS) for row in select(connection, query, list(batch))
    }


def _receipt(activity: CallActivity, result: Mapping[str, Any]) -> Receipt:
    if result.get("success"):
        return Receipt(key=activity.key, status="delivered", reference=str(result.get("id")))
    code, message = first_error(result.get("errors"))
    personal = (activity.caller_number, activity.caller_name, activity.landing_page, activity.recording_url)
    reason = scrubbed(message, personal)
    if code == "DUPLICATE_VALUE":
        return Receipt(key=activity.key, status="duplicate", code=code)
    return Receipt(key=activity.key, status="retry" if code in PASSING else "rejected", code=code, reason=reason)


def _repeated(receipt: Receipt) -> Receipt:
    """The receipt of the same call given twice in one batch."""
    done = receipt.status == "delivered"
    return Receipt(key=receipt.key, status="duplicate", reference=receipt.reference) if done else receipt


def _batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
