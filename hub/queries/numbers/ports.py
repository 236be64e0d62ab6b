"""Numbers on their way from another carrier: the account's port orders, with what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.errors import NotFound
from hub.model import Company, PortOrderRow, Tracker, TrackingNumber
from hub.model.ports import FINAL_PORT_STATUSES
from hub.platform.fields import from_fields

MAX_ORDERS = 100


@dataclass(frozen=True, kw_only=True)
class PortView:
    """One order."""

    id: str
    connector: str
    order_id: str | None
    numbers: tuple[str, ...]
    status: str
    """The carrier's, or `unknown` before it has reported the order."""
    detail: str
    losing_carrier: str
    ordered_at: datetime
    ports_at: datetime | None
    tracker_id: str | None
    in_use: bool
    """Whether all of its numbers have a tracker."""

    @property
    def by_hand(self) -> bool:
        """Whether a person placed it at the carrier and says how far it is."""
        return (self.order_id or "").startswith("by-hand-")

    @property
    def is_open(self) -> bool:
        """Whether it can still change."""
        return self.status not in FINAL_PORT_STATUSES


def port_orders(session: Session, scope: AccessScope) -> list[PortView]:
    """The account's orders, newest first; of a user who is limited to companies, those for their trackers."""
    query = select(PortOrderRow).where(PortOrderRow.account_id == scope.user.account_id)
    if scope.companies is not None:
        seen = select(Tracker.id).where(
            col(Tracker.company_id).in_(scope.select(Company).with_only_columns(Company.id))
        )
        query = query.where(col(PortOrderRow.tracker_id).in_(seen))
    rows = session.exec(
        query.order_by(col(PortOrderRow.ordered_at).desc(), col(PortOrderRow.id)).limit(MAX_ORDERS)
    ).all()
    return _views(session, rows)


def port_order(session: Session, scope: AccessScope, row_id: str) -> PortView:
    """One order; NotFound if the user may not see it."""
    row = session.get(PortOrderRow, row_id)
    found = [each for each in port_orders(session, scope) if each.id == row_id] if row else []
    if not found:
        raise NotFound("Not found")
    return found[0]


def _views(session: Session, rows: Sequence[PortOrderRow]) -> list[PortView]:
    numbers = {number for row in rows for number in row.numbers}
    number = col(TrackingNumber.number)
    used = set(session.exec(select(number).where(number.in_(numbers), col(TrackingNumber.retired_at).is_(None))))
    return [from_fields(PortView, row, numbers=tuple(row.numbers), in_use=used.issuperset(row.numbers)) for row in rows]
