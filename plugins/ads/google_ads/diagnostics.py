"""Receipts from Data Manager's late diagnostics: for each reason a count, and the rows that it concerns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.api import PendingReceipt, Receipt, as_mapping, as_mappings, as_text
from plugins.ads.google_ads.policy import meaning_of, receipt_for
from plugins.ads.google_ads.reference import Reference
from plugins.ads.google_ads.settings import action_of

SET_TO_ZERO = "VALUE_SET_TO_ZERO"
"""Our code of a retraction that the Data Manager API can only approach."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason, how many events it concerns, and their rows as far as Google names them."""

    code: str
    count: int
    rows: frozenset[int]

    @property
    def unnamed(self) -> int:
        """How many of its events Google does not name."""
        return max(self.count - len(self.rows), 0)


def receipts_of(items: Sequence[PendingReceipt], answer: Mapping[str, object]) -> list[Receipt]:
    """The receipts of one request's items, each from the status of its own conversion action.

    `SUCCESS` means delivered, `FAILED` means refused, and after `PARTIAL_SUCCESS` the rows say which is which. If Google
    names no rows, the items count as delivered, with its counts in the reason for a person to see: none is sent again
    without knowing that it was lost. Any other status is still in progress.
    """
    found = as_mappings(answer.get("requestStatusPerDestination"))
    by_action = {str(as_mapping(status.get("destination")).get("productDestinationId")): status for status in found}
    alone = found[0] if len(found) == 1 else {}
    return [_receipt(item, by_action.get(action_of(item.destination), alone)) for item in items]


def _receipt(item: PendingReceipt, status: Mapping[str, object]) -> Receipt:
    word, sent = status.get("requestStatus"), Reference.read(item.reference)
    if word not in ("SUCCESS", "FAILED", "FAILURE", "PARTIAL_SUCCESS"):
        return Receipt(key=item.key, status="accepted", reference=item.reference)
    findings = list(_findings(status, "errorInfo", "errorCounts"))
    own = [each.code for each in findings if sent.row in each.rows]
    unnamed = {each.code: count for each in findings if (count := each.unnamed if sent.row is not None else each.count)}
    lost, named = sum(unnamed.values()), len(frozenset().union(*(each.rows for each in findings)))
    total = _count(as_mapping(status.get("eventsIngestionStatus")).get("recordCount"))
    everything = word in ("FAILED", "FAILURE") or bool(lost and total and lost + named >= total)
    if word == "SUCCESS" or not (own or unnamed or everything):
        return _arrived(item, sent, status)
    if own:
        return receipt_for(item.key, own, _refused("this event", own), item.reference, sent.match, sent.young)
    summary = ", ".join(f"{code} ({count})" for code, count in unnamed.items()) or "no reason given"
    if everything:
        words = _refused("every event of this request", [summary])
        codes = list(unnamed) or [each.code for each in findings]
        return receipt_for(item.key, codes, words, item.reference, sent.match, sent.young)
    meanings = {meaning_of(code)[0] for code in unnamed}
    if meanings <= {"duplicate"}:
        return _arrived(item, sent, status)
    counts = f"{lost} of {total} events" if total else f"{lost} events"
    verb = "could not match" if meanings == {"unmatched"} else "rejected"
    reason = f"Google {verb} {counts} of this request and does not say which: {summary}."
    return Receipt(key=item.key, status="delivered", code="PARTIAL_SUCCESS", reason=reason, reference=item.reference)


def _arrived(item: PendingReceipt, sent: Reference, status: Mapping[str, object]) -> Receipt:
    warnings = [each.code for each in _findings(status, "warningInfo", "warningCounts") if sent.row in each.rows]
    code = SET_TO_ZERO if sent.retraction else next(iter(warnings), None)
    reason = f"Google counted it with a warning: {', '.join(warnings)}." if warnings else None
    if sent.retraction:
        reason = "Google's Data Manager API takes nothing back: the value is set to 0, and it still counts as one conversion."
    return Receipt(key=item.key, status="delivered", code=code, reason=reason, reference=item.reference)


def _refused(what: str, codes: Iterable[str]) -> str:
    return f"Google rejected {what}: {', '.join(codes)}."


def _findings(status: Mapping[str, object], info: str, counts: str) -> Iterator[Finding]:
    for entry in as_mappings(as_mapping(status.get(info)).get(counts)):
        code = as_text(entry.get("reason")).partition("_REASON_")[2] or as_text(entry.get("reason"))
        written = entry.get("recordIndices")
        indices = written if isinstance(written, list) else []
        rows = frozenset(row for row in indices if isinstance(row, int) and not isinstance(row, bool) and row >= 0)
        if code:
            yield Finding(code.removeprefix("PROCESSING_ERROR_"), _count(entry.get("recordCount")) or len(rows), rows)


def _count(value: object) -> int:
    """A whole number, which protobuf's JSON may carry as text; otherwise 0."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
