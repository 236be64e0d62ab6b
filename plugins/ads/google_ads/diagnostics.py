"""Receipts from Data Manager's late diagnostics, which give counts and reasons but never name an item. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.api import PendingReceipt, Receipt, as_mapping, as_mappings, as_text
from plugins.ads.google_ads.policy import AS_GOOD_AS_DELIVERED, RETRY_AFTER, receipt_for


def receipts_of(items: Sequence[PendingReceipt], answer: Mapping[str, Any]) -> list[Receipt]:
    """The receipts of one request's items, each from the status of its own conversion action.

    `SUCCESS` means delivered, `FAILED` means refused. `PARTIAL_SUCCESS` refused some without saying which. Duplicates do
    no damage. If a refusal may be temporary, all items are sent again (harmless, as they have transaction ids). Else they count
    as delivered, with Google's counts in the reason for a person to see. Any other status is still in progress.
    """
    found = as_mappings(answer.get("requestStatusPerDestination"))
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
    summary = ", ".join(f"{code} ({times})" for code, times in errors.items()) or "no reason given"
    total = _count(as_mapping(status.get("eventsIngestionStatus")).get("recordCount"))
    failed = sum(errors.values())
    if word == "PARTIAL_SUCCESS" and not (total and failed >= total):
        losses = errors.keys() - AS_GOOD_AS_DELIVERED
        if not losses and errors:
            return Receipt(key=item.key, status="delivered", reference=item.reference)
        counts = f"{failed} of {total} events" if total else f"{failed} events"
        reason = f"Google rejected {counts} of this request and does not say which: {summary}."
        passing = sorted(losses & RETRY_AFTER.keys())
        if passing:
            return receipt_for(item.key, passing, reason)
        return Receipt(
            key=item.key, status="delivered", code="PARTIAL_SUCCESS", reason=reason, reference=item.reference
        )
    return receipt_for(item.key, errors, f"Google rejected every event of this request: {summary}.", item.reference)


def _errors(status: Mapping[str, Any]) -> dict[str, int]:
    errors: dict[str, int] = {}
    for entry in as_mappings(as_mapping(status.get("errorInfo")).get("errorCounts")):
        code = as_text(entry.get("reason")).removeprefix("PROCESSING_ERROR_").removeprefix("REASON_")
        if code:
            errors[code] = errors.get(code, 0) + _count(entry.get("recordCount"))
    return errors


def _action(status: Mapping[str, Any]) -> str:
    return str(as_mapping(status.get("destination")).get("productDestinationId"))


def _count(value: Any) -> int:
    """A whole number, which protobuf's JSON may carry as text; otherwise 0."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
