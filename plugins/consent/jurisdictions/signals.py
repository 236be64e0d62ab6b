"""Does the law of a place require us to honor the browser's Global Privacy Control? By the rows of signals.yaml. Pure."""

from __future__ import annotations

from datetime import date

from hub.api.privacy import ConsentQuestion, Opinion, Place
from plugins.consent.jurisdictions.rows import Row, place_code, rows_at, rows_of


class SignalRule(Row):
    """One row of the table; the head of signals.yaml explains the fields."""

    since: date


def by_signal(question: ConsentQuestion, trades_in: tuple[str, ...]) -> Opinion | None:
    """`deny` if GPC was seen and a law of the person's or the business's places requires us to honor it; None: no row applies.

    A later express consent to this exact use outweighs the signal (11 CCR 7025(c)(3) lets a business ask again).
    """
    seen = max((signal.at for signal in question.signals if signal.kind == "gpc"), default=None)
    if seen is None or not question.is_sale_or_sharing:
        return None
    word = question.latest_record()
    if word is not None and word.state == "given" and word.use == question.use and word.at > seen:
        return None
    places = (*(question.person_places or (Place(country=None, basis="unknown"),)), *question.business_places)
    found = [
        (row.id, row)
        for place in places
        for row in rows_at(rows_of("signals.yaml", SignalRule), place_code(place), trades_in)
        if row.since <= question.at.date()
    ]
    if not found:
        return None
    _, row = min(found, key=lambda each: each[0])
    return Opinion(
        verdict="deny",
        rule_id=f"jurisdictions.signals.{row.id}",
        reason="The law there treats the browser's Global Privacy Control as an opt-out of sale, sharing and targeted ads.",
        evidence={**row.provenance, "signal": "gpc", "since": row.since.isoformat()},
    )
