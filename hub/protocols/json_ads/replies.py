"""What a network's reply to one request means for each of its rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hub.contracts.conversions import UNVERIFIABLE, Conversion, Receipt
from hub.contracts.refusals import meaning, without_personal_data
from hub.contracts.untrusted import as_mapping, as_mappings, value_at
from hub.errors import RetryLater
from hub.protocols.json_ads.templates import Batch

ERRORS = ("error", "errors", "Error", "Errors")
"""Members of a reply that say that something went wrong, whatever its status."""


def receipts_of(batch: Batch, name: str, items: Sequence[Conversion], reply: Mapping[str, object]) -> list[Receipt]:
    """One receipt per item of a request that was not refused; RetryLater if the reply does not say what it must."""
    if any(reply.get(member) for member in ERRORS) and not isinstance(value_at(reply, batch.at), list):
        raise RetryLater(f"{name} answered with an error in a reply of success; the conversions are sent again.")
    taken = value_at(reply, batch.count) if batch.count and not batch.has_rows else len(items)
    if taken != len(items):
        raise RetryLater(f"{name} did not confirm every conversion; they are sent again.")
    match batch.kind:
        case "results":
            results = value_at(reply, batch.at)
            if not isinstance(results, list) or len(results) != len(items):
                raise RetryLater(f"{name} did not answer for every conversion; they are sent again.")
            return [_receipt(batch, item, as_mapping(result)) for item, result in zip(items, results, strict=True)]
        case "errors_by_index":
            return _by_index(batch, name, items, reply)
        case "poll":
            reference = value_at(reply, batch.at)
            if not isinstance(reference, str | int) or isinstance(reference, bool):
                raise RetryLater(f"{name} did not return the id of the request; it is sent again.")
            return [
                Receipt(key=item.key, status="accepted", reference=f"{reference}#{row}")
                for row, item in enumerate(items)
            ]
    return [_good(item) for item in items]


def _by_index(batch: Batch, name: str, items: Sequence[Conversion], reply: Mapping[str, object]) -> list[Receipt]:
    errors = _errors(batch, value_at(reply, batch.at))
    taken = value_at(reply, batch.count) if batch.count else len(items)
    names_all = isinstance(taken, int) and taken >= len(items) - len(errors)
    words = f"{name} did not say what became of this conversion; it is sent again."
    return [
        _refused(batch, item.key, errors[row], personal_values(item))
        if row in errors
        else _good(item)
        if names_all
        else Receipt(key=item.key, status="retry", reason=words)
        for row, item in enumerate(items)
    ]


def _errors(batch: Batch, listed: object) -> dict[int, Mapping[str, object]]:
    """The first real error of each row."""
    errors: dict[int, Mapping[str, object]] = {}
    for error in as_mappings(listed):
        row = value_at(error, batch.index)
        if isinstance(row, int) and not (row in errors or batch.is_good(error)):
            errors[row] = error
    return errors


def polled(batch: Batch, references: Mapping[str, str], reply: Mapping[str, object]) -> list[Receipt]:
    """The later receipts of one request's items (key → reference); `accepted` again until the result is there."""
    if not batch.is_done(reply):
        return [Receipt(key=key, status="accepted", reference=each) for key, each in references.items()]
    errors = _errors(batch, value_at(reply, batch.errors))
    return [
        _refused(batch, key, errors[row], ())
        if (row := int(reference.rpartition("#")[2])) in errors
        else Receipt(key=key, status="delivered", reference=reference)
        for key, reference in references.items()
    ]


def _receipt(batch: Batch, item: Conversion, said: Mapping[str, object]) -> Receipt:
    return _good(item) if batch.is_good(said) else _refused(batch, item.key, said, personal_values(item))


def _refused(batch: Batch, key: str, said: Mapping[str, object], known: Sequence[str]) -> Receipt:
    said_code = value_at(said, batch.code)
    code = None if said_code is None else str(said_code)
    words = without_personal_data(value_at(said, batch.words), known) or "The network gave no reason."
    wait = meaning(batch.waits, code)
    return Receipt(
        key=key,
        status=meaning(batch.codes, code) or "rejected",
        code=code,
        reason=words,
        retry_after=wait.total_seconds() if wait else None,
    )


def _good(item: Conversion) -> Receipt:
    return Receipt(key=item.key, status="delivered")


def unverifiable(receipt: Receipt) -> Receipt:
    """The receipt of a conversion that a network without confirmations took."""
    words = "The network takes every conversion and confirms none."
    return replace(receipt, code=UNVERIFIABLE, reason=words) if receipt.status == "delivered" else receipt


def personal_values(item: Conversion) -> tuple[str, ...]:
    """The personal texts of a conversion, which a reason must not repeat."""
    alone = (item.phone_number, item.email, item.landing_page, item.user_agent)
    return tuple(filter(None, (*alone, *item.click_ids.values(), *item.cookies.values())))
