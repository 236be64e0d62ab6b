"""Receipts from Data Manager's late diagnostics, which tell counts and reasons but never which item. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.api import PendingReceipt, Receipt
from plugins.ads.google_ads.policy import AS_GOOD_AS_DELIVERED, receipt_for


def receipts_of(items: Sequence[PendingReceipt], answer: Mapping[str, Any]) -> list[Receipt]:
    """The receipts of the items of one request, each by the status of its own conversion action.

    `SUCCESS` delivered them, `FAILED` refused them. `PARTIAL_SUCCESS` refused some without saying which: they count as
    delivered, with Google's counts in the reason, so that a person can look into it; what it refused as doubles is no
    loss. Anything else is still under way.
    """
    listed = answer.get("requestStatusPerDestination")
    found = [status for status in listed if isinstance(status, dict)] if isinstance(listed, list) else []
    by_action = {_action(status): status for status in found}
    alone = found[0] if len(found) == 1 else {}
    return [_receipt(item, by_action.get(str(item.destination.get("conversion_action")), alone)) for item in items]


def _receipt(item: PendingReceipt, status: Mapping[str, Any]) -> Receipt:
    word = status.get("requestStatus")
    if word == "SUCCESS":
        return Receipt(key=item.key, status="delivered", reference=item.reference)
    if word not in ("FAILED", "FAILURE", "PARTIAL_SUCCESS"):
        return Receipt(key=item.key, status="accepted", reference=item.reference)
    errors = _errors(status)
    told = ", ".join(f"{code} ({count})" for code, count in errors.items()) or "no reason given"
    total = _count(_mapping(status.get("eventsIngestionStatus")).get("recordCount"))
    failed = sum(errors.values())
    if word == "PARTIAL_SUCCESS" and not (total and failed >= total):
        losses = {code: count for code, count in errors.items() if code not in AS_GOOD_AS_DELIVERED}
        if not losses and errors:
            return Receipt(key=item.key, status="delivered", reference=item.reference)
        counts = f"{failed} of {total} events" if total else f"{failed} events"
        reason = f"Google refused {counts} of this request and does not say which: {told}."
        return Receipt(
            key=item.key, status="delivered", code="PARTIAL_SUCCESS", reason=reason, reference=item.reference
        )
    return receipt_for(item.key, errors, f"Google refused every event of this request: {told}.", item.reference)


def _errors(status: Mapping[str, Any]) -> dict[str, int]:
    counts = _mapping(status.get("errorInfo")).get("errorCounts")
    errors: dict[str, int] = {}
    for entry in counts if isinstance(counts, list) else ():
        reason = _mapping(entry).get("reason")
        if isinstance(reason, str) and reason:
            code = reason.removeprefix("PROCESSING_ERROR_").removeprefix("REASON_")
            errors[code] = errors.get(code, 0) + _count(_mapping(entry).get("recordCount"))
    return errors


def _action(status: Mapping[str, Any]) -> str:
    return str(_mapping(status.get("destination")).get("productDestinationId"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    """Counts are 64-bit numbers, which JSON carries as text."""
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else 0
