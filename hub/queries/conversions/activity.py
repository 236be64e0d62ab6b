"""What each conversion rule made of the last days, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.contracts.conversions import UNVERIFIABLE
from hub.model import ConversionRow, Delivery
from hub.model.conversions import UPLOAD, shown_states
from hub.model.states import DeliveryState
from hub.store.dialects import has_row_security

MAX_COUNTED = 10_000
"""How many of the newest conversions are counted."""
SENT = (DeliveryState.DELIVERED, DeliveryState.ACCEPTED, UNVERIFIABLE)
REFUSED = (DeliveryState.REJECTED, DeliveryState.DEAD)


@dataclass
class RuleActivity:
    """One rule: how many conversions it made, and how many deliveries of them are in each state."""

    matched: int = 0
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def sent(self) -> int:
        """How many a network has taken."""
        return sum(self.states[state] for state in SENT)

    @property
    def unverifiable(self) -> int:
        """How many of these a network took that confirms nothing."""
        return self.states[UNVERIFIABLE]

    @property
    def unmatched(self) -> int:
        """How many no network could tie to an ad."""
        return self.states[DeliveryState.UNMATCHED]

    @property
    def held(self) -> int:
        """How many consent holds."""
        return self.states[DeliveryState.HELD]

    @property
    def rejected(self) -> int:
        """How many a network refused, or did not take in time."""
        return sum(self.states[state] for state in REFUSED)


def activity_by_rule(
    session: Session, scope: AccessScope, companies: Collection[str], since: datetime
) -> tuple[Mapping[str, RuleActivity], bool]:
    """Rule → its activity since a moment at `companies` (ids), and whether only the newest MAX_COUNTED conversions were
    counted."""
    newest = (
        scope.select(ConversionRow)
        .where(col(ConversionRow.company_id).in_(companies), ConversionRow.made_at >= since)
        .with_only_columns(ConversionRow.id, ConversionRow.rule)
        .order_by(col(ConversionRow.made_at).desc())
        .limit(MAX_COUNTED)
        .subquery()
    )
    found: dict[str, RuleActivity] = defaultdict(RuleActivity)
    for rule, number in session.execute(select(newest.c.rule, func.count()).group_by(newest.c.rule)):
        found[rule].matched = number
    states = (
        select(newest.c.rule, shown_states().label("shown"), func.count())
        .join(Delivery, col(Delivery.conversion_id) == newest.c.id)
        .where(Delivery.hook == UPLOAD, Delivery.kind == "new")
        .where(*_deliveries_since(session, companies, since))
        .group_by(newest.c.rule, "shown")
    )
    for rule, state, number in session.execute(states):
        found[rule].states[state] += number
    return found, sum(each.matched for each in found.values()) >= MAX_COUNTED


def _deliveries_since(session: Session, companies: Collection[str], begins: datetime) -> list[ColumnElement[bool]]:
    """What is true of all deliveries of the companies' conversions since a moment, as none is older than its conversion: for
    PostgreSQL, which then reads them by an index and not the whole table. SQLite finds them one by one."""
    if not has_row_security(session):
        return []
    return [col(Delivery.company_id).in_(companies), col(Delivery.made_at) >= begins]
