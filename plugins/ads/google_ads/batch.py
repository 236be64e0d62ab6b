"""One batch of conversions: which items may share a request, and the receipts of those that are not sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from hub.api import Conversion, Receipt
from plugins.ads.google_ads.conversion import NO_ACTIONS, GoogleConversion, Unfit, google_conversion


@dataclass(frozen=True, slots=True)
class Batch:
    """A prepared batch: `fit` is sent to Google in this order; the other items already have their receipt."""

    fit: tuple[GoogleConversion, ...]
    places: tuple[int, ...]
    """For each of `fit`, the index of its item in the batch."""
    settled: Mapping[int, Receipt]
    twins: Mapping[int, int]
    """An item that equals an earlier one shares its receipt."""

    def answered(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """One receipt per item of the whole batch, from the receipts of `fit`."""
        known = {**self.settled, **dict(zip(self.places, receipts, strict=True))}
        return [known[self.twins.get(place, place)] for place in range(len(known) + len(self.twins))]


def prepare(conversions: Sequence[Conversion], now: datetime, one_per_click: Set[str] = NO_ACTIONS) -> Batch:
    """Check every item alone, and hold back items that must not share a request with another item.

    If two items of a request are equal, Google refuses both (`DUPLICATE_ORDER_ID`, `DUPLICATE_CLICK_CONVERSION_IN_REQUEST`),
    so the later one waits for the next batch.
    """
    settled: dict[int, Receipt] = {}
    twins: dict[int, int] = {}
    first: dict[tuple[object, ...], int] = {}
    fit: list[tuple[int, GoogleConversion]] = []
    for place, conversion in enumerate(conversions):
        mark = (conversion.key, conversion.kind, conversion.changed_at, str(conversion.value))
        earlier = first.setdefault(mark, place)
        if earlier != place:
            twins[place] = earlier
            continue
        try:
            fit.append((place, google_conversion(conversion, now, one_per_click)))
        except Unfit as unfit:
            settled[place] = unfit.receipt(conversion.key)
    taken: set[tuple[str, ...]] = set()
    ordered: list[tuple[int, GoogleConversion]] = []
    for place, ready in sorted(fit, key=lambda item: item[1].order):
        marks = ready.marks()
        if taken.isdisjoint(marks):
            taken |= marks
            ordered.append((place, ready))
        else:
            settled[place] = Receipt(
                key=ready.order_id,
                status="retry",
                reason="Another conversion of the same click, or another change of this one, goes first.",
                retry_after=60.0,
                sent=False,
            )
    return Batch(tuple(ready for _, ready in ordered), tuple(place for place, _ in ordered), settled, twins)
