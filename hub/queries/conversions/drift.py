"""What networks count differently from the hub: a conversion that changed or was taken back after they got it, because
they cannot change it or did not take the change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, case, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, select

from hub.contracts.manifest import CANNOT, Manifest
from hub.model import ConversionRow, Delivery
from hub.model.conversions import UPLOAD
from hub.model.states import DeliveryState

COUNTS = (DeliveryState.DELIVERED, DeliveryState.ACCEPTED)
"""States of what the network counts."""
UNDER_WAY = (DeliveryState.READY, DeliveryState.LEASED)


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Conversions of one rule that one network counts differently: how many, and their values by currency."""

    rule: str
    connector: str
    retracted: bool
    """Whether they were taken back here; else their value changed."""
    count: int
    here: Mapping[str, Decimal] = field(default_factory=dict)
    there: Mapping[str, Decimal] = field(default_factory=dict)


def counted_differently() -> list[object]:
    """The conditions of a query for rows of `Delivery`: what the network counts, and the hub does not, or otherwise."""
    later: Any = aliased(Delivery)
    row: Any = Delivery
    follows = or_(later.made_at > row.made_at, and_(later.made_at == row.made_at, later.id > row.id))
    replaced = select(later.id).where(
        later.conversion_id == row.conversion_id,
        later.connector == row.connector,
        later.state.in_((*COUNTS, *UNDER_WAY)),
        follows,
    )
    now = select(ConversionRow.id).where(ConversionRow.id == row.conversion_id, ConversionRow.revision > 1, _differs())
    return [row.hook == UPLOAD, row.state.in_(COUNTS), now.correlate(row).exists(), ~replaced.correlate(row).exists()]


def _differs() -> Any:
    now: Any = ConversionRow
    sent: Any = Delivery
    other = or_(sent.kind == "retract", now.amount.is_distinct_from(sent.amount),
                and_(now.amount.is_not(None), now.currency != sent.currency))  # fmt: skip
    return or_(and_(now.retracted.is_(True), sent.kind != "retract"), and_(now.retracted.is_(False), other))


def differs(now: ConversionRow, sent: Delivery) -> bool:
    """Whether the network counts a conversion otherwise than the hub does, as the last delivery that it took says."""
    if now.retracted or sent.kind == "retract":
        return now.retracted != (sent.kind == "retract")
    return now.amount != sent.amount or (now.amount is not None and now.currency != sent.currency)


def drift(session: Session, deliveries: Any) -> list[Drift]:
    """What is counted differently among the rows of `deliveries`, a query for rows of `Delivery`."""
    now: Any = ConversionRow
    sent: Any = Delivery
    same = (now.rule, sent.connector, now.retracted, now.currency, sent.currency)
    there = func.sum(case((sent.kind == "retract", 0), else_=sent.amount))
    query = (
        deliveries.join(ConversionRow, now.id == sent.conversion_id)
        .where(*counted_differently())
        .with_only_columns(*same, func.count(), func.sum(now.amount), there)
        .group_by(*same)
        .order_by(*same)
    )
    found: dict[tuple[str, str, bool], list[Any]] = defaultdict(lambda: [0, defaultdict(Decimal), defaultdict(Decimal)])
    for rule, connector, retracted, currency, currency_there, count, value, value_there in session.execute(query):
        group = found[rule, connector, retracted]
        group[0] += count
        if value is not None and not retracted:
            group[1][currency] += Decimal(str(value))
        if value_there is not None:
            group[2][currency_there] += Decimal(str(value_there))
    return [
        Drift(rule=rule, connector=connector, retracted=retracted, count=count, here=dict(here), there=dict(there))
        for (rule, connector, retracted), (count, here, there) in found.items()
    ]


def why(found: Drift, manifest: Manifest | None) -> str:
    """Why the network counts otherwise: it takes no changes, or did not take this one."""
    kind = "retract" if found.retracted else "restate"
    if manifest is not None and not manifest.takes(kind):
        return CANNOT[kind]
    return "did not take the change; its own delivery says why"
