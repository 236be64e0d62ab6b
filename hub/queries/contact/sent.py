"""What left the hub because of a contact: each delivery with its attempts, and what was disclosed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hub.model import Attempt, ConversionRow, Delivery, Disclosure

MAX_DELIVERIES = 100


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One delivery of a contact."""

    delivery: Delivery
    conversion: ConversionRow | None
    attempts: Sequence[Attempt]
    categories: Sequence[str]
    """The personal data that the recipient got; empty if nothing was sent."""
    recipient: str | None
    """The recipient's legal name, if something was disclosed to it."""


def attempts_of(session: Session, delivery_ids: Collection[str]) -> dict[str, list[Attempt]]:
    """Delivery → its tries, the oldest first. The deliveries must be those that the user may see."""
    found: dict[str, list[Attempt]] = {}
    tried = select(Attempt).where(col(Attempt.delivery_id).in_(delivery_ids))
    for each in session.exec(tried.order_by(col(Attempt.started_at), col(Attempt.id))):
        found.setdefault(each.delivery_id, []).append(each)
    return found


def sent_of(session: Session, subject_id: str) -> list[Sent]:
    """The deliveries of a contact, oldest first."""
    rows = select(Delivery).where(Delivery.subject_id == subject_id, Delivery.hook != "send_text")
    deliveries = session.exec(rows.order_by(col(Delivery.made_at), col(Delivery.id)).limit(MAX_DELIVERIES)).all()
    if not deliveries:
        return []
    ids = [each.id for each in deliveries]
    attempts = attempts_of(session, ids)
    converted = {each.conversion_id for each in deliveries if each.conversion_id}
    conversions = {
        row.id: row for row in session.exec(select(ConversionRow).where(col(ConversionRow.id).in_(converted)))
    }
    given = {
        row.delivery_id: row for row in session.exec(select(Disclosure).where(col(Disclosure.delivery_id).in_(ids)))
    }
    return [
        Sent(
            delivery=each,
            conversion=conversions.get(each.conversion_id or ""),
            attempts=attempts.get(each.id, ()),
            categories=given[each.id].categories if each.id in given else (),
            recipient=given[each.id].recipient if each.id in given else None,
        )
        for each in deliveries
    ]
