"""Gains: what a contact brought: its conversions, whether it became a lead and a customer, and what the customer bought."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import select
from sqlmodel import Session

from hub.contracts.leads import LeadStatus
from hub.model import ConversionRow, Lead, OutcomeRow
from hub.reports.touches import MARKED_LEADS

Worth = tuple[Decimal | None, str | None]
"""An amount and its currency."""
WON = "won"


@dataclass
class Gains:
    """What one contact brought.

    A contact is a lead if a user marked it as qualified or booked, or if the CRM has a deal from it; it is a customer if the
    deal is won, or if a user marked it as booked. A user's mark as not a lead counts more than a deal. `is_lead` of
    hub.reports.touches is the same as a condition of the database.
    """

    conversions: list[Worth] = field(default_factory=list)
    """The value of each conversion that was not retracted."""
    deals: list[tuple[str, Worth]] = field(default_factory=list)
    """The stage and the value of each deal."""
    status: str = ""
    """The `LeadStatus` as a user marked it."""
    marked: Worth = (None, None)
    """The value that a user gave the lead."""

    @property
    def is_lead(self) -> bool:
        """Whether it is a lead."""
        marked = self.status in MARKED_LEADS
        return marked or (bool(self.deals) and self.status != LeadStatus.NOT_A_LEAD)

    @property
    def is_customer(self) -> bool:
        """Whether the lead became a customer."""
        return self.is_lead and (self.status == LeadStatus.BOOKED or bool(self._won))

    @property
    def bought(self) -> list[Worth]:
        """What the customer bought: the won deals, or without one the value that a user gave."""
        return (self._won or [self.marked]) if self.is_customer else []

    @property
    def _won(self) -> list[Worth]:
        return [worth for stage, worth in self.deals if stage == WON]


NOTHING = Gains()


def gains_of(session: Session, ids: Collection[str]) -> Mapping[str, Gains]:
    """Contact → what it brought, for those of some contacts that brought something."""
    gains: dict[str, Gains] = {}

    def rows(source: Any, *columns: Any) -> Any:
        query = select(source.subject_id, *columns, source.amount, source.currency)
        return query.where(source.subject_id.in_(ids))

    conversion, deal, lead = cast(Any, ConversionRow), cast(Any, OutcomeRow), cast(Any, Lead)
    for subject_id, *worth in session.execute(
        rows(conversion).where(conversion.retracted.is_(False)).order_by(conversion.id)
    ):
        gains.setdefault(subject_id, Gains()).conversions.append(tuple(worth))
    for subject_id, stage, *worth in session.execute(rows(deal, deal.stage).order_by(deal.id)):
        gains.setdefault(subject_id, Gains()).deals.append((stage, tuple(worth)))
    for subject_id, status, *worth in session.execute(rows(lead, lead.status)):
        each = gains.setdefault(subject_id, Gains())
        each.status, each.marked = status, tuple(worth)
    return gains
